package lifecycle

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// How is the way in which a container ends another.
type How int

// Quit calls the other over localhost, Kill sends it a signal, Marker makes a file that the other waits for.
const (
	Quit How = iota
	Kill
	Marker
)

// Ending is how one container ends another that would not end by itself.
type Ending struct {
	How    How
	By, Of *pod.Container
	Text   string         // completes "container NAME …"
	Node   *manifest.Node // scalar that holds what does it
	Script *pod.Script    // that does it; nil when it isn't a script in By's own command
	Stmts  []*syntax.Stmt // of Script
	Volume string         // of a marker
}

// Endings returns how other containers of its Pod end a container that was found endless.
func Endings(state *analysis.State, of *pod.Container) []Ending {
	var out []Ending
	for _, by := range of.Workload.In(pod.Containers) {
		if by != of {
			out = append(out, quits(by, of)...)
			out = append(out, kills(state, by, of)...)
		}
	}
	return out
}

// quitCall is a call by which proxies end: Envoy, Istio, the Cloud SQL proxy; Linkerd; Prometheus' own.
var quitCall = regexp.MustCompile(`(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?/(?:quitquitquit|shutdown|-/quit)\b`)

func quits(by, of *pod.Container) []Ending {
	s := ScriptOf(by)
	if s == nil {
		for _, n := range by.Words() {
			if quitCall.MatchString(n.Text()) {
				return []Ending{{How: Quit, By: by, Of: of, Text: "calls " + quitCall.FindString(n.Text()), Node: n}}
			}
		}
		return nil
	}
	var out []Ending
	for _, c := range (script{s}).commands() {
		at := slices.IndexFunc(c.args, quitCall.MatchString)
		if at >= 0 && c.name != "trap" {
			out = join(out, Ending{How: Quit, By: by, Of: of, Text: "calls " + quitCall.FindString(c.args[at]) + " when it is done", Node: s.Node, Script: s, Stmts: []*syntax.Stmt{c.stmt}})
		}
	}
	return out
}

// join adds what does it to an ending that is there already.
func join(endings []Ending, e Ending) []Ending {
	if len(endings) == 0 {
		return []Ending{e}
	}
	endings[0].Stmts = append(endings[0].Stmts, e.Stmts...)
	return endings
}

func kills(state *analysis.State, by, of *pod.Container) []Ending {
	var out []Ending
	for _, sig := range Signals(state, by) {
		if sig.To == of {
			out = join(out, Ending{How: Kill, By: by, Of: of, Text: "ends it with `" + sig.Text + "`", Node: sig.Node, Script: sig.Script, Stmts: []*syntax.Stmt{sig.Stmt}})
		}
	}
	return out
}

// Waiting returns how another container ends one whose script runs its program in the background and waits for a file: a marker
// that the other makes. The container ends by this alone.
func Waiting(of *pod.Container) []Ending {
	s := ScriptOf(of)
	if s == nil || !(script{s}).background() {
		return nil
	}
	files := script{s}.tested(of)
	for _, by := range of.Workload.In(pod.Containers) {
		other := ScriptOf(by)
		if by == of || other == nil {
			continue
		}
		var out []Ending
		for _, made := range (script{other}).made(by) {
			if slices.Contains(files, made.file) {
				out = join(out, Ending{How: Marker, By: by, Of: of, Text: "makes the file " + made.path + ", for which " + of.Name + " waits to end",
					Node: other.Node, Script: other, Stmts: []*syntax.Stmt{made.stmt}, Volume: made.file.volume})
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// background says whether a script runs a program in the background that ends only with it: one that serves, one that the script
// ends itself, or one beside which it only waits.
func (s script) background() bool {
	at := slices.IndexFunc(s.File.Stmts, s.isBackground)
	if at < 0 {
		return false
	}
	if _, only := Unwrapped(s.Script); only || s.statement(s.File.Stmts[at]) != "" {
		return true
	}
	return slices.ContainsFunc(s.commands(), func(c command) bool { return c.name == "kill" })
}

// isBackground says whether a statement starts a program in the background.
func (s script) isBackground(stmt *syntax.Stmt) bool {
	c, ok := s.command(stmt)
	return stmt.Background && ok && !tools[c.name]
}

// file is a file of a Pod's volume.
type file struct{ volume, path string }

func fileOf(c *pod.Container, name string) (file, bool) {
	name = os.Expand(name, func(variable string) string {
		for _, e := range c.Env {
			if e.Name == variable && e.Value != nil {
				return e.Value.Text()
			}
		}
		return "$" + variable
	})
	if strings.Contains(name, "$") || !path.IsAbs(name) {
		return file{}, false
	}
	m, ok := c.MountAt(name)
	return file{m.Volume, m.InVolume(name)}, ok
}

// tested are the files of volumes whose existence a script asks for.
func (s script) tested(c *pod.Container) []file {
	var out []file
	add := func(name string) {
		if f, ok := fileOf(c, name); ok {
			out = append(out, f)
		}
	}
	syntax.Walk(s.File, func(n syntax.Node) bool {
		if t, ok := n.(*syntax.UnaryTest); ok {
			if w, ok := t.X.(*syntax.Word); ok {
				add(s.word(w))
			}
		}
		return true
	})
	for _, cmd := range s.commands() {
		if cmd.name == "[" || cmd.name == "test" || cmd.name == "ls" || cmd.name == "stat" {
			for _, a := range cmd.args {
				add(a)
			}
		}
	}
	return out
}

// making is a statement that makes a file of a volume.
type making struct {
	file file
	path string
	stmt *syntax.Stmt
}

func (s script) made(c *pod.Container) []making {
	var out []making
	add := func(name string, stmt *syntax.Stmt) {
		if f, ok := fileOf(c, name); ok {
			out = append(out, making{f, name, stmt})
		}
	}
	for _, cmd := range s.commands() {
		if cmd.name == "touch" {
			for _, a := range cmd.args {
				add(a, cmd.stmt)
			}
		}
		if cmd.trap {
			continue
		}
		for _, r := range cmd.stmt.Redirs {
			if r.Op == syntax.RdrOut && (cmd.name == "echo" || cmd.name == ":" || cmd.name == "printf" || cmd.name == "date") {
				add(s.word(r.Word), cmd.stmt)
			}
		}
	}
	return out
}

// onlyWaiting are the commands of a container that does nothing but wait for another to end and then end a third.
var onlyWaiting = wordSet(": [ test true false echo printf sleep kill pkill killall pgrep pidof ps grep egrep wait exit break continue let set date awk cut head tail wc tr xargs . source")

// OnlyEnds says whether all that a container does is to look at the processes of others and end some.
func OnlyEnds(state *analysis.State, c *pod.Container) bool {
	scripts, whole := Scripts(state, c)
	kills := false
	for _, s := range scripts {
		for _, cmd := range (script{s}).commands() {
			if !onlyWaiting[cmd.name] {
				return false
			}
			kills = kills || cmd.name == "kill" || cmd.name == "pkill" || cmd.name == "killall"
		}
	}
	return whole && kills
}

// PlaceOf is where a statement stands: its own range where the script's text stands as it is in one line of the file, else the scalar.
func PlaceOf(s *pod.Script, stmt *syntax.Stmt) analysis.Place {
	whole := analysis.At(s.Node)
	source := strings.TrimSpace((script{s}).source(stmt))
	text := string(s.Node.File.Data[whole.Span.Start.Offset:whole.Span.End.Offset])
	at := strings.Index(text, source)
	if at < 0 || source == "" || strings.Contains(source, "\n") || strings.Count(text, source) > 1 {
		return whole
	}
	start := whole.Span.Start.Offset + at
	return analysis.Place{Path: whole.Path, Span: manifest.Span{Start: s.Node.File.PosAt(start), End: s.Node.File.PosAt(start + len(source))}}
}
