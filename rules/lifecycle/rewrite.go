package lifecycle

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// Without returns a script's text without some of its statements, and whether that can be done with certainty: each stands on its
// own or behind `&&`, `||` or `;`, not within a loop or condition, and something is left.
func Without(s *pod.Script, gone []*syntax.Stmt) (string, bool) {
	text := s.Text
	var cuts []span
	for _, stmt := range gone {
		if (script{s}).onlyPart(stmt, gone) {
			cut, ok := cutOf(s, stmt)
			if !ok {
				return "", false
			}
			cuts = append(cuts, cut)
			continue
		}
		return "", false
	}
	slices.SortFunc(cuts, func(a, b span) int { return b.from - a.from })
	for i, c := range cuts {
		if i > 0 && c.to > cuts[i-1].from {
			if c == cuts[i-1] {
				continue
			}
			return "", false
		}
		text = text[:c.from] + text[c.to:]
	}
	return text, sound(text)
}

// span is a range of bytes of a script.
type span struct{ from, to int }

// sound says whether a shell would run a text, and it does something.
func sound(text string) bool {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	return err == nil && len(file.Stmts) > 0
}

// onlyPart says whether a trap does nothing else than what goes; any other statement is its own.
func (s script) onlyPart(stmt *syntax.Stmt, gone []*syntax.Stmt) bool {
	c, ok := s.command(stmt)
	if !ok || c.name != "trap" || len(c.args) == 0 {
		return true
	}
	inner := trapped(c.args[0])
	times := 0
	for _, g := range gone {
		if same(g, stmt) {
			times++
		}
	}
	return len(inner) > 0 && len(inner) == times
}

// cutOf returns the bytes that go with a statement.
func cutOf(s *pod.Script, stmt *syntax.Stmt) (span, bool) {
	for i, top := range s.File.Stmts {
		if same(top, stmt) {
			return cutTop(s, i), true
		}
		if cut, ok := cutOperand(top, stmt); ok {
			return cut, true
		}
	}
	return span{}, false
}

// cutOperand cuts one side of `a && b` or the right side of `a || b`.
func cutOperand(in, stmt *syntax.Stmt) (span, bool) {
	b, ok := in.Cmd.(*syntax.BinaryCmd)
	if !ok || b.Op != syntax.AndStmt && b.Op != syntax.OrStmt {
		return span{}, false
	}
	switch {
	case same(b.Y, stmt):
		return span{offset(b.X.End()), offset(b.Y.End())}, true
	case same(b.X, stmt) && b.Op == syntax.AndStmt:
		return span{offset(b.X.Pos()), offset(b.Y.Pos())}, true
	}
	if cut, ok := cutOperand(b.X, stmt); ok {
		return cut, true
	}
	return cutOperand(b.Y, stmt)
}

// same says whether two statements are one, also when the script was parsed twice.
func same(a, b *syntax.Stmt) bool {
	return offset(a.Pos()) == offset(b.Pos()) && offset(a.End()) == offset(b.End())
}

func offset(p syntax.Pos) int { return int(p.Offset()) }

// cutTop cuts a statement of the script itself: its lines, with the comments directly above, or its part of a line.
func cutTop(s *pod.Script, i int) span {
	stmt, text := s.File.Stmts[i], s.Text
	from, to := offset(stmt.Pos()), offset(stmt.End())
	lineStart := strings.LastIndexByte(text[:from], '\n') + 1
	lineEnd := len(text)
	if n := strings.IndexByte(text[to:], '\n'); n >= 0 {
		lineEnd = to + n + 1
	}
	rest := strings.TrimSpace(text[to:lineEnd])
	if strings.TrimSpace(text[lineStart:from]) == "" && (rest == "" || strings.HasPrefix(rest, "#")) {
		for lineStart > 0 {
			above := strings.LastIndexByte(text[:lineStart-1], '\n') + 1
			if !strings.HasPrefix(strings.TrimSpace(text[above:lineStart]), "#") || strings.HasPrefix(text[above:lineStart], "#!") {
				break
			}
			lineStart = above
		}
		return span{lineStart, lineEnd}
	}
	if i+1 < len(s.File.Stmts) {
		return span{from, offset(s.File.Stmts[i+1].Pos())}
	}
	if i > 0 {
		end := offset(s.File.Stmts[i-1].End())
		if end > 0 && text[end-1] == ';' {
			end--
		}
		return span{end, to}
	}
	return span{from, to}
}

// Unwrapped returns a script that runs a program in the background and waits for a file as one that just runs the program, and
// whether all it did besides was waiting.
func Unwrapped(s *pod.Script) (string, bool) {
	sc := script{s}
	at := slices.IndexFunc(s.File.Stmts, sc.isBackground)
	if at < 0 {
		return "", false
	}
	program := s.File.Stmts[at]
	for _, stmt := range s.File.Stmts[at+1:] {
		for _, c := range sc.in(stmt) {
			if !waiting[c.name] {
				return "", false
			}
		}
	}
	from, to := offset(program.Pos()), offset(program.Semicolon)
	if to <= from || to > len(s.Text) {
		return "", false
	}
	run := strings.TrimSpace(s.Text[from:to])
	if !strings.HasPrefix(run, "exec ") {
		run = "exec " + run
	}
	text := s.Text[:from] + run
	if strings.HasSuffix(s.Text, "\n") {
		text += "\n"
	}
	return text, sound(text)
}

// waiting are the commands of a script that only waits and then ends what it started.
var waiting = wordSet(": [ test true false echo printf sleep kill pkill killall wait exit break continue rm trap read date let ls stat")
