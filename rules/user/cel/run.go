package cel

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"github.com/bmatcuk/doublestar/v4"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"github.com/podcheck/podcheck/rules/user/object"
)

// run is the rule over one state.
func (u *rule) run(p *analysis.Pass) error {
	r := &running{rule: u, pass: p}
	if u.expression.uses("objects") || u.message.uses("objects") {
		r.objects = decodeAll(p.State)
	}
	for _, w := range p.State.Workloads {
		if w.Partial || !u.match.workload(p.State, w) {
			continue
		}
		if err := r.workload(w); err != nil {
			return err
		}
	}
	if r.failed == nil {
		return nil
	}
	if r.failures > 1 {
		return fmt.Errorf("%w; it is the first of %d failures", r.failed, r.failures)
	}
	return r.failed
}

func decodeAll(s *analysis.State) []any {
	out := []any{}
	for _, o := range s.Objects {
		if v, ok := object.Of(o); ok {
			out = append(out, object.In(s.Namespace(o), v))
		}
	}
	return out
}

func (m match) workload(s *analysis.State, w *pod.Workload) bool {
	if len(m.kinds) > 0 && !slices.Contains(m.kinds, w.Kind()) {
		return false
	}
	return matches(m.paths, w.Object.File.Path) && matches(m.namespaces, s.Namespace(w.Object))
}

func matches(globs []string, text string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(glob string) bool {
		ok, _ := doublestar.Match(glob, text)
		return ok
	})
}

// running is a rule in the middle of a run.
type running struct {
	rule     *rule
	pass     *analysis.Pass
	objects  []any
	cost     uint64
	failed   error // the first failure of an expression
	failures int
}

// workload looks at one workload; an error ends the run.
func (r *running) workload(w *pod.Workload) error {
	ns := r.pass.State.Namespace(w.Object)
	whole, ok := object.Of(w.Object)
	made, template := object.PodOf(w, nil)
	if !ok || !template {
		r.fail(w, nil, fmt.Errorf("the object is too large"))
		return nil
	}
	variables := map[string]any{"workload": object.In(ns, whole), "pod": object.In(ns, made), "objects": r.objects}
	if !r.rule.containers {
		return r.evaluate(w, nil, variables)
	}
	for _, c := range w.Containers {
		if len(r.rule.match.roles) > 0 && !slices.Contains(r.rule.match.roles, string(r.pass.Roles.Of(c).Kind)) {
			continue
		}
		variables["container"] = object.Value(c.Node)
		if err := r.evaluate(w, c, variables); err != nil {
			return err
		}
	}
	return nil
}

func (r *running) evaluate(w *pod.Workload, c *pod.Container, variables map[string]any) error {
	out, details, err := r.rule.expression.program.Eval(variables)
	r.spend(details)
	switch {
	case err != nil:
		r.fail(w, c, limitError(err))
	case out == types.False:
		r.report(w, c, variables)
	case out != types.True:
		r.fail(w, c, fmt.Errorf("the expression is neither true nor false but %s", out.Type().TypeName()))
	}
	if r.cost > r.rule.budget {
		return fmt.Errorf("stopped at %s after %d steps, the most that a rule may take: match fewer workloads or loop over fewer lists", w, r.rule.budget)
	}
	return nil
}

func (r *running) spend(details *cel.EvalDetails) {
	r.cost++
	if details != nil && details.ActualCost() != nil {
		r.cost += *details.ActualCost()
	}
}

func (r *running) fail(w *pod.Workload, c *pod.Container, err error) {
	r.failures++
	if r.failed != nil {
		return
	}
	if strings.Contains(err.Error(), "no such key") {
		err = fmt.Errorf("%w (guard fields that may be absent with has())", err)
	}
	what := w.String()
	if c != nil {
		what += " container " + c.Name
	}
	r.failed = fmt.Errorf("%s:%d: %s: %w", w.Object.File.Path, name(w.Object.Node.Get("metadata"), w.Object.Node).Span.Start.Line, what, err)
}

func (r *running) report(w *pod.Workload, c *pod.Container, variables map[string]any) {
	f := analysis.Finding{
		Message: r.rule.message.say(variables, r.spend), Object: analysis.Ref(w.Object),
		Place: analysis.At(name(w.Object.Node.Get("metadata"), w.Object.Node)),
	}
	if c != nil {
		f.Container, f.Place = c.Name, analysis.At(name(c.Node, c.Node))
	}
	r.pass.Report(f)
}

// name is the node that names something, else the thing itself.
func name(of, whole *manifest.Node) *manifest.Node {
	if n := of.Get("name"); n.Text() != "" {
		return n
	}
	return whole
}
