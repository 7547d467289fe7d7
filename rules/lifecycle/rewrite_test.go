package lifecycle

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// parsed reads a script's text.
func parsed(text string) *pod.Script {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	return &pod.Script{Text: text, File: file}
}

func TestWithout(t *testing.T) {
	for text, want := range map[string]string{
		"work; quit":                            "work",
		"quit; work":                            "work",
		"work; quit; exit 3":                    "work; exit 3",
		"work && quit":                          "work",
		"work || quit":                          "work",
		"quit && work":                          "work",
		"a && quit && b":                        "a && b",
		"a\n# tell it\nquit # now\nb\n":         "a\nb\n",
		"a\n\nquit\n":                           "a\n\n",
		"#!/bin/sh\nquit\nwork\n":               "#!/bin/sh\nwork\n",
		"work &\nquit\nwait\n":                  "work &\nwait\n",
		"quit x; work; quit y":                  "work",
		"trap \"quit\" EXIT\nwork":              "work",
		"trap \"quit; report\" EXIT\nwork":      "",
		"quit || work":                          "",
		"quit":                                  "",
		"if work; then quit; fi":                "",
		"while work; do quit; done":             "",
		"work | quit":                           "",
		"f() { quit; }; f":                      "",
		"cat <<EOF\nx\nEOF\nquit\n":             "cat <<EOF\nx\nEOF\n",
		"work 2>&1 >/dev/null; quit >/dev/null": "work 2>&1 >/dev/null",
	} {
		s := parsed(text)
		var gone []*syntax.Stmt
		for _, c := range (script{s}).commands() {
			if c.name == "quit" {
				gone = append(gone, c.stmt)
			}
		}
		got, ok := Without(s, gone)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q without quit is %q, want %q", text, got, want)
		}
	}
}

func TestUnwrapped(t *testing.T) {
	for text, want := range map[string]string{
		"server --x &\nwhile [ ! -f /d ]; do sleep 1; done\n":                      "exec server --x\n",
		"prepare\nserver & pid=$!\nuntil [ -f /d ]; do sleep 1; done; kill $pid\n": "prepare\nexec server\n",
		"exec server & wait":                         "exec server",
		"server > /log 2>&1 & wait":                  "exec server > /log 2>&1",
		"server &\nwait\ncleanup\n":                  "",
		"server\n":                                   "",
		"sleep 5 &\nwait\n":                          "",
		"(while true; do sleep 1; done) &\nserver\n": "",
	} {
		got, ok := Unwrapped(parsed(text))
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q unwrapped is %q, want %q", text, got, want)
		}
	}
}

// FuzzScript holds that whatever text a container runs, nothing here panics, and what is rewritten is a script again.
func FuzzScript(f *testing.F) {
	for _, seed := range []string{
		"work; curl localhost:1/quitquitquit", "trap 'touch /x' EXIT; a && b || c", "s & while [ ! -f /x ]; do sleep 1; done", "kill $(pidof x)",
		"cat <<EOF\n$(a)\nEOF\n", "until nc -z localhost 80; do :; done; exec x", "f() { a; }; f", "case $x in a) b;; esac", "((x)) && [[ -f y ]]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := parsed(text)
		if s == nil {
			return
		}
		sc := script{s}
		sc.never(s.File.Stmts)
		sc.background()
		sc.tested(&pod.Container{})
		sc.made(&pod.Container{})
		for _, stmt := range leading(s.File.Stmts) {
			sc.wait(&pod.Container{}, stmt)
		}
		for _, c := range sc.commands() {
			sc.source(c.stmt)
			targets(sc, c)
			if text, ok := Without(s, []*syntax.Stmt{c.stmt}); ok && parsed(text) == nil {
				t.Errorf("%q is no script", text)
			}
		}
		if text, ok := Unwrapped(s); ok && parsed(text) == nil {
			t.Errorf("%q is no script", text)
		}
	})
}
