// Package mountoverlap finds containers whose input is a whole volume into which output is written as well.
package mountoverlap

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "mount-overlap",
	Title:    "A container's input is a whole volume, and output goes into a subPath of it: it reads the output again",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		if patches.Unknown(w) {
			continue
		}
		for _, c := range w.Running() {
			if p.Roles.Of(c).Kind == pod.Backup {
				continue
			}
			for _, m := range c.Mounts {
				if o, ok := outputIn(c, m); ok {
					p.Report(finding(c, m, o))
				}
			}
		}
	}
	return nil
}

// inputs and outputs are words of mount paths and sub-paths that say what flows there.
var (
	inputs  = []string{"in", "input", "inputs", "incoming", "inbox", "raw", "queue", "watch", "uploads", "todo", "pending"}
	outputs = []string{"out", "output", "outputs", "outgoing", "outbox", "processed", "done", "finished", "completed", "result", "results", "converted", "export", "exports", "archive", "archived"}
)

// output is a mount of a folder below what another mount shows.
type output struct {
	container *pod.Container
	mount     pod.Mount
}

// outputIn returns the mount by which output goes into what a mount shows as input.
func outputIn(c *pod.Container, m pod.Mount) (output, bool) {
	v := c.Workload.Volume(m.Volume)
	if v == nil || !v.Writable() || !says(m.Path, inputs) {
		return output{}, false
	}
	for _, other := range append([]*pod.Container{c}, c.Workload.Running()...) {
		for _, om := range other.MountOf(m.Volume) {
			if !om.ReadOnly && within(om.SubPath, m.SubPath) && !says(om.Path, inputs) && (says(om.SubPath, outputs) || says(om.Path, outputs)) {
				return output{other, om}, true
			}
		}
	}
	return output{}, false
}

// says says whether the last part of a path is one of the words.
func says(p string, list []string) bool {
	words := pod.Words(path.Base(path.Clean("/" + p)))
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
}

// within says whether a sub-path lies strictly below another; "" is the volume's root.
func within(sub, above string) bool {
	sub, above = strings.Trim(path.Clean("/"+sub), "/"), strings.Trim(path.Clean("/"+above), "/")
	if strings.Contains(sub+above, "$") || sub == "" || sub == above {
		return false
	}
	return above == "" || strings.HasPrefix(sub, above+"/")
}

func finding(c *pod.Container, m pod.Mount, o output) analysis.Finding {
	whose := "its own output"
	if o.container != c {
		whose = "the output of container " + o.container.Name
	}
	return analysis.Finding{
		Message: fmt.Sprintf("Container %s reads %s again: folder `%s` of volume %s lies within its input %s.",
			c.Name, whose, strings.Trim(o.mount.SubPath, "/"), m.Volume, m.Path),
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Subject:   m.Volume + " at " + m.Path,
		Place:     analysis.At(m.Node),
		Evidence: []analysis.Evidence{
			{Text: fmt.Sprintf("%s is an input by its name, and %s", m.Path, shows(m)), Place: analysis.At(m.Node)},
			{Text: fmt.Sprintf("container %s mounts subPath `%s` of it at %s, an output by its name", o.container.Name, o.mount.SubPath, o.mount.Path), Place: analysis.At(o.mount.Node)},
		},
		Anchors: []analysis.Place{analysis.At(o.mount.Node)},
		Fix:     fix(c, m, o),
	}
}

func shows(m pod.Mount) string {
	if m.SubPath == "" {
		return "shows the root of volume " + m.Volume
	}
	return "shows subPath `" + m.SubPath + "` of volume " + m.Volume
}

// fix gives the input a folder of its own, in every container that mounts the root.
func fix(c *pod.Container, m pod.Mount, o output) *analysis.Fix {
	folder := strings.Trim(path.Join(m.SubPath, path.Base(path.Clean(m.Path))), "/")
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Give the input a folder of its own beside the output: `subPath: %s`.", folder),
		Changes:     []string{fmt.Sprintf("%s shows folder `%s` of volume %s, which is made when the Pod starts, and no longer `%s`.", m.Path, folder, m.Volume, strings.Trim(o.mount.SubPath, "/"))},
	}
	if f.Obstacles = obstacles(c, m, folder); len(f.Obstacles) > 0 {
		return f
	}
	edits, err := setSubPath(m, folder)
	if err != nil {
		f.Obstacles = []string{"The mount can't be edited where it stands: " + err.Error() + "."}
		return f
	}
	f.Edits = edits
	return f
}

// obstacles says why the input can't be moved: files that are there already, or others that put them there.
func obstacles(c *pod.Container, m pod.Mount, folder string) []string {
	if v := c.Workload.Volume(m.Volume); v.Type != "emptyDir" {
		return []string{fmt.Sprintf("The files that volume %s holds already would have to be moved to `%s`.", m.Volume, folder)}
	}
	for _, other := range c.Workload.Containers {
		for _, om := range other.MountOf(m.Volume) {
			switch {
			case om.Node == m.Node:
			case strings.Trim(om.SubPath, "/") == folder:
				return []string{fmt.Sprintf("Container %s mounts subPath `%s` for something else.", other.Name, folder)}
			case !within(om.SubPath, m.SubPath):
				return []string{fmt.Sprintf("Container %s mounts the same part of the volume at %s, and would have to put the input into the folder too.", other.Name, om.Path)}
			}
		}
	}
	return nil
}

func setSubPath(m pod.Mount, folder string) ([]edit.Edit, error) {
	if value := m.Node.Get("subPath"); value != nil {
		e, err := edit.ReplaceScalar(value, folder)
		return []edit.Edit{e}, err
	}
	return edit.InsertPair(m.Node, nil, "subPath", edit.Block(edit.Quote(folder, 0)+"\n"))
}
