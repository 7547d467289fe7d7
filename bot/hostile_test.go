package bot_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/hostile"
)

// hidden is the value of a Secret beside the faults.
const hidden = "Zs3cr3tZs3cr3tZ"

// TestHostilePullRequest opens a pull request in which every name, file name, configuration and rule is hostile. Whatever the bot posts and logs must be of the few forms that it writes.
func TestHostilePullRequest(t *testing.T) {
	t.Parallel()
	before := map[string][]byte{".podcheck.yml": hostileConfiguration(), ".podcheck/rules/own.yaml": hostileRules()}
	after := maps.Clone(before)
	for turn, name := range []string{"seed-storage-sharing", "signals-and-logs", "shipper-two-files", "syntax-error", "job-and-sleep"} {
		f := load(t, name)
		maps.Copy(before, value(hostile.Tree(f.Before, 7*turn))(t))
		maps.Copy(after, value(hostile.Tree(f.After, 7*turn))(t))
	}
	for i := 0; i < len(hostile.Texts); i += 3 {
		after[hostile.Path(fmt.Sprintf("logs/%d.yaml", i), i)] = fmt.Appendf(nil, "apiVersion: v1\nkind: Secret\nmetadata: {name: s%d}\nstringData: {a: %s}\n---\n%s", i, hidden, oneLine(i))
	}
	after[".podcheck.yml"] = append(slices.Clone(before[".podcheck.yml"]), hostileMistakes()...)
	after[".podcheck/rules/more.yaml"] = fmt.Appendf(nil, "name: %q\nexpression: %q\nmessage: %q\n", hostile.Texts[0], hostile.Texts[1], hostile.Texts[2])
	w := newWorld(t, before)
	w.start()
	p := w.open(before, after, github.NewPull{Author: "ann"})
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 1)
	if n := len(p.ReviewComments()); n < 20 {
		t.Errorf("%d comments: hostile names keep the bot from speaking", n)
	}
	if n := len(slices.DeleteFunc(p.ReviewComments(), func(c github.PostedComment) bool { return !strings.Contains(c.Body, "own-") })); n < 5 {
		t.Errorf("%d comments of hostile rules", n)
	}
	w.postedIsOurs(p)
	w.loggedIsOurs()
}

// TestHostileCommands gives commands with hostile words, and reasons.
func TestHostileCommands(t *testing.T) {
	t.Parallel()
	before := map[string][]byte{".podcheck.yml": hostileConfiguration(), ".podcheck/rules/own.yaml": hostileRules()}
	after := maps.Clone(before)
	after[hostile.Path("log.yaml", 1)] = []byte(oneLine(0))
	w := newWorld(t, before)
	w.start()
	p := w.open(before, after, github.NewPull{Author: "ann"})
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 1)
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	id := w.idOf(p, "log-replay")
	for _, said := range commands(id) {
		w.say(p, "wendy", said)
	}
	w.postedIsOurs(p)
	w.loggedIsOurs()
}

// commands are few: each takes two or three writes, of which GitHub allows no more in a minute.
func commands(id string) []string {
	oneLine := strings.NewReplacer("\n", " ", "\r", " ", "\x00", "")
	var all []string
	for i, what := range []string{"own", id, id} {
		all = append(all, "/podcheck ignore "+what+" "+oneLine.Replace(strings.Join(hostile.Texts[i*30:i*30+8], " since ")))
	}
	return append(all, "/podcheck <!--", "/podcheck `@all`", "/podcheck explain ](https://evil.example)", "/podcheck explain `@all`", "/podcheck explain own",
		"/podcheck fix @all", "/podcheck unignore <img/src=x>", "/podcheck unignore own")
}

// loggedIsOurs reads the log: a line an event.
func (w *world) loggedIsOurs() {
	w.Helper()
	for line := range strings.Lines(w.log.String()) {
		if found := hostile.Invisible(line); found != "" || !strings.HasPrefix(line, "time=") || strings.Contains(line, hidden) {
			w.Errorf("logged %q", line)
		}
	}
}

// postedIsOurs reads everything that the bot posted on a pull request.
func (w *world) postedIsOurs(p *github.Pull) {
	w.Helper()
	texts := map[string]string{}
	for i, r := range p.Reviews() {
		texts[fmt.Sprint("review ", i)] = r.Body
	}
	for i, c := range p.ReviewComments() {
		texts[fmt.Sprintf("comment %d on %q", i, c.Path)] = c.Body
	}
	for i, c := range p.Comments() {
		if c.Author == w.github.BotLogin() {
			texts[fmt.Sprint("reply ", i)] = c.Body
		}
	}
	for i, run := range w.repo.CheckRuns(p.HeadSHA()) {
		texts[fmt.Sprint("summary ", i)], texts[fmt.Sprint("text ", i)] = run.Summary, run.Text
		for _, a := range append(run.Annotations, github.Annotation{Title: run.Title}) {
			if found := append(hostile.Plain(a.Title, 1), hostile.Plain(a.Message, 11)...); len(found) > 0 || strings.Contains(a.Message, hidden) {
				w.Errorf("an annotation has %q: %+v", found, a)
			}
		}
	}
	for what, text := range texts {
		markers := 1
		if strings.HasPrefix(what, "text ") || strings.HasPrefix(what, "review ") {
			markers = 0
		}
		if found := hostile.Markdown(text, markers); len(found) > 0 || strings.Contains(text, hidden) {
			w.Errorf("%s has %q:\n%s", what, found, text)
		}
	}
}

// hostileConfiguration is valid, with a hostile reason for each ignore.
func hostileConfiguration() []byte {
	var b strings.Builder
	b.WriteString("version: 1\nreview: {comments: 60}\nrules: {default-container: warning}\nignore:\n")
	for i, text := range hostile.Texts {
		fmt.Fprintf(&b, "- {rule: invalid-manifest, object: \"*/*%d*\", reason: %q%s}\n", i, "because "+text, []string{"", ", until: 2020-01-01"}[i%2])
	}
	return []byte(b.String())
}

// hostileRules find something in the first container of each oneLine, and say so in hostile words.
func hostileRules() []byte {
	var b strings.Builder
	for i, text := range hostile.Texts {
		if strings.Contains(text, "{{") {
			continue // means something in a message
		}
		name := "own"
		if i > 0 {
			name = fmt.Sprint("own-", i)
		}
		fmt.Fprintf(&b, "---\nname: %s\nexpression: workload.metadata.name != 'log-%d' || container.name == 'tail'\nmessage: %q\ndocumentation: %q\n", name, i, text+" {{container.image}} "+text, text)
	}
	return []byte(b.String())
}

// hostileMistakes are lines that are wrong in a configuration.
func hostileMistakes() []byte {
	var b strings.Builder
	for i, text := range hostile.Texts {
		fmt.Fprintf(&b, "%q: %q\n", text+fmt.Sprint(i), text)
	}
	return []byte(b.String())
}

// oneLine is a Pod with a fault that has a fix, on one line with hostile values.
func oneLine(i int) string {
	text := hostile.Texts[i]
	return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: "log-%d", annotations: {a: %q}}, spec: {volumes: [{name: l, emptyDir: {sizeLimit: 1Gi}}], containers: [`+
		`{name: %q, image: %q, volumeMounts: [{name: l, mountPath: /l}]}, `+
		`{name: tail, image: "busybox:1.37", volumeMounts: [{name: l, mountPath: /l}], command: ["sh", "-c", "while true; do cat /l/a.log; sleep 10; done"]}]}}`+"\n", i, text, "app "+text, "x/"+text)
}
