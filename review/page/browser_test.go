package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/podcheck/podcheck/fixtures/browser"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/page"
	"github.com/podcheck/podcheck/review/picture"
	"github.com/podcheck/podcheck/rules/analysis"
)

// drawing is a picture with an edge of each kind.
func drawing(name string) picture.Picture {
	return picture.Picture{After: picture.Side{
		Pods: []picture.Pod{
			{Name: "Deployment/" + name, Containers: []picture.Container{{Name: name, Role: "app", Marked: true}, {Name: "b", Role: "log-shipper", Native: true}, {More: 7}}},
			{Name: "StatefulSet/" + name, Containers: []picture.Container{{Name: "c", Role: "init"}}},
		},
		Edges: []picture.Edge{{From: 0, To: 1, Label: name + ":80"}, {From: 0, To: 3, Label: "claim " + name, Shared: true}, {From: 1, To: 3, Label: "x"}, {From: 3, To: 0, Label: "y"}, {From: 3, To: 1, Label: "z"}},
	}}
}

// many is a review with 200 findings, their names long and without a place to break.
func many() page.Page {
	p := whole(strings.Repeat("a-very-long-name.", 12))
	p.Result.Findings = nil
	for i := range 200 {
		p.Result.Findings = append(p.Result.Findings, finding(i, analysis.Severity(1+i%3), review.Introduced, fmt.Sprintf("%d-%s", i, strings.Repeat("unbroken", 20))))
	}
	return p
}

// seen is what the browser makes of a page.
type seen struct {
	Overflow   []string // elements that stick out of the window
	Hidden     []string // findings that take no room
	Findings   int
	Faint      []string // texts with a contrast below 4.5 to 1 (WCAG 2.2, 1.4.3)
	Headings   string
	Landmarks  string
	Resources  int
	Scripts    int
	Background string
}

const look = `(() => {
  const lum = c => { const v = c.map(x => (x /= 255) <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const rgb = s => (s.match(/[\d.]+/g) || []).map(Number);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const soft = rgb(getComputedStyle(document.querySelector('svg .pod') || document.body).fill);
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement, style = getComputedStyle(e), svg = e instanceof SVGElement;
    if (!walker.currentNode.data.trim()) continue;
    const a = lum(rgb(svg ? style.fill : style.color)), b = lum(svg ? soft : behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) faint.push(ratio.toFixed(2) + ' ' + walker.currentNode.data.trim());
  }
  const all = [...document.body.querySelectorAll('*')], articles = [...document.querySelectorAll('article')];
  return JSON.stringify({
    overflow: all.filter(e => e.getBoundingClientRect().right > innerWidth + .5 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline').map(e => e.outerHTML.slice(0, 120)),
    hidden: articles.filter(e => e.getBoundingClientRect().height < 40 || !e.checkVisibility()).map(e => e.id),
    findings: articles.length, faint,
    headings: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(e => e.tagName[1]).join(''),
    landmarks: [...document.body.children].map(e => e.tagName.toLowerCase()).join(' '),
    resources: performance.getEntriesByType('resource').length, scripts: document.scripts.length,
    background: getComputedStyle(document.body).backgroundColor,
  });
})()`

// sentinel is an image that the page's policy forbids: the complaint about it is the last entry of the log.
const sentinel = `document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1/sentinel.png'}))`

func media(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
}

// visit opens an address and returns what the browser sees there, and what it complained of.
func visit(t *testing.T, tab context.Context, url string, width int64, scheme string) (seen, []string) {
	t.Helper()
	events, stop := context.WithCancel(tab)
	defer stop()
	entries := cdp.Events(events, chromedp.FromContext(tab).Target, log.EntryAdded)
	if err := chromedp.Do(tab, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		return err
	}), chromedp.EmulateViewport(width, 800), media(scheme), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	answer, err := chromedp.Run(tab, chromedp.Evaluate[string](look))
	if err != nil {
		t.Fatal(err)
	}
	var out seen
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void](sentinel)); err != nil {
		t.Fatal(err)
	}
	var complaints []string
	for e, err := range entries {
		if err != nil {
			t.Fatalf("waiting for the complaint about the forbidden image: %v", err)
		}
		if strings.Contains(e.Entry.Text, "sentinel.png") {
			break
		}
		complaints = append(complaints, e.Entry.Text)
	}
	return out, complaints
}

func TestPageInABrowser(t *testing.T) {
	pages := map[string]page.Page{
		"nothing found": {Subject: "acme/shop #17", Result: review.Result{Check: review.Check{Conclusion: review.Success, Title: "Nothing introduced"}}},
		"every section": whole("web"),
		"hostile names": whole(hostile),
		"200 findings":  many(),
	}
	tab := browser.Open(t)
	for name, p := range pages {
		html := written(t, p)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if r.URL.Path != "/" {
				t.Errorf("%s: the page asks for %s", name, r.URL.Path)
			}
			_, _ = w.Write([]byte(html))
		}))
		t.Cleanup(server.Close)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{360, 1200} {
				t.Run(fmt.Sprintf("%s, %s, %d pixels", name, scheme, width), func(t *testing.T) {
					got, complaints := visit(t, tab, server.URL, width, scheme)
					check(t, got, complaints)
					introduced := 0
					for _, f := range p.Result.Findings {
						if f.Status == review.Introduced {
							introduced++
						}
					}
					if got.Findings != introduced {
						t.Errorf("%d findings are on the page, want %d", got.Findings, introduced)
					}
					if want := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]; got.Background != want {
						t.Errorf("the background is %s, want %s", got.Background, want)
					}
				})
			}
		}
	}
}

// check holds a page against what every one of them must be.
func check(t *testing.T, got seen, complaints []string) {
	t.Helper()
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
	if len(got.Overflow) > 0 {
		t.Errorf("wider than the window: %q", got.Overflow[:min(len(got.Overflow), 5)])
	}
	if len(got.Hidden) > 0 {
		t.Errorf("not visible: %q", got.Hidden)
	}
	if len(got.Faint) > 0 {
		t.Errorf("hard to read: %q", got.Faint[:min(len(got.Faint), 5)])
	}
	if got.Resources > 0 || got.Scripts > 0 {
		t.Errorf("%d requests, %d scripts", got.Resources, got.Scripts)
	}
	if got.Landmarks != "header main" {
		t.Errorf("landmarks are %s", got.Landmarks)
	}
	level := '0'
	for i, h := range got.Headings {
		if h > level+1 || (h == '1') != (i == 0) {
			t.Errorf("headings are %s", got.Headings)
			break
		}
		level = h
	}
}
