package sidecarorder

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/nativize"
	"github.com/podcheck/podcheck/rules/pod"
)

// late is a native sidecar that stands behind a setup container which needs it: that one runs, and fails or waits for ever, before
// the sidecar is started.
type late struct {
	setup, sidecar *pod.Container
	dial           lifecycle.Dial
	between        []*pod.Container // from the setup container to before the sidecar
}

func lateSidecars(w *pod.Workload) []late {
	var out []late
	list := w.In(pod.InitContainers)
	for j, sidecar := range list {
		if !sidecar.Native {
			continue
		}
		for i, setup := range list[:j] {
			dials := lifecycle.DialsTo(setup, sidecar)
			if setup.Native || len(dials) == 0 || served(list[:i], dials[0].Port) {
				continue
			}
			out = append(out, late{setup, sidecar, dials[0], list[i:j]})
			break
		}
	}
	return out
}

// served says whether a native sidecar that is there already serves a port.
func served(before []*pod.Container, port int) bool {
	return slices.ContainsFunc(before, func(c *pod.Container) bool {
		return c.Native && slices.Contains(lifecycle.Serves(c), port)
	})
}

func (l late) finding() analysis.Finding {
	return analysis.Finding{
		Message: fmt.Sprintf("%s starts the setup container %s before the native sidecar %s, which it needs.",
			l.setup.Workload, l.setup.Name, l.sidecar.Name),
		Object:    analysis.Ref(l.setup.Workload.Object),
		Container: l.sidecar.Name,
		Subject:   l.setup.Name,
		Place:     analysis.At(l.sidecar.Node.Get("name")),
		Evidence: []analysis.Evidence{
			{Text: fmt.Sprintf("setup container %s dials port %d of %s, by %s", l.setup.Name, l.dial.Port, l.sidecar.Name, l.dial.From), Place: analysis.At(l.dial.Node)},
			{Text: "init containers start in the order of the list, each setup container after the one before has ended", Place: analysis.At(l.setup.Node.Get("name"))},
		},
		Anchors: []analysis.Place{analysis.At(l.dial.Node), analysis.At(l.setup.Node.Get("name")), analysis.At(l.sidecar.Node.Get("restartPolicy"))},
		Fix:     l.fix(),
	}
}

func (l late) fix() *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Move %s before %s.", l.sidecar.Name, l.setup.Name),
		Changes:     []string{fmt.Sprintf("%s starts before %s and runs while it works.", l.sidecar.Name, l.setup.Name)},
	}
	for _, c := range l.between {
		if v := writes(c, l.sidecar); v != "" {
			f.Obstacles = append(f.Obstacles, fmt.Sprintf("The setup container %s writes into the volume %s, which %s mounts: whether it must run first is for its author to decide.", c.Name, v, l.sidecar.Name))
		}
	}
	if len(f.Obstacles) > 0 {
		return f
	}
	edits, err := moveBefore(l.sidecar.Node, l.setup.Node)
	if err != nil {
		f.Obstacles = []string{nativize.Sentence(err)}
		return f
	}
	f.Edits = edits
	return f
}

// writes names a volume of the sidecar that a setup container can write.
func writes(c, sidecar *pod.Container) string {
	if c.Native {
		return ""
	}
	for _, m := range c.Mounts {
		if v := c.Workload.Volume(m.Volume); v != nil && v.Writable() && !m.ReadOnly && len(sidecar.MountOf(m.Volume)) > 0 {
			return m.Volume
		}
	}
	return ""
}

// moveBefore moves an item of a sequence before an earlier one.
func moveBefore(item, before *manifest.Node) ([]edit.Edit, error) {
	block, err := edit.Extract(item, nil)
	if err != nil {
		return nil, err
	}
	removed, err := edit.RemoveItem(item, edit.KeepEmpty)
	if err != nil {
		return nil, err
	}
	added, err := edit.InsertItem(item.Parent, slices.Index(item.Parent.Items, before), block)
	return edit.Join(added, removed), err
}
