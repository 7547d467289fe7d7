package pod

import (
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"mvdan.cc/sh/v3/syntax"
)

// Invocation is one program that a container starts: its own, or a simple command of its script, probes or hooks.
type Invocation struct {
	Name   string // last segment of the program's path, or the shell's builtin; "" when it isn't known
	Args   []Word
	Start  int // of its first word in the decoded text of Node
	End    int
	Node   *manifest.Node // scalar of its first word
	Script *Script        // that holds it; nil for the container's own words
	Looped bool           // in a loop of the script, so that it runs again
	Output []Word         // files that its output, or that of a construct around it, is redirected to
	Input  []Word
}

// Invocations lists the programs that a container starts, in source order, and says whether that is all of them: without a command
// the image decides, and a script that no shell parses is unknown. What a program itself starts is its own matter.
func (c *Container) Invocations() (list []Invocation, all bool) {
	if c.starts == nil {
		list, all = c.invocations()
		c.starts = &starts{list, all}
	}
	return c.starts.list, c.starts.all
}

// starts is what Invocations returns.
type starts struct {
	list []Invocation
	all  bool
}

func (c *Container) invocations() (list []Invocation, all bool) {
	list, all = c.commandsIn(c.Words())
	if len(list) == 1 && list[0].Script == nil && len(c.Node.Get("command").Seq()) == 0 && !ownNames[list[0].Name] {
		list[0].Name = "" // a word for the image's entrypoint
	}
	for _, hook := range [][]string{
		{"lifecycle", "postStart"}, {"lifecycle", "preStop"}, {"startupProbe"}, {"readinessProbe"}, {"livenessProbe"},
	} {
		words := c.Node.Get(append(hook, "exec", "command")...).Seq()
		if len(words) == 0 {
			continue
		}
		more, known := c.commandsIn(words)
		list, all = append(list, more...), all && known
	}
	return list, all
}

// ownNames are programs that can hardly be a word for an image's entrypoint, where a container has arguments and no command.
var ownNames = words("tail cat head grep inotifywait sleep tee")

func (c *Container) commandsIn(nodes []*manifest.Node) ([]Invocation, bool) {
	if len(nodes) == 0 {
		return nil, false
	}
	if runsShell(nodes) {
		script := scriptIn(nodes)
		if script == nil {
			return nil, false
		}
		return c.scriptCommands(script), true
	}
	var words []Word
	for _, n := range nodes {
		text := c.Expand(n.Text())
		words = append(words, Word{Value: text, Exact: !strings.Contains(text, "$("), Node: n, End: len(n.Text())})
	}
	return []Invocation{unwrapped(Invocation{Node: nodes[0], End: len(nodes[0].Text())}, words)}, true
}

func runsShell(nodes []*manifest.Node) bool {
	for _, n := range nodes {
		if shells[path.Base(n.Text())] && path.Base(n.Text()) != "busybox" {
			return true
		}
	}
	return false
}

// startsNext start the program that follows them; the number is how many words of their own stand before it.
var startsNext = map[string]int{
	"exec": 0, "nohup": 0, "tini": 0, "dumb-init": 0, "busybox": 0, "stdbuf": 0, "unbuffer": 0, "nice": 0, "command": 0, "sudo": 0, "env": 0, "time": 0, "timeout": 1,
}

// unwrapped names the program that a command really runs: that behind exec, tini, timeout and their like.
func unwrapped(cmd Invocation, words []Word) Invocation {
	for len(words) > 0 && words[0].Exact {
		name := path.Base(words[0].Value)
		own, wraps := startsNext[name]
		if !wraps || len(words) == 1 {
			cmd.Name, cmd.Args = name, words[1:]
			return cmd
		}
		words = words[1:]
		for len(words) > 0 && (strings.HasPrefix(words[0].Value, "-") || name == "env" && strings.Contains(words[0].Value, "=")) {
			words = words[1:]
		}
		words = words[min(own, len(words)):]
	}
	cmd.Args = words
	return cmd
}

// scriptCommands lists the simple commands of a script.
func (c *Container) scriptCommands(s *Script) []Invocation {
	known := variablesOf(c, s)
	var list []Invocation
	var above []syntax.Node
	syntax.Walk(s.File, func(n syntax.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		switch n := n.(type) {
		case *syntax.Stmt:
			if cmd := known.statement(s, n); cmd.Name != "" || len(cmd.Args)+len(cmd.Output)+len(cmd.Input) > 0 {
				cmd.Looped = inLoop(above)
				list = append(list, cmd)
			}
		case *syntax.UnaryTest:
			if w, ok := n.X.(*syntax.Word); ok {
				list = append(list, Invocation{Name: "test", Args: []Word{known.word(s, w)}, Node: s.Node, Script: s, Looped: inLoop(above)})
			}
		}
		above = append(above, n)
		return true
	})
	return list
}

// statement reads a statement's own command and redirections; those within it are statements of their own.
func (v variables) statement(s *Script, stmt *syntax.Stmt) Invocation {
	cmd := Invocation{Node: s.Node, Script: s, Start: int(stmt.Pos().Offset()), End: int(stmt.End().Offset())}
	for _, r := range stmt.Redirs {
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll, syntax.RdrInOut:
			cmd.Output = append(cmd.Output, v.word(s, r.Word))
		case syntax.RdrIn:
			cmd.Input = append(cmd.Input, v.word(s, r.Word))
		}
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		if ok || stmt.Cmd == nil || len(cmd.Output)+len(cmd.Input) > 0 {
			cmd.Name = ":" // assignments, or redirections of a construct
		}
		return cmd
	}
	words := make([]Word, len(call.Args))
	for i, arg := range call.Args {
		words[i] = v.word(s, arg)
	}
	cmd.Start, cmd.End = int(call.Pos().Offset()), int(call.End().Offset())
	return unwrapped(cmd, words)
}

func inLoop(above []syntax.Node) bool {
	for _, n := range above {
		switch n.(type) {
		case *syntax.WhileClause, *syntax.ForClause:
			return true
		}
	}
	return false
}
