package review

import (
	"crypto/sha256"
	"encoding/base32"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
)

// identity is the full identity of a finding: rule, object, container and subject, and which of its workloads where the object stands
// for several. A finding without a named object has the path of its file in the object's stead; a subject that begins with the path is
// taken without it. Lines are never part of it.
func identity(f *analysis.Finding, path string) string {
	parts := []string{f.Rule, objectID(f.Object), url.PathEscape(f.Container), url.PathEscape(strings.TrimPrefix(f.Subject, f.Place.Path))}
	switch {
	case f.Object.Name == "":
		parts = append(parts, url.PathEscape(path))
	case f.Object.Part != "":
		parts = append(parts, url.PathEscape(f.Object.Part))
	}
	return strings.Join(parts, "/")
}

// objectID identifies a Kubernetes object across versions of its API: group, kind, namespace and name.
func objectID(o analysis.Object) string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group = ""
	}
	parts := []string{group, o.Kind, o.Namespace, o.Name}
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// copies are the objects of one identity in several files, without a namespace in dev/ and prod/, say. Which of them a key without a
// path means depends on the objects and never on which of them have findings: the one in the first file.
type copies struct {
	files map[string][]string          // of the objects that findings are about, by identity; sorted
	built map[analysis.Object][]string // likewise of those that a root renders
}

func copiesOf(s *analysis.State, findings []analysis.Finding) copies {
	named := map[string]bool{}
	for i := range findings {
		named[findings[i].Object.Name] = true
	}
	c := copies{map[string][]string{}, map[analysis.Object][]string{}}
	patches := s.Patches()
	for _, o := range s.Objects {
		ref := analysis.Ref(o)
		if ref.Name == "" || !named[ref.Name] || patches.Names(o.File.Path) {
			continue
		}
		path, id := fileOf(o), objectID(ref)
		c.files[id] = append(c.files[id], path)
		if ref.Root != "" {
			c.built[ref] = append(c.built[ref], path)
		}
	}
	for _, files := range c.files {
		slices.Sort(files)
	}
	return c
}

// key is the identity of a finding, with the path of its place where its object is not the first one of several.
func (c copies) key(f *analysis.Finding, path string) string {
	key := identity(f, path)
	files, at := c.files[objectID(f.Object)], f.Place.Path
	if built := c.built[f.Object]; len(built) > 0 {
		at = slices.Min(built)
	}
	if f.Object.Name != "" && len(files) > 0 && files[0] != at && slices.Contains(files, at) {
		key += "@" + url.PathEscape(f.Place.Path)
	}
	return key
}

// distinguish makes the keys of a result unique where findings of one object, as several roots render it, have one identity: all
// but the first of them carry their path too.
func distinguish(findings []Finding) {
	taken := map[string]bool{}
	for i := range findings {
		f := &findings[i]
		path := "@" + url.PathEscape(f.Place.Path)
		base := strings.TrimSuffix(f.Key, path)
		key := f.Key
		if taken[key] {
			key = base + path
		}
		for n := 2; taken[key]; n++ {
			key = base + path + "@" + strconv.Itoa(n)
		}
		taken[key] = true
		f.Key = key
	}
}

// alphabet is Crockford's: no letter that is read as a digit.
var alphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

const letters = "abcdefghjkmnpqrstvwxyz"

// setIDs gives each finding the shortest prefix of its key's hash, of four characters or more, that no other finding of the
// result has. It begins with a letter and a digit, so that no word of a command and no number is ever an ID.
func setIDs(findings []Finding) {
	hashes := make([]string, len(findings))
	for i := range findings {
		hashes[i] = fullID(findings[i].Key)
	}
	open := make([]int, len(findings))
	for i := range open {
		open[i] = i
	}
	for n := 4; len(open) > 0; n++ {
		count := map[string]int{}
		for _, h := range hashes {
			count[h[:min(n, len(h))]]++
		}
		var longer []int
		for _, i := range open {
			id := hashes[i][:min(n, len(hashes[i]))]
			if n < len(hashes[i]) && count[id] > 1 {
				longer = append(longer, i)
				continue
			}
			findings[i].ID = id
		}
		open = longer
	}
}

// fullID is what IDs of a key are prefixes of.
func fullID(key string) string {
	sum := sha256.Sum256([]byte(key))
	text := alphabet.EncodeToString(sum[2:])
	return string(letters[int(sum[1])%len(letters)]) + strconv.Itoa(int(sum[0])%10) + text
}

// HasID says whether an ID means the finding: its own, or a longer one that it has in a larger result.
func (f *Finding) HasID(id string) bool {
	return strings.HasPrefix(id, f.ID) && strings.HasPrefix(fullID(f.Key), id)
}
