package roots

import (
	"regexp"

	"github.com/podcheck/podcheck/rules/manifest"
)

// substituted is a variable as Flux's postBuild knows it.
var substituted = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)`)

// defaulted is a variable with what Flux takes where nothing sets it: ${NAME:=this}, ${NAME:-this}.
var defaulted = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*:?[-=]([^${}]*)\}`)

// withDefaults replaces the variables that have a default. Whatever sets them for an object has done so when it is rendered.
func withDefaults(text string) string { return defaulted.ReplaceAllString(text, "$1") }

// substitutions returns the variables of postBuild, nil when nothing is substituted. Variables that may come from a Secret, from an
// encrypted ConfigMap or from one that the repository doesn't have are unknown and stay as they are written.
func (f *finder) substitutions(o *manifest.Object, post *manifest.Node, r *Root) map[string]string {
	if post.IsNull() {
		return nil
	}
	out, open := map[string]string{}, false
	for _, n := range post.Get("substituteFrom").Seq() {
		source := f.configMap(o, n.Get("name").Text())
		if n.Get("kind").Text() != "ConfigMap" || source == nil || encrypted(source) {
			open = true
			continue
		}
		r.depends.add(source.File.Path)
		source.Node.Get("data").Each(func(key string, value *manifest.Node) { out[key] = value.Text() })
	}
	post.Get("substitute").Each(func(key string, value *manifest.Node) { out[key] = value.Text() })
	if open {
		f.keepUnknown(r, out)
	}
	return out
}

// encrypted says whether SOPS has encrypted an object's values.
func encrypted(o *manifest.Object) bool { return !o.Node.Get("sops").IsNull() }

// keepUnknown lets each variable in a root's files that has no value stand for itself.
func (f *finder) keepUnknown(r *Root, known map[string]string) {
	for p := range r.reads.files {
		if f.spend(len(f.tree.data(p)) / 8); f.spent() {
			return
		}
		for _, m := range substituted.FindAllSubmatch(f.tree.data(p), -1) {
			if name := string(m[1]); known[name] == "" {
				if _, set := known[name]; !set {
					known[name] = "${" + name + "}"
				}
			}
		}
	}
}
