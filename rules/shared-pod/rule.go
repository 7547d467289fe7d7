// Package sharedpod classes Pods in which several apps work hand in hand: a shared Pod, not a sidecar.
//
// It is advice that a repository asks for, and off by default. It says what couples the apps, and what that costs.
package sharedpod

import (
	_ "embed"
	"fmt"
	"path"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "shared-pod",
	Title:    "Apps that hand work to each other share a Pod: a shared Pod, not a sidecar",
	Severity: analysis.Notice,
	Disabled: true,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	surroundings := analysis.NewSurroundings(p.State)
	for _, w := range p.State.Workloads {
		if w.Partial || w.Finite() || w.Kind() == "DaemonSet" {
			continue
		}
		apps := slices.DeleteFunc(analysis.PlainApps(w, p.Roles), mayHelp)
		if len(apps) < 2 {
			continue
		}
		couplings := pod.CouplingsOf(w, surroundings.Of(w))
		for i, c := range apps {
			for _, before := range apps[:i] {
				if joined := running(couplings.Between(before, c)); len(joined) > 0 {
					p.Report(finding(w, before, c, joined))
					break
				}
			}
		}
	}
	return nil
}

// mayHelp says whether an image often helps, or a name says so, although nothing shows that it does so here: a web server in
// front of an interpreter is a sidecar.
func mayHelp(c *pod.Container) bool {
	names := append(pod.Words(c.Name), pod.Words(path.Base(pod.Repository(c.Image)))...)
	return slices.ContainsFunc(append(names, c.Image), func(name string) bool {
		_, known := pod.FamilyOf(name, nil)
		return known
	})
}

// running returns the couplings of the running Pod by which apps hand work to each other: one image twice, or parts of one release,
// may well run apart, and who works on the Pod's network takes nothing from the others.
func running(all []pod.Coupling) []pod.Coupling {
	var out []pod.Coupling
	for _, c := range all {
		if c.Kind != pod.ByImage && c.Kind != pod.ByNetwork {
			out = append(out, c)
		} else if c.Kind == pod.ByImage && pod.Repository(c.A.Image) == pod.Repository(c.B.Image) {
			return nil
		}
	}
	return out
}

func finding(w *pod.Workload, first, second *pod.Container, joined []pod.Coupling) analysis.Finding {
	var evidence []analysis.Evidence
	for _, c := range joined {
		evidence = append(evidence, analysis.Evidence{Text: c.Text, Place: analysis.At(c.Node)})
	}
	return analysis.Finding{
		Message:   fmt.Sprintf("%s runs the apps %s and %s as a shared Pod: they scale, roll out and fail together.", w, first.Name, second.Name),
		Object:    analysis.Ref(w.Object),
		Container: second.Name,
		Subject:   first.Name,
		Place:     analysis.At(second.Node.Get("name")),
		Anchors:   []analysis.Place{analysis.At(first.Node.Get("name"))},
		Evidence:  append(evidence, costs(w, first, second)...),
	}
}

// costs lists what it costs to scale and deploy two apps together.
func costs(w *pod.Workload, first, second *pod.Container) []analysis.Evidence {
	n, node := w.Replicas()
	if node == nil {
		node = w.Object.Node.Get("metadata", "name")
	}
	scale := fmt.Sprintf("scaling: each replica runs both, %d of each at present; neither can be scaled for its own load", n)
	return []analysis.Evidence{
		{Text: scale, Place: analysis.At(node)},
		{Text: fmt.Sprintf("deploying: a new version of %s restarts %s too", second.Name, first.Name), Place: analysis.At(second.Node.Get("image"))},
		{Text: fmt.Sprintf("failing: the Pod is ready only while both %s and %s are", first.Name, second.Name), Place: analysis.At(first.Node.Get("name"))},
	}
}
