package edit

import (
	"crypto/sha256"
	"regexp"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// digests identify what nodes decode to: values with their types, anchors and aliases by name, whatever the order of keys.
type digests map[*manifest.Node][sha256.Size]byte

func (d digests) equal(a, b *manifest.Node) bool { return d.digest(a) == d.digest(b) }

func (d digests) digest(n *manifest.Node) [sha256.Size]byte {
	if n == nil {
		return [sha256.Size]byte{}
	}
	if sum, ok := d[n]; ok {
		return sum
	}
	h := sha256.New()
	switch n.Kind {
	case manifest.Scalar:
		h.Write([]byte("s" + n.Anchor + "\x00" + n.Tag + "\x00" + meaning(n)))
	case manifest.Alias:
		h.Write([]byte("*" + n.Anchor))
	case manifest.Mapping:
		h.Write([]byte("m" + n.Anchor + "\x00" + n.Tag + "\x00"))
		for _, p := range sortedPairs(n) {
			key, value := d.digest(p.Key), d.digest(p.Value)
			h.Write(key[:])
			h.Write(value[:])
		}
	case manifest.Sequence:
		h.Write([]byte("q" + n.Anchor + "\x00" + n.Tag + "\x00"))
		for _, item := range n.Items {
			sum := d.digest(item)
			h.Write(sum[:])
		}
	}
	sum := [sha256.Size]byte(h.Sum(nil))
	d[n] = sum
	return sum
}

// otherType matches plain text that readers of YAML 1.1, as Kubernetes is one, take for a boolean or a number.
var otherType = regexp.MustCompile(`^(?i:y|n|yes|no|on|off)$|^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)

// meaning is a scalar's value without the ways to write it.
func meaning(n *manifest.Node) string {
	switch {
	case n.Tag == "!!null":
		return ""
	case n.Tag == "!!bool":
		return strings.ToLower(n.Value)
	case n.Tag == "!!str" && n.Style == manifest.Plain && otherType.MatchString(n.Value) && !(n.File != nil && tagged(n)):
		return n.Value + "\x00plain"
	}
	return n.Value
}
