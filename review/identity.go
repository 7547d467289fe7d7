package review

import (
	"crypto/sha256"
	"encoding/base32"
	"net/url"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
)

// identity is the full identity of a finding: rule, object, container and subject. A finding without a named object has the
// path of its file in the object's stead; a subject that begins with the path is taken without it. Lines are never part of it.
func identity(f *analysis.Finding, path string) string {
	parts := []string{f.Rule, objectID(f.Object), url.PathEscape(f.Container), url.PathEscape(strings.TrimPrefix(f.Subject, f.Place.Path))}
	if f.Object.Name == "" {
		parts = append(parts, url.PathEscape(path))
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

// distinguish makes the keys of a result unique. Two objects of one name in two folders have the same identity; all but the
// first of them carry their path too.
func distinguish(findings []Finding) {
	taken := map[string]bool{}
	for i := range findings {
		f := &findings[i]
		key := f.Key
		if taken[key] {
			key += "@" + url.PathEscape(f.Place.Path)
		}
		for n := 2; taken[key]; n++ {
			key = f.Key + "@" + url.PathEscape(f.Place.Path) + "@" + strconv.Itoa(n)
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
