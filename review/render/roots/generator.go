package roots

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// parameters is one set of parameters that a generator makes.
type parameters struct {
	values   map[string]any // with Go templates as they are, else flat and text
	template *manifest.Node // of the generator, laid over the set's; nil for none
	files    []string       // that the parameters are read from
}

// failure is why a generator or a template gives nothing.
type failure struct {
	at      *manifest.Node
	message string
}

func fail(at *manifest.Node, format string, args ...any) *failure {
	return &failure{at, fmt.Sprintf(format, args...)}
}

// generation is the run of one ApplicationSet's generators.
type generation struct {
	f      *finder
	object *manifest.Object
	render *renderer
}

// parameters runs one generator. Outer is the parameters of the generator before it in a matrix, which its fields can name.
func (g *generation) parameters(n *manifest.Node, outer map[string]any, depth int) ([]parameters, *failure) {
	kind, body := "", (*manifest.Node)(nil)
	n.Each(func(key string, value *manifest.Node) {
		if key != "selector" && kind == "" {
			kind, body = key, value
		}
	})
	if g.f.spend(1); g.f.spent() {
		return nil, fail(n, "the generators ask for too much")
	}
	if depth > maxNesting {
		return nil, fail(n, "generators are nested deeper than %d", maxNesting)
	}
	var found []parameters
	var err *failure
	switch kind {
	case "list":
		found, err = g.list(body, outer)
	case "git":
		found, err = g.git(body, outer)
	case "matrix":
		found, err = g.matrix(body, outer, depth)
	case "merge":
		found, err = g.merge(body, outer, depth)
	case "":
		return nil, fail(n, "the generator is empty")
	default:
		return nil, fail(n, "what the generator %s makes is not known without a cluster", kind)
	}
	if err != nil {
		return nil, err
	}
	if len(found) > maxParameters {
		return nil, fail(n, "the generator %s makes more than %d sets of parameters", kind, maxParameters)
	}
	if template := body.Get("template"); !template.IsNull() && depth == 0 {
		for i := range found {
			found[i].template = template
		}
	}
	return selected(found, n.Get("selector")), nil
}

// outerNode fills the parameters of an outer generator into a node's text.
func (g *generation) outerNode(n *manifest.Node, outer map[string]any) (*manifest.Node, *failure) {
	if outer == nil || n.IsNull() {
		return n, nil
	}
	return g.render.tree(n, outer)
}

// list makes one set of parameters of each element.
func (g *generation) list(n *manifest.Node, outer map[string]any) ([]parameters, *failure) {
	elements, err := g.outerNode(n.Get("elements"), outer)
	if err != nil {
		return nil, err
	}
	items := elements.Seq()
	if text := n.Get("elementsYaml"); !text.IsNull() {
		filled, err := g.outerNode(text, outer)
		if err != nil {
			return nil, err
		}
		items = append(slices.Clone(items), g.f.embedded(filled).Seq()...)
	}
	var out []parameters
	for _, item := range items {
		if len(out) > maxParameters {
			break
		}
		value, err := g.f.decode(item)
		element, ok := value.(map[string]any)
		if err != nil || !ok {
			return nil, fail(item, "the element can't be read as parameters")
		}
		if !g.render.goTemplate {
			element = flattened(element)
		}
		out = append(out, parameters{values: element})
	}
	return out, nil
}

// matrix combines each set of parameters of one generator with each of another, which can name the first one's.
func (g *generation) matrix(n *manifest.Node, outer map[string]any, depth int) ([]parameters, *failure) {
	children := n.Get("generators").Seq()
	if len(children) != 2 {
		return nil, fail(n, "a matrix takes two generators, not %d", len(children))
	}
	first, err := g.parameters(children[0], outer, depth+1)
	if err != nil {
		return nil, err
	}
	var out []parameters
	for _, a := range first {
		second, err := g.parameters(children[1], a.values, depth+1)
		if err != nil {
			return nil, err
		}
		for _, b := range second {
			if len(out) > maxParameters {
				return out, nil
			}
			values, key := g.combined(a.values, b.values)
			if key != "" {
				return nil, fail(n, "both generators of the matrix make the parameter %s, with different values", key)
			}
			out = append(out, parameters{values: values, files: slices.Concat(a.files, b.files)})
		}
	}
	return out, nil
}

// combined puts two sets of parameters together. With Go templates the first wins; without, they must not differ.
func (g *generation) combined(a, b map[string]any) (values map[string]any, conflict string) {
	if g.render.goTemplate {
		return mergedMaps(b, a), ""
	}
	out := maps.Clone(b)
	for key, value := range a {
		if other, both := b[key]; both && other != value {
			return nil, key
		}
		out[key] = value
	}
	return out, ""
}

// mergedMaps lays one map over another, maps within them likewise. Both stay as they are.
func mergedMaps(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	for key, value := range over {
		below, isMap := out[key].(map[string]any)
		if above, too := value.(map[string]any); isMap && too {
			value = mergedMaps(below, above)
		}
		out[key] = value
	}
	return out
}

// merge overrides the parameters of the first generator by those of the others that agree in the merge keys.
func (g *generation) merge(n *manifest.Node, outer map[string]any, depth int) ([]parameters, *failure) {
	children, keys := n.Get("generators").Seq(), n.Get("mergeKeys").Strings()
	if len(children) < 2 || len(keys) == 0 {
		return nil, fail(n, "a merge takes two generators and a merge key")
	}
	out, err := g.parameters(children[0], outer, depth+1)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, p := range out {
		key := mergeKey(p.values, keys)
		if _, twice := at[key]; twice {
			return nil, fail(children[0], "two sets of parameters agree in the merge keys")
		}
		at[key] = i
	}
	for _, child := range children[1:] {
		over, err := g.parameters(child, outer, depth+1)
		if err != nil {
			return nil, err
		}
		for _, p := range over {
			i, ok := at[mergeKey(p.values, keys)]
			if !ok {
				continue
			}
			if g.render.goTemplate {
				out[i].values = mergedMaps(out[i].values, p.values)
			} else {
				out[i].values = maps.Clone(out[i].values)
				maps.Copy(out[i].values, p.values)
			}
			out[i].files = slices.Concat(out[i].files, p.files)
		}
	}
	return out, nil
}

// mergeKey is what a set of parameters says of some keys; dots lead into maps.
func mergeKey(values map[string]any, keys []string) string {
	var out []string
	for _, key := range keys {
		value, ok := values[key]
		if !ok {
			value = inside(values, strings.Split(key, "."))
		}
		out = append(out, quote(fmt.Sprint(value)))
	}
	return strings.Join(out, ",")
}

func inside(values any, keys []string) any {
	for _, key := range keys {
		m, ok := values.(map[string]any)
		if !ok {
			return nil
		}
		values = m[key]
	}
	return values
}

// flattened joins the keys of nested maps and lists with dots, and makes text of all values.
func flattened(values map[string]any) map[string]any {
	out := map[string]any{}
	flatten("", values, out)
	return out
}

func flatten(prefix string, value any, out map[string]any) {
	join := func(key string) string {
		if prefix == "" {
			return key
		}
		return prefix + "." + key
	}
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			flatten(join(key), inner, out)
		}
	case []any:
		for i, inner := range v {
			flatten(join(fmt.Sprint(i)), inner, out)
		}
	default:
		out[prefix] = fmt.Sprint(v)
	}
}

// selected keeps the parameters that a label selector matches.
func selected(found []parameters, selector *manifest.Node) []parameters {
	if selector.IsNull() {
		return found
	}
	return slices.DeleteFunc(found, func(p parameters) bool { return !matches(selector, flattened(p.values)) })
}

// matches says whether flat parameters satisfy a label selector.
func matches(selector *manifest.Node, values map[string]any) bool {
	good := true
	selector.Get("matchLabels").Each(func(key string, want *manifest.Node) {
		good = good && values[key] == any(want.Text())
	})
	for _, n := range selector.Get("matchExpressions").Seq() {
		value, has := values[n.Get("key").Text()]
		text, _ := value.(string)
		among := slices.Contains(n.Get("values").Strings(), text)
		switch n.Get("operator").Text() {
		case "In":
			good = good && has && among
		case "NotIn":
			good = good && !(has && among)
		case "Exists":
			good = good && has
		case "DoesNotExist":
			good = good && !has
		default:
			good = false
		}
	}
	return good
}
