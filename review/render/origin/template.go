package origin

import (
	"bytes"
	"slices"
	"text/template/parse"

	"github.com/podcheck/podcheck/rules/manifest"
)

// maxTemplate bounds the templates that are read; nested blocks take stack.
const maxTemplate = 1 << 20

// reference is a path below the values of a chart that an action uses. A step through a block `range` is the loop.
type reference []step

// step is one key of a path, or any item of what a loop goes over.
type step struct {
	key  string
	loop *loop
}

// loop is one block `range`.
type loop struct {
	over reference // nil when it doesn't go over values
}

// template is what the lines of a template's file refer to.
type template struct {
	uses  map[int][]reference // by line
	loops map[int][]*loop     // the loops around a line, outer first
}

// readTemplate reads the actions of a template file. What can't be read refers to nothing.
func readTemplate(f *manifest.File) template {
	t := template{uses: map[int][]reference{}, loops: map[int][]*loop{}}
	if len(f.Data) > maxTemplate {
		return t
	}
	tree := parse.New(f.Path)
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(string(f.Data), "", "", trees); err != nil {
		return t
	}
	r := reader{file: f, template: t}
	if main := trees[f.Path]; main != nil && main.Root != nil {
		root := value{known: true, reference: reference{}}
		r.list(main.Root, &frame{dot: root, variables: map[string]value{"$": root}})
	}
	return t
}

// value is what an expression of a template stands for: a path from the root of what templates get, whose first step is Values; or
// something unknown.
type value struct {
	known     bool
	reference reference
}

func (v value) field(keys ...string) value {
	if !v.known {
		return value{}
	}
	path := slices.Clone(v.reference)
	for _, key := range keys {
		path = append(path, step{key: key})
	}
	return value{known: true, reference: path}
}

// values is the path below Values, and whether the value is one.
func (v value) values() (reference, bool) {
	if !v.known || len(v.reference) < 2 || v.reference[0].key != "Values" {
		return nil, false
	}
	return v.reference[1:], true
}

// frame is what names mean in a block.
type frame struct {
	dot       value
	variables map[string]value
	outer     *frame
	loops     []*loop
}

func (f *frame) inner() *frame {
	return &frame{dot: f.dot, variables: map[string]value{}, outer: f, loops: f.loops}
}

func (f *frame) variable(name string) value {
	for ; f != nil; f = f.outer {
		if v, ok := f.variables[name]; ok {
			return v
		}
	}
	return value{}
}

// assign changes a variable where it is declared.
func (f *frame) assign(name string, v value) {
	for at := f; at != nil; at = at.outer {
		if was, ok := at.variables[name]; ok {
			if !slices.Equal(was.reference, v.reference) {
				v = value{}
			}
			at.variables[name] = v
			return
		}
	}
}

// reader goes through the blocks of a template.
type reader struct {
	file     *manifest.File
	template template
}

func (r *reader) list(list *parse.ListNode, f *frame) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			r.note(int(n.Pos), int(n.Pos)+len(n.Text), nil, f)
		case *parse.ActionNode:
			r.action(n, f)
		case *parse.IfNode:
			inner := f.inner()
			r.declare(n.Pipe, inner)
			r.list(n.List, inner)
			r.list(n.ElseList, inner.inner())
		case *parse.WithNode:
			inner := f.inner()
			r.declare(n.Pipe, inner)
			r.list(n.ElseList, inner.inner())
			inner.dot = r.only(n.Pipe, f)
			r.list(n.List, inner)
		case *parse.RangeNode:
			r.list(n.ElseList, f.inner())
			r.list(n.List, r.each(n, f))
		}
	}
}

// each is the frame within a loop.
func (r *reader) each(n *parse.RangeNode, f *frame) *frame {
	inner := f.inner()
	l := &loop{}
	inner.loops = append(slices.Clip(f.loops), l)
	inner.dot = value{}
	over := r.only(n.Pipe, f)
	if path, ok := over.values(); ok {
		l.over = path
		inner.dot = value{known: true, reference: append(slices.Clone(over.reference), step{loop: l})}
	}
	for i, v := range n.Pipe.Decl {
		inner.variables[v.Ident[0]] = value{}
		if i == len(n.Pipe.Decl)-1 {
			inner.variables[v.Ident[0]] = inner.dot
		}
	}
	return inner
}

func (r *reader) action(n *parse.ActionNode, f *frame) {
	start := int(n.Pos)
	end := start + max(bytes.Index(r.file.Data[min(start, len(r.file.Data)):], []byte("}}")), 0)
	if len(n.Pipe.Decl) > 0 {
		r.declare(n.Pipe, f)
		return
	}
	r.note(start, end, r.references(n.Pipe, f, nil), f)
}

func (r *reader) declare(p *parse.PipeNode, f *frame) {
	for _, v := range p.Decl {
		if p.IsAssign {
			f.assign(v.Ident[0], r.only(p, f))
			continue
		}
		f.variables[v.Ident[0]] = r.only(p, f)
	}
}

// note remembers what the lines from one offset to another use.
func (r *reader) note(start, end int, uses []reference, f *frame) {
	for line := r.file.LineOf(start); line <= r.file.LineOf(end); line++ {
		r.template.uses[line] = append(r.template.uses[line], uses...)
		if len(f.loops) > len(r.template.loops[line]) {
			r.template.loops[line] = f.loops
		}
	}
}

// only is the one value that a pipeline hands on, unknown where it can be one of several.
func (r *reader) only(p *parse.PipeNode, f *frame) value {
	if len(p.Cmds) == 1 && len(p.Cmds[0].Args) == 1 {
		return r.value(p.Cmds[0].Args[0], f)
	}
	uses := r.references(p, f, nil)
	if len(uses) != 1 {
		return value{}
	}
	return value{known: true, reference: append(reference{{key: "Values"}}, uses[0]...)}
}

// value is what one argument stands for.
func (r *reader) value(n parse.Node, f *frame) value {
	switch n := n.(type) {
	case *parse.DotNode:
		return f.dot
	case *parse.FieldNode:
		return f.dot.field(n.Ident...)
	case *parse.VariableNode:
		return f.variable(n.Ident[0]).field(n.Ident[1:]...)
	case *parse.ChainNode:
		return r.value(n.Node, f).field(n.Field...)
	case *parse.PipeNode:
		if len(n.Cmds) == 1 {
			return r.command(n.Cmds[0], f)
		}
	}
	return value{}
}

// command is the value of a command that looks something up: `index .Values "a" "b"`.
func (r *reader) command(c *parse.CommandNode, f *frame) value {
	if len(c.Args) == 1 {
		return r.value(c.Args[0], f)
	}
	name, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok || name.Ident != "index" && name.Ident != "get" {
		return value{}
	}
	v := r.value(c.Args[1], f)
	for _, arg := range c.Args[2:] {
		key, ok := arg.(*parse.StringNode)
		if !ok {
			return value{}
		}
		v = v.field(key.Text)
	}
	return v
}

// references are all paths below the values that a node uses.
func (r *reader) references(n parse.Node, f *frame, out []reference) []reference {
	switch n := n.(type) {
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			out = r.references(c, f, out)
		}
		return out
	case *parse.CommandNode:
		if path, ok := r.command(n, f).values(); ok {
			return append(out, path)
		}
		for _, arg := range n.Args {
			out = r.references(arg, f, out)
		}
		return out
	case *parse.ChainNode:
		if path, ok := r.value(n, f).values(); ok {
			return append(out, path)
		}
		return r.references(n.Node, f, out)
	}
	if path, ok := r.value(n, f).values(); ok {
		return append(out, path)
	}
	return out
}
