// Package splitsidecar finds helpers that run as a workload of their own beside the one app that they serve, and plans the merge.
//
// A finding needs a helper by its role, exactly one app workload, and a relation that holds: storage that only these two
// mount, or a Service name in arguments or environment that leads from one to the other and nowhere else. Where the pair is
// not plain (several apps, clients of its own, the same image, a backup, a DaemonSet) the rule is silent; where only the move
// is hindered, the finding names the obstacles.
package splitsidecar

import (
	_ "embed"
	"fmt"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "split-sidecar",
	Title:    "A helper runs as a workload of its own beside the one app that it serves",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	uses := storageUses(p.State)
	for _, w := range p.State.Workloads {
		main, role, ok := helperOf(p.Roles, w)
		if !ok {
			continue
		}
		if pair := findPair(p, uses, w, main, role); pair != nil {
			p.Report(pair.finding(p))
		}
	}
	return nil
}

// relation is how a helper and its app belong together.
type relation int

const (
	handOverVolume relation = iota // a hand-over volume
	upstream                       // the helper names the app's Service
	client                         // the app names the helper's Service
)

// pair is a helper workload and the one app that it serves.
type pair struct {
	helper, app *pod.Workload
	main        *pod.Container // the helper container that gives the workload its role
	role        pod.Role
	relation    relation
	shared      []shared
	toApp       []located // references of the helper to the app
	toHelper    []located // references of the app to the helper
	evidence    []analysis.Evidence
}

// located is a reference and what it leads to.
type located struct {
	ref    pod.Reference
	target analysis.Target
}

// helperOf says whether every running container of a workload is a helper, and which one gives it its role. Backups, private
// services and central helpers are none of one app's sidecars; a DaemonSet serves nodes; a Job ends.
func helperOf(roles *analysis.Roles, w *pod.Workload) (*pod.Container, pod.Role, bool) {
	if w.Partial || w.Finite() || w.Kind() == "DaemonSet" {
		return nil, pod.Role{}, false
	}
	var main *pod.Container
	var mainRole pod.Role
	for _, c := range w.Running() {
		role := roles.Of(c)
		if !role.Helper() || role.Central || role.Kind == pod.Backup || role.Kind == pod.PrivateService {
			return nil, pod.Role{}, false
		}
		if main == nil || rank(role.Kind) > rank(mainRole.Kind) {
			main, mainRole = c, role
		}
	}
	return main, mainRole, main != nil
}

// rank orders kinds by how much they say about a Pod of several helpers: a proxy or reloader rides along with an exporter.
func rank(k pod.Kind) int {
	switch k {
	case pod.ConfigSync, pod.FileWatcher:
		return 1
	case pod.Proxy:
		return 2
	}
	return 3
}

func findPair(p *analysis.Pass, uses []use, w *pod.Workload, main *pod.Container, role pod.Role) *pair {
	found := byStorage(p, uses, w, main, role)
	if found == nil {
		found = byUpstream(p, w, main, role)
	}
	if found == nil {
		found = byClient(p, w, main, role)
	}
	if found == nil || sameImage(found) {
		return nil
	}
	found.locateReferences(p)
	return found
}

// sameImage says whether helper and app are two of one kind: a worker or a replica. An image that holds only a shell or a
// runtime says nothing of what runs in it.
func sameImage(pr *pair) bool {
	for _, h := range pr.helper.In(pod.Containers) {
		for _, a := range pr.app.In(pod.Containers) {
			if pod.Repository(h.Image) == pod.Repository(a.Image) && !pod.Generic(h.Image) {
				return true
			}
		}
	}
	return false
}

func (pr *pair) finding(p *analysis.Pass) analysis.Finding {
	severity := analysis.Notice
	if pr.relation == handOverVolume {
		severity = analysis.Warning
	}
	evidence := pr.evidence
	for i, e := range pr.role.Evidence {
		if i < 2 {
			evidence = append(evidence, analysis.Evidence{Text: "container " + pr.main.Name + " is " + pr.role.Kind.Indefinite() + ": " + e.Text, Place: analysis.At(e.Node)})
		}
	}
	return analysis.Finding{
		Severity:  severity,
		Message:   pr.message(),
		Object:    analysis.Ref(pr.helper.Object),
		Container: pr.main.Name,
		Subject:   pr.app.String(),
		Place:     analysis.AtImage(pr.main),
		Evidence:  evidence,
		Related:   []analysis.Related{{Object: analysis.Ref(pr.app.Object), Place: start(pr.app)}},
		Anchors:   pr.anchors(),
		Fix:       merge(p, pr),
	}
}

// start is the line that names a workload.
func start(w *pod.Workload) analysis.Place {
	if n := w.Object.Node.Get("metadata", "name"); n != nil {
		return analysis.At(n)
	}
	return analysis.At(w.Object.Node)
}

func (pr *pair) message() string {
	serves := fmt.Sprintf("all it serves is %s", pr.app)
	switch pr.relation {
	case handOverVolume:
		serves += ", over the shared " + pr.shared[0].storage
	case client:
		serves = fmt.Sprintf("its one client is %s", pr.app)
	}
	return fmt.Sprintf("%s runs container %s, %s, as a workload of its own, yet %s.", pr.helper, pr.main.Name, pr.role.Kind.Indefinite(), serves)
}

// anchors are places to comment on when the helper's image isn't in the diff: what makes the relation, on either side, then
// the names of both.
func (pr *pair) anchors() []analysis.Place {
	var out []analysis.Place
	add := func(n *manifest.Node) {
		if n != nil {
			out = append(out, analysis.At(n))
		}
	}
	for _, c := range pr.shared {
		add(named(c.helper))
		add(named(c.app))
	}
	for _, l := range append(pr.toApp[:len(pr.toApp):len(pr.toApp)], pr.toHelper...) {
		add(l.ref.Node)
	}
	add(pr.main.Node.Get("image"))
	return append(out, start(pr.helper), start(pr.app))
}
