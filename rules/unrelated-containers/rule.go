// Package unrelatedcontainers finds Pods that run several apps which nothing couples.
//
// It fires only where both are servers of their own, and where nothing is hidden: a container that reads a ConfigMap or Secret
// that the state does not hold may be told about the other there.
package unrelatedcontainers

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "unrelated-containers",
	Title:    "A Pod runs several apps that have nothing to do with each other, so that they scale, restart and fail together",
	Severity: analysis.Warning,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	surroundings := analysis.NewSurroundings(p.State)
	for _, w := range p.State.Workloads {
		if w.Partial || w.Finite() {
			continue
		}
		apps := slices.DeleteFunc(analysis.PlainApps(w, p.Roles), func(c *pod.Container) bool { return len(c.Listens()) == 0 })
		if len(apps) < 2 {
			continue
		}
		around := surroundings.Of(w)
		couplings := pod.CouplingsOf(w, around)
		if len(couplings.Unseen) > 0 || anywhere(w, couplings, p.Roles) {
			continue
		}
		for _, pair := range apart(couplings.Groups(), apps) {
			stays, leaves := pair[0], pair[1]
			if mayCall(around, w, stays, leaves) || mayCall(around, w, leaves, stays) {
				continue
			}
			if known(around, w, leaves) > known(around, w, stays) {
				stays, leaves = leaves, stays
			}
			p.Report(finding(w, around, stays, leaves))
		}
	}
	return nil
}

// mayCall says whether one container may well be who calls the other one: a Service leads to it and none to the other, and it keeps
// data of its own, where the settings of many apps are.
func mayCall(around pod.Surroundings, w *pod.Workload, from, to *pod.Container) bool {
	return exposed(around, w, from) && !exposed(around, w, to) && slices.ContainsFunc(from.Mounts, func(m pod.Mount) bool {
		v := w.Volume(m.Volume)
		return v == nil || !slices.Contains(givenVolumes, v.Type)
	})
}

// givenVolumes are the types of volumes whose content is given with the Pod, or goes with it.
var givenVolumes = []string{"emptyDir", "configMap", "secret", "projected", "downwardAPI"}

// anywhere says whether an app of the Pod calls a proxy of it that does not show where it leads: any other app, perhaps.
func anywhere(w *pod.Workload, couplings pod.Couplings, roles *analysis.Roles) bool {
	return slices.ContainsFunc(w.Running(), func(c *pod.Container) bool {
		role := roles.Of(c)
		if role.Kind != pod.Proxy || role.IsDatabaseProxy() {
			return false
		}
		calls := func(from func(pod.Coupling) *pod.Container) bool {
			return slices.ContainsFunc(couplings.All, func(one pod.Coupling) bool { return one.Kind == pod.ByLocalhost && from(one) == c })
		}
		return calls(func(one pod.Coupling) *pod.Container { return one.B }) && !calls(func(one pod.Coupling) *pod.Container { return one.A })
	})
}

// apart pairs the first app of the first group that has one with the first app of each further group.
func apart(groups [][]*pod.Container, apps []*pod.Container) [][2]*pod.Container {
	var first *pod.Container
	var out [][2]*pod.Container
	for _, group := range groups {
		i := slices.IndexFunc(group, func(c *pod.Container) bool { return slices.Contains(apps, c) })
		switch {
		case i < 0:
		case first == nil:
			first = group[i]
		default:
			out = append(out, [2]*pod.Container{first, group[i]})
		}
	}
	return out
}

func finding(w *pod.Workload, around pod.Surroundings, stays, leaves *pod.Container) analysis.Finding {
	return analysis.Finding{
		Message:   fmt.Sprintf("%s runs %s and %s in one Pod, although nothing couples them.", w, stays.Name, leaves.Name),
		Object:    analysis.Ref(w.Object),
		Container: leaves.Name,
		Subject:   stays.Name,
		Place:     analysis.At(leaves.Node.Get("name")),
		Anchors:   []analysis.Place{analysis.At(stays.Node.Get("name"))},
		Evidence:  evidence(w, around, stays, leaves),
		Fix:       &analysis.Fix{Safety: analysis.Review, Description: split(w, around, leaves)},
	}
}

func evidence(w *pod.Workload, around pod.Surroundings, stays, leaves *pod.Container) []analysis.Evidence {
	var out []analysis.Evidence
	for _, c := range []*pod.Container{stays, leaves} {
		text := fmt.Sprintf("%s is a server of its own, on %s", c.Name, ports(c))
		place := analysis.At(c.Node.Get("ports"))
		for _, svc := range around.Services {
			if p, ok := exposes(svc, w, c); ok {
				text += fmt.Sprintf(", which Service/%s exposes", svc.Object.WrittenName())
				place = analysis.At(p.Node)
				break
			}
		}
		out = append(out, analysis.Evidence{Text: text, Place: place})
	}
	return append(out, analysis.Evidence{
		Text: "they share no volume, no process namespace and no release, and neither names localhost or the Pod's Service", Place: analysis.At(leaves.Node.Get("name")),
	})
}

func ports(c *pod.Container) string {
	var out []string
	for _, p := range c.Listens() {
		out = append(out, fmt.Sprint(p))
	}
	if len(out) == 1 {
		return "port " + out[0]
	}
	return "ports " + strings.Join(out, ", ")
}

// exposes returns the port of a Service that leads to a container.
func exposes(s *pod.Service, w *pod.Workload, c *pod.Container) (pod.ServicePort, bool) {
	for _, p := range s.Ports {
		if slices.Contains(c.Listens(), s.ContainerPort(w, p.Port)) {
			return p, true
		}
	}
	return pod.ServicePort{}, false
}

// exposed says whether a Service leads to a container.
func exposed(around pod.Surroundings, w *pod.Workload, c *pod.Container) bool {
	return slices.ContainsFunc(around.Services, func(s *pod.Service) bool {
		_, ok := exposes(s, w, c)
		return ok
	})
}

// known ranks how well others know a container: by the name of the workload or its Service, by a Service, or not. That one stays.
func known(around pod.Surroundings, w *pod.Workload, c *pod.Container) int {
	switch {
	case named(around, w, c):
		return 2
	case exposed(around, w, c):
		return 1
	}
	return 0
}

// named says whether the workload, or a Service that leads to the container, has its name: what others know by that name stays.
func named(around pod.Surroundings, w *pod.Workload, c *pod.Container) bool {
	return c.Name == w.Object.Name || slices.ContainsFunc(around.Services, func(s *pod.Service) bool {
		_, ok := exposes(s, w, c)
		return ok && c.Name == s.Object.Name
	})
}

// split says how to take the containers apart.
func split(w *pod.Workload, around pod.Surroundings, leaves *pod.Container) string {
	kind := w.Kind()
	if kind == "Pod" {
		kind = "Deployment"
	}
	text := fmt.Sprintf("Move %s into a %s of its own with labels of its own", leaves.Name, kind)
	for _, svc := range around.Services {
		if _, ok := exposes(svc, w, leaves); ok {
			return text + fmt.Sprintf(", and let Service/%s select these.", svc.Object.WrittenName())
		}
	}
	return text + "."
}
