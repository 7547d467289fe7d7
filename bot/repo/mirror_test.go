package repo

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/sourcegraph/conc/pool"
)

func TestMirrorFollowsAPullRequest(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n", "b.yaml": "b: 1\n"})
	head := commit(t, s.bare, "refs/pull/17/head", []OID{base}, files{"a.yaml": "a: 2\n", "b.yaml": "b: 1\n"})
	m := fetched(t, s, Revision{Pull: 17, Base: base, Head: head})
	if got, want := contents(t, m, head), (files{"a.yaml": "a: 2\n", "b.yaml": "b: 1\n"}); !maps.Equal(got, want) {
		t.Errorf("cold: %v", got)
	}

	pushed := commit(t, s.bare, "refs/pull/17/head", []OID{head}, files{"a.yaml": "a: 3\n", "b.yaml": "b: 1\n", "c.yaml": "c: 1\n"})
	moved := commit(t, s.bare, "refs/heads/main", []OID{base}, files{"a.yaml": "a: 1\n", "b.yaml": "b: 9\n"})
	if err := m.Fetch(t.Context(), Revision{Pull: 17, Base: moved, Head: pushed}); err != nil {
		t.Fatal(err)
	}
	if got, err := m.MergeBase(t.Context(), moved, pushed); got != base || err != nil {
		t.Errorf("merge base: %s, %v, want %s", got, err, base)
	}
	c, err := m.Compare(t.Context(), base, pushed)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Changes) != 2 || c.Changes[0].Status != Modified || c.Changes[1].Status != Added {
		t.Errorf("changes %+v", c.Changes)
	}
	want := "diff --git a/a.yaml b/a.yaml\nindex a8926a52d8dcba5c4386945476ab6a2ad008afd4..c648d9591507436bdafcc658718c90c2dec89a0e 100644\n" +
		"--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-a: 1\n+a: 3\n" +
		"diff --git a/c.yaml b/c.yaml\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..47aa665cd712b57e6a074fa987ed9b581b292de3\n" +
		"--- /dev/null\n+++ b/c.yaml\n@@ -0,0 +1 @@\n+c: 1\n"
	if string(c.Patch) != want {
		t.Errorf("patch:\n%s", c.Patch)
	}

	forced := commit(t, s.bare, "refs/pull/17/head", []OID{base}, files{"a.yaml": "a: 4\n"})
	if err := m.Fetch(t.Context(), Revision{Pull: 17, Base: moved, Head: forced}); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, m, forced); !maps.Equal(got, files{"a.yaml": "a: 4\n"}) {
		t.Errorf("after a force-push: %v", got)
	}
	if got := run(t, m.path, "rev-parse", "refs/podcheck/pull/17", "refs/podcheck/base"); got != string(forced)+"\n"+string(moved) {
		t.Errorf("refs of the mirror: %s", got)
	}
}

func TestWarmPushTakesFewProcessesAndRequests(t *testing.T) {
	s := newServer(t)
	content := files{}
	for i := range 10_000 {
		content[fmt.Sprintf("apps/%d/%d.yaml", i/100, i)] = fmt.Sprintf("number: %d\n", i)
	}
	base := commit(t, s.bare, "refs/heads/main", nil, content)
	head := commit(t, s.bare, "refs/pull/1/head", []OID{base}, content)
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: head})

	for i := range 10 {
		content[fmt.Sprintf("apps/%d/%d.yaml", i, i*100)] += "changed: true\n"
	}
	pushed := commit(t, s.bare, "refs/pull/1/head", []OID{head}, content)
	requests, processes := s.requests.Load(), m.Processes()
	if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: pushed}); err != nil {
		t.Fatal(err)
	}
	ancestor, err := m.MergeBase(t.Context(), base, pushed)
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.Compare(t.Context(), ancestor, pushed)
	if err != nil || len(c.Changes) != 10 {
		t.Fatalf("%d changes, %v", len(c.Changes), err)
	}
	var ids []OID
	for _, change := range c.Changes {
		ids = append(ids, change.OldOID, change.OID)
	}
	count := 0
	if err := m.Blobs(t.Context(), ids, func(Blob) error { count++; return nil }); err != nil || count != 20 {
		t.Fatalf("%d blobs, %v", count, err)
	}
	// Two fetches (commits, blobs), each a request for the capabilities and one for the pack.
	if got := s.requests.Load() - requests; got != 4 {
		t.Errorf("%d HTTP requests, want 4", got)
	}
	// fetch, merge-base, diff-tree, cat-file, fetch, diff-tree, cat-file.
	if got := m.Processes() - processes; got != 7 {
		t.Errorf("%d git processes, want 7", got)
	}
	all := run(t, m.path, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
	if got := strings.Count(all, "blob"); got != 20 {
		t.Errorf("the mirror holds %d blobs, want the 20 of the changed files", got)
	}
}

func TestMirrorReportsTheKindOfEntries(t *testing.T) {
	s := newServer(t)
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"
	base := commit(t, s.bare, "refs/heads/main", nil, files{"x": "x"})
	head := commit(t, s.bare, "refs/pull/1/head", []OID{base}, files{
		"run.sh": "100755 #!/bin/sh\n", "passwd": "120000 /etc/passwd", "module": "160000 " + string(base), "big.bin": pointer,
	})
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: head})
	want := files{"run.sh": "#!/bin/sh\n", "passwd": "mode 120000", "module": "mode 160000", "big.bin": pointer}
	if got := contents(t, m, head); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	c, err := m.Compare(t.Context(), base, head)
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]Mode{}
	for _, change := range c.Changes {
		modes[string(change.Status)+" "+change.Path] = change.Mode
	}
	if want := map[string]Mode{"added run.sh": Executable, "added passwd": Symlink, "added module": Submodule, "added big.bin": Regular, "removed x": None}; !maps.Equal(modes, want) {
		t.Errorf("%v", modes)
	}
}

func TestCompareReportsRenamesAsGitHubDoes(t *testing.T) {
	s := newServer(t)
	text := strings.Repeat("line: with some length\n", 20)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"old.yaml": text, "gone.yaml": "x\n", "mode": "a\n", "link": "b\n"})
	head := commit(t, s.bare, "refs/pull/1/head", []OID{base}, files{"new.yaml": text + "more: 1\n", "mode": "100755 a\n", "link": "120000 b\n"})
	c, err := fetched(t, s, Revision{Pull: 1, Base: base, Head: head}).Compare(t.Context(), base, head)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range c.Changes {
		got = append(got, fmt.Sprintf("%s %s>%s %s>%s", x.Status, x.OldPath, x.Path, x.OldMode, x.Mode))
	}
	want := []string{
		"removed gone.yaml>gone.yaml 100644>000000", "modified link>link 100644>120000", "modified mode>mode 100644>100755",
		"renamed old.yaml>new.yaml 100644>100644",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !strings.Contains(string(c.Patch), "rename from old.yaml\nrename to new.yaml\n") || !strings.Contains(string(c.Patch), "@@ -18,3 +18,4 @@") {
		t.Errorf("%s", c.Patch)
	}
}

func TestManyUsersOfOneMirror(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 0\n"})
	heads := make([]OID, 8)
	for i := range heads {
		heads[i] = commit(t, s.bare, fmt.Sprintf("refs/pull/%d/head", i+1), []OID{base}, files{"a.yaml": fmt.Sprintf("a: %d\n", i+1)})
	}
	o := s.options(t.TempDir())
	users := pool.New().WithErrors()
	for i, head := range heads {
		users.Go(func() error {
			m, err := OpenMirror(t.Context(), o)
			if err != nil {
				return err
			}
			defer m.Close()
			if err := m.Fetch(t.Context(), Revision{Pull: i + 1, Base: base, Head: head}); err != nil {
				return err
			}
			c, err := m.Compare(t.Context(), base, head)
			if want := fmt.Sprintf("+a: %d\n", i+1); err == nil && !strings.Contains(string(c.Patch), want) {
				err = fmt.Errorf("no %q in %s", want, c.Patch)
			}
			return err
		})
	}
	if err := users.Wait(); err != nil {
		t.Error(err)
	}
	if len(locks.byPath) != 0 {
		t.Errorf("%d locks are left", len(locks.byPath))
	}
}

func TestUnrelatedHistoriesHaveNoMergeBase(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a": "1"})
	head := commit(t, s.bare, "refs/pull/1/head", nil, files{"b": "1"})
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: head})
	if _, err := m.MergeBase(t.Context(), base, head); !errors.Is(err, ErrNoMergeBase) {
		t.Errorf("%v", err)
	}
	if c, err := m.Compare(t.Context(), head, head); err != nil || len(c.Changes)+len(c.Patch) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}
