// Package pathmismatch finds readers that look for a shared file where it isn't.
//
// Mounting one volume at different paths is legal: what counts is where a file lies in the volume.
package pathmismatch

import (
	_ "embed"
	"fmt"
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "path-mismatch",
	Title:    "A container reads a shared file at a path where none of its mounts, or not the writer's, puts it",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		if len(w.Containers) < 2 || patches.Unknown(w) {
			continue
		}
		for _, c := range w.Running() {
			files := pod.FilesOf(c)
			reported := map[string]bool{}
			for _, u := range files.Of(pod.Reads) {
				m, ok := judge(c, files, u)
				if ok && !reported[u.Path] {
					reported[u.Path] = true
					p.Report(finding(c, u, m))
				}
			}
		}
	}
	return nil
}

// mismatch is a file that a container looks for in the wrong place.
type mismatch struct {
	volume string
	mount  pod.Mount // by which the container sees the volume
	writer *pod.Container
	right  string // where the container sees the file; "" when its mount doesn't show it
	why    []analysis.Evidence
}

func judge(c *pod.Container, files pod.Files, u pod.FileUse) (mismatch, bool) {
	if m, ok := c.MountAt(u.Folder()); ok {
		if v := c.Workload.Volume(m.Volume); v != nil && v.Type == "emptyDir" && !strings.Contains(m.SubPath, "$") {
			return elsewhereInVolume(c, files, u, m)
		}
		return mismatch{}, false
	}
	return outsideOfMounts(c, files, u)
}

// outsideOfMounts judges a path that no mount of the reader provides: another container has a volume there that the reader
// mounts at another path.
func outsideOfMounts(c *pod.Container, files pod.Files, u pod.FileUse) (mismatch, bool) {
	if files.WrittenBelow(path.Dir(u.Path)) {
		return mismatch{}, false
	}
	for _, other := range c.Workload.Containers {
		om, ok := other.MountAt(u.Folder())
		v := other.Workload.Volume(om.Volume)
		if other == c || !ok || v == nil || !v.Writable() || strings.Contains(om.SubPath, "$") {
			continue
		}
		written, plain := pod.FilesOf(other).Written(u.Path)
		if !plain && (!files.Whole || om.ReadOnly) {
			continue
		}
		for _, m := range c.MountOf(om.Volume) {
			if strings.Contains(m.SubPath, "$") {
				continue
			}
			found := mismatch{volume: v.Name, mount: m, writer: other, right: m.InContainer(om.InVolume(u.Path)), why: []analysis.Evidence{
				{Text: fmt.Sprintf("container %s mounts volume %s at %s", c.Name, v.Name, m.Path), Place: analysis.At(m.Node)},
				{Text: fmt.Sprintf("container %s mounts it at %s", other.Name, om.Path), Place: analysis.At(om.Node)},
			}}
			if plain {
				found.why = append(found.why, analysis.Evidence{Text: fmt.Sprintf("container %s writes %s", other.Name, written.Path), Place: analysis.AtWord(written.Word)})
			}
			return found, true
		}
	}
	return mismatch{}, false
}

// elsewhereInVolume judges a path below the reader's mount of an emptyDir: the one file of that name is written to another folder
// of the volume.
func elsewhereInVolume(c *pod.Container, files pod.Files, u pod.FileUse, m pod.Mount) (mismatch, bool) {
	wanted := m.InVolume(u.Path)
	if files.WrittenBelow(path.Dir(u.Path)) {
		return mismatch{}, false
	}
	var found mismatch
	candidates, unknown := 0, 0
	for _, other := range c.Workload.Containers {
		if other == c {
			continue
		}
		for _, om := range other.MountOf(m.Volume) {
			if om.ReadOnly {
				continue
			}
			switch in, file, verdict := compare(other, om, wanted); verdict {
			case right:
				return mismatch{}, false
			case opaque:
				unknown++
				if doubled, ok := doubledFolder(c, m, other, om, wanted); ok {
					found, candidates, unknown = doubled, candidates+1, unknown-1
				}
			case wrong:
				candidates++
				found = mismatch{volume: m.Volume, mount: m, writer: other, right: m.InContainer(in), why: []analysis.Evidence{
					{Text: fmt.Sprintf("container %s writes %s, which is %s in volume %s", other.Name, file.Path, in, m.Volume), Place: analysis.AtWord(file.Word)},
					{Text: fmt.Sprintf("for container %s, which mounts the volume at %s, %s is %s in it", c.Name, m.Path, u.Path, wanted), Place: analysis.At(m.Node)},
				}}
			}
		}
	}
	return found, candidates == 1 && unknown == 0 && found.right != u.Path
}

// verdict says what the writes of a container mean for a file that another one looks for.
type verdict int

const (
	silent verdict = iota // it writes nothing of that name
	right                 // it writes the file, or may well do so
	wrong                 // it writes a file of that name into another folder
	opaque                // what it writes is unknown
)

// compare looks for the file at a place in the volume among what a container writes there.
func compare(other *pod.Container, om pod.Mount, wanted string) (in string, file pod.FileUse, v verdict) {
	files := pod.FilesOf(other)
	for _, u := range files.Uses {
		holds, ok := other.MountAt(u.Folder())
		if !ok || holds.Node != om.Node || u.Use != pod.Writes && u.Use != pod.Names {
			continue
		}
		at := om.InVolume(u.Path)
		same, err := path.Match(path.Base(wanted), path.Base(at))
		switch {
		case at == wanted, u.Pattern(), strings.HasPrefix(wanted, at+"/"):
			return "", pod.FileUse{}, right
		case u.Use == pod.Names:
		case same && err == nil && v == wrong && at != in:
			return "", pod.FileUse{}, opaque
		case same && err == nil && path.Dir(wanted) != path.Dir(at):
			in, file, v = at, u, wrong
		case same && err == nil:
			return "", pod.FileUse{}, right
		}
	}
	if v == silent && !files.Whole {
		return "", pod.FileUse{}, opaque
	}
	return in, file, v
}

// doubledFolder recognises a reader that takes the folder at which the writer mounts the volume for a folder in the volume.
func doubledFolder(c *pod.Container, m pod.Mount, other *pod.Container, om pod.Mount, wanted string) (mismatch, bool) {
	folder, rest, ok := strings.Cut(wanted, "/")
	if !ok || om.SubPath != "" || folder != path.Base(path.Clean(om.Path)) || strings.ContainsAny(folder, "*?[") {
		return mismatch{}, false
	}
	return mismatch{volume: m.Volume, mount: m, writer: other, right: m.InContainer(rest), why: []analysis.Evidence{
		{Text: fmt.Sprintf("container %s mounts the root of volume %s at %s, so the volume holds no folder %s", other.Name, m.Volume, om.Path, folder), Place: analysis.At(om.Node)},
		{Text: fmt.Sprintf("container %s mounts it at %s and looks for %s in it", c.Name, m.Path, wanted), Place: analysis.At(m.Node)},
	}}, true
}

func finding(c *pod.Container, u pod.FileUse, m mismatch) analysis.Finding {
	message := fmt.Sprintf("Container %s reads %s, but what container %s writes into volume %s is not there.", c.Name, u.Path, m.writer.Name, m.volume)
	if m.right != "" {
		message = fmt.Sprintf("Container %s reads %s, but sees what container %s writes into volume %s at %s.", c.Name, u.Path, m.writer.Name, m.volume, m.right)
	}
	return analysis.Finding{
		Message:   message,
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Subject:   u.Path,
		Place:     analysis.AtWord(u.Word),
		Evidence:  m.why,
		Anchors:   anchors(c, m),
		Fix:       fix(c, u, m),
	}
}

func anchors(c *pod.Container, m mismatch) []analysis.Place {
	var out []analysis.Place
	for _, side := range []*pod.Container{c, m.writer} {
		for _, mount := range side.MountOf(m.volume) {
			out = append(out, analysis.At(mount.Node))
		}
	}
	return out
}

func fix(c *pod.Container, u pod.FileUse, m mismatch) *analysis.Fix {
	f := &analysis.Fix{Safety: analysis.Review}
	if m.right == "" {
		f.Description = fmt.Sprintf("Mount volume %s in container %s so that it shows the file.", m.volume, c.Name)
		f.Obstacles = []string{fmt.Sprintf("The part of volume %s that container %s mounts does not hold the file.", m.volume, c.Name)}
		return f
	}
	f.Description = fmt.Sprintf("Read `%s`.", m.right)
	f.Changes = []string{fmt.Sprintf("Container %s reads the file that container %s writes.", c.Name, m.writer.Name)}
	text, w := u.Word.Node.Text(), u.Word
	at := -1
	if w.Exact && w.End <= len(text) {
		at = strings.Index(text[w.Start:w.End], w.Value)
	}
	if at < 0 || path.Clean(w.Value) != w.Value {
		f.Obstacles = []string{"The path is put together from several parts, so it can't be replaced with certainty."}
		return f
	}
	edits, err := edit.ReplaceRange(w.Node, w.Start+at, w.Start+at+len(w.Value), m.right)
	if err == nil && m.mount.Node.Get("readOnly") == nil && pod.FilesOf(c).SparesMount(m.mount) {
		f.Steps = []string{fmt.Sprintf("the mount becomes read-only, as container %s only reads", c.Name)}
		edits, err = analysis.WithReadOnly(edits, m.mount)
	}
	if err != nil {
		f.Obstacles = []string{"The command can't be edited where it stands: " + err.Error() + "."}
		return f
	}
	f.Edits = edits
	return f
}
