package origin

import (
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// options are what the kustomizations of an object change in values without writing the outcome there: images, namespaces, and names with what
// refers to them.
type options struct {
	images             []*manifest.Node // entries, in the order of building
	prefixes, suffixes []string
	namespaces         []*manifest.Node
}

func (o *options) layer(k *manifest.Node) {
	o.images = append(o.images, k.Get("images").Seq()...)
	if prefix := k.Get("namePrefix").Text(); prefix != "" {
		o.prefixes = append(o.prefixes, prefix)
	}
	if suffix := k.Get("nameSuffix").Text(); suffix != "" {
		o.suffixes = append(o.suffixes, suffix)
	}
	if namespace := namespaceOf(k); namespace.Text() != "" {
		o.namespaces = append(o.namespaces, namespace)
	}
}

// place is where a rendered scalar is decided that no source writes. Views are those of scalars.
func (o *options) place(in *manifest.Node, views []view, s spot) (place, bool) {
	if s.field() == "image" {
		if v, ok := sameImage(in.Value, views); ok { // what runs is written there; a tag of an entry tells only which version of it
			p := v.place()
			p.source = nil
			return p, true
		}
		if entry := o.image(in.Value, views); entry != nil {
			return of(entry), true
		}
	}
	if s.field() == "namespace" { // of a subject, or of a webhook's service
		for _, namespace := range slices.Backward(o.namespaces) {
			if same(in, namespace) {
				return at(namespace), true
			}
		}
	}
	for _, v := range slices.Backward(views) {
		written := v.node.Text()
		if written != "" && (written == in.Value || strings.Contains(written, "${") || o.isNameOf(in.Value, written)) {
			p := v.place()
			p.source = nil
			return p, true
		}
	}
	return place{}, false
}

// sameImage is the last view that names the image which is rendered, in whatever version.
func sameImage(rendered string, views []view) (view, bool) {
	name, _, _ := imageParts(rendered)
	for _, v := range slices.Backward(views) {
		if other, _, _ := imageParts(v.node.Text()); other == name && name != "" {
			return v, true
		}
	}
	return view{}, false
}

// image is the last entry of images that gave a part of a rendered image.
func (o *options) image(rendered string, views []view) *manifest.Node {
	name, tag, digest := imageParts(rendered)
	written := map[string]bool{name: true}
	for _, v := range views {
		other, _, _ := imageParts(v.node.Text())
		written[other] = true
	}
	for _, entry := range o.images {
		if renamed := entry.Get("newName").Text(); renamed != "" && written[entry.Get("name").Text()] {
			written[renamed] = true
		}
	}
	for _, entry := range slices.Backward(o.images) {
		e := imageEntry(entry)
		if !written[e.name] || e.newName == "" && e.newTag == "" && e.digest == "" {
			continue
		}
		if (e.newName == "" && e.name == name || e.newName == name) && (e.newTag == "" || e.newTag == tag) && (e.digest == "" || e.digest == digest) {
			return entry
		}
	}
	return nil
}

type override struct{ name, newName, newTag, digest string }

// imageEntry reads an entry: a mapping, or the text `name=newName:newTag` of an Argo CD Application.
func imageEntry(n *manifest.Node) override {
	if r := n.Resolve(); r != nil && r.Kind == manifest.Scalar {
		name, image, renamed := strings.Cut(r.Text(), "=")
		if !renamed {
			image = name
		}
		e := override{name: name}
		e.newName, e.newTag, e.digest = imageParts(image)
		if !renamed {
			e.name = e.newName
		}
		return e
	}
	return override{n.Get("name").Text(), n.Get("newName").Text(), n.Get("newTag").Text(), n.Get("digest").Text()}
}

// imageParts takes an image reference apart.
func imageParts(image string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name, tag = name[:i], name[i+1:]
	}
	return name, tag, digest
}

// hash is what generators put behind names. Source: kustomize, hasher.encode.
var hash = regexp.MustCompile(`-[bcdfghkmt2456789]{10}$`)

// isNameOf says whether a rendered name is a written one with the build's prefixes and suffixes, and maybe a generator's hash.
func (o *options) isNameOf(rendered, written string) bool {
	if len(rendered) > maxName || rendered == written {
		return false
	}
	for _, name := range []string{rendered, hash.ReplaceAllString(rendered, "")} {
		i := strings.Index(name, written)
		if i >= 0 && madeOf(name[:i], o.prefixes) && madeOf(name[i+len(written):], o.suffixes) {
			return true
		}
	}
	return false
}

// maxName is more bytes than any name of Kubernetes has.
const maxName = 512

// madeOf says whether a text is some of the parts, one behind the other.
func madeOf(text string, parts []string) bool {
	reached := make([]bool, len(text)+1)
	reached[0] = true
	for i := range text {
		for _, part := range parts {
			if reached[i] && strings.HasPrefix(text[i:], part) {
				reached[i+len(part)] = true
			}
		}
	}
	return reached[len(text)]
}
