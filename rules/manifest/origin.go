package manifest

// Origin says what a rendered node comes from: kustomize, Helm or a reader of values made the node, and its File and Span are the
// place in the repository that a person edits to change it.
type Origin struct {
	Source    *Node // the node of plain YAML that has the very value; nil where a template or an option made it
	Precision Precision
}

// Precision says how well the place of a rendered node is known.
type Precision int

// The grades of precision.
const (
	Exact     Precision = iota // the very field
	Enclosing                  // what holds the field
	WholeFile                  // the file alone
)

func (p Precision) String() string {
	return [...]string{"exact", "enclosing", "file"}[p]
}

// Precision says how well the place of a node is known; that of a node as it is written is exact.
func (n *Node) Precision() Precision {
	if n == nil || n.Origin == nil {
		return Exact
	}
	return n.Origin.Precision
}

// Written returns the node of a file that a rendered node stands for, and any other node itself; nil where there is none.
func (n *Node) Written() *Node {
	if n == nil || n.Origin == nil {
		return n
	}
	return n.Origin.Source
}

// WrittenName is an object's name as its file has it, which a prefix, a suffix or a hash may change in what is rendered from it. What is
// made of an object of another kind, such as a HelmRelease, has a name of its own.
func (o *Object) WrittenName() string {
	if w := o.Written(); w != nil && w.Name != "" && w.Kind == o.Kind {
		return w.Name
	}
	return o.Name
}

// Written returns the object of a file that a rendered object is built from, and any other object itself; nil where there is none.
func (o *Object) Written() *Object {
	if o == nil || o.Root == "" {
		return o
	}
	return o.Source
}
