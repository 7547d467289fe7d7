// Package defaultcontainer finds Pods in which kubectl picks a helper when no container is named.
package defaultcontainer

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "default-container",
	Title:    "kubectl picks a helper when no container is named, as the app isn't first",
	Severity: analysis.Notice,
	Disabled: true,
	Safety:   analysis.Safe,
	Doc:      doc,
	Run:      run,
}

// annotation names the container that kubectl logs, exec, attach and cp pick.
const annotation = "kubectl.kubernetes.io/default-container"

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		plain := w.In(pod.Containers)
		if len(plain) < 2 || patches.Unknown(w) || w.Meta.Get("annotations", annotation) != nil || !p.Roles.Of(plain[0]).Helper() {
			continue
		}
		if apps, _ := w.Parts(p.Roles.Of); len(apps) > 0 {
			p.Report(finding(p, w, plain[0], apps))
		}
	}
	return nil
}

func finding(p *analysis.Pass, w *pod.Workload, first *pod.Container, apps []*pod.Container) analysis.Finding {
	why, at := pod.WhyHelper(first, p.Roles.Of(first))
	return analysis.Finding{
		Message:  fmt.Sprintf("kubectl picks %s of %s when no container is named, and not the app %s.", first.Name, w, apps[0].Name),
		Object:   analysis.Ref(w.Object),
		Place:    analysis.At(first.Node.Get("name")),
		Evidence: []analysis.Evidence{{Text: fmt.Sprintf("%s is first and helps: %s", first.Name, why), Place: analysis.At(at)}},
		Anchors:  []analysis.Place{analysis.At(apps[0].Node.Get("name"))},
		Fix:      fix(w, apps),
	}
}

func fix(w *pod.Workload, apps []*pod.Container) *analysis.Fix {
	f := &analysis.Fix{Safety: analysis.Safe, Description: fmt.Sprintf("Name %s in the annotation %s.", apps[0].Name, annotation)}
	if len(apps) > 1 {
		var names []string
		for _, c := range apps {
			names = append(names, c.Name)
		}
		f.Description = fmt.Sprintf("Name the app in the annotation %s.", annotation)
		f.Obstacles = []string{fmt.Sprintf("%s has several apps (%s), and which one is asked for most is not known.", w, strings.Join(names, ", "))}
		return f
	}
	edits, err := add(w, apps[0].Name)
	if err != nil {
		f.Obstacles = []string{"The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."}
		return f
	}
	f.Edits = edits
	f.Changes = []string{fmt.Sprintf("kubectl logs and exec pick %s when no container is named; the Pods are rolled once, as their template changes.", apps[0].Name)}
	return f
}

func add(w *pod.Workload, container string) ([]edit.Edit, error) {
	entry, err := edit.LayoutAt(w.Spec).Render(edit.Map{{Key: annotation, Value: container}})
	if err != nil {
		return nil, err
	}
	if own, ok := w.Meta.Pair("annotations"); ok {
		return edit.InsertPairs(own.Value, nil, entry)
	}
	return edit.InsertPair(w.Meta, []string{"labels", "name"}, "annotations", entry)
}
