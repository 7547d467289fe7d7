package roots

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// renderer fills parameters into the templates of an ApplicationSet: those of Go, or `{{name}}`.
type renderer struct {
	goTemplate bool
	options    []string
	templates  *templates
}

func (f *finder) rendererOf(spec *manifest.Node) *renderer {
	if f.templates == nil {
		f.templates = newTemplates()
	}
	return &renderer{goTemplate: spec.Get("goTemplate").Text() == "true", options: spec.Get("goTemplateOptions").Strings(), templates: f.templates}
}

// text fills parameters into a scalar.
func (r *renderer) text(n *manifest.Node, values map[string]any) (string, *failure) {
	out, err := r.fill(n.Text(), values)
	if err != nil {
		return "", fail(n, "the template can't be filled in: %s", short(err.Error()))
	}
	return out, nil
}

func (r *renderer) fill(text string, values map[string]any) (string, error) {
	switch {
	case !strings.Contains(text, "{{"):
		return text, nil
	case r.goTemplate:
		return r.templates.execute(text, r.options, values)
	default:
		return tags(text, values)
	}
}

// short cuts a message to what fits in a sentence.
func short(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	if len(message) > 200 {
		message = strings.ToValidUTF8(message[:200], "") + "…"
	}
	return message
}

// tags replaces `{{name}}`; a name that is not known stays.
func tags(text string, values map[string]any) (string, error) {
	var out strings.Builder
	for {
		before, rest, open := strings.Cut(text, "{{")
		out.WriteString(before)
		if !open {
			break
		}
		tag, after, closed := strings.Cut(rest, "}}")
		if !closed {
			out.WriteString("{{" + rest)
			break
		}
		if value, known := values[strings.TrimSpace(tag)]; known {
			fmt.Fprint(&out, value)
		} else {
			out.WriteString("{{" + tag + "}}")
		}
		if out.Len() > maxOutput {
			return "", errOutput
		}
		text = after
	}
	return out.String(), nil
}

// tree copies a tree with all its text filled in. Nodes keep their places; one whose text is another has no source.
func (r *renderer) tree(n *manifest.Node, values map[string]any) (*manifest.Node, *failure) {
	c := &copier{render: r, values: values}
	out := c.copy(n, nil, 0)
	return out, c.failed
}

// copier makes a filled copy. Aliases are copied as what they stand for, so that the copy is bounded by count.
type copier struct {
	render *renderer
	values map[string]any
	failed *failure
}

func (c *copier) copy(n, parent *manifest.Node, depth int) *manifest.Node {
	n = n.Resolve()
	if c.render.templates.nodes--; c.render.templates.nodes < 0 || depth > manifest.MaxDepth {
		c.failed = fail(n, "the ApplicationSets' templates have too many values")
	}
	if n == nil || c.failed != nil {
		return nil
	}
	out := *n
	out.Parent, out.Pairs, out.Items, out.Anchor = parent, nil, nil, ""
	switch n.Kind {
	case manifest.Mapping:
		n.Each(func(key string, value *manifest.Node) {
			k := c.copy(keyOf(n, key), &out, depth+1)
			if v := c.copy(value, &out, depth+1); k != nil && v != nil {
				out.Pairs = append(out.Pairs, manifest.Pair{Key: k, Value: v})
			}
		})
	case manifest.Sequence:
		for _, item := range n.Items {
			if v := c.copy(item, &out, depth+1); v != nil {
				out.Items = append(out.Items, v)
			}
		}
	default:
		c.scalar(&out, n)
	}
	return &out
}

func (c *copier) scalar(out, n *manifest.Node) {
	source := n.Written()
	if n.Tag == "!!str" && strings.Contains(n.Value, "{{") {
		var failed *failure
		if out.Value, failed = c.render.text(n, c.values); failed != nil {
			c.failed = failed
		}
		source = nil
	}
	out.Origin = &manifest.Origin{Source: source, Precision: n.Precision()}
}
