package pod

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"mvdan.cc/sh/v3/syntax"
)

// Script is a shell script that a container runs with `sh -c` or a shell of another name.
type Script struct {
	Node *manifest.Node // scalar that holds the text
	Text string
	File *syntax.File
}

// shells are the names of shells that take a script behind -c.
var shells = map[string]bool{"sh": true, "bash": true, "ash": true, "dash": true, "busybox": true}

// ScriptOf returns the script that a container runs, nil if it runs none or one that no shell would parse.
func ScriptOf(c *Container) *Script {
	return scriptIn(c.Words())
}

func scriptIn(words []*manifest.Node) *Script {
	for i, n := range words {
		name := n.Text()
		name = name[strings.LastIndexByte(name, '/')+1:]
		if !shells[name] {
			continue
		}
		for j := i + 1; j+1 < len(words) && (strings.HasPrefix(words[j].Text(), "-") || shells[words[j].Text()]); j++ {
			if isShellFlag(words[j].Text()) {
				return parseScript(words[j+1])
			}
		}
	}
	return nil
}

// maxScript bounds what is parsed, in bytes: the parser has no limit of its own for nesting, and takes some 3 KiB of stack for each
// open parenthesis. A longer script is unknown.
const maxScript = 32 << 10

func parseScript(n *manifest.Node) *Script {
	text := n.Text()
	if len(text) > maxScript {
		return nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	return &Script{Node: n, Text: text, File: file}
}

// CatLoop is an endless loop that prints files again and again.
type CatLoop struct {
	Start, End int      // bytes of the script
	Files      []string // as written in the script, with quotes
	Plain      bool     // nothing but cat and sleep, and output goes nowhere else
	Pattern    bool     // what is printed is decided anew each time: a glob, or what a command prints
}

// CatLoops returns the script's endless loops in which `cat` reads files that the loop neither empties nor moves.
func (s *Script) CatLoops() []CatLoop {
	if s == nil {
		return nil
	}
	var out []CatLoop
	syntax.Walk(s.File, func(n syntax.Node) bool {
		loop, ok := n.(*syntax.WhileClause)
		if ok && endless(loop) {
			if l := s.catLoop(loop); len(l.Files) > 0 {
				out = append(out, l)
			}
		}
		return true
	})
	return out
}

// endless says whether a loop's condition never ends it: true, :, [ 1 ], [[ 1 ]], sleep N; `until false` likewise.
func endless(loop *syntax.WhileClause) bool {
	if len(loop.Cond) != 1 {
		return false
	}
	if test, ok := loop.Cond[0].Cmd.(*syntax.TestClause); ok {
		word, ok := test.X.(*syntax.Word)
		return ok && !loop.Until && word.Lit() != ""
	}
	call, ok := loop.Cond[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	name := call.Args[0].Lit()
	if loop.Until {
		return name == "false"
	}
	switch name {
	case "true", ":", "sleep":
		return true
	case "[", "test":
		return len(call.Args) > 1 && (call.Args[1].Lit() == "1" || call.Args[1].Lit() == "true")
	}
	return false
}

// emptying are commands that take away what `cat` has printed, so that nothing is printed twice.
var emptying = map[string]bool{"rm": true, "mv": true, "truncate": true, "logrotate": true, "unlink": true}

// leaving are commands that end a loop or its shell.
var leaving = map[string]bool{"break": true, "exit": true, "return": true, "exec": true}

// catLoop reads the body of an endless loop; no files when it prints none, or never the same text twice.
func (s *Script) catLoop(loop *syntax.WhileClause) CatLoop {
	body := loopBody{script: s, loop: CatLoop{Start: int(loop.Pos().Offset()), End: int(loop.End().Offset()), Plain: true}}
	for _, stmt := range loop.Do {
		syntax.Walk(stmt, body.visit)
	}
	if body.over {
		return CatLoop{}
	}
	return body.loop
}

// loopBody is what a walk through the body of a loop has found.
type loopBody struct {
	script *Script
	loop   CatLoop
	over   bool // the loop empties what it prints, or ends after all
}

func (b *loopBody) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Stmt:
		if len(n.Redirs) > 0 || n.Background || n.Negated {
			b.loop.Plain = false
		}
		for _, r := range n.Redirs {
			b.over = b.over || r.Op == syntax.RdrOut && r.N == nil && r.Word.Lit() != "/dev/null"
		}
	case *syntax.BinaryCmd:
		b.loop.Plain = false
		if n.Op == syntax.OrStmt { // what stands behind || runs only on failure
			syntax.Walk(n.X, b.visit)
			return false
		}
	case *syntax.CallExpr:
		b.call(n)
		return false
	case *syntax.Word, *syntax.Redirect:
		return false
	case nil:
	default:
		b.loop.Plain = false
	}
	return true
}

func (b *loopBody) call(call *syntax.CallExpr) {
	if len(call.Args) == 0 {
		b.loop.Plain = false
		return
	}
	text := func(w *syntax.Word) string { return b.script.Text[w.Pos().Offset():w.End().Offset()] }
	name, args := call.Args[0].Lit(), call.Args[1:]
	has := func(word string) bool {
		return slices.ContainsFunc(args, func(w *syntax.Word) bool { return text(w) == word })
	}
	switch {
	case name == "cat":
		for _, arg := range args {
			if strings.HasPrefix(text(arg), "-") {
				b.loop.Plain = false
				continue
			}
			b.loop.Files = append(b.loop.Files, text(arg))
			b.loop.Pattern = b.loop.Pattern || expands(arg)
		}
	case name == "sleep":
	case emptying[name], leaving[name], name == "cp" && has("/dev/null"), name == "find" && has("-delete"):
		b.over = true
	default:
		b.loop.Plain = false
	}
}

// expands says whether a shell looks anew which files a word names: a glob or a command in it.
func expands(w *syntax.Word) bool {
	return slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		switch p := p.(type) {
		case *syntax.Lit:
			return strings.ContainsAny(p.Value, "*?[")
		case *syntax.CmdSubst:
			return true
		}
		return false
	})
}

// Writes returns the files that the script's redirections write, by path as written without quotes, and whether any of these
// adds to the file instead of writing it anew.
func (s *Script) Writes() map[string]bool {
	out := map[string]bool{}
	if s == nil {
		return out
	}
	syntax.Walk(s.File, func(n syntax.Node) bool {
		r, ok := n.(*syntax.Redirect)
		if !ok || r.Word == nil {
			return true
		}
		file := strings.Trim(s.Text[r.Word.Pos().Offset():r.Word.End().Offset()], `"'`)
		switch r.Op {
		case syntax.AppOut, syntax.AppAll:
			out[file] = true
		case syntax.RdrOut, syntax.RdrClob, syntax.RdrAll:
			if _, known := out[file]; !known {
				out[file] = false
			}
		}
		return true
	})
	return out
}
