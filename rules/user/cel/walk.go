package cel

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/podcheck/podcheck/rules/user/fields"
)

// fault is a field that no type has.
type fault struct {
	line, column int
	message      string
}

// walk follows an expression and knows of each part what Kubernetes type it is, as far as that can be told.
type walk struct {
	ast   *ast.AST
	scope map[string][]fields.Shape // local variables, innermost last
	roots map[string]fields.Shape
	used  map[string]bool
	found []fault
}

func newWalk(a *ast.AST, kinds []string) *walk {
	w := &walk{ast: a, scope: map[string][]fields.Shape{}, used: map[string]bool{}, roots: map[string]fields.Shape{
		"workload": workloads(kinds), "pod": fields.Of("Pod", "v1"), "objects": {"[]Object"},
		"container": append(fields.Named("Container"), "EphemeralContainer"),
	}}
	w.shape(a.Expr())
	return w
}

// workloads is the shape of the workloads of some kinds, of all when there are none.
func workloads(kinds []string) fields.Shape {
	if len(kinds) == 0 {
		kinds = workloadKinds()
	}
	var out fields.Shape
	for _, kind := range kinds {
		for _, typeName := range fields.Of(kind, "") {
			if typeName != "Service" { // the core one runs no Pods
				out = append(out, typeName)
			}
		}
	}
	return out
}

// faults are those found, each once and in the order of the text.
func (w *walk) faults() []fault {
	slices.SortStableFunc(w.found, func(a, b fault) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.column - b.column
	})
	return slices.Compact(w.found)
}

func (w *walk) shape(e ast.Expr) fields.Shape {
	switch e.Kind() {
	case ast.IdentKind:
		return w.ident(e.AsIdent())
	case ast.SelectKind:
		return w.selected(e, e.AsSelect().Operand(), e.AsSelect().FieldName())
	case ast.CallKind:
		return w.call(e)
	case ast.ComprehensionKind:
		return w.comprehension(e.AsComprehension())
	case ast.ListKind:
		for _, item := range e.AsList().Elements() {
			w.shape(item)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			w.shape(entry.AsMapEntry().Key())
			w.shape(entry.AsMapEntry().Value())
		}
	}
	return fields.Anything
}

func (w *walk) ident(name string) fields.Shape {
	if local := w.scope[name]; len(local) > 0 {
		return local[len(local)-1]
	}
	if root, ok := w.roots[name]; ok {
		w.used[name] = true
		return root
	}
	return fields.Anything
}

func (w *walk) selected(e, operand ast.Expr, name string) fields.Shape {
	shape, err := w.shape(operand).Select(name)
	if err != nil {
		at := w.ast.SourceInfo().GetStartLocation(e.ID())
		w.found = append(w.found, fault{at.Line(), at.Column(), err.Error()})
		return fields.Anything
	}
	return shape
}

func (w *walk) call(e ast.Expr) fields.Shape {
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.OptSelect, operators.Index, operators.OptIndex:
		if key, ok := text(args[1]); ok {
			return w.selected(e, args[0], key)
		}
		w.shape(args[1])
		return w.shape(args[0]).Value()
	case operators.Conditional:
		w.shape(args[0])
		return either(w.shape(args[1]), w.shape(args[2]))
	case "orValue", "or":
		if call.IsMemberFunction() && len(args) == 1 {
			return either(w.shape(call.Target()), w.shape(args[0]))
		}
	case "value", "dyn", "optional.of", "optional.ofNonZeroValue":
		if call.IsMemberFunction() && len(args) == 0 {
			return w.shape(call.Target())
		}
		if len(args) == 1 {
			return w.shape(args[0])
		}
	}
	if call.IsMemberFunction() {
		w.shape(call.Target())
	}
	for _, arg := range args {
		w.shape(arg)
	}
	return fields.Anything
}

// text is the value of a text literal.
func text(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().Value().(string)
	return s, ok
}

// either is the shape of a value that is one of two. Where nothing is known of one, as of the empty list in orValue([]), the
// other one still says which fields make sense.
func either(a, b fields.Shape) fields.Shape {
	if slices.Equal(a, fields.Anything) {
		return b
	}
	if slices.Equal(b, fields.Anything) {
		return a
	}
	return append(slices.Clone(a), b...)
}

func (w *walk) comprehension(c ast.ComprehensionExpr) fields.Shape {
	over := w.shape(c.IterRange())
	init := w.shape(c.AccuInit())
	item := over.Value()
	first := item
	if c.HasIterVar2() {
		first = fields.Anything // an index or a key
	} else if over.IsMap() {
		first = fields.Anything // the key of the user's
	}
	w.push(c.AccuVar(), init)
	w.push(c.IterVar(), first)
	if c.HasIterVar2() {
		w.push(c.IterVar2(), item)
	}
	w.shape(c.LoopCondition())
	w.shape(c.LoopStep())
	if c.HasIterVar2() {
		w.pop(c.IterVar2())
	}
	w.pop(c.IterVar())
	result := w.shape(c.Result())
	w.pop(c.AccuVar())
	if filters(c) {
		return over
	}
	return result
}

// filters says whether a comprehension is what the filter macro makes: the items themselves that meet a condition.
func filters(c ast.ComprehensionExpr) bool {
	step := c.LoopStep()
	if c.HasIterVar2() || step.Kind() != ast.CallKind || step.AsCall().FunctionName() != operators.Conditional {
		return false
	}
	add := step.AsCall().Args()[1]
	if add.Kind() != ast.CallKind || add.AsCall().FunctionName() != operators.Add {
		return false
	}
	list := add.AsCall().Args()[1]
	if list.Kind() != ast.ListKind || len(list.AsList().Elements()) != 1 {
		return false
	}
	item := list.AsList().Elements()[0]
	return item.Kind() == ast.IdentKind && item.AsIdent() == c.IterVar()
}

func (w *walk) push(name string, s fields.Shape) { w.scope[name] = append(w.scope[name], s) }

func (w *walk) pop(name string) { w.scope[name] = w.scope[name][:len(w.scope[name])-1] }
