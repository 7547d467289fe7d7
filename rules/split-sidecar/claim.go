package splitsidecar

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

// claimUse is a workload that mounts a claim, by a claim volume or by a StatefulSet's claim template.
type claimUse struct {
	workload *pod.Workload
	volume   *pod.Volume
}

// claimPair is a claim that a helper and its app both mount.
type claimPair struct {
	claim       string
	helper, app *pod.Volume
}

// claimUses lists who mounts claims. A volume that no container mounts shares nothing.
func claimUses(s *analysis.State) []claimUse {
	var out []claimUse
	for _, w := range s.Workloads {
		if w.Partial {
			continue
		}
		for _, v := range w.Volumes {
			if (v.Claim != "" || v.Template) && len(mounts(w, v)) > 0 {
				out = append(out, claimUse{w, v})
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

// byClaim finds the one app that mounts what the helper mounts, as a hand-over: one side writes, the other reads the same
// files. Any further user makes the claim a shared store, which is legitimate.
func byClaim(p *analysis.Pass, uses []claimUse, w *pod.Workload, main *pod.Container, role pod.Role) *pair {
	var pr *pair
	for _, v := range w.Volumes {
		if v.Claim == "" || len(mounts(w, v)) == 0 {
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
				pr = &pair{helper: w, app: u.workload, main: main, role: role, relation: sharedClaim}
			}
			pr.claims = append(pr.claims, claimPair{claim: v.Claim, helper: v, app: u.volume})
			pr.evidence = append(pr.evidence,
				analysis.Evidence{Text: fmt.Sprintf("%s mounts claim %s, as %s does", w, v.Claim, u.workload), Place: analysis.At(v.Source.Get("claimName"))},
				analysis.Evidence{Text: fmt.Sprintf("%s mounts it here; nothing else does", u.workload), Place: analysis.At(u.volume.Node)})
		}
	}
	return pr
}

// sharers returns the other users of the helper's claim, and whether they can be one app: no Jobs, no DaemonSets, no others.
func sharers(p *analysis.Pass, uses []claimUse, w *pod.Workload, v *pod.Volume) ([]claimUse, bool) {
	var out []claimUse
	for _, u := range uses {
		if u.workload == w || !u.volume.UsesClaim(u.workload, v.Claim) || p.State.Near(w.Object, u.workload.Object) != analysis.Together {
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
