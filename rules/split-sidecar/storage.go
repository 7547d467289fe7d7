package splitsidecar

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// use is a workload that mounts storage which others can mount too: a claim, by a claim volume or by a StatefulSet's claim
// template, a host path, an NFS export.
type use struct {
	workload *pod.Workload
	volume   *pod.Volume
}

// shared is storage that a helper and its app both mount.
type shared struct {
	storage     string // see pod.Volume.Storage
	helper, app *pod.Volume
}

// storageUses lists who mounts what others can mount too. A volume that no container mounts shares nothing.
func storageUses(s *analysis.State) []use {
	var out []use
	for _, w := range s.Workloads {
		if w.Partial {
			continue
		}
		for _, v := range w.Volumes {
			if (v.Storage() != "" || v.Template) && len(mounts(w, v)) > 0 {
				out = append(out, use{w, v})
			}
		}
	}
	return out
}

func mounts(w *pod.Workload, v *pod.Volume) []pod.Mount {
	var out []pod.Mount
	for _, c := range w.Containers {
		out = append(out, c.MountOf(v.Name)...)
	}
	return out
}

// byStorage finds the one app that mounts what the helper mounts, as a hand-over: one side writes, the other reads the same
// files. Any further user makes it a shared store, which is legitimate.
func byStorage(p *analysis.Pass, uses []use, w *pod.Workload, main *pod.Container, role pod.Role) *pair {
	var pr *pair
	for _, v := range w.Volumes {
		storage := v.Storage()
		if storage == "" || len(mounts(w, v)) == 0 {
			continue
		}
		others, plain := sharers(p, uses, w, v)
		if !plain {
			return nil
		}
		for _, u := range others {
			if pr != nil && pr.app != u.workload {
				return nil
			}
			if !handOver(mounts(w, v), mounts(u.workload, u.volume)) {
				continue
			}
			if pr == nil {
				pr = &pair{helper: w, app: u.workload, main: main, role: role, relation: handOverVolume}
			}
			pr.shared = append(pr.shared, shared{storage: storage, helper: v, app: u.volume})
			pr.evidence = append(pr.evidence,
				analysis.Evidence{Text: fmt.Sprintf("%s mounts %s, as %s does", w, storage, u.workload), Place: analysis.At(named(v))},
				analysis.Evidence{Text: fmt.Sprintf("%s mounts it here; nothing else does", u.workload), Place: analysis.At(u.volume.Node)})
		}
	}
	return pr
}

// named is the node that names a volume's storage.
func named(v *pod.Volume) *manifest.Node {
	for _, field := range []string{"claimName", "path"} {
		if n := v.Source.Get(field); n != nil {
			return n
		}
	}
	return v.Node
}

// sharers returns the other users of the helper's storage, and whether they can be one app: no Jobs, no DaemonSets, no others.
func sharers(p *analysis.Pass, uses []use, w *pod.Workload, v *pod.Volume) ([]use, bool) {
	var out []use
	for _, u := range uses {
		if u.workload == w || !u.volume.Uses(u.workload, v) || p.State.Near(w.Object, u.workload.Object) != analysis.Together {
			continue
		}
		if !p.Roles.HasApp(u.workload) && !u.workload.Finite() {
			continue
		}
		if u.workload.Finite() || u.workload.Kind() == "DaemonSet" || len(out) > 0 && out[0].workload != u.workload {
			return nil, false
		}
		out = append(out, u)
	}
	return out, true
}

// handOver says whether files of one volume pass between two workloads: some mounts of both overlap, and not both only read.
func handOver(helper, app []pod.Mount) bool {
	for _, h := range helper {
		for _, a := range app {
			if pod.SubPathsOverlap(h.SubPath, a.SubPath) && !(h.ReadOnly && a.ReadOnly) {
				return true
			}
		}
	}
	return false
}
