package engine

import (
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode"
	"unicode/utf8"
)

// A mark is a run of private characters that says which line of which template the text before it comes from. It stands behind text
// that is not blank, so that what trims blanks works as without it.
const (
	markStart = '\U000F0000'
	markLine  = '\U000F0001'
	markEnd   = '\U000F0002'
	markDigit = '\U000F0010' // of 0; the other digits follow
	markLast  = '\U000F001F'
)

// The functions that marked templates call.
const (
	markFunction  = "podcheck_mark"  // puts marks behind the lines of a value that is printed
	plainFunction = "podcheck_plain" // takes marks out of a value that is worked on
)

func mark(file, line int) string {
	digits := func(n int) string {
		return strings.Map(func(r rune) rune { return markDigit + r - '0' }, strconv.Itoa(n))
	}
	return string(markStart) + digits(file) + string(markLine) + digits(line) + string(markEnd)
}

// unmark takes all marks out of a text.
func unmark(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= markStart && r <= markLast {
			return -1
		}
		return r
	}, text)
}

// markedLine is the line of the first mark of a file in a text, 0 without one.
func markedLine(text string, file int) int {
	for {
		_, rest, found := strings.Cut(text, string(markStart))
		if !found {
			return 0
		}
		body, rest, found := strings.Cut(rest, string(markEnd))
		if !found {
			return 0
		}
		f, l, _ := strings.Cut(body, string(markLine))
		if n, err := digitsOf(f); err == nil && n == file {
			line, _ := digitsOf(l)
			return line
		}
		text = rest
	}
}

func digitsOf(text string) (int, error) {
	return strconv.Atoi(strings.Map(func(r rune) rune { return r - markDigit + '0' }, text))
}

// marking are the functions that marked templates call, over those that all have.
func marking() template.FuncMap {
	functions := settled()
	functions[markFunction] = func(file, line int, value any) string {
		text := "<no value>" // as the template would print it; Helm takes that out
		if value != nil {
			text = fmt.Sprint(value)
		}
		return markLines(text, file, line)
	}
	functions[plainFunction] = func(value any) any {
		if text, ok := value.(string); ok {
			return unmark(text)
		}
		return value
	}
	return functions
}

// markLines puts a mark behind each line of a printed text; a line that has one of the same template keeps it.
func markLines(text string, file, line int) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		if markedLine(l, file) > 0 {
			b.WriteString(l)
			continue
		}
		l = unmark(l)
		end := contentEnd(l)
		b.WriteString(l[:end])
		if end > 0 {
			b.WriteString(mark(file, line))
		}
		b.WriteString(l[end:])
	}
	return b.String()
}

// contentEnd is the offset behind the last character that is not blank.
func contentEnd(line string) int { return len(strings.TrimRightFunc(line, unicode.IsSpace)) }

// markTemplate rewrites a template so that what it prints carries marks. Its trees are written anew, trimmed blanks left out. text is
// marked only where it stands in a template that is rendered itself (marked), not in one that others include.
func markTemplate(name, text string, file int, marked bool) (string, error) {
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("%s is no UTF-8", name)
	}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return "", err
	}
	m := &marker{text: text, file: file, marked: marked, lines: lineStarts(text)}
	var b strings.Builder
	for defined, t := range trees {
		if defined != name && t.Root != nil {
			m.list(t.Root)
			fmt.Fprintf(&b, "{{define %s}}%s{{end}}", strconv.Quote(defined), t.Root)
		}
	}
	if t := trees[name]; t != nil && t.Root != nil {
		m.list(t.Root)
		b.WriteString(t.Root.String())
	}
	return b.String(), nil
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
