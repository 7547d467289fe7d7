package pod

import (
	"path"
	"strings"
)

// MountAt returns the mount of a container that holds a path: of several, one within another, the inmost. ok is false when the
// path lies in the container's image.
func (c *Container) MountAt(file string) (m Mount, ok bool) {
	for _, candidate := range c.Mounts {
		if candidate.Holds(file) && (!ok || len(path.Clean(candidate.Path)) > len(path.Clean(m.Path))) {
			m, ok = candidate, true
		}
	}
	return m, ok
}

// Holds says whether a path is the mount's own or lies below it.
func (m Mount) Holds(file string) bool {
	return strings.HasPrefix(m.Path, "/") && under(path.Clean(file), path.Clean(m.Path))
}

// InVolume is where in its volume a path of the container lies, "" for the volume's root. The mount must hold the path.
func (m Mount) InVolume(file string) string {
	rest := strings.TrimPrefix(path.Clean(file), path.Clean(m.Path))
	return strings.Trim(path.Clean("/"+m.SubPath+"/"+rest), "/")
}

// InContainer is the path at which a container sees a file of the volume, "" when the mount does not hold it.
func (m Mount) InContainer(inVolume string) string {
	sub := strings.Trim(path.Clean("/"+m.SubPath), "/")
	if sub != "" && !under(inVolume, sub) {
		return ""
	}
	return path.Join(path.Clean(m.Path), strings.TrimPrefix(inVolume, sub))
}

// Writable says whether containers can write into a volume at all: the kubelet writes those of the other sources.
func (v *Volume) Writable() bool {
	switch v.Type {
	case "configMap", "secret", "downwardAPI", "projected":
		return false
	}
	return true
}
