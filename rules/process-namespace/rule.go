// Package processnamespace finds signals between containers that can't arrive, and shared process namespaces that nobody uses.
//
// A signal counts when its command names a process of exactly one other container of the Pod. A shared namespace counts as unused
// only when it is known of every container but the app what it runs.
package processnamespace

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/nativize"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

const field = "shareProcessNamespace"

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "process-namespace",
	Title:    "A container signals a process that it can't see, or a Pod shares its processes for nothing",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	sharing := sharing(p.State)
	for _, w := range lifecycle.Workloads(p.State) {
		if w.Spec.Get("hostPID").Text() == "true" {
			continue
		}
		share := w.Spec.Get(field)
		switch share.Text() {
		case "", "false":
			if sharing[w.Kind()+"/"+w.Name()] {
				continue
			}
			for _, f := range blind(p, w) {
				p.Report(f)
			}
		case "true":
			if f := unused(p, w, share); f != nil {
				p.Report(*f)
			}
		}
	}
	return nil
}

// sharing are the workloads to which a manifest or a patch of the state gives the field, as Kind/name.
func sharing(state *analysis.State) map[string]bool {
	found := map[string]bool{}
	for _, w := range state.Workloads {
		if w.Spec.Get(field).Text() == "true" {
			found[w.Kind()+"/"+w.Name()] = true
		}
	}
	return found
}

// blind lists the signals to other containers, one finding for each pair.
func blind(p *analysis.Pass, w *pod.Workload) []analysis.Finding {
	var out []analysis.Finding
	for _, c := range w.Running() {
		seen := map[*pod.Container]bool{}
		for _, s := range lifecycle.Signals(p.State, c) {
			if seen[s.To] || w.Finite() && lifecycle.Endless(s.To, p.Roles.Of(s.To)) != nil {
				continue // a Job that can't end its helper is a finding of its own
			}
			seen[s.To] = true
			out = append(out, signal(w, s))
		}
	}
	return out
}

func signal(w *pod.Workload, s lifecycle.Signal) analysis.Finding {
	place := analysis.At(s.Node)
	if s.Script != nil {
		place = lifecycle.PlaceOf(s.Script, s.Stmt)
	}
	evidence := []analysis.Evidence{
		{Text: fmt.Sprintf("`%s` means a process of container %s", s.Text, s.To.Name), Place: place},
		{Text: w.String() + " does not set " + field, Place: analysis.At(w.Object.Node.Get("kind"))},
	}
	if set := w.Spec.Get(field); set != nil {
		evidence[1] = analysis.Evidence{Text: field + " is false", Place: analysis.At(set)}
	}
	return analysis.Finding{
		Message: fmt.Sprintf("Container %s signals a process of %s (`%s`), but the containers of %s don't see each other's processes.",
			s.By.Name, s.To.Name, strings.Join(strings.Fields(s.Text), " "), w),
		Object:    analysis.Ref(w.Object),
		Container: s.By.Name,
		Subject:   s.To.Name,
		Place:     place,
		Evidence:  evidence,
		Anchors:   []analysis.Place{analysis.At(s.By.Node.Get("name")), analysis.At(s.To.Node.Get("name"))},
		Fix:       share(w),
	}
}

func share(w *pod.Workload) *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: "Share the process namespace: `shareProcessNamespace: true`.",
		Changes: []string{
			"The containers see each other's processes, and through /proc their environment and files, as far as their users allow.",
			"Process 1 is the Pod's pause process in each container; a signal needs the same user or the capability KILL.",
		},
	}
	var edits []edit.Edit
	var err error
	if set := w.Spec.Get(field); set != nil {
		var one edit.Edit
		one, err = edit.ReplaceScalar(set, "true")
		edits = []edit.Edit{one}
	} else {
		edits, err = edit.InsertPair(w.Spec, above(w), field, "true\n")
	}
	if err != nil {
		f.Obstacles = []string{nativize.Sentence(err)}
		return f
	}
	f.Edits = edits
	return f
}

// above is the key before the first list of containers, so that the field stands where a reader sees it.
func above(w *pod.Workload) []string {
	last := ""
	for _, pair := range w.Spec.Resolve().Pairs {
		if pair.Key.Value == "containers" || pair.Key.Value == "initContainers" {
			break
		}
		last = pair.Key.Value
	}
	return []string{last, "containers"}
}

// unused finds a shared namespace of a Pod in which no container looks at the processes of another. A comment on the field is a
// reason that its author gave.
func unused(p *analysis.Pass, w *pod.Workload, share *manifest.Node) *analysis.Finding {
	if commented(share) || w.Finite() {
		return nil // the work of a Job may end its helpers
	}
	apps := 0
	var evidence []analysis.Evidence
	for _, c := range w.Running() {
		uses, certain := lifecycle.Looks(p.State, c, p.Roles.Of(c))
		switch {
		case uses:
			return nil
		case !certain:
			apps++
			continue
		}
		evidence = append(evidence, analysis.Evidence{Text: "nothing that container " + c.Name + " runs looks at the processes of others", Place: analysis.At(c.Node.Get("name"))})
	}
	if apps > 1 || len(evidence) == 0 || len(w.In(pod.EphemeralContainers)) > 0 {
		return nil
	}
	f := &analysis.Finding{
		Message:  fmt.Sprintf("The containers of %s share their processes, and none of its helpers uses that.", w),
		Object:   analysis.Ref(w.Object),
		Place:    analysis.At(share),
		Evidence: evidence,
		Fix: &analysis.Fix{
			Safety:      analysis.Review,
			Description: "Remove shareProcessNamespace.",
			Changes:     []string{"Each container sees its own processes only, and its own program is process 1 again."},
		},
	}
	edits, err := edit.RemovePair(w.Spec, field)
	if err != nil {
		f.Fix.Obstacles = []string{nativize.Sentence(err)}
		return f
	}
	f.Fix.Edits = edits
	return f
}

// commented says whether a comment stands on the line of a field or directly above it.
func commented(n *manifest.Node) bool {
	data := n.File.Data
	start := strings.LastIndexByte(string(data[:n.Span.Start.Offset]), '\n') + 1
	line, _, _ := strings.Cut(string(data[n.Span.End.Offset:]), "\n")
	if strings.Contains(line, "#") || start == 0 {
		return true
	}
	above := string(data[strings.LastIndexByte(string(data[:start-1]), '\n')+1 : start])
	return strings.HasPrefix(strings.TrimSpace(above), "#")
}
