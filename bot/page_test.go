package bot_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/fixtures/browser"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
	"github.com/podcheck/podcheck/fixtures/journal"
)

// publicURL is where people reach the bot. Tests reach it where it listens.
const publicURL = "https://podcheck.example.com"

// paged is a bot that keeps pages.
type paged struct {
	*bot.Bot
	end func() // stops it; the test's end does too
}

func (w *world) startPaged(dir string) paged {
	w.Helper()
	c := settings(w.github, dir)
	c.PublicURL = publicURL
	b := value(bot.New(w.Context(), c, slog.New(slog.NewTextHandler(w.log, nil)), bot.WithTransport(contract.Transport(w.T, roundTripper(w.send)))))(w.T)
	ctx, stop := context.WithCancel(context.Background())
	var group conc.WaitGroup
	group.Go(func() {
		if err := b.Run(ctx); err != nil {
			w.Errorf("the bot ended with %v", err)
		}
	})
	end := sync.OnceFunc(func() {
		stop()
		group.Wait()
	})
	w.Cleanup(end)
	w.github.SetWebhook(github.Webhook{URL: "http://" + b.Addr().String() + "/webhook", Secret: secret})
	return paged{b, end}
}

// at is an address of the bot where the test reaches it.
func (b paged) at(t *testing.T, address string) string {
	t.Helper()
	path, ok := strings.CutPrefix(address, publicURL)
	if !ok || !strings.HasPrefix(path, "/reviews/") {
		t.Fatalf("the check run leads to %q", address)
	}
	return "http://" + b.Addr().String() + path
}

// page waits until a page has a text, and returns it.
func (w *world) page(b paged, check github.PostedCheck, text string) (html string) {
	w.Helper()
	w.until(fmt.Sprintf("%q on the page", text), func() bool {
		code := 0
		code, html = get(w.T, b.at(w.T, check.DetailsURL))
		return code == http.StatusOK && strings.Contains(html, text)
	})
	return html
}

// contains expects texts in their order.
func contains(t *testing.T, html string, texts ...string) {
	t.Helper()
	rest := html
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			t.Errorf("%q is missing, or not in its place, in %s", text, html)
			return
		}
		rest = after
	}
}

func TestCheckRunLeadsToThePageOfTheReview(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-two-hunks")
	w := newWorld(t, f.Before)
	dir := t.TempDir()
	b := w.startPaged(dir)
	p := w.open(f.Before, f.After, github.NewPull{Title: "Ship <b>logs</b>"})
	events := w.github.Pending()
	for _, e := range events {
		w.github.Send(t.Context(), e)
	}
	first := w.checked(p.HeadSHA())
	html := w.page(b, first, "The check run is completed")
	w.budget(1, 3)
	contains(t, html, "<title>"+f.Want.Title+" · acme/shop #1", `<h1 class="fair">`+f.Want.Title, "Ship &lt;b&gt;logs&lt;/b&gt;", "split-sidecar", "2 suggestions",
		"What was posted", p.HeadSHA()[:7], "2 comments are posted", "The check run is completed: neutral, “"+f.Want.Title+"”")

	w.github.ResetRequests()
	w.github.Send(t.Context(), events[0])
	w.settled("reviewed already", 1)
	if err := w.repo.RequestAction("wendy", first.ID, "review"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.settled("reviewed", 2)
	w.budget(2, 0)
	if again := w.checked(p.HeadSHA()); again.DetailsURL != first.DetailsURL || again.ID != first.ID {
		t.Errorf("a second look leads to %s, not %s", again.DetailsURL, first.DetailsURL)
	}

	b.end()
	b = w.startPaged(dir)
	if _, again := get(t, b.at(t, first.DetailsURL)); again != html {
		t.Errorf("after a restart the page is %s", again)
	}

	w.push(p, "more.yaml")
	second := w.checked(p.HeadSHA())
	if second.DetailsURL == first.DetailsURL {
		t.Error("two heads have one page")
	}
	for _, check := range []github.PostedCheck{first, second} {
		contains(t, w.page(b, check, p.HeadSHA()[:7]), first.HeadSHA[:7], "2 comments are posted", "The check run is completed", second.HeadSHA[:7], "The check run is completed")
	}
}

func TestPageOfAReviewHasItsHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string][]byte{"a.yaml": []byte("a: 1\n")})
	b := w.startPaged(t.TempDir())
	p := w.open(nil, map[string][]byte{"README.md": []byte("# Shop\n")}, github.NewPull{})
	w.deliver()
	check := w.checked(p.HeadSHA())
	contains(t, w.page(b, check, "The check run is completed"), "No manifest changed", "No YAML or JSON file that Podcheck looks at is changed here.")
	w.budget(1, 1)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		answer := value(http.DefaultClient.Do(value(http.NewRequestWithContext(t.Context(), method, b.at(t, check.DetailsURL), nil))(t)))(t)
		body := value(io.ReadAll(answer.Body))(t)
		answer.Body.Close()
		if method == http.MethodPost {
			if answer.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s is answered with %s", method, answer.Status)
			}
			continue
		}
		policy := answer.Header.Get("Content-Security-Policy")
		if answer.StatusCode != http.StatusOK || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") ||
			answer.Header.Get("X-Robots-Tag") != "noindex" || answer.Header.Get("Referrer-Policy") != "no-referrer" || (len(body) == 0) != (method == http.MethodHead) {
			t.Errorf("%s is answered with %s, %v, %d bytes", method, answer.Status, answer.Header, len(body))
		}
	}
	_, nowhere := get(t, "http://"+b.Addr().String()+"/nowhere")
	for _, address := range []string{check.DetailsURL[:len(check.DetailsURL)-1], check.DetailsURL + "A", publicURL + "/reviews/" + strings.Repeat("A", 43), publicURL + "/reviews/",
		publicURL + "/reviews/*", publicURL + "/reviews/%3E", publicURL + "/reviews/%2e%2e%2fwebhook", publicURL + "/reviews/page-%00", publicURL + "/reviews/" + strings.Repeat("a", 1<<14)} {
		if code, body := get(t, b.at(t, address)); code != http.StatusNotFound || body != nowhere {
			t.Errorf("%.80s: %d %s", address, code, body)
		}
	}
}

func TestWithoutAPublicURLThereAreNoPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string][]byte{"a.yaml": []byte("a: 1\n")})
	b := w.start()
	p := w.open(nil, map[string][]byte{"a.yaml": []byte("a: 2\n")}, github.NewPull{})
	w.deliver()
	if check := w.checked(p.HeadSHA()); check.DetailsURL != "" {
		t.Errorf("the check run leads to %s", check.DetailsURL)
	}
	if code, _ := get(t, "http://"+b.Addr().String()+"/reviews/"+strings.Repeat("a", 43)); code != http.StatusNotFound {
		t.Errorf("a page is answered with %d", code)
	}
}

// TestPagesOfTwoInstallations: the same number and the same head in the repositories of two owners.
func TestPagesOfTwoInstallations(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := &world{T: t, log: &journal.Journal{}}
	now := time.Now()
	w.github = value(github.New(github.Options{App: registered(t), Webhook: github.Webhook{Secret: secret}, Now: func() time.Time { return now }}))(t)
	t.Cleanup(func() {
		if err := w.github.Close(); err != nil {
			t.Error(err)
		}
	})
	b := w.startPaged(t.TempDir())
	pages := map[string]string{}
	heads := map[string]bool{}
	var checks []github.PostedCheck
	for _, name := range []string{"acme/shop", "rival/shop"} {
		w.repo = value(w.github.CreateRepo(t.Context(), github.NewRepo{Name: name, Files: f.Before}))(t)
		p := w.open(f.Before, f.After, github.NewPull{Title: "Change of " + name})
		w.deliver()
		check := w.checked(p.HeadSHA())
		heads[fmt.Sprint(p.Number(), p.HeadSHA())] = true
		checks = append(checks, check)
		pages[name] = w.page(b, check, "The check run is completed")
	}
	if len(heads) != 1 || w.github.InstallationID("acme") == w.github.InstallationID("rival") {
		t.Fatalf("the pull requests are not alike: %v", heads)
	}
	if checks[0].DetailsURL == checks[1].DetailsURL {
		t.Error("both have one page")
	}
	for name, html := range pages {
		for _, other := range []string{"acme", "rival"} {
			if strings.Contains(html, other+"/shop") != strings.HasPrefix(name, other) {
				t.Errorf("the page of %s is %s", name, html)
			}
		}
		if strings.Count(html, "The check run is completed") != 1 {
			t.Errorf("the page of %s tells of another pull request: %s", name, html)
		}
	}
}

func TestPageTellsWhatWasPosted(t *testing.T) {
	t.Parallel()
	f := load(t, "seed-cat-loop")
	w := newWorld(t, f.Before)
	b := w.startPaged(t.TempDir())
	p := w.open(f.Before, f.After, github.NewPull{Author: "ann"})
	w.deliver()
	first := w.checked(p.HeadSHA())
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	w.say(p, "wendy", "/podcheck ignore reader-writable it is meant so")
	w.say(p, "wendy", "/podcheck unignore reader-writable")
	w.say(p, "wendy", "/podcheck explain reader-writable")
	w.say(p, "wendy", "/podcheck fix log-replay-is-no-id")
	if err := w.repo.RequestAction("rita", w.checked(p.HeadSHA()).ID, "fix-safe"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.settled("button answered", 1)
	w.say(p, "wendy", "/podcheck fix all")
	w.deliver() // the push of the fixes
	w.verdict(p, "Nothing introduced")
	if err := p.Close("ann"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	html := w.page(b, first, "Nothing introduced”")
	_, timeline, _ := strings.Cut(html, "What was posted")
	contains(t, timeline, first.HeadSHA[:7], "2 comments are posted", "The check run is completed: neutral", "Reply to <code>wendy</code>: <code>reader-writable</code> is ignored",
		"1 thread is resolved", "The check run is completed", "Reply to <code>wendy</code>: <code>reader-writable</code> is no longer ignored", "1 thread is opened again",
		"Reply to <code>wendy</code>", "Reply to <code>wendy</code>", "The button that <code>rita</code> pressed is answered", "The fixes of 2 findings are committed", p.HeadSHA()[:7], "2 threads are resolved", "Nothing introduced”")
}

// TestPageShowsNoSecret: a Secret stands within the change of a fix.
func TestPageShowsNoSecret(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	const between = "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: token\n  annotations: {token: aHVudGVyMi1odW50ZXIy}\nstringData:\n  token: hunter2-hunter2\ndata:\n  other: aHVudGVyMi1odW50ZXIy\n"
	after := maps.Clone(f.After)
	for path, data := range after {
		if at := strings.LastIndex(string(data), "---\n"); at > 0 && strings.Contains(string(data), "log-shipper") {
			after[path] = slices.Concat(data[:at], []byte(between), data[at:])
		}
	}
	w := newWorld(t, f.Before)
	b := w.startPaged(t.TempDir())
	p := w.open(f.Before, after, github.NewPull{})
	w.deliver()
	html := w.page(b, w.checked(p.HeadSHA()), "The check run is completed")
	contains(t, html, "split-sidecar", "The change is not shown, because it would print values of a Secret.")
	if strings.Contains(html, "hunter2") || strings.Contains(html, "aHVudGVyMi") || strings.Contains(html, secret) || strings.Contains(html, "ghs_") {
		t.Errorf("a secret is on the page: %s", html)
	}
}

// TestPageInABrowser looks at the page as the bot serves it, on a phone in the dark. The header's policy counts here too.
func TestPageInABrowser(t *testing.T) {
	f := load(t, "shipper-two-hunks")
	w := newWorld(t, f.Before)
	b := w.startPaged(t.TempDir())
	p := w.open(f.Before, f.After, github.NewPull{Title: "Ship logs with " + strings.Repeat("averylongname", 9)})
	w.deliver()
	check := w.checked(p.HeadSHA())
	w.push(p, "more.yaml")
	w.checked(p.HeadSHA())
	w.page(b, check, p.HeadSHA()[:7])
	tab := browser.Open(t)
	var complaints []string
	events, stop := context.WithCancel(tab)
	defer stop()
	entries := cdp.Events(events, chromedp.FromContext(tab).Target, log.EntryAdded)
	if err := chromedp.Do(tab, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		return err
	}), chromedp.EmulateViewport(360, 800), chromedp.Navigate(b.at(t, check.DetailsURL))); err != nil {
		t.Fatal(err)
	}
	const look = `[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor, document.querySelectorAll('.timeline .starts').length,
		performance.getEntriesByType('resource').length, document.querySelectorAll('article').length].join('; ')`
	got := value(chromedp.Run(tab, chromedp.Evaluate[string](look)))(t)
	if want := "360; rgb(13, 17, 23); 2; 0; 1"; got != want {
		t.Errorf("width, background, groups of the timeline, requests and findings are %s, want %s", got, want)
	}
	// The complaint about an image that the policy forbids is the last one of the log.
	if _, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void](`document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1/sentinel.png'}))`)); err != nil {
		t.Fatal(err)
	}
	for e, err := range entries {
		if err != nil {
			t.Fatalf("waiting for the complaint about the forbidden image: %v", err)
		}
		if strings.Contains(e.Entry.Text, "sentinel.png") {
			break
		}
		complaints = append(complaints, e.Entry.Text)
	}
	if complaints = slices.DeleteFunc(complaints, func(c string) bool { return strings.Contains(c, "favicon") }); len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
}
