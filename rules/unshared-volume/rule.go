// Package unsharedvolume finds volumes that are meant for sharing and mounted by one container, or by none.
package unsharedvolume

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
	Name:     "unshared-volume",
	Title:    "A volume that containers are meant to share is mounted by one of them only, or a volume is mounted by none",
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
		for _, v := range w.Volumes {
			if v.Name == "" || strings.ContainsAny(v.Name, "${}") {
				continue
			}
			found := judge(w, v)
			if len(found) == 0 || mentioned(w, v.Name) || patches.Mention(w, v.Name, "olume") {
				continue
			}
			for _, f := range found {
				p.Report(f)
			}
		}
	}
	return nil
}

func judge(w *pod.Workload, v *pod.Volume) []analysis.Finding {
	switch users := mountedBy(w, v); {
	case len(users) == 0:
		return []analysis.Finding{unused(w, v)}
	case len(users) == 1 && v.Type == "emptyDir" && len(w.Containers) > 1:
		return unshared(w, v, users[0])
	}
	return nil
}

// mountedBy returns the containers that use a volume, as files or as a block device.
func mountedBy(w *pod.Workload, v *pod.Volume) []*pod.Container {
	var out []*pod.Container
	for _, c := range w.Containers {
		device := slices.ContainsFunc(c.Node.Get("volumeDevices").Seq(), func(d *manifest.Node) bool { return d.Get("name").Text() == v.Name })
		if device || len(c.MountOf(v.Name)) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// injected are the beginnings of volume names that a container mounts which is injected later: the cache of Cloud Storage FUSE
// (GKE), the sockets and certificates of an Istio proxy.
var injected = []string{"gke-gcsfuse-", "workload-socket", "workload-certs", "credential-socket"}

// mentioned says whether a container that is not in the manifest is to mount a volume: the volume's name is agreed with what injects
// it, or an annotation of the Pod speaks of it.
func mentioned(w *pod.Workload, volume string) bool {
	found := slices.ContainsFunc(injected, func(name string) bool { return strings.HasPrefix(volume, name) })
	w.Meta.Get("annotations").Each(func(_ string, value *manifest.Node) { found = found || strings.Contains(value.Text(), volume) })
	return found
}

func unused(w *pod.Workload, v *pod.Volume) analysis.Finding {
	f := analysis.Finding{
		Severity: analysis.Notice,
		Message:  fmt.Sprintf("Volume %s of %s is mounted by no container.", v.Name, w),
		Object:   analysis.Ref(w.Object),
		Subject:  v.Name,
		Place:    analysis.At(v.Node),
		Evidence: []analysis.Evidence{{Text: fmt.Sprintf("none of its %d containers names it in volumeMounts or volumeDevices", len(w.Containers)), Place: analysis.At(v.Node)}},
	}
	if cost := costs(v); cost != "" {
		f.Evidence = append(f.Evidence, analysis.Evidence{Text: cost, Place: analysis.At(v.Node)})
	}
	return f
}

// costs says what a volume does although nobody mounts it; "" for one that does nothing, as the kubelet passes over volumes that no
// container uses, even when the Secret or ConfigMap is missing. Source: the kubelet's volume manager (kubernetes#81163).
func costs(v *pod.Volume) string {
	switch v.Type {
	case "volumeClaimTemplate", "ephemeral":
		return "a claim is made for each Pod all the same"
	case "persistentVolumeClaim":
		return "the Pod waits for the claim all the same, and keeps it in use"
	}
	return ""
}

// missing is a container that reads or writes what another one keeps in a volume, and does not mount it.
type missing struct {
	container *pod.Container // that lacks the mount
	use       pod.FileUse
	owner     *pod.Container // that has it
	mount     pod.Mount
	why       string
	at        analysis.Place
}

// unshared returns the findings for a volume that one container alone mounts.
func unshared(w *pod.Workload, v *pod.Volume, owner *pod.Container) []analysis.Finding {
	var out []analysis.Finding
	for _, m := range owner.MountOf(v.Name) {
		if strings.Contains(m.SubPath, "$") {
			continue
		}
		for _, c := range w.Running() {
			if c == owner {
				continue
			}
			if miss, ok := lacks(c, owner, m); ok {
				out = append(out, finding(v, miss))
				break
			}
		}
		if read, ok := neverWritten(owner, m); ok && len(out) == 0 {
			out = append(out, readerAlone(v, owner, m, read))
		}
	}
	return out
}

// neverWritten returns the file that a container reads from a volume that it alone mounts, and that its command doesn't make.
func neverWritten(owner *pod.Container, m pod.Mount) (pod.FileUse, bool) {
	files := pod.FilesOf(owner)
	if !files.Whole || files.WrittenBelow(m.Path) || owner.Section == pod.InitContainers && !owner.Native {
		return pod.FileUse{}, false
	}
	for _, u := range files.Of(pod.Reads) {
		if at, ok := owner.MountAt(u.Folder()); ok && at.Node == m.Node && u.Path != path.Clean(m.Path) {
			return u, true
		}
	}
	return pod.FileUse{}, false
}

func readerAlone(v *pod.Volume, owner *pod.Container, m pod.Mount, read pod.FileUse) analysis.Finding {
	return analysis.Finding{
		Message: fmt.Sprintf("Container %s reads %s from volume %s, which no other container mounts: the file is never written.",
			owner.Name, read.Path, v.Name),
		Object:    analysis.Ref(owner.Workload.Object),
		Container: owner.Name,
		Subject:   v.Name,
		Place:     analysis.At(m.Node),
		Evidence: []analysis.Evidence{
			{Text: fmt.Sprintf("volume %s is an emptyDir, empty when the Pod starts", v.Name), Place: analysis.At(v.Node)},
			{Text: fmt.Sprintf("the command of container %s reads %s, and nothing in it writes", owner.Name, read.Path), Place: analysis.AtWord(read.Word)},
		},
		Fix: &analysis.Fix{
			Safety:      analysis.Review,
			Description: fmt.Sprintf("Mount volume %s in the container that writes the file.", v.Name),
			Obstacles:   []string{"Which container is to write the file, and where, is not in the manifest."},
		},
	}
}

// lacks says whether a container's command needs a file that the owner of the mount keeps there.
func lacks(c, owner *pod.Container, m pod.Mount) (missing, bool) {
	files, owned := pod.FilesOf(c), pod.FilesOf(owner)
	for _, u := range files.Uses {
		miss := missing{container: c, use: u, owner: owner, mount: m, at: analysis.At(m.Node)}
		if _, mounted := c.MountAt(u.Folder()); mounted || !m.Holds(u.Folder()) {
			continue
		}
		switch u.Use {
		case pod.Reads:
			if files.WrittenBelow(path.Dir(u.Path)) {
				continue
			}
			if written, ok := owned.Written(u.Path); ok {
				miss.why, miss.at = fmt.Sprintf("container %s writes %s there", owner.Name, u.Path), analysis.AtWord(written.Word)
				return miss, true
			}
			if files.Whole && !owned.Whole && !ofImage(m.Path) {
				miss.why = fmt.Sprintf("container %s mounts the volume at %s, and nothing in the command of %s makes the file", owner.Name, m.Path, c.Name)
				return miss, true
			}
		case pod.Writes:
			for _, read := range owned.Of(pod.Reads) {
				if read.Covers(u.Path) && !u.Pattern() && owned.Whole && !owned.WrittenBelow(m.Path) {
					miss.why, miss.at = fmt.Sprintf("container %s reads %s there, and nothing else can write it", owner.Name, read.Path), analysis.AtWord(read.Word)
					return miss, true
				}
			}
		}
	}
	return missing{}, false
}

// ofImage says whether images have files of their own at a path.
func ofImage(dir string) bool {
	first, _, _ := strings.Cut(strings.Trim(path.Clean(dir), "/"), "/")
	switch first {
	case "", "bin", "boot", "etc", "home", "lib", "lib64", "opt", "proc", "root", "sbin", "srv", "sys", "usr", "app":
		return true
	}
	return false
}

func finding(v *pod.Volume, miss missing) analysis.Finding {
	verb := "reads"
	if miss.use.Use == pod.Writes {
		verb = "writes"
	}
	return analysis.Finding{
		Message: fmt.Sprintf("Container %s %s %s, which container %s keeps in volume %s, but does not mount that volume.",
			miss.container.Name, verb, miss.use.Path, miss.owner.Name, v.Name),
		Object:    analysis.Ref(miss.container.Workload.Object),
		Container: miss.container.Name,
		Subject:   v.Name,
		Place:     analysis.AtWord(miss.use.Word),
		Evidence: []analysis.Evidence{
			{Text: fmt.Sprintf("the command of container %s %s %s, and none of its mounts holds that path", miss.container.Name, verb, miss.use.Path), Place: analysis.AtWord(miss.use.Word)},
			{Text: miss.why, Place: miss.at},
		},
		Anchors: []analysis.Place{analysis.At(v.Node), analysis.At(miss.mount.Node)},
		Fix:     fix(v, miss),
	}
}

// fix mounts the volume where the other container has it.
func fix(v *pod.Volume, miss missing) *analysis.Fix {
	c, m := miss.container, miss.mount
	fields := edit.Map{{Key: "name", Value: v.Name}, {Key: "mountPath", Value: m.Path}}
	if m.SubPath != "" {
		fields = append(fields, edit.Field{Key: "subPath", Value: m.SubPath})
	}
	how := ""
	if miss.use.Use == pod.Reads {
		fields, how = append(fields, edit.Field{Key: "readOnly", Value: true}), ", read-only"
	}
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Mount volume %s at %s in container %s%s.", v.Name, m.Path, c.Name, how),
		Changes:     []string{fmt.Sprintf("Container %s sees the files of container %s under %s, and no longer those of its image there.", c.Name, miss.owner.Name, m.Path)},
	}
	edits, err := addMount(c, fields)
	if err == nil && miss.use.Use == pod.Writes && !m.ReadOnly {
		f.Steps = []string{fmt.Sprintf("container %s, which only reads the volume, mounts it read-only", miss.owner.Name)}
		edits, err = analysis.WithReadOnly(edits, m)
	}
	if err != nil {
		f.Obstacles = []string{"The mount can't be added: " + err.Error() + "."}
		return f
	}
	f.Edits = edits
	return f
}

func addMount(c *pod.Container, fields edit.Map) ([]edit.Edit, error) {
	layout := edit.LayoutAt(c.Node)
	if p, ok := c.Node.Pair("volumeMounts"); ok {
		item, err := layout.Render(fields)
		if err != nil {
			return nil, err
		}
		if p.Value.Style == manifest.Flow {
			item = flow(fields)
		}
		return edit.AppendItem(p.Value, item)
	}
	list, err := layout.Render([]edit.Map{fields})
	if err != nil {
		return nil, err
	}
	if c.Node.Style == manifest.Flow {
		list = "[" + flow(fields) + "]"
	}
	return edit.InsertPair(c.Node, nil, "volumeMounts", list)
}

// flow writes a mount for a flow collection, on one line.
func flow(fields edit.Map) edit.Block {
	var parts []string
	for _, f := range fields {
		text := fmt.Sprint(f.Value)
		if _, ok := f.Value.(string); ok {
			style := manifest.Plain
			if strings.ContainsAny(text, ",[]{}") {
				style = manifest.DoubleQuoted
			}
			text = edit.Quote(text, style)
		}
		parts = append(parts, f.Key+": "+text)
	}
	return edit.Block("{" + strings.Join(parts, ", ") + "}")
}
