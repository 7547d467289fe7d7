package page_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/page"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

// hostile would be markup, a script, an attribute's end, or turn the direction of writing.
const hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>`</code>\u202egnp.exe {{.Policy}} &lt;b&gt;"

func at(path string, line int) analysis.Place {
	return analysis.Place{Path: path, Span: manifest.Span{Start: manifest.Pos{Line: line, Column: 1}, End: manifest.Pos{Line: line, Column: 5}}}
}

// finding is a finding with everything that a page shows, all of it named by name.
func finding(i int, severity analysis.Severity, status review.Status, name string) review.Finding {
	return review.Finding{
		ID: fmt.Sprintf("f%d", i), Key: fmt.Sprintf("key %d", i), Status: status,
		Finding: analysis.Finding{
			Rule: "split-sidecar", Severity: severity, Message: "message " + name, Object: analysis.Object{Kind: "Deployment", Name: name}, Place: at(name, i),
			Evidence: []analysis.Evidence{{Text: "evidence " + name, Place: at(name, 3)}},
			Fix: &analysis.Fix{
				Safety: analysis.Review, Description: "description " + name, Changes: []string{"change " + name}, Steps: []string{"step " + name},
				Edits: []edit.Edit{{Path: "a.yaml", New: "b"}},
			},
		},
		Patch: "diff --git a/a.yaml b/a.yaml\n--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: " + strings.ReplaceAll(name, "\n", " ") + "\n",
	}
}

// whole is a review that has something in every section.
func whole(name string) page.Page {
	noted := finding(9, analysis.Notice, review.Introduced, name)
	noted.Fix = &analysis.Fix{Description: "merge " + name, Obstacles: []string{"obstacle " + name}}
	ignored := finding(4, analysis.Warning, review.Ignored, name)
	ignored.Reason = "reason " + name
	return page.Page{
		Subject: name, About: "about " + name,
		Result: review.Result{
			Findings: []review.Finding{
				finding(1, analysis.Error, review.Introduced, name), finding(2, analysis.Warning, review.Introduced, name), noted,
				finding(3, analysis.Warning, review.Fixed, name), ignored, finding(5, analysis.Warning, review.Unchanged, name),
			},
			NotAnalysed: []manifest.Problem{{Path: name, Message: "problem " + name}}, Elsewhere: []manifest.Problem{{Path: "elsewhere.yaml"}},
			Incomplete: []string{"incomplete " + name}, Counts: review.Counts{Introduced: 3, Unchanged: 1},
			Comments: []review.Comment{{Keys: []string{"key 1"}, StartLine: 3, Line: 7, Elsewhere: "x"}, {Keys: []string{"key 1#1"}}, {Keys: []string{"key 2"}, Line: 7, Elsewhere: "x"}},
			Picture:  drawing(name), Check: review.Check{Conclusion: review.Failure, Title: "1 error, 1 warning, 1 notice introduced"},
		},
	}
}

// posted is what was posted on two heads.
func posted(name string) []page.Event {
	began := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	return []page.Event{
		{At: began, Head: "1111111111", What: "comment on", Where: name}, {At: began.Add(1500 * time.Millisecond), Head: "1111111111", What: "check run"},
		{At: began.Add(2 * time.Second), Head: "2222222222", What: "reply to " + name}, {At: began.Add(72 * time.Second), Head: "2222222222", What: "last of the day"},
		{At: began.Add(48 * time.Hour), Head: "2222222222", What: "two days later"},
	}
}

// written is a page with what was posted, about whatever the page is.
func written(t testing.TB, p page.Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := page.Write(&b, p); err != nil {
		t.Fatal(err)
	}
	html, err := page.WithTimeline(b.Bytes(), posted(p.Subject))
	if err != nil {
		t.Fatal(err)
	}
	return string(html)
}

func TestPageSaysAll(t *testing.T) {
	got := written(t, whole("web"))
	for _, want := range []string{
		"<h1 class=\"bad\">1 error, 1 warning, 1 notice introduced</h1>", "about web", "2 suggestions, to commit as one batch", "Suggestion for line 7",
		"message web.", "evidence web", "<code class=\"muted\">web:3</code>", "description web.", "change web.", "step web.", "merge web.", "obstacle web.",
		"incomplete web.", "problem web.", "reason web.", "1 problem in files that this change does not touch", "1 further finding was there before", "web reaches b at web:80",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	var sections []string
	for _, part := range strings.Split(got, "<h2 id=\"")[1:] {
		id, _, _ := strings.Cut(part, "\"")
		sections = append(sections, id)
	}
	if want := []string{"findings", "fixed", "pods", "unseen", "ignored", "timeline"}; !slices.Equal(sections, want) {
		t.Errorf("sections are %q, want %q", sections, want)
	}
	all := whole("web")
	all.All = true
	if got := written(t, all); !strings.Contains(got, "<h2 id=\"unchanged\">") || !strings.Contains(got, "elsewhere.yaml") {
		t.Error("with all, what was there before and what was not analysed elsewhere is missing")
	}
}

func TestPageEscapesNames(t *testing.T) {
	got := written(t, whole(hostile))
	for _, bad := range []string{"<script", "<img", "\u202e", "</code>\u27e8", "onerror=alert(1)>"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is on the page", bad)
		}
	}
	if !strings.Contains(got, "⟨U&#43;202E⟩") {
		t.Error("the character that turns the direction is not shown")
	}
}

func TestPageShowsNoPatchThatIsWithheld(t *testing.T) {
	p := whole("web")
	for i := range p.Result.Findings {
		p.Result.Findings[i].Patch = ""
		if p.Result.Findings[i].Fix != nil {
			p.Result.Findings[i].Fix.Edits = slices.Clone(p.Result.Findings[i].Fix.Edits)
			for e := range p.Result.Findings[i].Fix.Edits {
				p.Result.Findings[i].Fix.Edits[e].New = "c2VjcmV0"
			}
		}
	}
	got := written(t, p)
	if strings.Contains(got, "c2VjcmV0") || strings.Contains(got, "<table>") || !strings.Contains(got, "because it would print values of a Secret") {
		t.Error("a fix without a patch is shown, or is not explained")
	}
}

// TestTimeline: what belongs together has one date, and times since then.
func TestTimeline(t *testing.T) {
	_, got, _ := strings.Cut(written(t, whole("web")), `<ol class="timeline">`)
	got, _, _ = strings.Cut(got, "</ol>")
	got = regexp.MustCompile(`<time [^>]*>|</?(li|span|code)( class="muted")?>`).ReplaceAllString(got, "")
	want := `
<li class="starts">1 July 2026, 12:00:00 UTC</time> 1111111 comment on web
&#43;1.5s</time> check run
<li class="starts">1 July 2026, 12:00:02 UTC</time> 2222222 reply to web
&#43;1m10s</time> last of the day
<li class="starts">3 July 2026, 12:00:00 UTC</time> 2222222 two days later
`
	if got != want {
		t.Errorf("the timeline is %s\nwant%s", got, want)
	}
	if got, err := page.WithTimeline([]byte("</main> in a text</main>"), posted("web")); err != nil || !strings.HasPrefix(string(got), "</main> in a text<section ") {
		t.Errorf("the timeline is not at the end of the page: %s, %v", got, err)
	}
	if got, err := page.WithTimeline([]byte("a page</main>"), nil); err != nil || string(got) != "a page</main>" {
		t.Errorf("nothing was posted, and the page is %q, %v", got, err)
	}
}

func TestPolicyIsThatOfThePage(t *testing.T) {
	html := written(t, whole("web"))
	meta := strings.ReplaceAll(page.Policy([]byte(html)), "+", "&#43;")
	if !strings.Contains(html, `content="`+strings.ReplaceAll(meta, "'", "&#39;")+`"`) {
		t.Errorf("the policy is %s", page.Policy([]byte(html)))
	}
	if page.Policy([]byte(html)) == page.Policy([]byte(strings.Replace(html, "<style>", "<style>a{}", 1))) {
		t.Error("another style sheet has the same policy")
	}
}

func TestPageWithoutFindings(t *testing.T) {
	p := page.Page{Note: "No `YAML` is changed.", Result: review.Result{Check: review.Check{Conclusion: review.Skipped, Title: "No manifest changed"}}}
	if got := written(t, p); !strings.Contains(got, "<p>No <code>YAML</code> is changed.</p>") || strings.Contains(got, "looked at") {
		t.Errorf("the page is %s", got)
	}
}

func TestVerdictOfAScan(t *testing.T) {
	for want, findings := range map[string][]review.Finding{
		`<h1 class="good">Nothing found</h1>`:     nil,
		`<h1 class="bad">1 error, 2 notices</h1>`: {finding(1, analysis.Error, "", "a"), finding(2, analysis.Notice, "", "a"), finding(3, analysis.Notice, "", "a")},
		`<h1 class="fair">1 warning</h1>`:         {finding(1, analysis.Warning, "", "a"), finding(2, analysis.Error, review.Ignored, "a")},
	} {
		if got := written(t, page.Page{Scan: true, Result: review.Result{Findings: findings}}); !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestLongPatchIsCut(t *testing.T) {
	f := finding(1, analysis.Error, review.Introduced, "web")
	f.Patch = "diff --git a/a.yaml b/a.yaml\n--- a/a.yaml\n+++ b/a.yaml\n@@ -0,0 +1,1000 @@\n" + strings.Repeat("+a\n", 1000)
	got := written(t, page.Page{Result: review.Result{Findings: []review.Finding{f}}})
	if n := strings.Count(got, `<tr class="add">`); n != 300 || !strings.Contains(got, "700 further lines") {
		t.Errorf("%d lines are shown", n)
	}
}
