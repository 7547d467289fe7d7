package review

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// objectAt is one object in one file. Its path is the head's: renames of files are followed.
type objectAt struct {
	Path string
	ID   string
}

// renames says which objects of the state before are which objects after, under another name or namespace.
type renames map[objectAt]*manifest.Object

// How much of an object's lines must be the same for it to count as the same one: under another name in its file or another
// namespace in another file, and where both its name and its file changed. Small workloads share half of their lines anyway.
const (
	alike       = 0.6
	hardlyOther = 0.9
	certain     = 2.0 // above any share
)

// findRenames pairs the objects that findings before speak of and that are gone with those of the same kind that appeared, and with
// what stands in their place.
func findRenames(before, after *analysis.State, c *changes, findings []analysis.Finding) renames {
	spoken := map[string]bool{}
	for i := range findings {
		spoken[objectID(findings[i].Object)] = true
		for _, r := range findings[i].Related {
			spoken[objectID(r.Object)] = true
		}
	}
	was := objectsAt(before, c.headPath)
	is := objectsAt(after, func(path string) string { return path })
	gone, appeared := missing(was, is), missing(is, was)
	elsewhere := map[string]bool{}
	for at := range appeared {
		elsewhere[at.ID] = true
	}
	var pairs []pair
	for from, o := range gone {
		if !spoken[from.ID] || elsewhere[from.ID] {
			continue
		}
		for to, p := range appeared {
			if from.Path == to.Path && succeeds(o, p) {
				pairs = append(pairs, pair{from, to, certain})
				continue
			}
			if p.Kind != o.Kind || group(p) != group(o) {
				continue
			}
			least := hardlyOther
			if from.Path == to.Path || o.Name == p.Name {
				least = alike
			}
			if same := likeness(o, p); same >= least {
				pairs = append(pairs, pair{from, to, same})
			}
		}
	}
	return choose(pairs, appeared)
}

type pair struct {
	from, to objectAt
	same     float64
}

// choose takes the pairs in one file before others, the most alike first, each object once.
func choose(pairs []pair, appeared map[objectAt]*manifest.Object) renames {
	inFile := func(p pair) int {
		if p.from.Path == p.to.Path {
			return 0
		}
		return 1
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(inFile(a), inFile(b)), cmp.Compare(b.same, a.same),
			strings.Compare(a.from.Path+"\n"+a.from.ID, b.from.Path+"\n"+b.from.ID), strings.Compare(a.to.Path+"\n"+a.to.ID, b.to.Path+"\n"+b.to.ID))
	})
	out, taken := renames{}, map[objectAt]bool{}
	for _, p := range pairs {
		if out[p.from] == nil && !taken[p.to] {
			out[p.from], taken[p.to] = appeared[p.to], true
		}
	}
	return out
}

func objectsAt(s *analysis.State, headPath func(string) string) map[objectAt]*manifest.Object {
	out := make(map[objectAt]*manifest.Object, len(s.Objects))
	for _, o := range s.Objects {
		if o.Name != "" {
			out[objectAt{headPath(o.File.Path), objectID(analysis.Ref(o))}] = o
		}
	}
	return out
}

func missing(of, in map[objectAt]*manifest.Object) map[objectAt]*manifest.Object {
	out := map[objectAt]*manifest.Object{}
	for at, o := range of {
		if in[at] == nil {
			out[at] = o
		}
	}
	return out
}

// succeeds says whether an object takes the place of one in its file, whatever else changed: it is a workload of the same name and
// namespace, of another kind or API group, or the same object as the template of a chart, which gives it a namespace, or no longer.
func succeeds(o, p *manifest.Object) bool {
	was, is := analysis.Ref(o), analysis.Ref(p)
	switch {
	case was.Name != is.Name:
		return false
	case was.Namespace == is.Namespace:
		return pod.WorkloadOf(o) != nil && pod.WorkloadOf(p) != nil
	}
	return was.Kind == is.Kind && group(o) == group(p) && (bare(o) && templated(p) || templated(o) && bare(p))
}

// bare says whether an object is deployed as it is written, without a namespace.
func bare(o *manifest.Object) bool { return o.Root == "" && o.Namespace == "" }

// templated says whether a chart makes an object.
func templated(o *manifest.Object) bool { return o.Root != "" && o.Source == nil }

// group is the API group of an object. The one in which workloads began counts as the one where they are.
func group(o *manifest.Object) string {
	g, _, found := strings.Cut(o.APIVersion, "/")
	switch {
	case !found:
		return ""
	case g == "extensions" && pod.WorkloadOf(o) != nil:
		return "apps"
	}
	return g
}

// likeness is the share of two objects' lines that both have, from 0 to 1.
func likeness(a, b *manifest.Object) float64 {
	count := map[string]int{}
	was, is := linesOfObject(a), linesOfObject(b)
	for _, l := range was {
		count[string(bytes.TrimSpace(l))]++
	}
	same := 0
	for _, l := range is {
		if key := string(bytes.TrimSpace(l)); count[key] > 0 {
			count[key]--
			same++
		}
	}
	return float64(same) / float64(max(len(was), len(is), 1))
}

func linesOfObject(o *manifest.Object) [][]byte {
	return splitLines(o.File.Data[o.Node.Span.Start.Offset:o.Node.Span.End.Offset])
}

// of returns the identities that a finding before has under the new names of its object and of the objects that its subject
// names; none when nothing was renamed.
func (r renames) of(f *analysis.Finding, headPath func(string) string) []string {
	path := headPath(f.Place.Path)
	renamed, keys := *f, []string{}
	if to := r.find(path, objectID(f.Object)); to != nil {
		renamed.Object = analysis.Ref(to)
		renamed.Object.Part = f.Object.Part
		keys = append(keys, identity(&renamed, path))
	}
	for _, related := range f.Related {
		to := r.find(headPath(related.Place.Path), objectID(related.Object))
		if to == nil {
			continue
		}
		other := renamed
		other.Subject = replaceName(f.Subject, related.Object.String(), analysis.Ref(to).String())
		other.Subject = replaceName(other.Subject, related.Object.Name, to.Name)
		if related.Object.Namespace != to.Namespace {
			other.Subject = replaceName(other.Subject, related.Object.Namespace, to.Namespace)
		}
		keys = append(keys, identity(&other, path))
	}
	return keys
}

// find returns what an object became: the one in that file, else the only one of that identity.
func (r renames) find(path, id string) *manifest.Object {
	if to := r[objectAt{path, id}]; to != nil {
		return to
	}
	var only *manifest.Object
	for from, to := range r {
		if from.ID != id {
			continue
		}
		if only != nil {
			return nil
		}
		only = to
	}
	return only
}

// replaceName replaces a name where it stands as a whole.
func replaceName(text, from, to string) string {
	inName := func(c byte) bool {
		return c == '-' || c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	if from == "" {
		return text
	}
	var out strings.Builder
	for {
		i := strings.Index(text, from)
		if i < 0 {
			return out.String() + text
		}
		end := i + len(from)
		if i > 0 && inName(text[i-1]) || end < len(text) && inName(text[end]) {
			out.WriteString(text[:end])
		} else {
			out.WriteString(text[:i] + to)
		}
		text = text[end:]
	}
}
