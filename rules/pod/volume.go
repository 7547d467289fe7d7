package pod

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Volume is one volume of a Pod, or a claim template of a StatefulSet.
type Volume struct {
	Node     *manifest.Node
	Name     string
	Type     string         // the source's field: emptyDir, persistentVolumeClaim, configMap, …; volumeClaimTemplate; "" if none
	Source   *manifest.Node // value of that field; of a claim template its spec
	Claim    string         // claim name, for persistentVolumeClaim
	Template bool           // a claim template: the claims are named template-workload-ordinal
}

func volumeOf(n *manifest.Node) *Volume {
	v := &Volume{Node: n, Name: n.Get("name").Text()}
	n.Each(func(key string, value *manifest.Node) {
		if key != "name" && v.Type == "" {
			v.Type, v.Source = key, value
		}
	})
	if v.Type == "persistentVolumeClaim" {
		v.Claim = v.Source.Get("claimName").Text()
	}
	return v
}

func claimTemplateOf(n *manifest.Node) *Volume {
	return &Volume{Node: n, Name: n.Get("metadata", "name").Text(), Type: "volumeClaimTemplate", Source: n.Get("spec"), Template: true}
}

// UsesClaim says whether the volume of workload w stands for the claim of that name. Claims of a StatefulSet are named
// <template>-<statefulset>-<ordinal>.
func (v *Volume) UsesClaim(w *Workload, claim string) bool {
	if claim == "" {
		return false
	}
	if !v.Template {
		return v.Claim == claim
	}
	ordinal, ok := strings.CutPrefix(claim, v.Name+"-"+w.Name()+"-")
	return ok && ordinal != "" && strings.Trim(ordinal, "0123456789") == ""
}

// SubPathsOverlap says whether two sub-paths of one volume share files: equal, or one below the other.
func SubPathsOverlap(a, b string) bool {
	a, b = strings.Trim(a, "/"), strings.Trim(b, "/")
	return a == "" || b == "" || a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}
