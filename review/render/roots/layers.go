package roots

import (
	"regexp"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// layers collects the values of a release, and where each is written.
type layers struct {
	f      *finder
	object *manifest.Object
	root   Root
	own    Values
	values [][]byte
	places []Values
	set    []parameter
	err    error
}

// parameter is one value in Helm's --set syntax.
type parameter struct {
	text   string
	string bool
	place  Values
}

// file adds a values file as a layer. At is the node that names it.
func (l *layers) file(p string, at *manifest.Node) bool {
	data := l.f.tree.data(p)
	if data == nil {
		l.f.skip(at, l.object, "the values file %s can't be read", p)
		return false
	}
	l.root.depends.add(p)
	l.add(data, Values{Node: l.f.tree.root(p)})
	return true
}

// node adds a mapping of an object as a layer.
func (l *layers) node(n *manifest.Node) {
	if n.IsNull() {
		return
	}
	data, err := l.f.encode(n)
	if err != nil {
		l.err = err
		return
	}
	l.add(data, Values{Node: n.Resolve()})
}

// text adds values that are written as text within an object.
func (l *layers) text(n *manifest.Node) {
	if text := n.Text(); strings.TrimSpace(text) != "" {
		l.add([]byte(text), Values{Node: l.f.embedded(n)})
	}
}

// at adds one value below a path of keys as a layer.
func (l *layers) at(keys []string, n *manifest.Node) {
	data := typed(n.Text())
	for i := len(keys) - 1; i >= 0; i-- {
		data = "{" + quote(keys[i]) + ": " + data + "}"
	}
	l.add([]byte(data), Values{Node: n.Resolve(), Path: keys})
}

func (l *layers) add(data []byte, place Values) {
	l.values, l.places = append(l.values, data), append(l.places, place)
}

// parameter adds a value in --set syntax, with the commas of its text escaped as Argo CD does. Braces around it make a list.
func (l *layers) parameter(name, value string, asString bool, at *manifest.Node) {
	if !strings.HasPrefix(value, "{") || !strings.HasSuffix(value, "}") {
		value = escapeCommas(value)
	}
	l.assign(name, value, asString, at)
}

// content adds a text that is taken as it is.
func (l *layers) content(name, text string, at *manifest.Node) {
	text = strings.NewReplacer(`\`, `\\`, ",", `\,`).Replace(text)
	if strings.HasPrefix(text, "{") {
		text = `\` + text
	}
	l.assign(name, text, true, at)
}

func (l *layers) assign(name, value string, asString bool, at *manifest.Node) {
	if name != "" {
		l.set = append(l.set, parameter{name + "=" + value, asString, Values{Node: at, Path: splitKeys(name)}})
	}
}

// escapeCommas puts a backslash before each comma that has none.
func escapeCommas(text string) string {
	var out strings.Builder
	for i := range len(text) {
		if text[i] == ',' && (i == 0 || text[i-1] != '\\') {
			out.WriteByte('\\')
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// finish completes the root and adds it.
func (l *layers) finish(helm *wire.Helm, reads *inputs) {
	if l.err != nil {
		l.f.skip(nil, l.object, "the values can't be read: %v", l.err)
		return
	}
	l.f.usedCharts[helm.Chart] = true
	helm.Namespace = namespaceOf(helm.Namespace, helm.Release)
	r := l.root
	helm.Values = l.values
	r.Values = append([]Values{l.own}, l.places...)
	for _, asString := range []bool{false, true} {
		for _, p := range l.set {
			if p.string != asString {
				continue
			}
			if asString {
				helm.SetString = append(helm.SetString, p.text)
			} else {
				helm.Set = append(helm.Set, p.text)
			}
			r.Values = append(r.Values, p.place)
		}
	}
	r.Helm, r.reads, r.Namespace = helm, reads, helm.Namespace
	l.f.add(r)
}

// splitKeys cuts a path of values (`a.b\.c.d`) at the dots that are not escaped.
func splitKeys(path string) []string {
	var keys []string
	var key strings.Builder
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\' && i+1 < len(path):
			i++
			key.WriteByte(path[i])
		case path[i] == '.':
			keys = append(keys, key.String())
			key.Reset()
		default:
			key.WriteByte(path[i])
		}
	}
	return append(keys, key.String())
}

// whole is a number as Helm's --set reads it.
var whole = regexp.MustCompile(`^(?:0|-?[1-9][0-9]{0,17})$`)

// typed writes text as Helm's --set would read it: true, false, null and whole numbers are such, the rest is text, and so is what is
// quoted.
func typed(text string) string {
	if len(text) > 2 && (text[0] == '"' || text[0] == '\'') && text[len(text)-1] == text[0] {
		return quote(text[1 : len(text)-1])
	}
	switch strings.ToLower(text) {
	case "true", "false", "null":
		return strings.ToLower(text)
	}
	if whole.MatchString(text) {
		return text
	}
	return quote(text)
}
