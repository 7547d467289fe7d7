package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// marker rewrites the trees of one template.
type marker struct {
	text   string
	file   int
	marked bool
	lines  []int // offsets where lines begin
}

func (m *marker) lineOf(pos parse.Pos) int {
	n, found := slices.BinarySearch(m.lines, int(pos))
	if found {
		return n + 1
	}
	return n
}

func (m *marker) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for i, node := range l.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			if m.marked {
				n.Text = []byte(m.markText(string(n.Text), m.lineOf(n.Pos)))
			}
		case *parse.ActionNode:
			m.action(n)
		case *parse.TemplateNode:
			l.Nodes[i] = m.included(n)
		case *parse.IfNode:
			m.branch(&n.BranchNode)
		case *parse.RangeNode:
			m.branch(&n.BranchNode)
		case *parse.WithNode:
			m.branch(&n.BranchNode)
		}
	}
}

func (m *marker) branch(n *parse.BranchNode) {
	m.pipe(n.Pipe, false)
	m.list(n.List)
	m.list(n.ElseList)
}

// markText marks every line of a text that is not blank.
func (m *marker) markText(text string, line int) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		end := contentEnd(l)
		b.WriteString(l[:end])
		if end > 0 {
			b.WriteString(mark(m.file, line))
		}
		b.WriteString(l[end:])
		line++
	}
	return b.String()
}

// action marks what an action prints; one that assigns prints nothing.
func (m *marker) action(n *parse.ActionNode) {
	prints := m.marked && len(n.Pipe.Decl) == 0
	m.pipe(n.Pipe, prints)
	if prints {
		n.Pipe.Cmds = append(n.Pipe.Cmds, m.command(markFunction, strconv.Itoa(m.file), strconv.Itoa(m.lineOf(n.Pos))))
	}
}

// keepsLines are the functions that leave the lines of a text in order, whole, and with the end that they have.
var keepsLines = []string{"indent", "nindent"}

// pipe takes the marks out of what templates include for further work: a checksum, a comparison, a name. What is printed as it is keeps
// them.
func (m *marker) pipe(p *parse.PipeNode, printed bool) {
	if p == nil {
		return
	}
	var commands []*parse.CommandNode
	for i, c := range p.Cmds {
		for _, arg := range c.Args {
			m.argument(arg)
		}
		commands = append(commands, c)
		name := function(c)
		if (name == "include" || name == "tpl") && !(printed && keepLines(p.Cmds[i+1:])) {
			commands = append(commands, m.command(plainFunction))
		}
	}
	p.Cmds = commands
}

func (m *marker) argument(arg parse.Node) {
	switch a := arg.(type) {
	case *parse.PipeNode:
		m.pipe(a, false)
	case *parse.ChainNode:
		m.argument(a.Node)
	}
}

func keepLines(commands []*parse.CommandNode) bool {
	for _, c := range commands {
		if !slices.Contains(keepsLines, function(c)) {
			return false
		}
	}
	return true
}

// function is the name of the function that a command calls, "" when it calls none.
func function(c *parse.CommandNode) string {
	if len(c.Args) == 0 {
		return ""
	}
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
		return id.Ident
	}
	return ""
}

// command is a call of one of the functions of marking.
func (m *marker) command(words ...string) *parse.CommandNode {
	return m.actionOf("{{" + strings.Join(words, " ") + "}}").Pipe.Cmds[0]
}

// included is a template action as a call of include, whose result can be marked.
func (m *marker) included(n *parse.TemplateNode) parse.Node {
	if n.Pipe == nil {
		return n
	}
	m.pipe(n.Pipe, false)
	if !m.marked {
		return n
	}
	action := m.actionOf(fmt.Sprintf("{{include %s . | %s %d %d}}", strconv.Quote(n.Name), markFunction, m.file, m.lineOf(n.Pos)))
	action.Pipe.Cmds[0].Args[2] = n.Pipe
	return action
}

// actionOf reads one action of ours.
func (m *marker) actionOf(text string) *parse.ActionNode {
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", map[string]*parse.Tree{}); err != nil {
		panic(err) // the text is built above, of names and numbers
	}
	return tree.Root.Nodes[0].(*parse.ActionNode)
}
