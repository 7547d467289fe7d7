package work

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/github"
	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
)

// withholding answers the read of the organisation's file with a GraphQL error, so many times.
type withholding struct {
	kind  string // of the error
	path  []any
	left  atomic.Int64
	asked atomic.Int64
}

func (h *withholding) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || r.URL.Path != "/api/graphql" {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if err := answer.Body.Close(); err != nil {
		return nil, err
	}
	var whole map[string]any
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, err
	}
	if data, ok := whole["data"].(map[string]any); ok && data["viewer"] != nil {
		h.asked.Add(1)
		if h.left.Add(-1) >= 0 {
			data["organisation"] = nil
			if len(h.path) > 1 {
				data["organisation"] = map[string]any{"object": nil}
			}
			whole["errors"] = []any{map[string]any{"type": h.kind, "path": h.path, "message": "Resource not accessible by integration"}}
			if h.kind == "" {
				delete(whole["errors"].([]any)[0].(map[string]any), "type")
			}
			if body, err = json.Marshal(whole); err != nil {
				return nil, err
			}
		}
	}
	answer.Header.Del("Content-Length")
	answer.ContentLength = int64(len(body))
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func TestUnreadableConfigurationOfTheOrganisation(t *testing.T) {
	const attempts = 3
	for _, c := range []struct {
		name       string
		kind       string
		path       []any
		times      int64
		own        string
		conclusion string
		asked      int64
	}{
		{"forbidden", "FORBIDDEN", []any{"organisation", "object"}, 100, "", "failure", attempts},
		{"forbidden whole", "FORBIDDEN", []any{"organisation"}, 100, "", "failure", attempts},
		{"an outage of that field", "", []any{"organisation"}, 100, "", "failure", attempts},
		{"forbidden for a while", "FORBIDDEN", []any{"organisation"}, attempts - 1, "", "success", attempts},
		{"absent", "NOT_FOUND", []any{"organisation"}, 100, "", "neutral", 1},
		{"forbidden and not needed", "FORBIDDEN", []any{"organisation"}, 100, allOff, "success", 1},
		{"forbidden, and needed behind a broken one", "FORBIDDEN", []any{"organisation"}, 100, misread, "failure", attempts},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, attempts)
			w.organisation(allOff)
			if c.own != "" {
				w.configure(c.own)
			}
			w.push(nil)
			h := &withholding{kind: c.kind, path: c.path}
			h.left.Store(c.times)
			web := config.GitHub{Web: w.github.URL()}
			w.worker.App = value(github.New(github.Options{AppID: w.github.AppID(), Key: w.github.PrivateKeyPEM(), API: web.API(), GraphQL: web.GraphQL(),
				Transport: contract.Transport(t, h)}))(t)
			run := w.reviewed()
			if run.Conclusion != c.conclusion || h.asked.Load() != c.asked {
				t.Errorf("concluded %s with %q after %d reads, want %s after %d", run.Conclusion, run.Title, h.asked.Load(), c.conclusion, c.asked)
			}
			if c.conclusion == "failure" {
				contains(t, run.Summary, "podcheck.yml of the organisation's .github repository", "not taken for absent")
			}
		})
	}
}

func TestOrganisationWithoutTheAppHasNoConfiguration(t *testing.T) {
	w := newWorld(t, 1)
	value(w.github.CreateRepo(t.Context(), double.NewRepo{Name: "acme/.github", Private: true, NotInstalled: true, Files: map[string][]byte{"podcheck.yml": []byte(allOff)}}))(t)
	w.push(nil)
	if run := w.reviewed(); run.Conclusion != "neutral" {
		t.Errorf("concluded %s", run.Conclusion)
	}
}

func TestLevelsOfPathsAndEndDatesHold(t *testing.T) {
	const override = "version: 1\noverrides:\n- {paths: [\"apps/**\"], rules: {split-sidecar: error}}\n"
	const ignore = "version: 1\nignore: [{rule: split-sidecar, paths: [\"apps/**\"], reason: known, until: "
	for _, c := range []struct{ name, text, conclusion string }{
		{"for these", override, "failure"},
		{"for others", strings.Replace(override, "apps", "dev", 1), "neutral"},
		{"the last that matches", override + "- {paths: [\"apps/shop/*.yaml\"], rules: {split-sidecar: off}}\n", "success"},
		{"ignored until later", ignore + "2999-12-31}]\n", "success"},
		{"ignored until before", ignore + "2020-12-31}]\n", "neutral"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.configure(c.text)
			w.push(nil)
			if run := w.reviewed(); run.Conclusion != c.conclusion || slices.Contains(marks(run), ".podcheck.yml") {
				t.Errorf("concluded %s", run.Conclusion)
			}
			w.budget(1, 3)
		})
	}
}
