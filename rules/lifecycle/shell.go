package lifecycle

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// command is one simple command: a program and the words behind it without quotes. What only the shell knows stands as it is written.
type command struct {
	name  string // of the program, without its folder; what only starts another program (exec, nohup, tini) is left out
	args  []string
	words []string     // all of it, as it is called
	stmt  *syntax.Stmt // nil for a container's own command line
	trap  bool         // stands in the text of a trap
}

// wrappers start the program that they are given and end with it; the number is how many words of their own stand before it.
var wrappers = map[string]int{"exec": 0, "nohup": 0, "command": 0, "sudo": 0, "tini": 0, "dumb-init": 0, "setsid": 0, "gosu": 1, "su-exec": 1, "env": 0}

// commandOf names the program of a command line.
func commandOf(words []string) command {
	for len(words) > 0 {
		own, wraps := wrappers[path.Base(words[0])]
		if !wraps {
			return command{name: path.Base(words[0]), args: words[1:]}
		}
		words = words[1:]
		words = words[min(own, len(words)):]
		for len(words) > 0 && (strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=")) {
			words = words[1:]
		}
	}
	return command{}
}

// script adds to a container's script what this package reads in it.
type script struct{ *pod.Script }

// commands lists the simple commands in source order, wherever they stand: loops, functions, traps.
func (s script) commands() []command {
	if s.Script == nil {
		return nil
	}
	return s.in(s.File)
}

func (s script) in(n syntax.Node) []command {
	var out []command
	syntax.Walk(n, func(n syntax.Node) bool {
		stmt, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		c, ok := s.command(stmt)
		if !ok {
			return true
		}
		out = append(out, c)
		if c.name == "trap" && len(c.args) > 0 {
			for _, inner := range trapped(c.args[0]) {
				inner.stmt, inner.trap = stmt, true
				out = append(out, inner)
			}
		}
		return true
	})
	return out
}

// command reads a statement that is a simple command.
func (s script) command(stmt *syntax.Stmt) (command, bool) {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return command{}, false
	}
	words := make([]string, len(call.Args))
	for i, w := range call.Args {
		words[i] = s.word(w)
	}
	c := commandOf(words)
	c.stmt, c.words = stmt, words
	return c, true
}

// trapped reads the commands of a trap, which the shell runs at its end or on a signal.
func trapped(text string) []command {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	return script{&pod.Script{Text: text, File: file}}.commands()
}

// word is a word without its quotes; expansions stand as they are written.
func (s script) word(w *syntax.Word) string {
	if w == nil {
		return ""
	}
	var b strings.Builder
	s.parts(&b, w.Parts)
	return b.String()
}

func (s script) parts(b *strings.Builder, parts []syntax.WordPart) {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(p.Value, "\\\n", ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			s.parts(b, p.Parts)
		default:
			b.WriteString(s.source(p))
		}
	}
}

// source is a part of the script as it is written.
func (s script) source(n syntax.Node) string {
	from, to := int(n.Pos().Offset()), int(n.End().Offset())
	if from > to || to > len(s.Text) {
		return ""
	}
	return s.Text[from:to]
}

func containsPart(words []string, part string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, part) })
}

var separators = strings.NewReplacer("-", "", "_", "", ".", "")

// plainName is a program's name without what its spellings differ in: cloud_sql_proxy is cloud-sql-proxy.
func plainName(name string) string {
	return strings.ToLower(separators.Replace(name))
}
