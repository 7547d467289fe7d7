package pod

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"mvdan.cc/sh/v3/syntax"
)

// Word is one word of a command: a scalar of the container's own command line, or a word of its script.
type Word struct {
	Value      string         // what the program gets, as far as it is known: everything before the first part that isn't
	Exact      bool           // Value is all of it
	Glob       bool           // an unquoted pattern: which files it names is decided when the shell comes to it
	Node       *manifest.Node // scalar that holds the word
	Start, End int            // bytes of the scalar's decoded text
}

// Path is the absolute and clean path that a word names, "" if it names none. What isn't known is a `*`, as in a pattern.
func (w Word) Path() string {
	if !strings.HasPrefix(w.Value, "/") {
		return ""
	}
	if !w.Exact {
		return path.Clean(w.Value + "*")
	}
	return path.Clean(w.Value)
}

// variables are the values of shell variables that are known: literal environment, and what the script sets once to a literal.
type variables map[string]string

// variablesOf collects the known variables of a container and one of its scripts.
func variablesOf(c *Container, s *Script) variables {
	known := variables{}
	for _, e := range c.Env {
		if e.Value != nil && !strings.Contains(e.Value.Text(), "$(") {
			known[e.Name] = e.Value.Text()
		}
	}
	set := map[string]int{}
	syntax.Walk(s.File, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				set[n.Name.Value]++
				if n.Append || n.Value == nil {
					set[n.Name.Value]++
				}
			}
		case *syntax.WordIter:
			set[n.Name.Value] += 2
		case *syntax.CallExpr:
			if len(n.Args) > 1 && n.Args[0].Lit() == "read" {
				for _, arg := range n.Args[1:] {
					set[arg.Lit()] += 2
				}
			}
		}
		return true
	})
	for name := range set {
		delete(known, name)
	}
	syntax.Walk(s.File, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && set[a.Name.Value] == 1 {
			if w := known.word(s, a.Value); w.Exact {
				known[a.Name.Value] = w.Value
			}
		}
		return true
	})
	return known
}

// word reads a word of a script.
func (v variables) word(s *Script, w *syntax.Word) Word {
	value, exact := v.parts(w.Parts, false)
	return Word{
		Value: value, Exact: exact, Glob: slices.ContainsFunc(w.Parts, isGlob),
		Node: s.Node, Start: int(w.Pos().Offset()), End: int(w.End().Offset()),
	}
}

func isGlob(p syntax.WordPart) bool {
	lit, ok := p.(*syntax.Lit)
	return ok && strings.ContainsAny(lit.Value, "*?[{")
}

// parts reads parts of a word up to the first that isn't known.
func (v variables) parts(parts []syntax.WordPart, quoted bool) (string, bool) {
	var out strings.Builder
	for _, p := range parts {
		text, ok := "", false
		switch p := p.(type) {
		case *syntax.Lit:
			text, ok = unescape(p.Value, quoted), true
		case *syntax.SglQuoted:
			text, ok = p.Value, !p.Dollar
		case *syntax.DblQuoted:
			text, ok = v.parts(p.Parts, true)
		case *syntax.ParamExp:
			text, ok = v.parameter(p)
		case *syntax.CmdSubst:
			text, ok = v.reference(p)
		}
		out.WriteString(text)
		if !ok {
			return out.String(), false
		}
	}
	return out.String(), true
}

func (v variables) parameter(p *syntax.ParamExp) (string, bool) {
	if p.Param == nil || p.Excl || p.Length || p.Width || p.Index != nil || p.Slice != nil || p.Repl != nil || p.Exp != nil {
		return "", false
	}
	text, ok := v[p.Param.Value]
	return text, ok
}

// reference reads `$(NAME)`, which the kubelet replaces by the container's environment before a shell sees it.
func (v variables) reference(p *syntax.CmdSubst) (string, bool) {
	if p.Backquotes || len(p.Stmts) != 1 {
		return "", false
	}
	call, ok := p.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) != 1 || len(call.Assigns) > 0 {
		return "", false
	}
	text, ok := v[call.Args[0].Lit()]
	return text, ok
}

// unescape takes away the backslashes of a literal; between double quotes only those that quote something there.
func unescape(text string, quoted bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) || quoted && !strings.ContainsRune("$`\"\\\n", rune(text[i+1])) {
			out.WriteByte(text[i])
			continue
		}
		i++
		if text[i] != '\n' {
			out.WriteByte(text[i])
		}
	}
	return out.String()
}
