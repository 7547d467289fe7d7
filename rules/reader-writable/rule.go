// Package readerwritable finds containers that only read a shared volume and mount it writable.
package readerwritable

import (
	_ "embed"
	"fmt"
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "reader-writable",
	Title:    "A helper only reads a shared volume and mounts it writable",
	Severity: analysis.Notice,
	Safety:   analysis.Safe,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	for _, w := range p.State.Workloads {
		if w.Partial || len(w.Containers) < 2 {
			continue
		}
		for _, c := range w.Running() {
			files := pod.FilesOf(c)
			if !files.Whole {
				continue
			}
			for _, m := range c.Mounts {
				if f := judge(c, files, m); f != nil {
					p.Report(*f)
				}
			}
		}
	}
	return nil
}

// judge returns the finding for one mount, nil if it is read-only, the container's own, or written.
func judge(c *pod.Container, files pod.Files, m pod.Mount) *analysis.Finding {
	v := c.Workload.Volume(m.Volume)
	if m.ReadOnly || v == nil || !v.Writable() {
		return nil
	}
	writer, at := otherWriter(c, m)
	read, ok := onlyRead(c, files, m)
	if writer == "" || !ok {
		return nil
	}
	return &analysis.Finding{
		Message:   fmt.Sprintf("Container %s only reads volume %s, which container %s writes, but mounts it writable.", c.Name, m.Volume, writer),
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Subject:   m.Volume + " at " + m.Path,
		Place:     analysis.At(m.Node),
		Evidence: []analysis.Evidence{
			{Text: fmt.Sprintf("its command reads %s, and nothing in it writes", read.Path), Place: analysis.AtWord(read.Word)},
			{Text: fmt.Sprintf("container %s mounts the same volume writable", writer), Place: analysis.At(at.Node)},
		},
		Fix: fix(c, m),
	}
}

// otherWriter returns another container of the Pod that can write what the mount shows, and its mount.
func otherWriter(c *pod.Container, m pod.Mount) (string, pod.Mount) {
	for _, other := range c.Workload.Containers {
		for _, om := range other.MountOf(m.Volume) {
			if other != c && !om.ReadOnly && pod.SubPathsOverlap(m.SubPath, om.SubPath) {
				return other.Name, om
			}
		}
	}
	return "", pod.Mount{}
}

// onlyRead says whether the container's command reads files of a mount and writes none.
func onlyRead(c *pod.Container, files pod.Files, m pod.Mount) (read pod.FileUse, ok bool) {
	for _, u := range files.Uses {
		folder := u.Folder()
		switch within, _ := c.MountAt(folder); {
		case (u.Use == pod.Writes || u.Use == pod.Alters) && (within.Path == m.Path || below(m.Path, folder)):
			return read, false
		case u.Use == pod.Reads && within.Path == m.Path && !ok:
			read, ok = u, true
		}
	}
	return read, ok
}

func below(file, dir string) bool {
	file, dir = path.Clean(file), path.Clean(dir)
	return file == dir || strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

func fix(c *pod.Container, m pod.Mount) *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Safe,
		Description: fmt.Sprintf("Mount volume %s read-only: `readOnly: true`.", m.Volume),
		Changes:     []string{fmt.Sprintf("Container %s can no longer change, truncate or delete what it reads. Its command never does.", c.Name)},
	}
	if inner := mountPointBelow(c, m); inner != "" {
		f.Obstacles = []string{fmt.Sprintf("%s is mounted within it, and its mount point can't be made in a read-only volume.", inner)}
		return f
	}
	edits, err := analysis.ReadOnly(m)
	if err != nil {
		f.Obstacles = []string{"The mount can't be edited where it stands: " + err.Error() + "."}
		return f
	}
	f.Edits = edits
	return f
}

// mountPointBelow returns a path within a mount that the container runtime has to make when the container starts.
func mountPointBelow(c *pod.Container, m pod.Mount) string {
	points := []string{c.Node.Get("terminationMessagePath").Text(), c.Node.Get("workingDir").Text()}
	for _, other := range c.Mounts {
		points = append(points, other.Path)
	}
	for _, p := range points {
		if p != "" && path.Clean(p) != path.Clean(m.Path) && below(p, m.Path) {
			return p
		}
	}
	return ""
}
