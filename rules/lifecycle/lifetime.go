// Package lifecycle knows how long containers run and what they do about each other's start and end: which never end by
// themselves, which ends another (a quit call, a signal, a file that it waits for), which waits for another, who signals whom.
//
// It reads commands, scripts (also those of ConfigMaps of the state) and images, and answers only what they say for certain; an
// unknown program may end or not. It knows no findings and no rules.
package lifecycle

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// Reason is a fact about a container, fit to show, and where it stands.
type Reason struct {
	Text string // completes "container NAME …"
	Node *manifest.Node
}

// Endless says why a container runs until it is stopped, nil when it ends by itself or nobody can tell. Role is the container's.
//
// A script or command decides where there is one; an image decides only by its own entrypoint, and only when the helper table or
// the table of servers knows it.
func Endless(c *pod.Container, role pod.Role) *Reason {
	if endsByFlag(c) {
		return nil
	}
	if s := ScriptOf(c); s != nil {
		if why := (script{s}).never(s.File.Stmts); why != "" {
			return &Reason{why, s.Node}
		}
		return nil
	}
	own, line := c.Node.Get("command").Seq(), c.CommandLine()
	if len(own) == 0 {
		return entrypoint(c, role, line)
	}
	called := commandOf(line)
	if why := called.endless(); why != "" {
		return &Reason{why, own[0]}
	}
	if serving(role) && plainName(called.name) == plainName(path.Base(role.Family.Image)) {
		return &Reason{"runs " + called.name + ", a " + string(role.Kind) + " that serves until it is stopped", own[0]}
	}
	return nil
}

// entrypoint judges a container without a command: its image's own entrypoint runs, with the arguments.
func entrypoint(c *pod.Container, role pod.Role, args []string) *Reason {
	image, name := c.Node.Get("image"), path.Base(pod.Repository(c.Image))
	if serving(role) {
		return &Reason{"runs the image " + name + ", a " + string(role.Kind) + " that serves until it is stopped", image}
	}
	if why := commandOf(args).endless(); why != "" {
		return &Reason{why, c.Node.Get("args").Seq()[0]}
	}
	s, ok := serverImages[name]
	if folder := path.Base(path.Dir(pod.Repository(c.Image))); !ok {
		s, ok = serverImages[folder+"/"+name]
	}
	switch {
	case !ok, s.tag != "" && !strings.Contains(c.Image, s.tag):
		return nil
	case s.argument != "" && !slices.Contains(args, s.argument):
		return nil
	case s.argument == "" && len(args) > 0 && !strings.HasPrefix(args[0], "-"):
		return nil
	}
	return &Reason{"runs the image " + name + ", which serves until it is stopped", image}
}

// serving says whether an image does nothing else than help, and keeps doing it. A backup ends.
func serving(role pod.Role) bool {
	return role.Helper() && role.Family.Image != "" && !role.Family.Weak && role.Kind != pod.Backup
}

var endingFlag = regexp.MustCompile(`^--?(one-time|once|one-?shot|exit-after-auth|run-once|single-run|version|help|validate|dry-run)(=(true|1))?$`)

var endingVariables = map[string]string{"GIT_SYNC_ONE_TIME": "true", "GITSYNC_ONE_TIME": "true", "RUN_ONCE": "true", "ONESHOT": "true", "ONE_SHOT": "true", "METHOD": "LIST"}

// endsByFlag says whether a flag or variable asks a program that would serve to do its work once.
func endsByFlag(c *pod.Container) bool {
	asked := func(e pod.EnvVar) bool {
		want, ok := endingVariables[e.Name]
		return ok && strings.EqualFold(e.Value.Text(), want)
	}
	return slices.ContainsFunc(c.CommandLine(), endingFlag.MatchString) || slices.ContainsFunc(c.Env, asked)
}

// never says why a list of statements doesn't come to an end, "" when it does or nobody can tell. A statement in the background
// counts once the script waits for it.
func (s script) never(stmts []*syntax.Stmt) string {
	background := ""
	for _, stmt := range stmts {
		if stmt.Background {
			if why := s.statement(stmt); why != "" {
				background = why
			}
			continue
		}
		switch c, _ := s.command(stmt); c.name {
		case "exit":
			return ""
		case "wait":
			if background != "" {
				return background
			}
		}
		if why := s.statement(stmt); why != "" {
			return why
		}
	}
	return ""
}

func (s script) statement(stmt *syntax.Stmt) string {
	switch cmd := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		c, _ := s.command(stmt)
		return c.endless()
	case *syntax.BinaryCmd:
		if why := s.statement(cmd.X); why != "" || cmd.Op == syntax.OrStmt {
			return why
		}
		return s.statement(cmd.Y)
	case *syntax.Block:
		return s.never(cmd.Stmts)
	case *syntax.Subshell:
		return s.never(cmd.Stmts)
	case *syntax.WhileClause:
		if pod.ForEver(cmd) && !s.leaves(cmd) {
			return "loops for ever"
		}
	}
	return ""
}

// harmless are programs that don't fail for what happens around them.
var harmless = map[string]bool{"sleep": true, "echo": true, "printf": true, "true": true, ":": true, "date": true, "cat": true}

// leaves says whether a loop whose condition never ends it may end all the same: by leaving, by a signal, or, where the shell is
// told to, by any program that fails.
func (s script) leaves(loop *syntax.WhileClause) bool {
	strict := s.strict()
	for _, stmt := range loop.Do {
		for _, c := range s.in(stmt) {
			switch c.name {
			case "break", "exit", "return", "kill", "pkill", "killall":
				return true
			}
			if call := c.stmt.Cmd.(*syntax.CallExpr); call.Args[0].Lit() == "exec" || strict && !harmless[c.name] {
				return true
			}
		}
	}
	return false
}

// strict says whether the shell ends at the first failure.
func (s script) strict() bool {
	for _, c := range s.commands() {
		if c.name == "set" && (slices.Contains(c.args, "errexit") || slices.ContainsFunc(c.args, shortFlagE)) {
			return true
		}
	}
	if s.Node == nil || s.Node.Parent == nil {
		return false
	}
	for _, n := range s.Node.Parent.Seq() {
		if shortFlagE(n.Text()) {
			return true
		}
	}
	return false
}

func shortFlagE(word string) bool {
	return len(word) <= 6 && strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.Contains(word, "e")
}
