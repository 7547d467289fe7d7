// Package logreplay finds loops that print a growing file from its beginning again and again.
package logreplay

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "log-replay",
	Title:    "A loop prints a growing file from its beginning again and again, so that every line is shipped many times",
	Severity: analysis.Warning,
	Safety:   analysis.Safe,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	for _, w := range p.State.Workloads {
		for _, c := range w.Containers {
			script := pod.ScriptOf(c)
			for _, loop := range script.CatLoops() {
				if why := growing(c, loop.Files); len(why) > 0 {
					p.Report(finding(c, script, loop, why))
				}
			}
		}
	}
	return nil
}

// growing returns the evidence that at least one of the files is a log: another container of the Pod can write it, or its name
// says so. A file that only this container sees and that is not named like a log may well be small and constant; one of a
// ConfigMap or Secret is, whatever its name; and one that is written anew each time does not grow.
func growing(c *pod.Container, files []string) []analysis.Evidence {
	for _, file := range files {
		name := strings.Trim(file, `"'`)
		if overwritten(c, name) {
			continue
		}
		for _, s := range sharers(c, name) {
			if !s.mount.ReadOnly {
				return []analysis.Evidence{{
					Text:  fmt.Sprintf("container %s shares the volume %s that holds %s and may write it", s.container.Name, s.mount.Volume, name),
					Place: analysis.At(s.mount.Node),
				}}
			}
		}
		if looksLikeLog(name) && !constant(c, name) {
			return []analysis.Evidence{{Text: name + " is named like a log, which grows", Place: analysis.Place{}}}
		}
	}
	return nil
}

// sharer is another container that sees a file, and where.
type sharer struct {
	container *pod.Container
	mount     pod.Mount
	file      string // the file's path in that container, "" where it can't be told
}

// sharers lists the other running containers that mount the volume that holds a file of c.
func sharers(c *pod.Container, file string) []sharer {
	var out []sharer
	for _, m := range c.Mounts {
		if v := c.Workload.Volume(m.Volume); v == nil || !writable(v) || !under(file, m.Path) {
			continue
		}
		for _, other := range c.Workload.Running() {
			if other == c {
				continue
			}
			for _, om := range other.MountOf(m.Volume) {
				if !pod.SubPathsOverlap(m.SubPath, om.SubPath) {
					continue
				}
				s := sharer{container: other, mount: om}
				if m.SubPath == om.SubPath {
					s.file = path.Join(om.Path, strings.TrimPrefix(path.Clean(file), path.Clean(m.Path)))
				}
				out = append(out, s)
			}
		}
	}
	return out
}

// overwritten says whether the script of another container writes the file, each time from its beginning.
func overwritten(c *pod.Container, file string) bool {
	return slices.ContainsFunc(sharers(c, file), func(s sharer) bool {
		appends, written := pod.ScriptOf(s.container).Writes()[s.file]
		return written && !appends
	})
}

// constant says whether a file stands in a volume that no container can write.
func constant(c *pod.Container, file string) bool {
	return slices.ContainsFunc(c.Mounts, func(m pod.Mount) bool {
		v := c.Workload.Volume(m.Volume)
		return v != nil && !writable(v) && under(file, m.Path)
	})
}

// writable says whether containers can write files into a volume: the API server writes those of the other sources.
func writable(v *pod.Volume) bool {
	switch v.Type {
	case "configMap", "secret", "downwardAPI", "projected":
		return false
	}
	return true
}

func under(file, dir string) bool {
	return dir != "" && strings.HasPrefix(path.Clean(file)+"/", path.Clean(dir)+"/")
}

func looksLikeLog(file string) bool {
	return strings.HasSuffix(file, ".log") || strings.HasPrefix(path.Clean(file), "/var/log/")
}

func finding(c *pod.Container, script *pod.Script, loop pod.CatLoop, why []analysis.Evidence) analysis.Finding {
	files := strings.Join(loop.Files, " ")
	for i := range why {
		if why[i].Place.Path == "" {
			why[i].Place = analysis.At(script.Node)
		}
	}
	return analysis.Finding{
		Message:   fmt.Sprintf("The loop prints %s from the beginning again and again, so every line is shipped many times.", files),
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Subject:   files,
		Place:     place(script, loop),
		Evidence:  why,
		Fix:       fix(script, loop),
	}
}

// place is the loop itself where the script's text stands as it is in one line of the file, else the whole scalar.
func place(script *pod.Script, loop pod.CatLoop) analysis.Place {
	whole := analysis.At(script.Node)
	text := string(script.Node.File.Data[whole.Span.Start.Offset:whole.Span.End.Offset])
	source := script.Text[loop.Start:loop.End]
	at := strings.Index(text, source)
	if at < 0 || strings.Contains(source, "\n") {
		return whole
	}
	start := whole.Span.Start.Offset + at
	return analysis.Place{Path: whole.Path, Span: manifest.Span{
		Start: script.Node.File.PosAt(start), End: script.Node.File.PosAt(start + len(source)),
	}}
}

// fix follows the files instead: tail prints what is there, then what is added, and goes on when a file is rotated or made later.
func fix(script *pod.Script, loop pod.CatLoop) *analysis.Fix {
	follow := "tail -n +1 -F " + strings.Join(loop.Files, " ")
	if len(loop.Files) > 1 {
		follow = "tail -q -n +1 -F " + strings.Join(loop.Files, " ")
	}
	f := &analysis.Fix{
		Safety:      analysis.Safe,
		Description: "Follow the file instead of printing it again: `" + follow + "`.",
		Changes:     []string{"Each line is shipped once, as soon as it is written, and following goes on when the file is rotated or appears later."},
	}
	if loop.Pattern {
		f.Obstacles = []string{"Which files the loop prints is decided anew each time, and tail would go on with those that are there when it starts."}
		return f
	}
	if !loop.Plain {
		f.Obstacles = []string{"The loop does more than print files and sleep, so how to follow them instead is for its author to decide."}
		return f
	}
	source := script.Text[loop.Start:loop.End]
	edits, err := edit.ReplaceWithin(script.Node, source, follow)
	if err != nil {
		var one edit.Edit
		one, err = edit.ReplaceScalar(script.Node, script.Text[:loop.Start]+follow+script.Text[loop.End:])
		edits = []edit.Edit{one}
	}
	if err != nil {
		f.Obstacles = []string{"The script can't be edited where it stands: " + err.Error() + "."}
		return f
	}
	f.Edits = edits
	return f
}
