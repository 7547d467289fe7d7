package pod_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

var useNames = map[pod.Use]string{pod.Reads: "reads", pod.Writes: "writes", pod.Alters: "alters", pod.Tests: "tests", pod.Names: "names"}

// described lists what commands do with files; "…" at the end says that there may be more.
func described(files pod.Files) string {
	var out []string
	for _, u := range files.Uses {
		out = append(out, useNames[u.Use]+" "+u.Path)
	}
	if !files.Whole {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

func TestFilesOf(t *testing.T) {
	tests := []struct{ name, flow, want string }{
		{"no command", `{name: a}`, "…"},
		{"a reader's arguments", `{command: [tail, -n, "5", -F, /a/b]}`, "reads /a/b"},
		{"arguments of an image without an entrypoint", `{args: [cat, /a]}`, "reads /a"},
		{"a word for an entrypoint", `{args: [export, --log-file, /a]}`, "writes /a, …"},
		{"behind an init process", `{command: [tini, --, tail, -F, /a]}`, "reads /a"},
		{"behind busybox and timeout", `{command: [busybox, timeout, "5", cat, /a]}`, "reads /a"},
		{"an unknown program", `{command: [/srv/app, --config, /etc/app.conf]}`, "names /etc/app.conf, …"},
		{"a flag that names its log", `{command: [/srv/app, --log-file=/l/a.log, --access_log, /l/b.log]}`, "writes /l/a.log, writes /l/b.log, …"},
		{"references of the kubelet", `{command: [cat, $(DIR)/a], env: [{name: DIR, value: /d}]}`, "reads /d/a"},
		{"unknown reference", `{command: [cat, $(DIR)/a]}`, ""},
		{"output and input", `{command: [sh, -c, "cat < /in > /out 2>&1"]}`, "writes /out, reads /in"},
		{"appended", `{command: [sh, -c, "echo a >> /out"]}`, "writes /out"},
		{"devices are no files", `{command: [sh, -c, "echo a > /dev/stdout; cat /proc/1/fd/1"]}`, ""},
		{"output of a loop", `{command: [sh, -c, "while true; do date; sleep 1; done >> /out"]}`, "writes /out"},
		{"loop, pipe and substitution", `{command: [sh, -c, "while read l; do echo $(cat /a) | tee /b; done < /c"]}`, "reads /c, reads /a, writes /b"},
		{"waits", `{command: [sh, -c, "until [ -f /a ]; do sleep 1; done; [[ -s /b ]] && ls /c"]}`, "tests /a, tests /b, tests /c"},
		{"copied", `{command: [cp, /a, /b, /d]}`, "reads /a, reads /b, writes /d"},
		{"folders are altered", `{command: [sh, -c, "mkdir -p /a; chown 1000 /b; rm -rf /c"]}`, "alters /a, alters /b, alters /c"},
		{"variables of the script", `{command: [sh, -c, "F=/a/b; cat $F \"${F}.1\""]}`, "reads /a/b, reads /a/b.1"},
		{"variables of the environment", `{command: [sh, -c, "cat $F"], env: [{name: F, value: /a}]}`, "reads /a"},
		{"a variable that changes", `{command: [sh, -c, "F=/a; F=/b; cat /c/$F"]}`, "reads /c/*"},
		{"a loop's variable", `{command: [sh, -c, "for f in a b; do cat /c/$f.log; done"]}`, "reads /c/*"},
		{"a pattern", `{command: [sh, -c, "cat /a/*.log"]}`, "reads /a/*.log"},
		{"quotes and backslashes", `{command: [sh, -c, 'cat "/a b" /c\ d ''/e'''] }`, "reads /a b, reads /c d, reads /e"},
		{"relative to the working directory", `{workingDir: /w, command: [tail, -F, log/a]}`, "reads /w/log/a"},
		{"written to an unknown place", `{command: [sh, -c, "echo a > b"]}`, "…"},
		{"written to an unknown name", `{command: [sh, -c, "echo a > $OUT"]}`, "…"},
		{"changed in place", `{command: [sed, -i, s/a/b/, /a]}`, "reads /a, …"},
		{"deleted by find", `{command: [find, /a, -delete]}`, "reads /a, …"},
		{"sent with curl", `{command: [sh, -c, "cat /a | curl -sS -X POST --data-binary @- http://log"]}`, "reads /a"},
		{"fetched with curl", `{command: [sh, -c, "cat /a; curl -sSLo b http://log"]}`, "reads /a, …"},
		{"a function", `{command: [sh, -c, "show() { cat /a; }; show"]}`, "reads /a"},
		{"a trap that ends", `{command: [sh, -c, "trap 'exit 0' TERM; cat /a"]}`, "reads /a"},
		{"a trap that deletes", `{command: [sh, -c, "trap 'rm /b' TERM; cat /a"]}`, "reads /a, …"},
		{"a script that no shell parses", `{command: [sh, -c, "while true; do"]}`, "…"},
		{"a file as script", `{command: [sh, /run.sh]}`, "…"},
		{"hooks and probes", `{command: [cat, /a], lifecycle: {preStop: {exec: {command: [rm, /b]}}}, livenessProbe: {exec: {command: [/bin/ok]}}}`, "reads /a, alters /b, …"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := described(pod.FilesOf(container(t, tt.flow))); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestTails(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"follows a descriptor", "tail -f /a", "-f -F"},
		{"in a cluster", "tail -qfn 5 /a", "-qfn -qFn"},
		{"with its number in the word", "tail -n5 -f /a", "-f -F"},
		{"number behind the flag", "tail -fn5 /a", "-fn5 -Fn5"},
		{"a number's f is none", "tail -n 5 /a", ""},
		{"old form", "tail -20f /a", "-20f -Fn20"},
		{"long", "tail --lines=5 --follow /a", "--follow -F"},
		{"long, by descriptor", "tail --follow=descriptor /a", "--follow=descriptor -F"},
		{"follows the name", "tail -F /a", ""},
		{"long, by name", "tail --follow=name /a", ""},
		{"tries again", "tail -f --retry /a", ""},
		{"in a loop", "while true; do tail -f /a; done", ""},
		{"does not follow", "tail -n 5 /a", ""},
		{"two of them", "tail -f /a & exec tail -f /b", "-f -F, -f -F"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, tail := range pod.Tails(container(t, "{command: [sh, -c, "+strconv.Quote(tt.script)+"]}")) {
				got = append(got, tail.Flag.Value+" "+tail.ByName)
			}
			if text := strings.Join(got, ", "); text != tt.want {
				t.Errorf("%q, want %q", text, tt.want)
			}
		})
	}
}

func TestMountAt(t *testing.T) {
	c := container(t, `{name: a, volumeMounts: [{name: logs, mountPath: /var/log/}, {name: nginx, mountPath: /var/log/nginx, subPath: web/}]}`)
	tests := []struct{ file, volume, inVolume string }{
		{"/var/log/app.log", "logs", "app.log"},
		{"/var/log", "logs", ""},
		{"/var/log/nginx/access.log", "nginx", "web/access.log"},
		{"/var/log/nginx", "nginx", "web"},
		{"/var/logs/app.log", "", ""},
		{"/etc/motd", "", ""},
	}
	for _, tt := range tests {
		m, ok := c.MountAt(tt.file)
		if m.Volume != tt.volume || ok != (tt.volume != "") {
			t.Errorf("%s is on %q, want %q", tt.file, m.Volume, tt.volume)
			continue
		}
		if !ok {
			continue
		}
		if got := m.InVolume(tt.file); got != tt.inVolume {
			t.Errorf("%s is %q in the volume, want %q", tt.file, got, tt.inVolume)
		}
		if got := m.InContainer(tt.inVolume); got != tt.file {
			t.Errorf("%q of the volume is at %q, want %q", tt.inVolume, got, tt.file)
		}
	}
	if got := c.Mounts[1].InContainer("blog/access.log"); got != "" {
		t.Errorf("what the mount does not hold is at %q", got)
	}
}

// TestFilesOfHostileScripts nests what a shell can nest as deep as a container's command can hold it: without the limit the parser
// ends the process.
func TestFilesOfHostileScripts(t *testing.T) {
	for _, unit := range []string{"(", "{ ", `"$(`, "$(("} {
		if got := described(pod.FilesOf(container(t, "{command: [sh, -c, "+strconv.Quote(strings.Repeat(unit, 480_000/len(unit)))+"]}"))); got != "…" {
			t.Errorf("%q: %.80q", unit, got)
		}
		pod.FilesOf(container(t, "{command: [sh, -c, "+strconv.Quote(strings.Repeat(unit, 32<<10/len(unit)))+"]}"))
	}
}

// FuzzFilesOf reads arbitrary scripts: nothing panics, and each word stands where it says.
func FuzzFilesOf(f *testing.F) {
	for _, seed := range []string{"tail -f /a", "while :; do cat /a > \"/b$c\"; done", "F=$(X) cat <<E\n$F\nE", "trap 'rm /a' 0; f() { :; }; f", "for ((;;)); do :; done"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		node := &manifest.Node{Kind: manifest.Sequence, Items: []*manifest.Node{
			{Tag: "!!str", Value: "sh"}, {Tag: "!!str", Value: "-c"}, {Tag: "!!str", Value: script},
		}}
		spec := &manifest.Node{Kind: manifest.Mapping, Pairs: []manifest.Pair{{Key: &manifest.Node{Value: "command"}, Value: node}}}
		c := &pod.Container{Node: spec, Env: []pod.EnvVar{{Name: "X", Value: &manifest.Node{Value: "/x"}}}}
		for _, u := range pod.FilesOf(c).Uses {
			if u.Word.Start < 0 || u.Word.End < u.Word.Start || u.Word.End > len(script) || !strings.HasPrefix(u.Path, "/") {
				t.Fatalf("%q at %d to %d of %q", u.Path, u.Word.Start, u.Word.End, script)
			}
		}
		pod.Tails(c)
	})
}
