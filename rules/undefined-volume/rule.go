// Package undefinedvolume finds mounts of volumes that the Pod lacks.
package undefinedvolume

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "undefined-volume",
	Title:    "A container mounts a volume that the Pod does not define, so the API server refuses it",
	Severity: analysis.Error,
	Safety:   analysis.SafetyNone,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		if patches.Unknown(w) || placeholder(w) {
			continue
		}
		for _, c := range w.Containers {
			reported := map[string]bool{}
			for _, name := range mounted(c) {
				volume := name.Text()
				if volume == "" || reported[volume] || defined(w, volume) || injected(w, volume) || patches.Mention(w, volume, "olume") {
					continue
				}
				reported[volume] = true
				p.Report(finding(c, name))
			}
		}
	}
	return nil
}

// mounted returns the names of the volumes that a container uses, as files or as block devices.
func mounted(c *pod.Container) []*manifest.Node {
	var names []*manifest.Node
	for _, list := range []string{"volumeMounts", "volumeDevices"} {
		for _, item := range c.Node.Get(list).Seq() {
			names = append(names, item.Get("name"))
		}
	}
	return names
}

// defined says whether the Pod has a volume. Claim templates count for what makes claims of them: of the built-in kinds, a
// StatefulSet.
func defined(w *pod.Workload, name string) bool {
	v := w.Volume(name)
	return v != nil && (!v.Template || w.Kind() == "StatefulSet" || pod.Group(w.Object.APIVersion) != "apps")
}

// placeholder says whether what makes the volumes is filled in later: a list or name that is a parameter.
func placeholder(w *pod.Workload) bool {
	volumes := w.Spec.Get("volumes")
	if volumes != nil && !volumes.IsNull() && volumes.Seq() == nil && volumes.Text() != "" {
		return true
	}
	for _, v := range w.Volumes {
		if v.Name == "" || isParameter(v.Name) {
			return true
		}
	}
	return false
}

func isParameter(text string) bool {
	return strings.ContainsAny(text, "${}<>%")
}

// injectors are volumes that admission webhooks add before the API server looks, by the prefix of their name, and the word of an
// annotation or label that asks for them; "" for what the cluster itself adds.
// Sources: the documentation of Istio, Linkerd, Vault and Dapr; kube-api-access is the ServiceAccount admission controller's.
var injectors = []struct{ prefix, asked string }{
	{"kube-api-access-", ""},
	{"default-token-", ""},
	{"aws-iam-token", ""},
	{"azure-identity-token", ""},
	{"istio", "istio"},
	{"workload-socket", "istio"},
	{"workload-certs", "istio"},
	{"credential-socket", "istio"},
	{"linkerd-", "linkerd"},
	{"vault-", "vault"},
	{"home-", "vault"},
	{"dapr-", "dapr"},
}

// injected says whether something in the cluster adds a volume of that name.
func injected(w *pod.Workload, name string) bool {
	if isParameter(name) {
		return true
	}
	for _, i := range injectors {
		if strings.HasPrefix(name, i.prefix) && (i.asked == "" || asks(w, i.asked)) {
			return true
		}
	}
	return false
}

func asks(w *pod.Workload, word string) bool {
	found := false
	for _, field := range []string{"annotations", "labels"} {
		w.Meta.Get(field).Each(func(key string, _ *manifest.Node) { found = found || strings.Contains(key, word) })
	}
	return found
}

func finding(c *pod.Container, name *manifest.Node) analysis.Finding {
	w := c.Workload
	f := analysis.Finding{
		Message:   fmt.Sprintf("Container %s mounts volume %s, which %s does not define: the API server refuses it.", c.Name, name.Text(), w),
		Object:    analysis.Ref(w.Object),
		Container: c.Name,
		Subject:   name.Text(),
		Place:     analysis.At(name),
	}
	if len(w.Volumes) == 0 {
		f.Evidence = append(f.Evidence, analysis.Evidence{Text: "the Pod has no volumes", Place: analysis.At(name)})
		return f
	}
	for _, v := range w.Volumes {
		text, at := "the Pod defines volume "+v.Name, v.Node.Get("name")
		switch {
		case v.Name == name.Text():
			text = "only a StatefulSet has volumeClaimTemplates, so this defines no volume here"
			at = v.Node.Get("metadata", "name")
		case levenshtein.ComputeDistance(v.Name, name.Text()) <= 2:
			text += ", which may be the one that is meant"
		}
		f.Evidence = append(f.Evidence, analysis.Evidence{Text: text, Place: analysis.At(at)})
	}
	return f
}
