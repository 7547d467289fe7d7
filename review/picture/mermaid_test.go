package picture_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/podcheck/podcheck/fixtures/browser"
	"github.com/podcheck/podcheck/review/picture"
)

// hostile are names that would end a label, draw something else, or run.
var hostile = []string{
	`web`, `a"]; b["c`, `"]:::none`, "a\n  end\n  evil[x]", `<img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `#quot;`, `#35;`, `&lt;b&gt;`, "`**bold**`",
	`1. list`, `- item`, `_x_ *y*`, `end`, `a --> b`, `a@{shape: cyl}`, `click a href "javascript:alert(1)"`, `%%{init: {"theme":"dark"}}%%`, `$$x^2$$`, `fa:fa-car`,
	`https://example.com/?a=b`, `日本語`, "a\u202eb", `\"`, "```", `-`, `subgraph`, `style x fill:#f00`, `|pipe|`, `{{ .Values.name }}`, `~~~`, `:::found`, `#`, `;`,
}

// drawnText is what a person reads of a hostile name.
func drawnText(name string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(name, "\u202e", "")), " ")
}

func pictureOf(name string) picture.Picture {
	return picture.Picture{After: picture.Side{
		Pods: []picture.Pod{
			{Name: name, Containers: []picture.Container{{Name: name, Role: "app", Marked: true}, {Name: "b", Role: "proxy", Native: true}, {More: 3}}},
			{Name: "Deployment/" + name, Containers: []picture.Container{{Name: name, Role: "init"}}},
		},
		Edges: []picture.Edge{{From: 0, To: 1, Label: name}, {From: 0, To: 3, Label: "claim " + name, Shared: true}},
	}}
}

// render draws a diagram with GitHub's own renderer and returns its texts and every element and attribute that Mermaid itself
// would not write.
const render = `(async (text) => {
  mermaid.initialize({startOnLoad: false, securityLevel: 'strict'});
  const {svg} = await mermaid.render('drawn', text);
  const doc = new DOMParser().parseFromString(svg, 'text/html');
  const texts = s => [...doc.querySelectorAll(s)].map(e => e.innerHTML.split(/<br\s*\/?>/).map(l => { const d = document.createElement('div'); d.innerHTML = l; return d.textContent.replaceAll('\u2060', ''); }));
  return JSON.stringify({
    nodes: texts('.node .nodeLabel'), pods: texts('.cluster-label .nodeLabel'), edges: texts('.edgeLabel .edgeLabel'),
    strange: [...doc.querySelectorAll('img, script, a, iframe, strong, em, ul, ol, code, i, [onerror], [onclick]')].map(e => e.outerHTML),
  });
})`

type drawing struct {
	Nodes, Pods, Edges [][]string
	Strange            []string
}

func TestMermaidDrawsHostileNamesAsText(t *testing.T) {
	tab := browser.Open(t)
	packed, err := browser.Package("@mermaid-js/tiny")
	if err != nil {
		t.Skip("Mermaid is not installed: run `make test`, which does that")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/mermaid.js" {
			http.ServeFile(w, r, filepath.Join(packed, "dist", "mermaid.tiny.js"))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!DOCTYPE html><script src="/mermaid.js"></script>`)
	}))
	t.Cleanup(server.Close)
	if err := chromedp.Do(tab, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	for _, name := range hostile {
		text := pictureOf(name).Mermaid()
		argument, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := chromedp.Run(tab, chromedp.Evaluate[string](render+"("+string(argument)+")", chromedp.EvalAwaitPromise))
		if err != nil {
			t.Errorf("%q: %v\n%s", name, err, text)
			continue
		}
		var got drawing
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		shown := drawnText(name)
		check := func(what string, got [][]string, want ...[]string) {
			if fmt.Sprint(sorted(got)) != fmt.Sprint(sorted(want)) {
				t.Errorf("%q: %s are %q, want %q", name, what, got, want)
			}
		}
		check("nodes", got.Nodes, []string{"None of these Pods"}, []string{shown, "app"}, []string{"b", "proxy, native sidecar"}, []string{"and 3 more"}, []string{shown, "init"})
		check("Pods", got.Pods, []string{"Before"}, []string{"After"}, []string{shown}, []string{"Deployment/" + shown})
		check("edges", got.Edges, []string{""}, []string{shown}, []string{"claim " + shown})
		if len(got.Strange) > 0 {
			t.Errorf("%q drew %q", name, got.Strange)
		}
	}
}

func sorted(lines [][]string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.Join(l, "\n"))
	}
	slices.Sort(out)
	return out
}

func FuzzMermaidIsOneDiagram(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	plain := strings.Count(pictureOf("web").Mermaid(), "\n")
	quotes := strings.Count(pictureOf("web").Mermaid(), `"`)
	f.Fuzz(func(t *testing.T, name string) {
		got := pictureOf(name).Mermaid()
		if strings.Count(got, "\n") != plain || strings.Count(got, `"`) != quotes || strings.Contains(got, "```") || strings.ContainsAny(got, "\r\u2028\u2029") {
			t.Errorf("%q: another shape:\n%s", name, got)
		}
	})
}
