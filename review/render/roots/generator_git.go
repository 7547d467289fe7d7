package roots

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Limits of git generators.
const (
	maxParameterFile = 1 << 20 // bytes
	maxFolderDepth   = 64
	maxPatterns      = 200
)

// git makes one set of parameters of each folder, or of the content of each file, that matches.
func (g *generation) git(n *manifest.Node, outer map[string]any) ([]parameters, *failure) {
	repository, err := g.outerNode(n.Get("repoURL"), outer)
	if err != nil {
		return nil, err
	}
	if !g.f.mine(repository.Text()) {
		return nil, fail(n.Get("repoURL"), "the generator's repository %s is outside of this one", shown(repository.Text()))
	}
	if folders := n.Get("directories"); len(folders.Seq()) > 0 {
		return g.gitFolders(n, folders, outer)
	}
	return g.gitFiles(n, n.Get("files"), outer)
}

// patterns are the paths that a git generator takes and those that it leaves out.
func (g *generation) patterns(list *manifest.Node, outer map[string]any) (take, leave []string, err *failure) {
	if list, err = g.outerNode(list, outer); err != nil {
		return nil, nil, err
	}
	if len(list.Seq()) > maxPatterns {
		return nil, nil, fail(list, "the generator has more than %d patterns", maxPatterns)
	}
	for _, n := range list.Seq() {
		if n.Get("exclude").Text() == "true" {
			leave = append(leave, n.Get("path").Text())
		} else {
			take = append(take, n.Get("path").Text())
		}
	}
	return take, leave, nil
}

func (g *generation) gitFolders(n, list *manifest.Node, outer map[string]any) ([]parameters, *failure) {
	take, leave, err := g.patterns(list, outer)
	if err != nil {
		return nil, err
	}
	match := func(dir string) func(string) bool {
		return func(glob string) bool { ok, err := path.Match(glob, dir); return ok && err == nil }
	}
	var out []parameters
	for _, dir := range g.f.tree.folders() {
		if g.f.spend(len(dir) * len(take)); g.f.spent() {
			break
		}
		if !slices.ContainsFunc(take, match(dir)) || slices.ContainsFunc(leave, match(dir)) {
			continue
		}
		values := g.pathParameters(n, map[string]any{}, dir, "")
		if err := g.ownValues(n, values); err != nil {
			return nil, err
		}
		if out = append(out, parameters{values: values}); len(out) > maxParameters {
			break
		}
	}
	return out, nil
}

// folders returns all folders with files, sorted, without hidden ones.
func (t *tree) folders() []string {
	if t.dirs != nil {
		return t.dirs
	}
	seen := map[string]bool{}
	for _, p := range t.paths {
		dir := folderOf(p)
		if seen[dir] || strings.Count(dir, "/") >= maxFolderDepth {
			continue
		}
		for ; dir != "" && !seen[dir]; dir = folderOf(dir) {
			seen[dir] = true
		}
	}
	t.dirs = []string{}
	for dir := range seen {
		if dir != "" && !strings.HasPrefix(dir, ".") && !strings.Contains(dir, "/.") {
			t.dirs = append(t.dirs, dir)
		}
	}
	slices.Sort(t.dirs)
	return t.dirs
}

// gitFiles takes files by patterns as git does (a star stands for slashes too), and reads one object or a list of them from each.
func (g *generation) gitFiles(n, list *manifest.Node, outer map[string]any) ([]parameters, *failure) {
	take, leave, err := g.patterns(list, outer)
	if err != nil {
		return nil, err
	}
	var wanted, unwanted []*regexp.Regexp
	for i, glob := range slices.Concat(take, leave) {
		compiled, err := pattern(strings.TrimPrefix(glob, "./"), false)
		if err != nil {
			return nil, fail(list, "the pattern %q can't be read: %v", glob, err)
		}
		switch {
		case compiled == nil:
		case i < len(take):
			wanted = append(wanted, compiled)
		default:
			unwanted = append(unwanted, compiled)
		}
	}
	var out []parameters
	for _, p := range g.f.tree.starting(literalPrefix(take)) {
		if g.f.spend(len(p) * len(take)); g.f.spent() {
			break
		}
		match := func(glob *regexp.Regexp) bool { return glob.MatchString(p) }
		if !slices.ContainsFunc(wanted, match) || slices.ContainsFunc(unwanted, match) {
			continue
		}
		found, err := g.gitFile(n, p)
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) > maxParameters {
			break
		}
	}
	return out, nil
}

// gitFile reads the parameters in one file.
func (g *generation) gitFile(n *manifest.Node, p string) ([]parameters, *failure) {
	objects, ok := g.objects(p)
	if !ok {
		return nil, fail(n, "the parameters in %s can't be read: it should hold an object or a list of objects, of at most %d bytes", p, maxParameterFile)
	}
	var out []parameters
	for _, object := range objects {
		if object = maps.Clone(object); !g.render.goTemplate {
			object = flattened(object)
		}
		values := g.pathParameters(n, object, folderOf(p), path.Base(p))
		if err := g.ownValues(n, values); err != nil {
			return nil, err
		}
		out = append(out, parameters{values: values, files: []string{p}})
	}
	return out, nil
}

// objects reads the object or the objects of a file; false when it holds something else.
func (g *generation) objects(p string) ([]map[string]any, bool) {
	value, known := g.f.decoded[p]
	if !known {
		if root := g.f.tree.root(p); root != nil && len(root.File.Data) <= maxParameterFile {
			value, _ = g.f.decode(root)
		}
		g.f.decoded[p] = value
	}
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	} else if len(list) == 0 {
		list = []any{map[string]any{}}
	}
	var out []map[string]any
	for _, item := range list {
		object, ok := item.(map[string]any)
		if !ok {
			return nil, false
		}
		out = append(out, object)
	}
	return out, true
}

// literalPrefix is what all paths begin with that any of some globs can match.
func literalPrefix(globs []string) string {
	prefix := ""
	for i, glob := range globs {
		glob = strings.TrimPrefix(glob, "./")
		if end := strings.IndexAny(glob, "*?[\\"); end >= 0 {
			glob = glob[:end]
		}
		if i == 0 {
			prefix = glob
		}
		for !strings.HasPrefix(glob, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}

// starting returns the paths that begin with a prefix.
func (t *tree) starting(prefix string) []string {
	from := sort.SearchStrings(t.paths, prefix)
	to := from + sort.Search(len(t.paths)-from, func(i int) bool { return !strings.HasPrefix(t.paths[from+i], prefix) })
	return t.paths[from:to]
}

// pathParameters adds what a git generator says of a folder, and of a file in it.
func (g *generation) pathParameters(n *manifest.Node, values map[string]any, dir, file string) map[string]any {
	dir = called(dir)
	prefix := n.Get("pathParamPrefix").Text()
	parts := map[string]string{"basename": path.Base(dir), "basenameNormalized": normalized(path.Base(dir))}
	if file != "" {
		parts["filename"], parts["filenameNormalized"] = file, normalized(file)
	}
	segments := strings.Split(dir, "/")
	if g.render.goTemplate {
		all := map[string]any{"path": dir, "segments": segments}
		for key, value := range parts {
			all[key] = value
		}
		if prefix != "" {
			values[prefix] = map[string]any{"path": all}
		} else {
			values["path"] = all
		}
		return values
	}
	name := "path"
	if prefix != "" {
		name = prefix + ".path"
	}
	values[name] = dir
	for key, value := range parts {
		values[name+"."+key] = value
	}
	for i, segment := range segments {
		values[name+"["+strconv.Itoa(i)+"]"] = segment
	}
	return values
}

// ownValues adds the values that a generator has itself, which can name its parameters.
func (g *generation) ownValues(n *manifest.Node, values map[string]any) *failure {
	own := map[string]any{}
	var failed *failure
	n.Get("values").Each(func(key string, value *manifest.Node) {
		text, err := g.render.text(value, values)
		if err != nil {
			failed = err
		}
		own[key] = text
	})
	if len(own) == 0 {
		return failed
	}
	if g.render.goTemplate {
		values["values"] = own
		return failed
	}
	for key, value := range own {
		values["values."+key] = value
	}
	return failed
}

// notNormal is what can't be part of a DNS name.
var notNormal = regexp.MustCompile(`[^-a-z0-9.]+`)

// normalized makes a name of Kubernetes of a text, as Argo CD does.
func normalized(text string) string {
	text = notNormal.ReplaceAllString(strings.ToLower(text), "-")
	if len(text) > 253 {
		text = text[:253]
	}
	return strings.Trim(text, "-.")
}
