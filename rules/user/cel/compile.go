package cel

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/ext"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// limits are costs, in CEL's units: about one for each step.
type limits struct {
	estimate   uint64 // of an expression, before it is ever run
	evaluation uint64 // of one evaluation in fact
	run        uint64 // of all evaluations of a rule in one run over a state
}

// standard limits: ten million steps take about a second.
var standard = limits{estimate: 10_000_000, evaluation: 10_000_000, run: 30_000_000}

// Sizes for the estimate: what repositories, lists and texts hold in all but rare cases; the other limits catch those.
const (
	objectsSize = 5_000
	otherSize   = 25
)

// maxExpression bounds the text of an expression, in code points.
const maxExpression = 10_000

// program is a compiled expression.
type program struct {
	text    string
	program cel.Program
	used    map[string]bool // variables
}

func (p *program) uses(variable string) bool { return p != nil && p.used[variable] }

var environment = sync.OnceValues(func() (*cel.Env, error) {
	object := cel.MapType(cel.StringType, cel.DynType)
	return cel.NewEnv(
		cel.Variable("workload", object), cel.Variable("pod", object), cel.Variable("container", object),
		cel.Variable("objects", cel.ListType(object)),
		cel.OptionalTypes(), cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true),
		cel.ParserRecursionLimit(100), cel.ParserExpressionSizeLimit(maxExpression),
		ext.Strings(), ext.Sets(), ext.Bindings(), ext.TwoVarComprehensions(),
	)
})

// compiler compiles the expressions of one rule.
type compiler struct {
	r      *strict.Reader
	kinds  []string // of workloads that the rule looks at; none means all
	limits limits
}

// condition compiles the expression of a rule, which must be true or false.
func (c compiler) condition(n *manifest.Node) *program {
	p, out := c.compile(n, n.Text(), within{})
	if p != nil && out != cel.BoolType && out != cel.DynType {
		c.r.Fail(n, "the expression is of type %s; it must say what holds, true or false", out)
		return nil
	}
	return p
}

// compile checks an expression in every way; nil after an error.
func (c compiler) compile(n *manifest.Node, text string, at within) (*program, *cel.Type) {
	r := c.r
	env, err := environment()
	if err != nil {
		r.Fail(n, "CEL can't be set up: %v", err)
		return nil, nil
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			r.FailAt(at.place(n, e.Location.Line(), e.Location.Column()), "%s", explain(e.Message))
		}
		return nil, nil
	}
	walk := newWalk(checked.NativeRep(), c.kinds)
	for _, f := range walk.faults() {
		r.FailAt(at.place(n, f.line, f.column), "%s", f.message)
	}
	if len(walk.found) > 0 {
		return nil, nil
	}
	estimate, err := env.EstimateCost(checked, estimator{})
	if err != nil || estimate.Max > c.limits.estimate {
		r.Fail(n, "the expression is too expensive: it may take %s steps, and %d are allowed; nest fewer loops over lists, above all over objects", steps(estimate.Max), c.limits.estimate)
		return nil, nil
	}
	prog, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(c.limits.evaluation), cel.InterruptCheckFrequency(1000))
	if err != nil {
		r.Fail(n, "the expression can't be prepared: %v", err)
		return nil, nil
	}
	return &program{text: text, program: prog, used: walk.used}, checked.OutputType()
}

func steps(n uint64) string {
	if n > 1e15 {
		return "countless"
	}
	return fmt.Sprint(n)
}

// explain adds the nearest right word to CEL's own words for an unknown name.
func explain(message string) string {
	if name, ok := strings.CutPrefix(message, "undeclared reference to '"); ok {
		name, _, _ = strings.Cut(name, "'")
		return fmt.Sprintf("the name %q is unknown%s", name, strict.DidYouMean(name, names))
	}
	message, _, _ = strings.Cut(strings.TrimPrefix(message, "Syntax error: "), " expecting {")
	return strings.Replace(message, "mismatched input '<EOF>'", "the expression ends before it is complete", 1)
}

// names are what an expression can refer to: variables and the functions that are most used.
var names = []string{
	"workload", "pod", "container", "objects", "has", "size", "all", "exists", "exists_one", "filter", "map", "matches", "contains",
	"startsWith", "endsWith", "string", "int", "double", "bool", "type", "split", "join", "replace", "trim", "lowerAscii", "upperAscii", "substring",
	"indexOf", "orValue", "hasValue", "optMap", "sets", "cel", "transformList", "transformMap", "duration", "timestamp", "true", "false", "null",
}

// estimator tells CEL how large things are.
type estimator struct{}

func (estimator) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

func (estimator) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	path := n.Path()
	size := cost.SizeEstimate{Max: otherSize}
	switch {
	case len(path) == 1 && path[0] == "objects":
		size.Max = objectsSize
	case len(path) > 1 && strings.HasPrefix(path[len(path)-1], "@") && strings.HasPrefix(path[len(path)-2], "@"):
		return nil // CEL asks for ever deeper items
	}
	return &size
}

// limitError says in plain words why an evaluation ended early.
func limitError(err error) error {
	if strings.Contains(err.Error(), "cost limit exceeded") {
		return errors.New("the expression is too expensive for these manifests")
	}
	return err
}
