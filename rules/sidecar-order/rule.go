// Package sidecarorder finds Pods that leave the order of sidecar and app to chance or to a script: a native sidecar behind the setup
// container that needs it, a script that sleeps or waits for a helper of its own Pod, a helper that sleeps before it stops.
//
// Only the order of containers of one Pod counts; waiting for another Pod, and a helper that waits for the app, are silent.
package sidecarorder

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/nativize"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "sidecar-order",
	Title:    "The order of sidecar and app is wrong, or is left to sleeps and waiting loops",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	if p.Config.Target() < nativize.Since {
		return nil // waiting is all that there is
	}
	for _, w := range lifecycle.Workloads(p.State) {
		for _, l := range lateSidecars(w) {
			p.Report(l.finding())
		}
		if w.Finite() {
			continue
		}
		for _, c := range w.In(pod.Containers) {
			for _, r := range reliances(p, c) {
				p.Report(r.finding(p))
			}
			if h := hook(p, c); h != nil {
				p.Report(*h)
			}
		}
	}
	return nil
}

// reliance is a wait of an app's script for a helper of its Pod.
type reliance struct {
	app      *pod.Container
	helper   *pod.Container
	wait     lifecycle.Wait
	evidence []analysis.Evidence
}

// reliances lists the waits at the beginning of an app's script that are for a helper of its Pod.
func reliances(p *analysis.Pass, app *pod.Container) []reliance {
	if p.Roles.Of(app).Helper() {
		return nil
	}
	var out []reliance
	for _, w := range lifecycle.Waits(app) {
		for _, helper := range app.Workload.Running() {
			if helper == app || !helper.Native && !p.Roles.Of(helper).Helper() && !dind(helper) {
				continue
			}
			if why := waitsFor(app, helper, w); len(why) > 0 {
				out = append(out, reliance{app, helper, w, why})
				break
			}
		}
	}
	return out
}

// dind says whether a container runs a Docker daemon.
func dind(c *pod.Container) bool {
	name := path.Base(pod.Repository(c.Image))
	return name == "dind" || name == "docker" && strings.Contains(c.Image, "dind")
}

// waitsFor gives the evidence that a wait is for a helper: its port, a file of a volume that it writes, or, for a plain sleep, that
// the app dials it.
func waitsFor(app, helper *pod.Container, w lifecycle.Wait) []analysis.Evidence {
	switch {
	case w.Port != 0:
		if slices.Contains(lifecycle.Serves(helper), w.Port) {
			return []analysis.Evidence{{Text: fmt.Sprintf("container %s serves port %d", helper.Name, w.Port), Place: analysis.At(helper.Node.Get("name"))}}
		}
	case w.File != "":
		for _, m := range helper.MountOf(w.Volume) {
			if v := app.Workload.Volume(w.Volume); v != nil && v.Writable() && !m.ReadOnly && readOnly(app, w.Volume) {
				return []analysis.Evidence{{Text: fmt.Sprintf("container %s writes the volume %s, in which the file is", helper.Name, w.Volume), Place: analysis.At(m.Node)}}
			}
		}
	default:
		if dials := lifecycle.DialsTo(app, helper); len(dials) > 0 {
			return []analysis.Evidence{{Text: fmt.Sprintf("it dials port %d of container %s, by %s", dials[0].Port, helper.Name, dials[0].From), Place: analysis.At(dials[0].Node)}}
		}
	}
	return nil
}

// readOnly says whether a container only reads a volume.
func readOnly(c *pod.Container, volume string) bool {
	return !slices.ContainsFunc(c.MountOf(volume), func(m pod.Mount) bool { return !m.ReadOnly })
}

func (r reliance) finding(p *analysis.Pass) analysis.Finding {
	message := fmt.Sprintf("Container %s waits in its own script (`%s`) for %s, a helper of its Pod.", r.app.Name, oneLine(r.wait.Text), r.helper.Name)
	if r.wait.Seconds > 0 {
		message = fmt.Sprintf("Container %s sleeps %d seconds so that %s is there first, which nothing guarantees.", r.app.Name, r.wait.Seconds, r.helper.Name)
	}
	return analysis.Finding{
		Message:   message,
		Object:    analysis.Ref(r.app.Workload.Object),
		Container: r.app.Name,
		Subject:   r.helper.Name + " " + oneLine(r.wait.Text),
		Place:     lifecycle.PlaceOf(r.wait.Script, r.wait.Stmt),
		Evidence:  r.evidence,
		Anchors:   []analysis.Place{analysis.At(r.wait.Script.Node), analysis.At(r.helper.Node.Get("name")), analysis.At(r.app.Node.Get("name"))},
		Fix:       r.fix(),
	}
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}

// hook finds a helper that sleeps before it stops so as to outlive the app.
func hook(p *analysis.Pass, c *pod.Container) *analysis.Finding {
	sleep, role := lifecycle.PreStopSleep(c), p.Roles.Of(c)
	if sleep == nil || !role.Helper() {
		return nil
	}
	for _, app := range c.Workload.In(pod.Containers) {
		if app == c || p.Roles.Of(app).Helper() {
			continue
		}
		text, at := needs(app, c, role)
		if at == nil {
			continue
		}
		return &analysis.Finding{
			Message:   fmt.Sprintf("Container %s sleeps before it stops so as to outlive %s, which nothing guarantees.", c.Name, app.Name),
			Object:    analysis.Ref(c.Workload.Object),
			Container: c.Name,
			Subject:   "preStop",
			Place:     analysis.At(sleep),
			Evidence:  []analysis.Evidence{{Text: text, Place: analysis.At(at)}},
			Anchors:   []analysis.Place{analysis.At(c.Node.Get("name"))},
			Fix:       hookFix(p, c),
		}
	}
	return nil
}
