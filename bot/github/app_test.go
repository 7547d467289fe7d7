package github

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	double "github.com/podcheck/podcheck/fixtures/github"
)

// opened makes a repository with an open pull request of its own.
func (w *world) opened(repo string) *double.Pull {
	w.Helper()
	r := value(w.github.CreateRepo(w.Context(), double.NewRepo{Name: repo, Files: map[string][]byte{"app.yaml": lines()}}))(w.T)
	value(r.Commit(w.Context(), "feature", double.Commit{Message: "Change", Files: map[string][]byte{"app.yaml": lines(2)}}))(w.T)
	return value(r.OpenPull(w.Context(), double.NewPull{Head: "feature"}))(w.T)
}

func TestInstallations(t *testing.T) {
	w := newWorld(t)
	w.opened("other/shop")
	w.github.Suspend("other", true)
	all, next, err := w.app().Installations(t.Context(), 1)
	want := []Installation{{ID: w.github.InstallationID("acme"), Account: "acme"}, {ID: w.github.InstallationID("other"), Account: "other", Suspended: true}}
	if err != nil || next != 0 || !slices.Equal(all, want) {
		t.Errorf("%+v, next %d, %v; want %+v", all, next, err, want)
	}
}

// TestDeliveries: those without an answer are listed too, page by page, and their payloads can be read.
func TestDeliveries(t *testing.T) {
	w := newWorld(t)
	w.github.SetWebhook(double.Webhook{URL: "http://127.0.0.1:1/"})
	for range pageSize {
		value(w.pull.Comment("ann", "hello"))(t)
	}
	sent := w.github.Deliver(t.Context())
	app := w.app()
	first, cursor, err := app.Deliveries(t.Context(), "")
	if err != nil || len(first) != pageSize || cursor == "" {
		t.Fatalf("the first page has %d, cursor %q, %v", len(first), cursor, err)
	}
	second, end, err := app.Deliveries(t.Context(), cursor)
	if err != nil || len(second) != len(sent)-pageSize || end != "" {
		t.Fatalf("the second page has %d of %d, cursor %q, %v", len(second), len(sent), end, err)
	}
	newest := sent[len(sent)-1]
	if got := first[0]; got.ID != newest.ID || got.GUID != newest.GUID || got.Event != "issue_comment" || got.Action != "created" ||
		got.Status != 0 || got.Redelivery || got.Installation != w.github.InstallationID("acme") || time.Since(got.At) > time.Minute {
		t.Errorf("the newest is %+v", got)
	}
	body, err := app.Payload(t.Context(), newest.ID)
	if err != nil || strings.TrimSpace(string(body)) != strings.TrimSpace(string(newest.Payload)) {
		t.Errorf("the payload is %.100s, %v", body, err)
	}
	if _, err := app.Payload(t.Context(), 1); !errors.Is(err, ErrGone) {
		t.Errorf("a payload that is gone: %v", err)
	}
	w.github.Inject(double.Match{Route: "/app/hook/deliveries"}, double.Fault{Status: 422, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: `{"message":"Invalid cursor","documentation_url":"u"}`}, 1)
	if _, _, err := app.Deliveries(t.Context(), cursor); !errors.Is(err, ErrGone) {
		t.Errorf("a cursor that is gone: %v", err)
	}
}

// TestAppWaits: the App's own limits are apart from those of its installations, and reads are repeated on an outage.
func TestAppWaits(t *testing.T) {
	w := newWorld(t)
	app := w.app()
	list := double.Match{Route: "/app/installations"}
	w.github.Inject(list, double.HTMLError(http.StatusBadGateway), readAttempts-1)
	if _, _, err := app.Installations(t.Context(), 1); err != nil {
		t.Errorf("after an outage: %v", err)
	}
	w.github.Inject(list, double.ServerError(http.StatusBadGateway), readAttempts)
	var down *Unavailable
	if _, _, err := app.Installations(t.Context(), 1); !errors.As(err, &down) {
		t.Errorf("in an outage: %v", err)
	}
	w.github.Inject(list, double.SecondaryLimit(time.Minute), 1)
	var limit *RetryAfter
	if _, _, err := app.Installations(t.Context(), 1); !errors.As(err, &limit) || time.Until(limit.At) < 50*time.Second {
		t.Fatalf("a limit: %v", err)
	}
	w.github.ResetRequests()
	if _, _, err := app.Deliveries(t.Context(), ""); !errors.As(err, &limit) {
		t.Errorf("while it has to wait: %v", err)
	}
	if n := len(w.github.Requests()); n != 0 {
		t.Errorf("while it has to wait it sent %d requests", n)
	}
	if _, _, err := app.Client(w.github.InstallationID("acme")).Repositories(t.Context(), 1); err != nil {
		t.Errorf("an installation waits too: %v", err)
	}
}
