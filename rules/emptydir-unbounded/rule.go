// Package emptydirunbounded finds emptyDirs that can fill the node's memory or disk.
package emptydirunbounded

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
	Name:     "emptydir-unbounded",
	Title:    "An emptyDir in memory has no sizeLimit (and, where the configuration asks for it, a shared one on disk)",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

// asked stands for the rule as one that is off by default, which is how the half about disks behaves.
var asked = &analysis.Rule{Name: "emptydir-unbounded", Disabled: true}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		for _, v := range w.Volumes {
			if v.Type != "emptyDir" || v.Name == "" || v.Source.Get("sizeLimit").Text() != "" {
				continue
			}
			users := mountedBy(w, v)
			switch v.Source.Get("medium").Text() {
			case "Memory":
				if len(users) > 0 && !small(w, v) && !limited(p.State, w, users, "memory") && !patched(patches, w, v) {
					p.Report(inMemory(w, v, users))
				}
			case "":
				wanted := p.Config.Severity(asked, analysis.Notice, w.Object.File.Path) != analysis.Off
				if wanted && len(users) > 1 && !limited(p.State, w, w.Running(), "ephemeral-storage") && !patched(patches, w, v) {
					p.Report(onDisk(w, v, users))
				}
			}
		}
	}
	return nil
}

// patched says whether the workload is a patch, or one that may apply to it sets limits.
func patched(patches analysis.Patches, w *pod.Workload, v *pod.Volume) bool {
	return patches.Unknown(w) || patches.Mention(w, "limits") || patches.Mention(w, "sizeLimit", v.Name)
}

// mountedBy returns the containers that can write into a volume as long as the Pod lives. What an init container writes once is
// bounded by what it does.
func mountedBy(w *pod.Workload, v *pod.Volume) []*pod.Container {
	var out []*pod.Container
	for _, c := range w.Running() {
		if slices.ContainsFunc(c.MountOf(v.Name), func(m pod.Mount) bool { return !m.ReadOnly }) {
			out = append(out, c)
		}
	}
	return out
}

// smallWords are words of volume names and mount paths that hold sockets, keys and the like: a few kilobytes, in memory so that
// they never reach a disk.
var smallWords = []string{
	"socket", "sockets", "sock", "csi", "key", "keys", "keyring", "secret", "secrets", "cert", "certs", "certificate", "certificates", "tls", "ssl", "pki",
	"ca", "token", "tokens", "credential", "credentials", "password", "passwords", "passwd", "identity", "vault", "spire", "spiffe", "podinfo", "config", "conf",
}

// small says whether a volume holds what is small by nature.
func small(w *pod.Workload, v *pod.Volume) bool {
	texts := []string{v.Name}
	for _, c := range w.Containers {
		for _, m := range c.MountOf(v.Name) {
			texts = append(texts, m.Path)
			if socketIn(c, m) {
				return true
			}
		}
	}
	for _, text := range texts {
		for _, word := range pod.Words(text) {
			if slices.Contains(smallWords, word) {
				return true
			}
		}
	}
	return false
}

// socketIn says whether a container is told of a Unix socket directly in the mount.
func socketIn(c *pod.Container, m pod.Mount) bool {
	texts := c.CommandLine()
	for _, e := range c.Env {
		texts = append(texts, e.Value.Text())
	}
	return slices.ContainsFunc(texts, func(text string) bool {
		_, file, ok := strings.Cut(text, path.Clean(m.Path)+"/")
		file, _, _ = strings.Cut(file, " ")
		return ok && strings.HasSuffix(file, ".sock")
	})
}

// limited says whether containers, or the Pod as a whole, have a limit of a resource, written or by a LimitRange's default.
func limited(s *analysis.State, w *pod.Workload, containers []*pod.Container, resource string) bool {
	if w.Spec.Get("resources", "limits", resource).Text() != "" {
		return true
	}
	for _, o := range s.Objects {
		if o.Kind == "LimitRange" && s.Near(o, w.Object) == analysis.Together {
			for _, item := range o.Node.Get("spec", "limits").Seq() {
				if item.Get("type").Text() == "Container" && (item.Get("default", resource) != nil || item.Get("max", resource) != nil) {
					return true
				}
			}
		}
	}
	return !slices.ContainsFunc(containers, func(c *pod.Container) bool { return limit(c, resource) == "" })
}

func limit(c *pod.Container, resource string) string {
	return c.Node.Get("resources", "limits", resource).Text()
}

func inMemory(w *pod.Workload, v *pod.Volume, users []*pod.Container) analysis.Finding {
	without := slices.IndexFunc(users, func(c *pod.Container) bool { return limit(c, "memory") == "" })
	f := finding(w, v, analysis.Warning,
		fmt.Sprintf("Volume %s lies in memory without a sizeLimit, and container %s, which writes it, has no memory limit: it can take all memory of the node.",
			v.Name, users[without].Name))
	f.Evidence = []analysis.Evidence{{
		Text:  fmt.Sprintf("container %s mounts it writable and has no memory limit, so the volume may grow to the node's allocatable memory", users[without].Name),
		Place: analysis.At(users[without].MountOf(v.Name)[0].Node),
	}}
	size := requested(users, "memory")
	if c := sharesMemory(v, users); c != nil {
		f.Fix = sharedMemory(v, c)
		return f
	}
	f.Fix = fix(v, size, fmt.Sprintf("Writing more than %s into the volume fails with \"no space left\"; check that the containers need less.", size))
	return f
}

// sharesMemory returns the first container that has the volume as its shared memory, nil for none.
func sharesMemory(v *pod.Volume, users []*pod.Container) *pod.Container {
	for _, c := range users {
		if slices.ContainsFunc(c.MountOf(v.Name), func(m pod.Mount) bool { return path.Clean(m.Path) == "/dev/shm" }) {
			return c
		}
	}
	return nil
}

// sharedMemory limits /dev/shm by the memory that its container has or asks for. What runs there maps it, and the first use of a page
// that a full tmpfs can't give is SIGBUS (tmpfs(5), mmap(2)): a size that nothing in the manifest suggests is not offered.
func sharedMemory(v *pod.Volume, c *pod.Container) *analysis.Fix {
	size, of := limit(c, "memory"), "memory limit"
	if size == "" {
		size, of = c.Node.Get("resources", "requests", "memory").Text(), "memory request"
	}
	if size == "" || strings.ContainsAny(size, "${}") {
		return &analysis.Fix{
			Safety:      analysis.Review,
			Description: fmt.Sprintf("Give volume %s a sizeLimit, or container %s a memory limit.", v.Name, c.Name),
			Obstacles:   []string{fmt.Sprintf("How much shared memory %s needs is known to its author alone.", c.Name)},
		}
	}
	return fix(v, size, fmt.Sprintf("Once /dev/shm holds %s, the %s of %s, a write fails with \"no space left\", and a process that uses more of what it mapped is killed (SIGBUS); check that it needs less.", size, of, c.Name))
}

func onDisk(w *pod.Workload, v *pod.Volume, users []*pod.Container) analysis.Finding {
	f := finding(w, v, analysis.Notice,
		fmt.Sprintf("Volume %s is shared by containers %s and %s and has no sizeLimit: it can fill the node's disk.", v.Name, users[0].Name, users[1].Name))
	for _, c := range users {
		f.Evidence = append(f.Evidence, analysis.Evidence{
			Text: fmt.Sprintf("container %s mounts it", c.Name), Place: analysis.At(c.MountOf(v.Name)[0].Node),
		})
	}
	size := requested(users, "ephemeral-storage")
	f.Fix = fix(v, size, fmt.Sprintf("A Pod whose volume grows beyond %s is evicted; check that it needs less.", size))
	return f
}

// requested is what one of the containers asks for, which is what the node has set aside for it; 1Gi when none asks.
func requested(users []*pod.Container, resource string) string {
	for _, c := range users {
		if size := c.Node.Get("resources", "requests", resource).Text(); size != "" && !strings.ContainsAny(size, "${}") {
			return size
		}
	}
	return "1Gi"
}

func finding(w *pod.Workload, v *pod.Volume, severity analysis.Severity, message string) analysis.Finding {
	return analysis.Finding{
		Severity: severity,
		Message:  message,
		Object:   analysis.Ref(w.Object),
		Subject:  v.Name,
		Place:    analysis.At(v.Node),
	}
}

func fix(v *pod.Volume, size, change string) *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Give volume %s a limit: `sizeLimit: %s`.", v.Name, size),
		Changes:     []string{change},
	}
	edits, err := setLimit(v, size)
	if err != nil {
		f.Obstacles = []string{"The volume can't be edited where it stands: " + err.Error() + "."}
		return f
	}
	f.Edits = edits
	return f
}

func setLimit(v *pod.Volume, size string) ([]edit.Edit, error) {
	if p, ok := v.Source.Resolve().Pair("sizeLimit"); ok && p.Value.Kind == manifest.Scalar {
		e, err := edit.ReplaceScalar(p.Value, size)
		return []edit.Edit{e}, err
	}
	return edit.InsertPair(v.Source, nil, "sizeLimit", edit.Block(size+"\n"))
}
