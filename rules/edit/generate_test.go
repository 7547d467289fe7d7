package edit

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator writes files out of the pieces that are hard to edit.
type generator struct{ *rand.Rand }

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) file() string {
	l := Layout{MapIndent: 2 + 2*g.IntN(2), SeqIndent: []int{0, 2, 4}[g.IntN(3)], DashWidth: 2 + 2*g.IntN(2)}
	var docs []string
	for i := range 1 + g.IntN(3) {
		docs = append(docs, fmt.Sprintf("kind: K\nmetadata:\n%sname: n%d\n", strings.Repeat(" ", l.MapIndent), i)+g.mapping(l, 0, 0))
	}
	s := g.pick("", "---\n", "# header\n\n", "# header\n---\n", "\ufeff", "\ufeff# header\n\n", "%YAML 1.1\n---\n") +
		strings.Join(docs, g.pick("---\n", "--- # next\n", "...\n---\n", "---\n# of it\n\n"))
	if g.IntN(4) == 0 && !strings.HasSuffix(s, "\n\n") {
		s = strings.TrimSuffix(s, "\n")
	}
	if g.IntN(4) == 0 {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	return s
}

func (g generator) mapping(l Layout, depth, col int) string {
	var out strings.Builder
	pad := strings.Repeat(" ", col)
	for i := range 1 + g.IntN(3) {
		out.WriteString(g.between(pad, fmt.Sprintf("old%d: x", i)))
		key := fmt.Sprintf("%s%d", g.pick("a", "b.c/d", "e"), i)
		switch kind := g.IntN(5); {
		case kind == 0 && depth < 4:
			out.WriteString(pad + key + ":" + g.tail() + g.mapping(l, depth+1, col+l.MapIndent))
		case kind == 1 && depth < 4:
			out.WriteString(pad + key + ":" + g.tail() + g.sequence(l, depth+1, col+l.SeqIndent))
		default:
			out.WriteString(pad + key + ":" + g.scalar(col+2))
		}
	}
	return out.String()
}

func (g generator) sequence(l Layout, depth, col int) string {
	var out strings.Builder
	pad, gap := strings.Repeat(" ", col), strings.Repeat(" ", l.DashWidth-1)
	for i := range 1 + g.IntN(3) {
		out.WriteString(g.between(pad, fmt.Sprintf("- name: old%d\n%s#   image: x", i, pad)))
		if g.IntN(2) == 0 {
			m := g.mapping(l, depth+1, col+l.DashWidth)
			for strings.HasPrefix(strings.TrimLeft(m, " "), "#") || strings.TrimSpace(m[:strings.IndexByte(m, '\n')]) == "" {
				m = m[strings.IndexByte(m, '\n')+1:]
			}
			if g.IntN(4) == 0 {
				out.WriteString(pad + "-" + g.tail() + m)
				continue
			}
			out.WriteString(pad + "-" + gap + strings.TrimLeft(m, " "))
			continue
		}
		out.WriteString(pad + "-" + g.scalar(col+2))
	}
	return out.String()
}

// between is what can stand above an entry: nothing, blank lines, a comment, something commented out.
func (g generator) between(pad, code string) string {
	switch g.IntN(8) {
	case 0:
		return pad + "# about it\n"
	case 1:
		return pad + "# " + code + "\n"
	case 2:
		return "\n"
	case 3:
		return "\n" + pad + "# Two lines\n" + pad + "# about it\n"
	case 4:
		return "#" + pad + code[:strings.IndexByte(code+"\n", '\n')] + "\n"
	}
	return ""
}

func (g generator) tail() string { return g.pick("\n", "\n", " # note\n", "  \n") }

// scalar is a value behind a colon or dash, with its line break; col is the least column of further lines.
func (g generator) scalar(col int) string {
	pad := "\n" + strings.Repeat(" ", col)
	switch g.IntN(12) {
	case 0:
		return " |" + g.pick("", "-", "+", "2") + pad + "text one" + pad + "  deeper" + g.pick("", "\n") + pad + "text two\n" + g.pick("", "\n")
	case 1:
		return " >" + g.pick("", "-", "+") + pad + "folded one" + pad + "folded two\n" + pad + "para\n" + g.pick("", "\n")
	case 2:
		return " plain one" + pad + "two" + g.tail()
	case 3:
		return ` "double one` + pad + `two \" \u00e4"` + g.tail()
	case 4:
		return " [a, 'b', {c: d}]" + g.tail()
	case 5:
		return " {a: b, c: [d], e: }" + g.tail()
	case 6:
		return g.pick("", " null", " ~", " []", " {}", pad+"[]", pad+"{}", pad+"~") + g.tail()
	}
	return " " + g.pick("x", "'it''s'", `"q\tr"`, "80", "true", "1.5", "http://app:80/x", "ä ö") + g.tail()
}

// json is a file of one JSON document, on one line or over several.
func (g generator) json() string {
	var write func(depth int, by string) string
	write = func(depth int, by string) string {
		sep, open := ", ", ""
		if by != "" {
			open = "\n" + strings.Repeat(by, depth+1)
			sep = "," + open
		}
		var parts []string
		kind := g.IntN(3)
		for i := range g.IntN(3) {
			value := g.pick(`"x"`, `"a: \"b\" #"`, "1", "-1.5e3", "true", "null", "{}", "[]")
			if g.IntN(2) == 0 && depth < 3 {
				value = write(depth+1, by)
			}
			if kind > 0 {
				value = fmt.Sprintf(`"%s%d": %s`, g.pick("a", "b.c/d"), i, value)
			}
			parts = append(parts, value)
		}
		body := strings.Join(parts, sep)
		if len(parts) > 0 && by != "" {
			body = open + body + "\n" + strings.Repeat(by, depth)
		}
		if kind > 0 {
			return "{" + body + "}"
		}
		return "[" + body + "]"
	}
	by := g.pick("", "  ", "\t")
	return `{"kind": "K", "spec": ` + write(0, by) + "}" + g.pick("", "\n")
}
