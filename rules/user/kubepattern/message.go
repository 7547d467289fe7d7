package kubepattern

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/fields"
	"github.com/podcheck/podcheck/rules/user/object"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// message is a text with placeholders such as {{main-app.name}} or {{target.metadata.namespace}}.
type message []part

type part struct {
	text string // as it is, when there is no id
	id   string // whose value is meant
	path path
}

// short are placeholders for what every object has.
var short = map[string]string{"name": "metadata.name", "namespace": "metadata.namespace", "uid": "metadata.uid", "labels": "metadata.labels"}

// readMessage reads a text whose placeholders may speak of these resources.
func readMessage(r *strict.Reader, n *manifest.Node, shapes map[string]fields.Shape) message {
	var ids []string
	for id := range shapes {
		ids = append(ids, id)
	}
	var out message
	rest := n.Text()
	for {
		before, after, found := strings.Cut(rest, "{{")
		out = append(out, part{text: before})
		if !found {
			return out
		}
		inner, tail, closed := strings.Cut(after, "}}")
		if !closed {
			r.Fail(n, "the message has {{ without }}")
			return nil
		}
		rest = tail
		id, field := longestID(strings.TrimSpace(inner), ids)
		if id == "" {
			word, _, _ := strings.Cut(strings.TrimSpace(inner), ".")
			r.Fail(n, "the placeholder {{%s}} speaks of %q, which is no actor%s", inner, word, strict.DidYouMean(word, ids))
			continue
		}
		if p, ok := readPlaceholder(r, n, inner, field, shapes[id]); ok {
			out = append(out, part{id: id, path: p})
		}
	}
}

func readPlaceholder(r *strict.Reader, n *manifest.Node, inner, field string, shape fields.Shape) (path, bool) {
	if long, ok := short[field]; ok {
		field = long
	}
	p, err := parsePath(field)
	if err == nil && field != "metadata.uid" { // known to be absent from manifests, and in published messages
		_, err = p.check(shape)
	}
	if err != nil {
		r.Fail(n, "the placeholder {{%s}} leads nowhere: %v", inner, err)
		return nil, false
	}
	return p, true
}

// longestID splits id.field; ids may have dots in them.
func longestID(text string, ids []string) (id, field string) {
	for _, candidate := range ids {
		if rest, ok := strings.CutPrefix(text, candidate+"."); ok && len(candidate) > len(id) {
			id, field = candidate, rest
		}
	}
	return id, field
}

// say fills the placeholders in.
func (m message) say(resources map[string]*resource) string {
	var b strings.Builder
	for _, p := range m {
		if p.id == "" {
			b.WriteString(p.text)
			continue
		}
		switch values := p.path.values(resources[p.id].value()); len(values) {
		case 0:
			b.WriteString(object.Text(nil))
		case 1:
			b.WriteString(object.Text(values[0]))
		default:
			b.WriteString(object.Text(values))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
