package sidecarorder

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/nativize"
	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// fix takes the wait away where the kubelet waits already: behind a native sidecar with a startup probe.
func (r reliance) fix() *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Remove the wait: the startup probe of %s holds the app back.", r.helper.Name),
		Changes:     []string{fmt.Sprintf("%s starts its program at once; the kubelet starts it only when the startup probe of %s has succeeded.", r.app.Name, r.helper.Name)},
	}
	switch {
	case !r.helper.Native:
		f.Description = fmt.Sprintf("Make %s a native sidecar with a startup probe, and remove the wait.", r.helper.Name)
		f.Obstacles = []string{fmt.Sprintf("%s is a plain container: it must first become a native sidecar (an init container with restartPolicy: Always) with a startup probe.", r.helper.Name)}
		return f
	case r.helper.Node.Get("startupProbe").IsNull():
		f.Description = fmt.Sprintf("Give %s a startup probe, and remove the wait.", r.helper.Name)
		f.Obstacles = []string{fmt.Sprintf("%s has no startup probe, and which one tells that it is ready is for its author to say.", r.helper.Name)}
		return f
	}
	text, ok := lifecycle.Without(r.wait.Script, []*syntax.Stmt{r.wait.Stmt})
	if !ok {
		f.Obstacles = []string{"The wait is part of a larger command, so its author must take it out."}
		return f
	}
	changed, err := edit.ReplaceScalar(r.wait.Script.Node, text)
	if err != nil {
		f.Obstacles = []string{nativize.Sentence(err)}
		return f
	}
	f.Edits = []edit.Edit{changed}
	return f
}

// needs says why an app needs a helper until its own end, with the place that shows it.
func needs(app, helper *pod.Container, role pod.Role) (string, *manifest.Node) {
	if dials := lifecycle.DialsTo(app, helper); len(dials) > 0 {
		return fmt.Sprintf("app %s dials port %d of %s, by %s", app.Name, dials[0].Port, helper.Name, dials[0].From), dials[0].Node
	}
	if role.Kind != pod.LogShipper {
		return "", nil
	}
	for _, m := range helper.Mounts {
		v := app.Workload.Volume(m.Volume)
		if v == nil || v.Type != "emptyDir" {
			continue
		}
		for _, theirs := range app.MountOf(m.Volume) {
			if !theirs.ReadOnly {
				return fmt.Sprintf("app %s writes into the volume %s, which %s ships", app.Name, m.Volume, helper.Name), theirs.Node
			}
		}
	}
	return "", nil
}

// hookFix makes a helper a native sidecar, which outlives the app without sleeping.
func hookFix(p *analysis.Pass, c *pod.Container) *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Make %s a native sidecar and remove the sleep.", c.Name),
		Changes:     []string{fmt.Sprintf("%s is stopped when the app has ended, however long that takes, and no later.", c.Name)},
	}
	holder, key := c.Node.Get("lifecycle"), "preStop"
	if len(holder.Keys()) == 1 {
		holder, key = c.Node, "lifecycle"
	}
	removed, err := edit.RemovePair(holder, key)
	plan := nativize.Plan{Workload: c.Workload, Move: c, Within: removed}
	if f.Obstacles = plan.Obstacles(p.State); len(f.Obstacles) > 0 {
		return f
	}
	var edits []edit.Edit
	if err == nil {
		edits, err = plan.Edits()
	}
	if err != nil {
		f.Obstacles = []string{nativize.Sentence(err)}
		return f
	}
	f.Edits = edits
	return f
}
