package lifecycle

import (
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// Wait is a statement by which a script waits before it starts its own program.
type Wait struct {
	Script  *pod.Script
	Stmt    *syntax.Stmt
	Text    string // for people
	Port    int    // of localhost, 0 for another wait
	File    string // path of a file that it waits for
	Volume  string // that holds File
	InPath  string // of File in Volume
	Seconds int    // of a fixed sleep, 0 for another wait
}

// Waits lists the waits at the beginning of a container's script, before the first thing that it does.
func Waits(c *pod.Container) []Wait {
	s := ScriptOf(c)
	if s == nil {
		return nil
	}
	sc, out := script{s}, []Wait(nil)
	for _, stmt := range leading(s.File.Stmts) {
		if w, ok := sc.wait(c, stmt); ok {
			out = append(out, w)
			continue
		}
		if !sc.idle(stmt) {
			return out
		}
	}
	return nil // nothing follows: the container has no program of its own
}

// leading lists statements with those that `&&` joins taken apart.
func leading(stmts []*syntax.Stmt) []*syntax.Stmt {
	var out []*syntax.Stmt
	for _, stmt := range stmts {
		if b, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.AndStmt {
			out = append(out, leading([]*syntax.Stmt{b.X, b.Y})...)
			continue
		}
		out = append(out, stmt)
	}
	return out
}

// idle says whether a statement does nothing but talk and set variables.
func (s script) idle(stmt *syntax.Stmt) bool {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		return false
	}
	if len(call.Args) == 0 {
		return true
	}
	switch c, _ := s.command(stmt); c.name {
	case "echo", "printf", "set", "export", "trap", "date", "true", ":":
		return true
	}
	return false
}

func (s script) wait(c *pod.Container, stmt *syntax.Stmt) (Wait, bool) {
	w := Wait{Script: s.Script, Stmt: stmt}
	switch cmd := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		sleep, _ := s.command(stmt)
		if sleep.name != "sleep" || len(sleep.args) != 1 {
			return Wait{}, false
		}
		seconds, err := strconv.Atoi(strings.TrimSuffix(sleep.args[0], "s"))
		w.Seconds, w.Text = seconds, strings.TrimRight(s.source(stmt), "; \n&")
		return w, err == nil && seconds > 0 && seconds <= 600
	case *syntax.WhileClause:
		return s.loop(c, w, cmd)
	}
	return Wait{}, false
}

// loop reads a loop that sleeps until its condition holds.
func (s script) loop(c *pod.Container, w Wait, loop *syntax.WhileClause) (Wait, bool) {
	for _, stmt := range loop.Do {
		for _, inner := range s.in(stmt) {
			if inner.name != "sleep" && inner.name != "echo" && inner.name != "printf" && inner.name != ":" && inner.name != "true" && inner.name != "date" {
				return Wait{}, false
			}
		}
	}
	if len(loop.Cond) == 0 || pod.ForEver(loop) {
		return Wait{}, false
	}
	first, last := loop.Cond[0], loop.Cond[len(loop.Cond)-1]
	w.Text = strings.TrimRight(s.Text[offset(first.Pos()):offset(last.End())], "; \n")
	if m := loopback.FindStringSubmatch(s.conditionText(loop)); m != nil {
		w.Port, _ = strconv.Atoi(m[1])
		return w, w.Port > 0
	}
	cond := script{&pod.Script{Node: s.Node, Text: s.Text, File: &syntax.File{Stmts: loop.Cond}}}
	for _, name := range cond.names() {
		if f, ok := fileOf(c, name); ok {
			w.File, w.Volume, w.InPath = name, f.volume, f.path
			return w, true
		}
	}
	return Wait{}, false
}

// conditionText is the condition of a loop with its quotes taken away.
func (s script) conditionText(loop *syntax.WhileClause) string {
	var words []string
	for _, stmt := range loop.Cond {
		syntax.Walk(stmt, func(n syntax.Node) bool {
			if w, ok := n.(*syntax.Word); ok {
				words = append(words, s.word(w))
				return false
			}
			return true
		})
	}
	return strings.Join(words, " ")
}

// names are the absolute paths that a script tests for.
func (s script) names() []string {
	return slices.DeleteFunc(s.words(), func(w string) bool { return !strings.HasPrefix(w, "/") && !strings.HasPrefix(w, "$") })
}

// PreStopSleep returns the hook by which a container sleeps when it is told to stop, and nothing else; nil if it has none.
func PreStopSleep(c *pod.Container) *manifest.Node {
	hook := c.Node.Get("lifecycle", "preStop")
	if seconds := hook.Get("sleep", "seconds"); seconds != nil {
		return seconds
	}
	words := hook.Get("exec", "command").Strings()
	if len(words) == 0 {
		return nil
	}
	line := strings.Fields(strings.Join(words, " "))
	for len(line) > 0 && (line[0] == "sh" || line[0] == "bash" || line[0] == "/bin/sh" || line[0] == "/bin/bash" || line[0] == "-c") {
		line = line[1:]
	}
	if len(line) != 2 || line[0] != "sleep" && line[0] != "/bin/sleep" {
		return nil
	}
	return hook.Get("exec", "command").Resolve()
}
