// Package user makes rules of what users write in `.podcheck/rules/`: CEL expressions, and KubePattern definitions in both
// published forms.
//
// Reading is strict, and every error names its file and line and, for a misspelt word, the nearest right one. A file with an
// error gives no rules of its own and takes none away from others. The files must come from a trusted place: they are what a
// repository's owners demand of it.
//
// It knows no GitHub, no git and no files on disk.
package user

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/cel"
	"github.com/podcheck/podcheck/rules/user/kubepattern"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// Folder is where a repository has its rules.
const Folder = ".podcheck/rules"

// Is says whether a file of a repository holds rules.
func Is(name string) bool {
	ext := path.Ext(name)
	return path.Dir(name) == Folder && (ext == ".yaml" || ext == ".yml" || ext == ".json")
}

// Load reads the rules of some files, by path. Taken are the names that they can't have. What is wrong comes as problems, in the
// order of paths and lines.
func Load(files map[string][]byte, taken ...string) ([]*analysis.Rule, []manifest.Problem) {
	var rules []*analysis.Rule
	var problems []manifest.Problem
	names := map[string]string{} // to where they are from
	for _, name := range taken {
		names[name] = "Podcheck itself"
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r := &strict.Reader{File: manifest.Parse(name, files[name])}
		found := loadFile(r, names)
		slices.SortStableFunc(r.Problems, func(a, b manifest.Problem) int { return a.Span.Start.Offset - b.Span.Start.Offset })
		problems = append(problems, r.Problems...)
		rules = append(rules, found...)
	}
	return rules, problems
}

// loadFile reads the definitions of one file; none when anything in it is wrong.
func loadFile(r *strict.Reader, names map[string]string) []*analysis.Rule {
	var found []*analysis.Rule
	for _, p := range r.File.Problems {
		r.FailAt(p.Span, "%s", p.Message)
	}
	holds := r.Failed()
	for _, doc := range r.File.Documents {
		if doc.Root.IsNull() {
			continue
		}
		holds = true
		rule := load(r, doc.Root)
		if rule == nil {
			continue
		}
		if from, ok := names[rule.Name]; ok {
			r.Fail(doc.Root, "the name %q is taken by %s", rule.Name, from)
		}
		found = append(found, rule)
	}
	if !holds {
		r.Fail(nil, "the file holds no rule, or is too large to be read")
	}
	if r.Failed() {
		return nil
	}
	for _, rule := range found {
		if names[rule.Name] != "" {
			r.Fail(nil, "the name %q stands twice in this file", rule.Name)
			return nil
		}
		names[rule.Name] = r.File.Path
	}
	return found
}

// load reads one definition, whichever form it has.
func load(r *strict.Reader, root *manifest.Node) *analysis.Rule {
	sub := &strict.Reader{File: r.File}
	var rule *analysis.Rule
	version := root.Get("apiVersion").Text() + root.Get("version").Text()
	switch {
	case version == kubepattern.Published:
		rule = kubepattern.LoadPublished(sub, root)
	case version == kubepattern.Resource:
		rule = kubepattern.LoadResource(sub, root)
	case version != "" || root.Get("kind") != nil:
		forms := []string{kubepattern.Published, kubepattern.Resource}
		at := root.Get("apiVersion")
		if at == nil {
			at = root.Get("version")
		}
		sub.Fail(at, "%q is no form of a definition%s", version, strict.DidYouMean(version, forms))
	default:
		rule = cel.Load(sub, root)
	}
	r.Problems = append(r.Problems, sub.Problems...)
	if sub.Failed() {
		return nil
	}
	return rule
}

// Describe writes a problem as compilers do: path:line: message.
func Describe(p manifest.Problem) string {
	return fmt.Sprintf("%s:%d: %s", p.Path, p.Span.Start.Line, strings.TrimSuffix(p.Message, "."))
}
