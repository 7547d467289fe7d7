// Package portclash finds containers of one Pod that cannot both listen as they declare or are told.
package portclash

import (
	_ "embed"
	"fmt"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "port-clash",
	Title:    "Two containers of a Pod declare, or are told to listen on, the same port",
	Severity: analysis.Error,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		running := w.Running()
		if len(running) < 2 || patches.Unknown(w) {
			continue
		}
		for i, later := range running {
			for _, earlier := range running[:i] {
				report(p, earlier, later)
			}
		}
	}
	return nil
}

// report reports each port of the later container that the earlier one takes, once. A container declared twice is another fault.
func report(p *analysis.Pass, earlier, later *pod.Container) {
	if earlier.Name == later.Name {
		return
	}
	seen := map[string]bool{}
	for _, b := range later.Binds() {
		subject := fmt.Sprintf("%d/%s", b.Port, b.Protocol)
		if seen[subject] {
			continue
		}
		for _, a := range earlier.Binds() {
			if a.Clashes(b) {
				seen[subject] = true
				p.Report(finding(earlier, later, a, b, subject))
				break
			}
		}
	}
}

func finding(earlier, later *pod.Container, a, b pod.Bind, subject string) analysis.Finding {
	claim := "are told to listen on"
	if !a.Told || !b.Told {
		claim = "claim"
	}
	if !a.Told && !b.Told {
		claim = "declare"
	}
	return analysis.Finding{
		Message: fmt.Sprintf("%s and %s of %s share one network and both %s port %d (%s), on which only one can listen.",
			earlier.Name, later.Name, later.Workload, claim, b.Port, b.Protocol),
		Object:    analysis.Ref(later.Workload.Object),
		Container: later.Name,
		Subject:   subject,
		Place:     analysis.At(b.Node),
		Evidence: []analysis.Evidence{
			{Text: earlier.Name + " " + a.From, Place: analysis.At(a.Node)},
			{Text: later.Name + " " + b.From, Place: analysis.At(b.Node)},
		},
		Anchors: []analysis.Place{analysis.At(a.Node)},
	}
}
