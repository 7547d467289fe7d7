package repo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFetchTellsWhoseFaultItIs(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	other := OID(strings.Repeat("a", 40))
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
	}
	for name, tt := range map[string]struct {
		change    func(*Options)
		intercept func(http.ResponseWriter, *http.Request) bool
		head      OID
		want      error
	}{
		"head pushed away":  {head: other, want: ErrMissing},
		"token expired":     {change: func(o *Options) { o.Token = tokens("old") }, want: ErrUnauthorized},
		"no token":          {change: func(o *Options) { o.Token = nil }, want: ErrUnauthorized},
		"repository gone":   {intercept: status(404), want: ErrUnauthorized},
		"no permission":     {intercept: status(403), want: ErrUnauthorized},
		"server fails":      {intercept: status(502), want: ErrUnavailable},
		"too many requests": {intercept: status(429), want: ErrUnavailable},
		"nobody there":      {change: func(o *Options) { o.URL = "http://127.0.0.1:1/acme/shop.git" }, want: ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			o := s.options(t.TempDir())
			if tt.change != nil {
				tt.change(&o)
			}
			s.intercept = tt.intercept
			head := base
			if tt.head != "" {
				head = tt.head
			}
			m := open(t, o)
			if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: head}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if left, _ := filepath.Glob(m.path + "*"); len(left) > 0 {
				t.Errorf("left on disk: %v", left)
			}
		})
	}
}

// TestRefusedTokenIsRenewed: a token can be revoked between any two requests.
func TestRefusedTokenIsRenewed(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	current, renewed := token, 0
	o := s.options(t.TempDir())
	o.Token = func(context.Context) (string, error) { return current, nil }
	o.Renew = func() { current, renewed = token, renewed+1 }
	m := open(t, o)
	current = "revoked"
	if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: base}); err != nil || renewed != 1 {
		t.Fatalf("fetching commits: %v, renewed %d times", err, renewed)
	}
	tree, err := m.Tree(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	current = "revoked"
	if err := m.Blobs(t.Context(), []OID{tree[0].OID}, func(Blob) error { return nil }); err != nil || renewed != 2 {
		t.Errorf("fetching blobs: %v, renewed %d times", err, renewed)
	}
	s.intercept = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true }
	if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: OID(strings.Repeat("a", 40))}); !errors.Is(err, ErrUnauthorized) || renewed > 4 {
		t.Errorf("what stays refused: %v, renewed %d times", err, renewed)
	}
}

func TestTokenErrorComesThrough(t *testing.T) {
	s := newServer(t)
	o, cause := s.options(t.TempDir()), errors.New("no installation")
	o.Token = func(context.Context) (string, error) { return "", cause }
	id := OID(strings.Repeat("a", 40))
	if err := open(t, o).Fetch(t.Context(), Revision{Pull: 1, Base: id, Head: id}); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}

func TestServerThatKnowsNoObjectIdsIsAskedForRefs(t *testing.T) {
	s := newServer(t)
	run(t, s.bare, "config", "uploadpack.allowAnySHA1InWant", "false")
	s.intercept = func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("Git-Protocol"); return false }
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	head := commit(t, s.bare, "refs/pull/3/head", []OID{base}, files{"a.yaml": "a: 2\n"})
	commit(t, s.bare, "refs/heads/main", []OID{base}, files{"a.yaml": "a: 3\n"})
	m := fetched(t, s, Revision{Pull: 3, Base: base, Head: head})
	if got, err := m.Tree(t.Context(), head); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if got := run(t, m.path, "for-each-ref", "--format=%(refname)"); got != "refs/podcheck/base\nrefs/podcheck/pull/3" {
		t.Errorf("refs of the mirror: %s", got)
	}
	gone := OID(strings.Repeat("a", 40))
	if err := m.Fetch(t.Context(), Revision{Pull: 3, Base: base, Head: gone}); !errors.Is(err, ErrMissing) {
		t.Errorf("%v", err)
	}
}

func TestBrokenMirrorIsClonedAgain(t *testing.T) {
	each := func(pattern string, f func(string) error) func(*testing.T, string) {
		return func(t *testing.T, mirror string) {
			found, err := filepath.Glob(filepath.Join(mirror, pattern))
			if err != nil || len(found) == 0 {
				t.Fatalf("nothing at %s: %v", pattern, err)
			}
			for _, path := range found {
				if err := os.Chmod(path, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := f(path); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	garble := func(path string) error { return os.WriteFile(path, []byte("garbage"), 0o600) }
	for name, harm := range map[string]func(*testing.T, string){
		"packs cut":     each("objects/pack/*.pack", func(path string) error { return os.Truncate(path, 20) }),
		"packs gone":    each("objects/pack/*.pack", os.Remove),
		"index garbled": each("objects/pack/*.idx", garble),
		"config broken": each("config", garble),
		"HEAD empty":    each("HEAD", func(path string) error { return os.Truncate(path, 0) }),
		"stale lock": func(t *testing.T, mirror string) {
			if err := garble(filepath.Join(mirror, "refs", "podcheck", "pull", "1.lock")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
			head := commit(t, s.bare, "refs/pull/1/head", []OID{base}, files{"a.yaml": "a: 2\n"})
			m := fetched(t, s, Revision{Pull: 1, Base: base, Head: head})
			contents(t, m, head)
			harm(t, m.path)
			pushed := commit(t, s.bare, "refs/pull/1/head", []OID{head}, files{"a.yaml": "a: 3\n"})
			if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: pushed}); err != nil {
				t.Fatal(err)
			}
			if c, err := m.Compare(t.Context(), base, pushed); err != nil || !strings.Contains(string(c.Patch), "+a: 3") {
				t.Errorf("%v", err)
			}
			if got := contents(t, m, base)["a.yaml"]; got != "a: 1\n" {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestMirrorThatBreaksBetweenFetchAndReadingIsClonedAgain(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: base})
	if err := os.RemoveAll(filepath.Join(m.path, "objects")); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, m, base)["a.yaml"]; got != "a: 1\n" {
		t.Errorf("%q", got)
	}
	if err := os.RemoveAll(filepath.Join(m.path, "objects")); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Tree(t.Context(), base); err == nil {
		t.Error("a disk that breaks again and again is not reported")
	}
}

func TestFailedCloneLeavesTheMirror(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: base})
	crowd(t, m)
	s.intercept = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(502); return true }
	if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: base}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if _, err := m.Tree(t.Context(), base); err != nil {
		t.Error(err)
	}
}

// crowd gives the mirror more packs than it may have.
func crowd(t *testing.T, m *Mirror) {
	t.Helper()
	for i := range maxPacks + 1 {
		if err := os.WriteFile(filepath.Join(m.path, "objects", "pack", fmt.Sprintf("pack-%040x.pack", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCrowdedMirrorIsClonedAgainWhenNobodyElseUsesIt(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	r := Revision{Pull: 1, Base: base, Head: base}
	o := s.options(t.TempDir())
	m, other := open(t, o), open(t, o)
	if err := m.Fetch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	crowd(t, m)
	if err := os.Mkdir(m.path+".new-left", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := m.Fetch(t.Context(), r); err != nil || m.packs() <= maxPacks {
		t.Errorf("swapped under another's feet: %v", err)
	}
	release(other.path, other.lock)
	if err := m.Fetch(t.Context(), r); err != nil || m.packs() != 1 {
		t.Errorf("%d packs, %v", m.packs(), err)
	}
	acquire(other.path)
	if left, _ := filepath.Glob(m.path + ".*"); len(left) > 0 {
		t.Errorf("left on disk: %v", left)
	}
}

func TestContextEndsAHangingFetch(t *testing.T) {
	s := newServer(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	superseded := errors.New("superseded by a newer push")
	gone := make(chan struct{})
	s.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
		cancel(superseded)
		<-r.Context().Done() // the connection ends only when git's own child is dead
		close(gone)
		return true
	}
	id := OID(strings.Repeat("a", 40))
	if err := open(t, s.options(t.TempDir())).Fetch(ctx, Revision{Pull: 1, Base: id, Head: id}); !errors.Is(err, superseded) {
		t.Errorf("%v", err)
	}
	<-gone
}

func TestContextEndsTheWaitForAMirror(t *testing.T) {
	s := newServer(t)
	m := open(t, s.options(t.TempDir()))
	if err := m.lock.exclusive(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer m.lock.unlockExclusive()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	id := OID(strings.Repeat("a", 40))
	if err := m.Fetch(ctx, Revision{Pull: 1, Base: id, Head: id}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
