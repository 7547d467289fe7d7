package roots

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// over is the text of a kustomization that is laid over a build.
type over struct {
	f    *finder
	text strings.Builder
	err  error
}

// bytes returns the text, nil when nothing is laid over.
func (o *over) bytes() []byte {
	if o.text.Len() == 0 {
		return nil
	}
	return []byte(o.text.String())
}

// line writes one field whose value is YAML in flow style.
func (o *over) line(key, value string) {
	o.text.WriteString(key + ": " + value + "\n")
}

// set writes a field of text, unless it is empty.
func (o *over) set(key, text string) {
	if text != "" {
		o.line(key, quote(text))
	}
}

// copy writes a field as a node has it, unless the node is absent or empty.
func (o *over) copy(key string, n *manifest.Node) {
	if text := o.flow(n); text != "" {
		o.line(key, text)
	}
}

// list writes a field of entries that are YAML in flow style, unless there are none.
func (o *over) list(key string, entries []string) {
	if len(entries) > 0 {
		o.line(key, "["+strings.Join(entries, ", ")+"]")
	}
}

// flow is a node in flow style; "" for one that is absent or empty.
func (o *over) flow(n *manifest.Node) string {
	if n = n.Resolve(); n.IsNull() || n.Kind == manifest.Mapping && len(n.Pairs) == 0 || n.Kind == manifest.Sequence && len(n.Items) == 0 {
		return ""
	}
	text, err := o.f.encode(n)
	if err != nil {
		o.err = err
		return ""
	}
	return string(text)
}

// entries are the items of a sequence in flow style.
func (o *over) entries(n *manifest.Node) []string {
	var out []string
	for _, item := range n.Seq() {
		if text := o.flow(item); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// texts writes a list of text.
func (o *over) texts(key string, texts []string) {
	var entries []string
	for _, text := range texts {
		entries = append(entries, quote(text))
	}
	o.list(key, entries)
}
