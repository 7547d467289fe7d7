package pod

import (
	"path"
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

// Storage is what a volume names that other Pods may name too: "claim NAME", "host path PATH", "NFS export SERVER:PATH"; "" for a
// volume of the Pod's own, and for host paths that are the node's rather than anybody's data.
func (v *Volume) Storage() string {
	switch v.Type {
	case "persistentVolumeClaim":
		if v.Claim != "" {
			return "claim " + v.Claim
		}
	case "hostPath":
		if dir := path.Clean(v.Source.Get("path").Text()); path.IsAbs(dir) && !ofTheNode(dir) {
			return "host path " + dir
		}
	case "nfs":
		server, dir := v.Source.Get("server").Text(), v.Source.Get("path").Text()
		if server != "" && dir != "" {
			return "NFS export " + server + ":" + path.Clean(dir)
		}
	}
	return ""
}

// ofTheNode says whether a host path belongs to the node: sockets, devices, the system's files, logs of all Pods.
func ofTheNode(dir string) bool {
	switch dir {
	case "/", "/var", "/var/log", "/home", "/mnt", "/opt", "/srv", "/tmp", "/data", "/root":
		return true
	}
	for _, system := range []string{"/var/run", "/run", "/proc", "/sys", "/dev", "/etc", "/lib", "/lib64", "/usr", "/bin", "/sbin", "/boot",
		"/var/lib/docker", "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/containers", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/var/log/journal"} {
		if dir == system || strings.HasPrefix(dir, system+"/") {
			return true
		}
	}
	return false
}

// Uses says whether the volume of workload w is the storage that another volume names.
func (v *Volume) Uses(w *Workload, other *Volume) bool {
	storage := other.Storage()
	return storage != "" && (v.Storage() == storage || v.UsesClaim(w, other.Claim))
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
