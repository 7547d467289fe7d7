package jobsidecar

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/nativize"
	"github.com/podcheck/podcheck/rules/pod"
)

// fix makes the helper a native sidecar, and takes away what ended it before.
func (h *helper) fix(p *analysis.Pass) *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Safe,
		Description: fmt.Sprintf("Make %s a native sidecar.", h.Name),
		Changes: []string{
			fmt.Sprintf("%s starts before the other containers and is stopped when they have ended, so that %s completes.", h.Name, h.Workload),
			"Whether the work succeeded is decided by the other containers alone.",
		},
	}
	if len(h.endings)+len(h.blind) > 0 {
		f.Safety = analysis.Review
		f.Description = fmt.Sprintf("Make %s a native sidecar and remove the workaround.", h.Name)
	}
	if p.Config.Target() < nativize.Since {
		f.Obstacles = []string{h.olderAdvice(p.Config.Target())}
		return f
	}
	plan := nativize.Plan{Workload: h.Workload, Move: h.Container}
	edits, err := h.removal(p, &plan, f)
	if f.Obstacles = append(f.Obstacles, plan.Obstacles(p.State)...); len(f.Obstacles) > 0 {
		f.Steps = nil
		return f
	}
	if err == nil {
		var moved []edit.Edit
		moved, err = plan.Edits()
		edits = edit.Join(edits, moved)
	}
	if err != nil {
		f.Obstacles, f.Steps = []string{nativize.Sentence(err)}, nil
		return f
	}
	f.Edits = edits
	f.Steps = append([]string{fmt.Sprintf("container %s moves to initContainers with restartPolicy: Always", h.Name)}, f.Steps...)
	if h.Workload.Kind() == "ScaledJob" {
		f.Changes = append(f.Changes, "The installed KEDA must know restartPolicy of init containers, as all current versions do.")
	}
	return f
}

// olderAdvice is what to do where native sidecars don't exist.
func (h *helper) olderAdvice(target int) string {
	native := fmt.Sprintf("Native sidecars need Kubernetes 1.%d, and the target is 1.%d", nativize.Since, target)
	switch {
	case len(h.endings) > 0:
		return native + ": the workaround stays until then."
	case h.role.Kind == pod.Proxy:
		return fmt.Sprintf("%s: let the work call the quit endpoint of %s when it is done (for instance /quitquitquit), or run %s as a Deployment of its own.", native, h.Name, h.Name)
	}
	return fmt.Sprintf("%s: let %s end when the work makes a file in a shared emptyDir, or run it as a workload of its own.", native, h.Name)
}

// removal plans how the workaround goes; what can't go with certainty becomes an obstacle of the fix.
func (h *helper) removal(p *analysis.Pass, plan *nativize.Plan, f *analysis.Fix) ([]edit.Edit, error) {
	var edits []edit.Edit
	killed := false
	for _, e := range together(slices.Concat(h.endings, h.blind)) {
		removed, err := h.without(p, e, plan, f)
		if err != nil || len(f.Obstacles) > 0 {
			return nil, err
		}
		edits = append(edits, removed...)
		killed = killed || e.How == lifecycle.Kill
	}
	if killed && h.unshare(p, plan) {
		removed, err := edit.RemovePair(h.Workload.Spec, "shareProcessNamespace")
		if err != nil {
			return nil, err
		}
		edits = append(edits, removed...)
		f.Steps = append(f.Steps, "shareProcessNamespace goes, as nothing else uses it")
	}
	return edits, nil
}

// together puts the endings of one script into one, as they are edited together.
func together(endings []lifecycle.Ending) []lifecycle.Ending {
	var out []lifecycle.Ending
	for _, e := range endings {
		at := slices.IndexFunc(out, func(o lifecycle.Ending) bool { return o.By == e.By && o.Node == e.Node })
		if at < 0 {
			out = append(out, e)
			continue
		}
		out[at].Stmts = slices.Concat(out[at].Stmts, e.Stmts)
		if e.How == lifecycle.Kill {
			out[at].How = e.How
		}
	}
	return out
}

// without takes one ending away: the whole container that does nothing else, or the statements of its script.
func (h *helper) without(p *analysis.Pass, e lifecycle.Ending, plan *nativize.Plan, f *analysis.Fix) ([]edit.Edit, error) {
	alone := lifecycle.OnlyEnds(p.State, e.By)
	if (alone || e.How == lifecycle.Marker) && h.othersNeed(p, e) {
		f.Obstacles = append(f.Obstacles, fmt.Sprintf("What container %s does to end %s also ends another container, so its author must take it apart.", e.By.Name, h.Name))
		return nil, nil
	}
	if alone {
		plan.Drop = append(plan.Drop, e.By)
		f.Steps = append(f.Steps, fmt.Sprintf("container %s goes, as all it did was to end %s", e.By.Name, h.Name))
		return nil, nil
	}
	text, ok := "", false
	if e.Script != nil && e.Script.Node == scriptNode(e.By) {
		text, ok = lifecycle.Without(e.Script, e.Stmts)
	}
	if !ok {
		f.Obstacles = append(f.Obstacles, fmt.Sprintf("What container %s does to end %s is part of a larger command, so its author must take it out.", e.By.Name, h.Name))
		return nil, nil
	}
	changed, err := edit.ReplaceScalar(e.Script.Node, text)
	if err != nil {
		return nil, err
	}
	f.Steps = append(f.Steps, fmt.Sprintf("container %s no longer ends %s", e.By.Name, h.Name))
	if e.How == lifecycle.Marker {
		f.Changes = append(f.Changes, fmt.Sprintf("The volume %s no longer carries the file; remove it if that was its only use.", e.Volume))
		err = h.unwrap(plan, f)
	}
	return []edit.Edit{changed}, err
}

// othersNeed says whether what ends the helper ends another container too.
func (h *helper) othersNeed(p *analysis.Pass, e lifecycle.Ending) bool {
	for _, other := range h.Workload.In(pod.Containers) {
		if other == h.Container || other == e.By {
			continue
		}
		also := append(lifecycle.Waiting(other), killsOf(lifecycle.Endings(p.State, other))...)
		if slices.ContainsFunc(also, func(o lifecycle.Ending) bool { return o.By == e.By && o.How == e.How }) {
			return true
		}
	}
	return false
}

// killsOf are the endings that name their container: whom a quit call means, only its port tells.
func killsOf(endings []lifecycle.Ending) []lifecycle.Ending {
	return slices.DeleteFunc(endings, func(e lifecycle.Ending) bool { return e.How != lifecycle.Kill })
}

// unwrap takes the waiting out of the helper's own script.
func (h *helper) unwrap(plan *nativize.Plan, f *analysis.Fix) error {
	s := lifecycle.ScriptOf(h.Container)
	text, ok := lifecycle.Unwrapped(s)
	if !ok {
		f.Obstacles = append(f.Obstacles, fmt.Sprintf("The script of %s does more than to run a program and wait, so its author must take the waiting out.", h.Name))
		return nil
	}
	changed, err := edit.ReplaceScalar(s.Node, text)
	if err != nil {
		return err
	}
	plan.Within = append(plan.Within, changed)
	f.Steps = append(f.Steps, fmt.Sprintf("container %s just runs its program", h.Name))
	return nil
}

// unshare says whether the process namespace can be private again once the workaround is gone.
func (h *helper) unshare(p *analysis.Pass, plan *nativize.Plan) bool {
	if h.Workload.Spec.Get("shareProcessNamespace").Text() != "true" {
		return false
	}
	for _, c := range h.Workload.Running() {
		if slices.Contains(plan.Drop, c) || slices.ContainsFunc(h.endings, func(e lifecycle.Ending) bool { return e.By == c }) {
			continue
		}
		if uses, _ := lifecycle.Looks(p.State, c, p.Roles.Of(c)); uses {
			return false
		}
	}
	return true
}
