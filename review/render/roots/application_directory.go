package roots

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"
)

// manifestName is what Argo CD takes for a manifest.
var manifestName = regexp.MustCompile(`^.*\.(yaml|yml|json|jsonnet)$`)

// directorySource makes a root of a folder of plain manifests.
func (f *finder) directorySource(s *source) {
	options := s.node.Get("directory")
	include, exclude := options.Get("include"), options.Get("exclude")
	wanted, err := pattern(include.Text(), true)
	if err != nil {
		f.skip(include, s.app.object, "the pattern %q can't be read: %v", include.Text(), err)
		return
	}
	unwanted, err := pattern(exclude.Text(), true)
	if err != nil {
		f.skip(exclude, s.app.object, "the pattern %q can't be read: %v", exclude.Text(), err)
		return
	}
	f.spend(len(f.tree.below(s.dir)) * (1 + len(include.Text()) + len(exclude.Text())))
	recurse := options.Get("recurse").Text() == "true"
	var files []string
	for _, p := range f.tree.below(s.dir) {
		rel := strings.TrimPrefix(strings.TrimPrefix(p, s.dir), "/")
		if !recurse && strings.Contains(rel, "/") || !manifestName.MatchString(path.Base(p)) ||
			wanted != nil && !wanted.MatchString(rel) || unwanted != nil && unwanted.MatchString(rel) {
			continue
		}
		if path.Ext(p) == ".jsonnet" {
			f.skip(s.node.Get("path"), s.app.object, "%s is Jsonnet, which is not run", p)
			continue
		}
		if f.spent() {
			break
		}
		files = append(files, p)
	}
	if len(files) == 0 {
		return
	}
	r := s.root()
	r.Directory = &Directory{Path: s.dir, Files: files}
	r.reads, r.Takes = newInputs(files...), slices.Clone(files)
	f.add(r)
}

// maxGlob is how many bytes a glob can have.
const maxGlob = 1 << 10

// pattern compiles a glob in which stars and question marks stand for slashes too, as in Argo CD's directories and in git's paths.
// Braces hold alternatives if they are to. It is nil for no pattern.
func pattern(glob string, braces bool) (*regexp.Regexp, error) {
	switch {
	case glob == "":
		return nil, nil
	case len(glob) > maxGlob:
		return nil, errors.New("it is too long")
	}
	var out strings.Builder
	out.WriteString(`(?s)^`)
	depth := 0
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '*':
			out.WriteString(`.*`)
			for i+1 < len(glob) && glob[i+1] == '*' {
				i++
			}
		case c == '?':
			out.WriteString(`.`)
		case c == '[':
			i += class(&out, glob[i:])
		case c == '\\' && i+1 < len(glob):
			i++
			out.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		case c == '{' && braces:
			depth++
			out.WriteString(`(?:`)
		case c == '}' && depth > 0:
			depth--
			out.WriteString(`)`)
		case c == ',' && depth > 0:
			out.WriteString(`|`)
		default:
			out.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	out.WriteString(`$`)
	return regexp.Compile(out.String())
}

// class writes a class of characters and returns the index of its closing bracket; an opening bracket without one stands for itself.
func class(out *strings.Builder, glob string) int {
	end := strings.IndexByte(glob, ']')
	if end < 2 {
		out.WriteString(`\[`)
		return 0
	}
	body := glob[1:end]
	not := ""
	if body[0] == '!' || body[0] == '^' {
		not, body = "^", body[1:]
	}
	if body == "" {
		out.WriteString(`\[`)
		return 0
	}
	out.WriteString("[" + not + strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(body) + "]")
	return end
}
