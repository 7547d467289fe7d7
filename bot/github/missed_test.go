package github

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v60/github"

	double "github.com/podcheck/podcheck/fixtures/github"
)

func TestRepositories(t *testing.T) {
	w := newWorld(t)
	w.opened("other/shop")
	for _, name := range []string{"acme/logs", "acme/old"} {
		r := value(w.github.CreateRepo(t.Context(), double.NewRepo{Name: name}))(t)
		if name == "acme/old" {
			r.Archive()
		}
	}
	all, next, err := w.client.Repositories(t.Context(), 1)
	if err != nil || next != 0 || len(all) != 2 || all[0].Repo != name || all[0].ID != w.repo.ID() || all[1].Name != "logs" {
		t.Errorf("%+v, next %d, %v", all, next, err)
	}
}

// TestOpenPulls: each repository's list stands by itself, the most recently updated first.
func TestOpenPulls(t *testing.T) {
	w := newWorld(t)
	w.push("more", map[string][]byte{"app.yaml": lines(3)})
	more := value(w.repo.OpenPull(t.Context(), double.NewPull{Head: "more"}))(t)
	w.push("done", map[string][]byte{"app.yaml": lines(4)})
	done := value(w.repo.OpenPull(t.Context(), double.NewPull{Head: "done"}))(t)
	if err := done.Merge(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	value(w.pull.Comment("ann", "hello"))(t)
	listed, _, err := w.client.Repositories(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	w.github.ResetRequests()
	pages, err := w.client.OpenPulls(t.Context(), []string{"R_none", listed[0].NodeID}, 1, "")
	if err != nil || len(pages) != 2 || len(pages[0].Pulls) != 0 || pages[0].Next != "" || len(pages[1].Pulls) != 1 ||
		pages[1].Pulls[0].Number != w.pull.Number() || pages[1].Next == "" {
		t.Fatalf("%+v, %v", pages, err)
	}
	rest, err := w.client.OpenPulls(t.Context(), []string{listed[0].NodeID}, MaxNodes, pages[1].Next)
	if err != nil || len(rest) != 1 || len(rest[0].Pulls) != 1 || rest[0].Pulls[0].Number != more.Number() || rest[0].Next != "" {
		t.Errorf("the rest is %+v, %v", rest, err)
	}
	if got := w.github.Counts(); got.Reads != 2 || got.Writes != 0 {
		t.Errorf("it took %+v", got)
	}
}

func TestHeads(t *testing.T) {
	began := time.Now().Add(-time.Hour).Truncate(time.Second).UTC()
	run := func(number int, base, status, conclusion string) gogithub.CreateCheckRunOptions {
		out := gogithub.CreateCheckRunOptions{Name: CheckName, ExternalID: gogithub.String(ExternalID(number, base, "hash")), Status: &status,
			StartedAt: &gogithub.Timestamp{Time: began}}
		if conclusion != "" {
			out.Conclusion = &conclusion
		}
		return out
	}
	done := run(1, "main", "completed", "success")
	for name, test := range map[string]struct {
		runs    []gogithub.CreateCheckRunOptions
		checked bool
		started time.Time
	}{
		"none":                    {},
		"completed":               {runs: []gogithub.CreateCheckRunOptions{done}, checked: true},
		"in progress":             {runs: []gogithub.CreateCheckRunOptions{run(1, "main", "in_progress", "")}, started: began},
		"cancelled":               {runs: []gogithub.CreateCheckRunOptions{run(1, "main", "completed", "cancelled")}},
		"of another pull request": {runs: []gogithub.CreateCheckRunOptions{run(11, "main", "completed", "success")}},
		"of another base":         {runs: []gogithub.CreateCheckRunOptions{run(1, "mai", "completed", "success"), run(1, "main2", "completed", "success")}},
		"of both":                 {runs: []gogithub.CreateCheckRunOptions{done, run(2, "main", "in_progress", "")}, checked: true},
		"begun again":             {runs: []gogithub.CreateCheckRunOptions{done, run(1, "main", "in_progress", "")}, started: began},
		"done again":              {runs: []gogithub.CreateCheckRunOptions{run(1, "main", "in_progress", ""), done}, checked: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, options := range test.runs {
				options.HeadSHA = w.pull.HeadSHA()
				if _, _, err := w.client.rest.Checks.CreateCheckRun(t.Context(), "acme", "shop", options); err != nil {
					t.Fatal(err)
				}
			}
			got := w.heads()
			want := Head{Number: 1, Open: true, SHA: w.pull.HeadSHA(), Checked: test.checked, Started: test.started}
			if len(got) != 2 || got[1] != want || got[0] != (Head{}) {
				t.Errorf("%+v, want nothing and %+v", got, want)
			}
		})
	}
}

// heads reads those of a pull request that is not there and of the one that is.
func (w *world) heads() []Head {
	w.Helper()
	return value(w.client.Heads(w.Context(), []string{"PR_none", w.node()}))(w.T)
}

// node is the node id of the pull request.
func (w *world) node() string {
	w.Helper()
	listed, _, err := w.client.Repositories(w.Context(), 1)
	if err != nil {
		w.Fatal(err)
	}
	pages := value(w.client.OpenPulls(w.Context(), []string{listed[0].NodeID}, MaxNodes, ""))(w.T)
	at := slices.IndexFunc(pages[0].Pulls, func(p OpenPull) bool { return p.Number == w.pull.Number() })
	if at < 0 {
		w.Fatalf("the pull request is not among %+v", pages[0].Pulls)
	}
	return pages[0].Pulls[at].NodeID
}

// TestHeadsOfOlderCommit: what a head before had says nothing about this one, nor what a closed one lacks.
func TestHeadsOfOlderCommit(t *testing.T) {
	w := newWorld(t)
	old := gogithub.CreateCheckRunOptions{Name: CheckName, HeadSHA: w.pull.HeadSHA(), ExternalID: gogithub.String(ExternalID(1, "main", "h")),
		Status: gogithub.String("completed"), Conclusion: gogithub.String("success")}
	if _, _, err := w.client.rest.Checks.CreateCheckRun(t.Context(), "acme", "shop", old); err != nil {
		t.Fatal(err)
	}
	node := w.node()
	if got := w.heads()[1]; !got.Checked {
		t.Fatalf("before the push: %+v", got)
	}
	w.push("feature", map[string][]byte{"app.yaml": lines(5)})
	if got := w.heads()[1]; got.Checked || got.SHA != w.pull.HeadSHA() {
		t.Errorf("after the push: %+v", got)
	}
	behind := fmt.Sprintf(`{"data":{"nodes":[{"number":1,"state":"OPEN","headRefOid":%q,"baseRefName":"main","commits":{"nodes":[{"commit":{"oid":%q,"checkSuites":{"nodes":[
		{"checkRuns":{"nodes":[{"databaseId":7,"externalId":"1:main:h","status":"COMPLETED","conclusion":"SUCCESS","startedAt":null}]}}]}}}]}}]}}`,
		strings.Repeat("b", 40), strings.Repeat("a", 40))
	w.github.Inject(double.Match{Route: "graphql"}, double.Fault{Status: 200, Body: behind}, 1)
	if got := value(w.client.Heads(t.Context(), []string{node}))(t); got[0].Checked {
		t.Errorf("where the commits lag behind the head: %+v", got)
	}
	if err := w.pull.Merge(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if got := value(w.client.Heads(t.Context(), []string{node}))(t); got[0].Open {
		t.Errorf("after the merge: %+v", got)
	}
}

// TestLookUpFails: what is not told is not taken for absent.
func TestLookUpFails(t *testing.T) {
	w := newWorld(t)
	var down *Unavailable
	for body, unavailable := range map[string]bool{
		`{"data":{"nodes":[null]},"errors":[{"message":"Something went wrong","path":["nodes",0]}]}`:                                         true,
		`{"data":{"nodes":[null]},"errors":[{"type":"SERVICE_UNAVAILABLE","message":"later","path":["nodes",0]}]}`:                           false,
		`{"data":{"nodes":[]},"errors":[{"type":"FORBIDDEN","message":"all of it","path":["nodes"]}]}`:                                       false,
		`{"data":{"nodes":[]},"errors":[{"type":"ARGUMENT_LIMIT","message":"You may not provide more than 100 node ids","path":["nodes"]}]}`: false,
	} {
		w.github.Inject(double.Match{Route: "graphql"}, double.Fault{Status: 200, Body: body}, 1)
		_, err := w.client.Heads(t.Context(), []string{"PR_x"})
		if err == nil || errors.As(err, &down) != unavailable {
			t.Errorf("%s: %v", body, err)
		}
	}
	w.github.Inject(double.Match{Route: "graphql"}, double.Fault{Status: 200, Body: fmt.Sprintf(`{"data":{"nodes":[null]},"errors":[{"type":%q,"message":"m","path":["nodes",0]}]}`, "FORBIDDEN")}, 1)
	if heads, err := w.client.Heads(t.Context(), []string{"PR_x"}); err != nil || heads[0].Open {
		t.Errorf("one that can't be seen: %+v, %v", heads, err)
	}
}
