// Package tailfollow finds `tail -f` of a file that another container creates.
package tailfollow

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "tail-follow",
	Title:    "`tail -f` of a file that another container creates: it fails when the file isn't there yet, and stops at rotation",
	Severity: analysis.Notice,
	Safety:   analysis.Safe,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	for _, w := range p.State.Workloads {
		if w.Partial {
			continue
		}
		for _, c := range w.Running() {
			for _, t := range pod.Tails(c) {
				if creator, why := elsewhere(c, t); creator != "" {
					p.Report(finding(c, t, creator, why))
				}
			}
		}
	}
	return nil
}

// elsewhere returns the container that creates one of the files, and the evidence; "" when the file may well be there.
func elsewhere(c *pod.Container, t pod.Tail) (string, analysis.Evidence) {
	own := pod.FilesOf(c)
	for _, file := range t.Files {
		m, ok := c.MountAt(file.Path)
		if !ok || strings.Contains(m.SubPath, "$") || t.Mentions(own, file) {
			continue
		}
		v := c.Workload.Volume(m.Volume)
		if v == nil || prepared(c, v, m.InVolume(file.Path)) {
			continue
		}
		if creator, why := writer(c, v, m.InVolume(file.Path)); creator != "" {
			return creator, why
		}
		if v.Type == "emptyDir" && own.Whole {
			if creator, why := candidate(c, v, m.InVolume(file.Path)); creator != "" {
				return creator, why
			}
		}
	}
	return "", analysis.Evidence{}
}

// prepared says whether an init container, or a native sidecar that is started once its startup probe succeeds, writes the file
// before the others start, or may do so.
func prepared(c *pod.Container, v *pod.Volume, file string) bool {
	for _, first := range c.Workload.In(pod.InitContainers) {
		if first == c || first.Native && first.Node.Get("startupProbe") == nil {
			continue
		}
		files := pod.FilesOf(first)
		for _, m := range first.MountOf(v.Name) {
			at := m.InContainer(file)
			if m.ReadOnly || at == "" {
				continue
			}
			if _, written := files.Written(at); written || !files.Whole {
				return true
			}
		}
	}
	return false
}

// writer returns another container whose command writes the file.
func writer(c *pod.Container, v *pod.Volume, file string) (string, analysis.Evidence) {
	for _, other := range c.Workload.Running() {
		if other == c {
			continue
		}
		for _, m := range other.MountOf(v.Name) {
			at := m.InContainer(file)
			if m.ReadOnly || at == "" {
				continue
			}
			if u, ok := pod.FilesOf(other).Written(at); ok {
				return other.Name, analysis.Evidence{Text: fmt.Sprintf("container %s writes %s, on volume %s", other.Name, at, v.Name), Place: analysis.AtWord(u.Word)}
			}
		}
	}
	return "", analysis.Evidence{}
}

// candidate returns the one other container that can create the file on a volume that is empty when the Pod starts.
func candidate(c *pod.Container, v *pod.Volume, file string) (string, analysis.Evidence) {
	for _, other := range c.Workload.Running() {
		for _, m := range other.MountOf(v.Name) {
			if at := m.InContainer(file); other != c && !m.ReadOnly && at != "" {
				return other.Name, analysis.Evidence{
					Text:  fmt.Sprintf("volume %s is empty when the Pod starts, and container %s mounts it writable", v.Name, other.Name),
					Place: analysis.At(m.Node),
				}
			}
		}
	}
	return "", analysis.Evidence{}
}

func finding(c *pod.Container, t pod.Tail, creator string, why analysis.Evidence) analysis.Finding {
	var names []string
	glob := false
	for _, f := range t.Files {
		names = append(names, f.Path)
		glob = glob || f.Pattern()
	}
	files := strings.Join(names, " ")
	return analysis.Finding{
		Message: fmt.Sprintf("`tail %s %s` fails when container %s has not created the file yet, and stops at the file's first rotation.",
			t.Flag.Value, files, creator),
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Subject:   files,
		Place:     place(t),
		Evidence:  []analysis.Evidence{why},
		Fix:       fix(t, glob),
	}
}

// place is the command within its script, or the flag among the container's words.
func place(t pod.Tail) analysis.Place {
	if t.Command.Script == nil {
		return analysis.AtWord(t.Flag)
	}
	return analysis.AtWord(pod.Word{Node: t.Command.Node, Start: t.Command.Start, End: t.Command.End})
}

func fix(t pod.Tail, glob bool) *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Safe,
		Description: fmt.Sprintf("Follow the name instead: `tail %s`.", t.ByName),
		Changes:     []string{"tail waits for a file that isn't there yet, and goes on when it is rotated. Nothing else changes."},
	}
	if glob {
		f.Obstacles = []string{"Which files the pattern names is decided when tail starts: -F would not find those that come later either."}
		return f
	}
	text := t.Flag.Node.Text()
	if t.Flag.End > len(text) || text[t.Flag.Start:t.Flag.End] != t.Flag.Value {
		f.Obstacles = []string{"The flag is not written as it reaches tail, so it can't be replaced with certainty."}
		return f
	}
	edits, err := edit.ReplaceRange(t.Flag.Node, t.Flag.Start, t.Flag.End, t.ByName)
	if err != nil {
		f.Obstacles = []string{"The command can't be edited where it stands: " + err.Error() + "."}
		return f
	}
	f.Edits = edits
	return f
}
