package pod_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
)

func TestScriptOf(t *testing.T) {
	tests := []struct {
		name, flow string
		want       string // "" for none
	}{
		{"command", `{command: [sh, -c, "echo a"]}`, "echo a"},
		{"command and arguments", `{command: [/bin/bash, -ec], args: ["echo a"]}`, "echo a"},
		{"arguments alone", `{args: [sh, -c, "echo a"]}`, "echo a"},
		{"options before", `{command: [bash, -e, -o, -c, "echo a"]}`, "echo a"},
		{"busybox", `{command: [busybox, sh, -c, "echo a"]}`, "echo a"},
		{"arguments of the script", `{command: [sh, -c, "echo $0", a]}`, "echo $0"},
		{"an init process before", `{command: [tini, --, sh, -c, "echo a"]}`, "echo a"},
		{"no shell", `{command: [python, -c, "print(1)"]}`, ""},
		{"a file", `{command: [sh, /run.sh]}`, ""},
		{"nothing behind -c", `{command: [sh, -c]}`, ""},
		{"not a script", `{command: [sh, -c, "while true; do"]}`, ""},
		{"no command", `{name: a}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if s := pod.ScriptOf(container(t, tt.flow)); s != nil {
				got = s.Text
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestCatLoops(t *testing.T) {
	tests := []struct {
		name, script string
		want         []string // loop: files, plain, pattern
	}{
		{"while true", "while true; do cat /a; sleep 1; done", []string{"while true; do cat /a; sleep 1; done: [/a] true false"}},
		{"colon", "while :; do cat /a; done", []string{"while :; do cat /a; done: [/a] true false"}},
		{"sleep", "while sleep 1; do cat /a; done", []string{"while sleep 1; do cat /a; done: [/a] true false"}},
		{"test", "while [ 1 ]; do cat /a; done", []string{"while [ 1 ]; do cat /a; done: [/a] true false"}},
		{"double brackets", "while [[ 1 ]]; do cat /a; done", []string{"while [[ 1 ]]; do cat /a; done: [/a] true false"}},
		{"until false", "until false; do cat /a; done", []string{"until false; do cat /a; done: [/a] true false"}},
		{"until true", "until true; do cat /a; done", nil},
		{"until brackets", "until [[ 1 ]]; do cat /a; done", nil},
		{"a test of a file", "while [ -f /a ]; do cat /a; done", nil},
		{"a comparison", `while [[ $n == 1 ]]; do cat /a; done`, nil},
		{"two files, quoted", `while true; do cat '/a b' "$F"; sleep 1; done`, []string{`while true; do cat '/a b' "$F"; sleep 1; done: ['/a b' "$F"] true false`}},
		{"only the loop", "x=1; while true; do cat /a; done; echo b", []string{"while true; do cat /a; done: [/a] true false"}},
		{"two loops", "while true; do cat /a; done & while true; do cat /b; done", []string{"while true; do cat /a; done: [/a] true false", "while true; do cat /b; done: [/b] true false"}},
		{"pipe", "while true; do cat /a | nc b 1; done", []string{"while true; do cat /a | nc b 1; done: [/a] false false"}},
		{"output to nowhere", "while true; do cat /a > /dev/null; done", []string{"while true; do cat /a > /dev/null; done: [/a] false false"}},
		{"errors to nowhere", "while true; do cat /a 2>/dev/null; done", []string{"while true; do cat /a 2>/dev/null; done: [/a] false false"}},
		{"an option of cat", "while true; do cat -n /a; done", []string{"while true; do cat -n /a; done: [/a] false false"}},
		{"more than cat", "while true; do date; cat /a; done", []string{"while true; do date; cat /a; done: [/a] false false"}},
		{"leaves on failure", "while true; do cat /a || exit 1; done", []string{"while true; do cat /a || exit 1; done: [/a] false false"}},
		{"pattern", "while true; do cat /a/*.log; done", []string{"while true; do cat /a/*.log; done: [/a/*.log] true true"}},
		{"quoted star", "while true; do cat '/a/*'; done", []string{"while true; do cat '/a/*'; done: ['/a/*'] true false"}},
		{"files from a command", "while true; do cat $(ls /a); done", []string{"while true; do cat $(ls /a); done: [$(ls /a)] true true"}},
		{"leaves", "while true; do cat /a; break; done", nil},
		{"leaves after success", "while true; do cat /a && exit; done", nil},
		{"empties", "while true; do cat /a; : > /a; done", nil},
		{"truncates", "while true; do cat /a; truncate -s 0 /a; done", nil},
		{"removes", "while true; do cat /a && rm /a; done", nil},
		{"moves before", "while true; do mv /a /b; cat /b; done", nil},
		{"copies nothing over it", "while true; do cat /a; cp /dev/null /a; done", nil},
		{"finds and deletes", "while true; do cat /a; find / -name a -delete; done", nil},
		{"standard input", "while true; do cat; done", nil},
		{"no cat", "while true; do date; sleep 1; done", nil},
		{"finite", "for i in 1 2; do cat /a; done", nil},
		{"no loop", "cat /a", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := pod.ScriptOf(container(t, fmt.Sprintf("{command: [sh, -c, %q]}", tt.script)))
			if s == nil {
				t.Fatal("no script")
			}
			var got []string
			for _, l := range s.CatLoops() {
				got = append(got, fmt.Sprintf("%s: %v %v %v", s.Text[l.Start:l.End], l.Files, l.Plain, l.Pattern))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
	if loops := (*pod.Script)(nil).CatLoops(); loops != nil {
		t.Errorf("no script has loops %v", loops)
	}
}

func TestWrites(t *testing.T) {
	s := pod.ScriptOf(container(t, `{command: [sh, -c, "date > /a; date >> /b; date > '/c d'; date >> /e; : > /e; cat < /f 2> /g; x &> /h"]}`))
	want := map[string]bool{"/a": false, "/b": true, "/c d": false, "/e": true, "/g": false, "/h": false}
	if got := s.Writes(); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := (*pod.Script)(nil).Writes(); len(got) > 0 {
		t.Errorf("no script writes %v", got)
	}
}
