// Package nativesidecar finds helpers whose start or stop order matters and that run as plain containers, which have none.
//
// It fires only where the order can be shown to matter: another container, or a setup container, dials a port that the helper
// serves; the helper is the only way to something (a Cloud SQL proxy, a VPN); it writes secrets that the app reads; it ships what
// the app writes into a volume that goes with the Pod. An exporter, a reloader, an inbound proxy lose nothing, and are silent.
package nativesidecar

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/nativize"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "native-sidecar",
	Title:    "A helper that must start before the app and stop after it is a plain container, which has no order",
	Severity: analysis.Notice,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	if p.Config.Target() < nativize.Since {
		return nil
	}
	for _, w := range lifecycle.Workloads(p.State) {
		if w.Finite() || pod.Group(w.Object.APIVersion) == "serving.knative.dev" {
			continue
		}
		for _, c := range w.In(pod.Containers) {
			if o := orderOf(p, c); o != nil {
				p.Report(o.finding(p))
			}
		}
	}
	return nil
}

// order is why a helper's place in the order of start and stop matters.
type order struct {
	*pod.Container
	role     pod.Role
	gain     string // what a maintainer gains, a clause
	evidence []analysis.Evidence
	anchors  []analysis.Place
}

func orderOf(p *analysis.Pass, c *pod.Container) *order {
	role := p.Roles.Of(c)
	o := &order{Container: c, role: role}
	apps := slices.DeleteFunc(c.Workload.In(pod.Containers), func(other *pod.Container) bool {
		return other == c || p.Roles.Of(other).Helper()
	})
	if len(apps) == 0 {
		return nil
	}
	switch {
	case o.gateway(apps), o.secrets(apps), o.logs(apps):
		o.hook()
		return o
	}
	return nil
}

func (o *order) because(n *manifest.Node, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.ContainsFunc(o.evidence, func(e analysis.Evidence) bool { return e.Text == text }) {
		o.evidence = append(o.evidence, analysis.Evidence{Text: text, Place: analysis.At(n)})
	}
	o.anchors = append(o.anchors, analysis.At(n))
}

// outbound are images through which an app reaches something else, and that do nothing else: without them it can't start, and
// what it has to finish at its end fails.
var outbound = map[string]string{
	"cloud-sql-proxy": "its database", "gce-proxy": "its database", "alloydb-auth-proxy": "its database", "aws-sigv4-proxy": "AWS", "aws-es-proxy": "its index",
	"gluetun": "the network",
}

// dialled are images that also serve in front of an app or for others: only an app that dials them shows what they are here.
var dialled = []string{"envoy", "haproxy", "socat", "dind", "vault-agent"}

// gateway says whether apps reach something through the helper: they, or a setup container, dial a port that it serves. A proxy that
// itself dials the app stands in front of it.
func (o *order) gateway(apps []*pod.Container) bool {
	target, only := outbound[name(o.Container)]
	if !only && (o.role.Kind != pod.Proxy || o.role.Family.Weak) && !slices.Contains(dialled, name(o.Container)) && !dind(o.Container) {
		return false
	}
	for _, c := range append(nativize.Needs(o.Workload, o.Container), apps...) {
		if len(lifecycle.DialsTo(o.Container, c)) > 0 {
			continue
		}
		what := "app"
		if c.Section == pod.InitContainers {
			what = "setup container"
		}
		for _, d := range lifecycle.DialsTo(c, o.Container) {
			o.because(d.Node, "%s %s dials port %d of %s, by %s", what, c.Name, d.Port, o.Name, d.From)
		}
	}
	if only {
		o.because(o.Node.Get("image"), "%s is the Pod's way to %s", o.Name, target)
	}
	o.gain = fmt.Sprintf("%s is there before the app starts and until it has stopped", o.Name)
	return len(o.evidence) > 0
}

// dind says whether a container runs a Docker daemon.
func dind(c *pod.Container) bool {
	return name(c) == "docker" && strings.Contains(c.Image, "dind")
}

// secretAgents are images that write secrets for the app beside them.
var secretAgents = []string{"vault-agent", "consul-template", "secrets-store-sync"}

// secrets says whether the helper writes secrets into a volume that an app reads.
func (o *order) secrets(apps []*pod.Container) bool {
	image := name(o.Container)
	agent := slices.Contains(secretAgents, image) || (image == "vault" || image == "openbao") && slices.Contains(o.CommandLine(), "agent")
	if !agent || slices.ContainsFunc(o.CommandLine(), func(w string) bool {
		return strings.HasPrefix(strings.TrimLeft(w, "-"), "exit-after-auth") || w == "-once" || w == "--once"
	}) {
		return false
	}
	return o.shares(apps, func(mine, app pod.Mount) bool { return !mine.ReadOnly },
		"app %s reads the volume %s, into which "+o.Name+" writes secrets", fmt.Sprintf("the app can wait until %s has written its secrets, once %s has a startup probe that says so", o.Name, o.Name))
}

// logs says whether the helper ships what an app writes into a volume that goes with the Pod. One that is only `tail` takes no
// notice of SIGTERM as the first process of its container, and so stays until the end anyway.
func (o *order) logs(apps []*pod.Container) bool {
	if o.role.Kind != pod.LogShipper || o.role.Family.Image == "" || o.role.Family.Weak || name(o.Container) == "logrotate" {
		return false
	}
	return o.shares(apps, func(_, app pod.Mount) bool { return !app.ReadOnly },
		"app %s writes into the emptyDir %s, which "+o.Name+" ships and which goes with the Pod", fmt.Sprintf("%s ships the lines that the app writes while it stops", o.Name))
}

// name is the last segment of a container's image repository.
func name(c *pod.Container) string { return path.Base(pod.Repository(c.Image)) }

// shares says whether the helper and an app mount one emptyDir in the way that matters.
func (o *order) shares(apps []*pod.Container, matters func(mine, app pod.Mount) bool, text, gain string) bool {
	for _, mine := range o.Mounts {
		v := o.Workload.Volume(mine.Volume)
		if v == nil || v.Type != "emptyDir" {
			continue
		}
		for _, app := range apps {
			for _, theirs := range app.MountOf(mine.Volume) {
				if matters(mine, theirs) {
					o.because(theirs.Node, text, app.Name, mine.Volume)
					o.gain = gain
					return true
				}
			}
		}
	}
	return false
}

// hook adds a sleep before the helper stops, which stands in for the order.
func (o *order) hook() {
	if n := lifecycle.PreStopSleep(o.Container); n != nil {
		o.because(n, "%s sleeps before it stops, so as to outlive the app", o.Name)
	}
}

func (o *order) finding(p *analysis.Pass) analysis.Finding {
	return analysis.Finding{
		Message:   fmt.Sprintf("%s runs the %s %s as a plain container; as a native sidecar, %s.", o.Workload, o.kind(), o.Name, o.gain),
		Object:    analysis.Ref(o.Workload.Object),
		Container: o.Name,
		Place:     analysis.At(o.Node.Get("name")),
		Evidence:  o.evidence,
		Anchors:   append([]analysis.Place{analysis.At(o.Node.Get("image"))}, o.anchors...),
		Fix:       o.fix(p),
	}
}

func (o *order) kind() string {
	if o.role.Helper() {
		return string(o.role.Kind)
	}
	return "helper"
}

func (o *order) fix(p *analysis.Pass) *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Make %s a native sidecar.", o.Name),
		Changes: []string{
			fmt.Sprintf("%s starts before the app and is stopped after it; a crash still restarts only %s.", o.Name, o.Name),
			fmt.Sprintf("The Pod starts only once %s has started.", o.Name),
		},
	}
	if o.Node.Get("startupProbe") == nil {
		f.Changes[1] = fmt.Sprintf("The app starts once %s runs; a startup probe would make it wait until %s serves.", o.Name, o.Name)
	}
	plan := nativize.Plan{Workload: o.Workload, Move: o.Container}
	if f.Obstacles = plan.Obstacles(p.State); len(f.Obstacles) > 0 {
		return f
	}
	edits, err := plan.Edits()
	if err != nil {
		f.Obstacles = []string{nativize.Sentence(err)}
		return f
	}
	f.Edits = edits
	f.Steps = []string{fmt.Sprintf("container %s moves to initContainers with restartPolicy: Always", o.Name)}
	if needs := nativize.Needs(o.Workload, o.Container); len(needs) > 0 {
		f.Steps = append(f.Steps, fmt.Sprintf("it goes before the setup container %s, which needs it", needs[0].Name))
	}
	return f
}
