package roots

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// Go templates come from foreign repositories. They run in this process, so each step of theirs is counted: a call that does nothing
// but count is put into every body that can run more than once, and every function's result is measured.

// Limits of Go templates.
const (
	maxTemplate = 64 << 10   // bytes of a template's text
	maxOutput   = 64 << 10   // bytes of what it gives
	maxSteps    = 20_000     // of one execution
	maxCalls    = 30_000_000 // work of all executions together
	maxCopied   = 1_000_000  // nodes of all copies together
)

var (
	errSteps  = errors.New("it takes too many steps")
	errOutput = errors.New("it gives too much text")
	errSource = errors.New("its text is too long")
)

// templates executes Go templates of ApplicationSets with the functions that Argo CD gives them.
type templates struct {
	functions template.FuncMap
	parsed    map[string]*template.Template
	steps     int // left of this execution
	work      int // left altogether
	nodes     int // left altogether
}

func newTemplates() *templates {
	t := &templates{parsed: map[string]*template.Template{}, work: maxCalls, nodes: maxCopied}
	t.functions = t.guarded()
	t.functions[stepName] = t.step
	return t
}

// stepName is the name of the function that counts.
const stepName = "podcheckStep"

// step counts one run of a body.
func (t *templates) step() (string, error) {
	t.steps--
	if t.spend(1); t.steps < 0 {
		return "", errSteps
	}
	return "", nil
}

// spend takes from the work that is left. It panics when none is: the package text/template makes an error of it.
func (t *templates) spend(n int) {
	if t.work -= n; n < 0 || t.work < 0 {
		t.work = 0
		panic(errSteps)
	}
}

// execute fills values into a template.
func (t *templates) execute(text string, options []string, values map[string]any) (out string, err error) {
	tmpl, err := t.parse(text, options)
	if err != nil {
		return "", err
	}
	if t.work <= 0 {
		return "", errSteps
	}
	own, ok := t.copyOf(values).(map[string]any)
	if !ok {
		return "", errSteps
	}
	t.steps = maxSteps
	w := &limited{}
	if err := tmpl.Execute(w, own); err != nil {
		return "", reason(err)
	}
	return w.String(), nil
}

// copyOf copies values, so that no template can change those of another; nil when that is too much.
func (t *templates) copyOf(value any) any {
	if t.work--; t.work < 0 {
		return nil
	}
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			out[key] = t.copyOf(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = t.copyOf(inner)
		}
		return out
	case []string:
		return slices.Clone(v)
	}
	return value
}

// missingKeys are the options that a template can have.
var missingKeys = []string{"missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error"}

func (t *templates) parse(text string, options []string) (*template.Template, error) {
	key := strings.Join(options, ",") + "\x00" + text
	if tmpl := t.parsed[key]; tmpl != nil {
		return tmpl, nil
	}
	if len(text) > maxTemplate {
		return nil, errSource
	}
	for _, option := range options {
		if !slices.Contains(missingKeys, option) {
			return nil, errors.New("the option " + option + " is not known")
		}
	}
	tmpl, err := template.New("").Option(options...).Funcs(t.functions).Parse(text)
	if err != nil {
		return nil, reason(err)
	}
	for _, each := range tmpl.Templates() {
		if each.Tree != nil {
			if err := count(each.Tree.Root); err != nil {
				return nil, err
			}
		}
	}
	t.parsed[key] = tmpl
	return tmpl, nil
}

// reason is the innermost sentence of a template's error: the rest names a place in a template without a name.
func reason(err error) error {
	var inner error
	for inner = err; errors.Unwrap(inner) != nil; {
		inner = errors.Unwrap(inner)
	}
	return errors.New(templatePlace.ReplaceAllString(inner.Error(), ""))
}

var templatePlace = regexp.MustCompile(`^template: (?::\d+)*: (?:executing "" at )?`)

// count puts a step at the head of a body and of all bodies within it.
func count(list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for _, n := range list.Nodes {
		var branch *parse.BranchNode
		switch n := n.(type) {
		case *parse.IfNode:
			branch = &n.BranchNode
		case *parse.RangeNode:
			branch = &n.BranchNode
		case *parse.WithNode:
			branch = &n.BranchNode
		default:
			continue
		}
		if err := errors.Join(count(branch.List), count(branch.ElseList)); err != nil {
			return err
		}
	}
	step, err := parse.Parse("", "{{"+stepName+"}}", "", "", map[string]any{stepName: func() string { return "" }})
	if err != nil {
		return err
	}
	list.Nodes = append([]parse.Node{step[""].Root.Nodes[0]}, list.Nodes...)
	return nil
}

// limited keeps what a template writes, up to a limit.
type limited struct{ strings.Builder }

func (l *limited) Write(data []byte) (int, error) {
	if l.Len()+len(data) > maxOutput {
		return 0, errOutput
	}
	return l.Builder.Write(data)
}
