package cel

import (
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// FuzzExpression compiles expressions and messages, and runs what compiles: whatever it costs, it ends, and nothing panics.
func FuzzExpression(f *testing.F) {
	for _, seed := range [][2]string{
		{"container.image.endsWith(':1')", "{{container.name}}"}, {"pod.spec.containers.all(c, has(c.resources.limits))", "{{pod.spec.containers.map(c, c.name)}}"},
		{"objects.exists(o, o.kind == 'Service')", "{{workload}} {{"}, {"pod.?spec[?'x'].hasValue()", "{{size(pod)}}"}, {"[1, 2].map(x, x / 0) == [{}]", "{{bytes('a')}}"},
	} {
		f.Add(seed[0], seed[1])
	}
	state := analysis.NewState([]*manifest.File{manifest.Parse("a.yaml", []byte(web))})
	tight := limits{estimate: standard.estimate, evaluation: 100_000, run: 300_000}
	f.Fuzz(func(_ *testing.T, expression, message string) {
		if rule, _ := loadedWithin(tight, expression, message); rule != nil {
			_ = rule.Run(&analysis.Pass{Rule: rule, State: state, Roles: analysis.NewRoles(nil), Report: func(analysis.Finding) {}})
		}
	})
}
