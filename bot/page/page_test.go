package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/review"
	layout "github.com/podcheck/podcheck/review/page"
	"github.com/podcheck/podcheck/rules/analysis"
)

const root = "https://podcheck.example.com/reviews/"

var head = Head{Repository: 7, Number: 3, SHA: strings.Repeat("a", 40)}

func openQueue(t *testing.T, dir string) *queue.Queue {
	t.Helper()
	q, err := queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func openStore(t *testing.T, q *queue.Queue) *Store {
	t.Helper()
	s, err := Open(t.Context(), q, root, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func about(text string) layout.Page {
	return layout.Page{Subject: "acme/shop #3", About: text, Result: review.Result{Check: review.Check{Conclusion: review.Success, Title: "Nothing introduced"}}}
}

// token is that of an address.
func token(t *testing.T, address string) string {
	t.Helper()
	token, ok := strings.CutPrefix(address, root)
	if !ok {
		t.Fatalf("the address is %q", address)
	}
	return token
}

func read(t *testing.T, s *Store, address string) string {
	t.Helper()
	html, policy, err := s.Open(t.Context(), token(t, address))
	if err != nil {
		t.Fatal(err)
	}
	if want := layout.Policy(html); policy != want {
		t.Errorf("the policy is %s, want %s", policy, want)
	}
	return string(html)
}

func TestPageOfAHead(t *testing.T) {
	dir := t.TempDir()
	q := openQueue(t, dir)
	s := openStore(t, q)
	first := s.Keep(t.Context(), head, about("older"))
	if again := s.Keep(t.Context(), head, about("newer")); again != first {
		t.Errorf("the address of a head changes from %s to %s", first, again)
	}
	if html := read(t, s, first); !strings.Contains(html, "newer") || strings.Contains(html, "older") {
		t.Errorf("the page is %s", html)
	}
	if html := read(t, openStore(t, q), first); !strings.Contains(html, "newer") {
		t.Error("another replica has another page")
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	reopened := openStore(t, openQueue(t, dir))
	if html := read(t, reopened, first); !strings.Contains(html, "newer") {
		t.Error("the page does not survive a restart")
	}
	if again := reopened.Keep(t.Context(), head, about("newer")); again != first {
		t.Errorf("after a restart the address of a head is %s, not %s", again, first)
	}
}

// TestPagesAreApart: whatever differs, of repository, pull request and head, has a page and an address of its own.
func TestPagesAreApart(t *testing.T) {
	s := openStore(t, openQueue(t, t.TempDir()))
	heads := []Head{
		head, {8, 3, head.SHA}, {7, 4, head.SHA}, {7, 3, strings.Repeat("b", 40)}, {7, 0, head.SHA},
		{73, 3, head.SHA}, {7, 33, head.SHA}, // the same digits, cut elsewhere
	}
	addresses := map[string]bool{}
	for i, h := range heads {
		address := s.Keep(t.Context(), h, about(fmt.Sprintf("page %d", i)))
		if len(token(t, address)) != 43 { // 256 bits
			t.Errorf("address %s", address)
		}
		addresses[address] = true
	}
	if len(addresses) != len(heads) {
		t.Errorf("%d addresses of %d heads", len(addresses), len(heads))
	}
	for i, h := range heads {
		if html := read(t, s, root+s.token(h)); !strings.Contains(html, fmt.Sprintf("page %d<", i)) {
			t.Errorf("page %d is %s", i, html)
		}
	}
	if other := openStore(t, openQueue(t, t.TempDir())); other.token(head) == s.token(head) {
		t.Error("two stores have the same key")
	}
}

func TestNoPageForATokenThatWasNotGiven(t *testing.T) {
	s := openStore(t, openQueue(t, t.TempDir()))
	good := token(t, s.Keep(t.Context(), head, about("web")))
	last := strings.TrimRight(good, good[42:])
	for _, bad := range []string{
		"", "*", ">", "a", strings.Repeat("a", 42) + "A", strings.Repeat("*", 43), good + "=", good + "A", good[:42], strings.ToUpper(good), last + "*", last + ".", "page-" + good,
		good + "\n", good[:20] + "\n" + good[20:], strings.Repeat("a.", 1<<16), "posted-7-3", "../" + good, "\x00",
	} {
		if html, _, err := s.Open(t.Context(), bad); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %s, %v", bad, html, err)
		}
	}
}

func TestTimeline(t *testing.T) {
	s := openStore(t, openQueue(t, t.TempDir()))
	address := s.Keep(t.Context(), head, about("web"))
	if html := read(t, s, address); strings.Contains(html, "What was posted") {
		t.Error("a timeline without anything on it")
	}
	second := Head{head.Repository, head.Number, strings.Repeat("b", 40)}
	s.Posted(t.Context(), head, layout.Event{What: "one", Where: "<b>a.yaml</b>:3"}, layout.Event{What: "two"})
	s.Posted(t.Context(), head)
	s.Posted(t.Context(), second, layout.Event{What: "three"})
	s.Posted(t.Context(), Head{8, 3, head.SHA}, layout.Event{What: "of another repository"})
	s.Posted(t.Context(), Head{7, 4, head.SHA}, layout.Event{What: "of another pull request"})
	s.Posted(t.Context(), Head{7, 0, head.SHA}, layout.Event{What: "of a merge group"})
	for _, address := range []string{address, s.Keep(t.Context(), second, about("web"))} {
		html := read(t, s, address)
		one, two, three := strings.Index(html, "one <code>&lt;b&gt;a.yaml&lt;/b&gt;:3</code>"), strings.Index(html, "two"), strings.Index(html, "three")
		if one < 0 || two < one || three < two || strings.Contains(html, "of a") || strings.Count(html, "aaaaaaa</code>")+strings.Count(html, "bbbbbbb</code>") != 2 {
			t.Errorf("the page is %s", html)
		}
	}
	merge := Head{7, 0, strings.Repeat("c", 40)}
	if html := read(t, s, s.Keep(t.Context(), merge, about("web"))); strings.Contains(html, "What was posted") {
		t.Error("a merge group shows what was posted for another one")
	}
}

func TestTimelineKeepsTheNewest(t *testing.T) {
	s := openStore(t, openQueue(t, t.TempDir()))
	var events []layout.Event
	for i := range maxEvents + 5 {
		events = append(events, layout.Event{What: fmt.Sprintf("event %d.", i)})
	}
	s.Posted(t.Context(), head, events[:10]...)
	s.Posted(t.Context(), head, events[10:]...)
	html := read(t, s, s.Keep(t.Context(), head, about("web")))
	if strings.Count(html, "event ") != maxEvents || strings.Contains(html, "event 4.") || !strings.Contains(html, fmt.Sprintf("event %d.", maxEvents+4)) {
		t.Errorf("%d events", strings.Count(html, "event "))
	}
}

// TestLongPageIsCut: by its length, and by what compression leaves of it.
func TestLongPageIsCut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)]
		}
		return string(text)
	}
	for name, c := range map[string]struct {
		findings int
		message  string // "" for noise
		want     int    // findings
	}{
		"short":            {3, "a", 3},
		"many":             {200, strings.Repeat("a", 30_000), 100},
		"hard to compress": {60, "", 20},
		"enormous":         {2, strings.Repeat("a", maxHTML), 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := about("web")
			for i := range c.findings {
				message := c.message
				if message == "" {
					message = noise(15_000)
				}
				p.Result.Findings = append(p.Result.Findings, review.Finding{ID: fmt.Sprint("f", i), Status: review.Introduced,
					Finding: analysis.Finding{Rule: "log-replay", Severity: analysis.Error, Message: message}})
			}
			p.Result.Findings = append(p.Result.Findings, review.Finding{Status: review.Fixed, Finding: analysis.Finding{Message: c.message}})
			s := openStore(t, openQueue(t, t.TempDir()))
			html := read(t, s, s.Keep(t.Context(), head, p))
			if n := strings.Count(html, "<article "); n != c.want || !strings.Contains(html, "Nothing introduced") {
				t.Errorf("%d findings, want %d", n, c.want)
			}
			said := fmt.Sprintf("this one has %d of %d findings", c.want, c.findings)
			if cut := c.want < c.findings; strings.Contains(html, said) != cut {
				t.Errorf("%q is said: %v", said, !cut)
			}
		})
	}
}

// TestFailureIsLoggedOnce: a review goes on without its page, and a full log helps nobody.
func TestFailureIsLoggedOnce(t *testing.T) {
	q := openQueue(t, t.TempDir())
	var log bytes.Buffer
	s, err := Open(t.Context(), q, root, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if address := s.Keep(cancelled, head, about("web")); address != "" || log.Len() > 0 {
		t.Errorf("a review that was cancelled has a page at %q, and the log says %s", address, &log)
	}
	given := token(t, s.Keep(t.Context(), head, about("web")))
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.entries.Get(t.Context(), pageKey(given)); err == nil || strings.Contains(err.Error(), given) {
		t.Errorf("the error shows the address of a page: %v", err)
	}
	for range 3 {
		if address := s.Keep(t.Context(), head, about("web")); address != "" {
			t.Errorf("the address of a page that was not kept is %s", address)
		}
		s.Posted(t.Context(), head, layout.Event{What: "a"})
		if _, _, err := s.Open(t.Context(), given); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("reading from a closed store: %v", err)
		}
		if _, _, err := s.Open(t.Context(), given+"A"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what can't be a token is asked of the store: %v", err)
		}
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || strings.Contains(log.String(), given) {
		t.Errorf("%d lines are logged: %s", n, &log)
	}
}
