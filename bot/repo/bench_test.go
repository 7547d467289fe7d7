package repo

import (
	"fmt"
	"testing"
)

// large is a repository of 10,000 manifests of about 1 KiB.
func large(b *testing.B) (*server, files, OID) {
	s, content := newServer(b), files{}
	for i := range 10_000 {
		text := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\ndata:\n", i)
		for j := range 20 {
			text += fmt.Sprintf("  key%d: value of %d with some length\n", j, i*j)
		}
		content[fmt.Sprintf("apps/%d/%d.yaml", i/100, i)] = text
	}
	return s, content, commit(b, s.bare, "refs/heads/main", nil, content)
}

func allBlobs(b *testing.B, m *Mirror, rev OID) {
	entries, err := m.Tree(b.Context(), rev)
	if err != nil {
		b.Fatal(err)
	}
	ids := make([]OID, 0, len(entries))
	for _, e := range entries {
		ids = append(ids, e.OID)
	}
	count := 0
	if err := m.Blobs(b.Context(), ids, func(Blob) error { count++; return nil }); err != nil || count != 10_000 {
		b.Fatal(count, err)
	}
}

func BenchmarkColdCloneOf10000Files(b *testing.B) {
	s, _, base := large(b)
	for b.Loop() {
		m := open(b, s.options(b.TempDir()))
		if err := m.Fetch(b.Context(), Revision{Pull: 1, Base: base, Head: base}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkColdBlobsOf10000Files(b *testing.B) {
	s, _, base := large(b)
	for b.Loop() {
		b.StopTimer()
		m := fetched(b, s, Revision{Pull: 1, Base: base, Head: base})
		b.StartTimer()
		allBlobs(b, m, base)
	}
}

func BenchmarkWarmBlobsOf10000Files(b *testing.B) {
	s, _, base := large(b)
	m := fetched(b, s, Revision{Pull: 1, Base: base, Head: base})
	allBlobs(b, m, base)
	for b.Loop() {
		allBlobs(b, m, base)
	}
}

// BenchmarkWarmPushOf10Files is all that git does for a push: fetch, merge base, comparison, both trees, the changed files.
func BenchmarkWarmPushOf10Files(b *testing.B) {
	s, content, base := large(b)
	m := fetched(b, s, Revision{Pull: 1, Base: base, Head: base})
	head := base
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		for i := range 10 {
			content[fmt.Sprintf("apps/%d/%d.yaml", i, i*100)] += fmt.Sprintf("  push%d: 1\n", n)
		}
		head = commit(b, s.bare, "refs/pull/1/head", []OID{head}, content)
		b.StartTimer()
		push(b, m, Revision{Pull: 1, Base: base, Head: head})
	}
}

func push(b *testing.B, m *Mirror, r Revision) {
	if err := m.Fetch(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	ancestor, err := m.MergeBase(b.Context(), r.Base, r.Head)
	if err != nil {
		b.Fatal(err)
	}
	c, err := m.Compare(b.Context(), ancestor, r.Head)
	if err != nil || len(c.Changes) != 10 {
		b.Fatal(len(c.Changes), err)
	}
	var ids []OID
	for _, change := range c.Changes {
		ids = append(ids, change.OldOID, change.OID)
	}
	for _, rev := range []OID{ancestor, r.Head} {
		if _, err := m.Tree(b.Context(), rev); err != nil {
			b.Fatal(err)
		}
	}
	if err := m.Blobs(b.Context(), ids, func(Blob) error { return nil }); err != nil {
		b.Fatal(err)
	}
}
