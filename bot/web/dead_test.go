package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/web"
)

// deadQueue is a real store in which items have failed for good.
func deadQueue(t *testing.T, items ...queue.Item) *queue.Queue {
	t.Helper()
	q, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir(), MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	failed := make(chan struct{}, len(items))
	var group conc.WaitGroup
	defer group.Wait()
	working, done := context.WithCancel(ctx)
	defer done()
	group.Go(func() {
		_ = q.Work(working, 1, func(_ context.Context, job queue.Job) error {
			failed <- struct{}{}
			return fmt.Errorf("read %s: 502 <b>Bad\nGateway</b>", job.Item.Repo)
		})
	})
	for i, item := range items {
		if err := q.Put(ctx, item); err != nil {
			t.Fatal(err)
		}
		<-failed
		for letters := []queue.DeadLetter(nil); len(letters) <= i; {
			if letters, err = q.DeadLetters(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	return q
}

const sha = "0123456789abcdef0123456789abcdef01234567"

var (
	pull    = queue.Item{Kind: queue.KindPull, Installation: 1, Owner: "acme", Repo: "shop", RepoID: 42, Number: 17, HeadSHA: sha, Delivery: "d-1"}
	command = queue.Item{Kind: queue.KindCommand, Installation: 1, Owner: "acme", Repo: "shop", RepoID: 42, Number: 18, Command: &queue.Command{
		Source: queue.SourceAction, ID: 5, Action: "apply all/fixes", Author: "ann", AuthorID: 7,
	}}
	merge = queue.Item{Kind: queue.KindMerge, Installation: 1, Owner: "acme", Repo: "shop", RepoID: 42, Merge: &queue.Merge{HeadSHA: sha, BaseSHA: sha, BaseRef: "main", Number: 19}}
)

func ready(context.Context) error { return nil }

// admin serves the admin port of a queue over HTTP.
func admin(t *testing.T, letters web.DeadLetters) web.Operator {
	t.Helper()
	server := httptest.NewServer(web.Admin(http.NotFoundHandler(), letters, ready))
	t.Cleanup(server.Close)
	return web.Operator{URL: server.URL}
}

func keys(letters []web.DeadLetter) (keys []string) {
	for _, l := range letters {
		keys = append(keys, l.Key)
	}
	return keys
}

func TestDeadLettersAreListed(t *testing.T) {
	letters, err := admin(t, deadQueue(t, pull, merge)).DeadLetters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range letters {
		if time.Since(letters[i].Time) > time.Minute {
			t.Errorf("%s failed at %s", letters[i].Key, letters[i].Time)
		}
		letters[i].Time = time.Time{}
	}
	reason := "read shop: 502 <b>Bad\nGateway</b>"
	want := []web.DeadLetter{
		{Key: "pr.42.17", Kind: queue.KindPull, Repository: "acme/shop", Pull: 17, Head: sha, Attempts: 1, Reason: reason, Delivery: "d-1"},
		{Key: "merge.42." + sha, Kind: queue.KindMerge, Repository: "acme/shop", Pull: 19, Head: sha, Attempts: 1, Reason: reason},
	}
	if !slices.Equal(letters, want) {
		t.Errorf("listed %+v, want %+v", letters, want)
	}
}

func TestNothingDeadIsAnEmptyList(t *testing.T) {
	operator := admin(t, deadQueue(t))
	response, err := http.Get(operator.URL + web.DeadPath)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var raw json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&raw); err != nil || string(raw) != "[]" {
		t.Errorf("the list is %s, %v", raw, err)
	}
	if done, err := operator.RetryAll(t.Context()); err != nil || len(done) != 0 {
		t.Errorf("retried %v, %v", done, err)
	}
}

// TestRetryQueuesAgain works on what was retried: each item comes once, as new.
func TestRetryQueuesAgain(t *testing.T) {
	for name, retry := range map[string]func(context.Context, web.Operator) error{
		"by key": func(ctx context.Context, o web.Operator) error {
			return errors.Join(o.Retry(ctx, pull.Key()), o.Retry(ctx, command.Key()))
		},
		"all": func(ctx context.Context, o web.Operator) error {
			done, err := o.RetryAll(ctx)
			if want := []string{pull.Key(), command.Key()}; err == nil && !slices.Equal(done, want) {
				err = fmt.Errorf("retried %v, want %v", done, want)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := deadQueue(t, pull, command)
			operator := admin(t, q)
			if err := retry(t.Context(), operator); err != nil {
				t.Fatal(err)
			}
			if letters, err := operator.DeadLetters(t.Context()); err != nil || len(letters) > 0 {
				t.Errorf("left are %v, %v", keys(letters), err)
			}
			ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
			defer stop()
			var worked []string
			if err := q.Work(ctx, 1, func(_ context.Context, job queue.Job) error {
				if job.Attempt != 1 {
					t.Errorf("%s is at attempt %d", job.Item.Key(), job.Attempt)
				}
				if worked = append(worked, job.Item.Key()); len(worked) == 2 {
					stop()
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if want := []string{pull.Key(), command.Key()}; !slices.Equal(worked, want) {
				t.Errorf("worked on %v, want %v", worked, want)
			}
		})
	}
}

func TestRetryOfWhatIsNotDead(t *testing.T) {
	for _, c := range []struct {
		items     []queue.Item
		key, want string
	}{
		{[]queue.Item{pull, command}, "pr.42.71", "no dead letter has the key pr.42.71: did you mean pr.42.17?"},
		{[]queue.Item{pull}, "../../etc", "no dead letter has the key ../../etc: did you mean pr.42.17?"},
		{nil, "pr.42.17", "no dead letter has the key pr.42.17: nothing is dead"},
	} {
		err := admin(t, deadQueue(t, c.items...)).Retry(t.Context(), c.key)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.key, err, c.want)
		}
	}
}

// broken is a store that does not answer.
type broken struct{}

func (broken) DeadLetters(context.Context) ([]queue.DeadLetter, error) {
	return nil, queue.ErrUnavailable
}
func (broken) Retry(context.Context, string) error { return queue.ErrUnavailable }

func TestStoreThatDoesNotAnswer(t *testing.T) {
	operator := admin(t, broken{})
	_, listed := operator.DeadLetters(t.Context())
	_, all := operator.RetryAll(t.Context())
	for what, err := range map[string]error{"list": listed, "retry": operator.Retry(t.Context(), "pr.42.17"), "retry all": all} {
		if err == nil || !strings.Contains(err.Error(), queue.ErrUnavailable.Error()) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWhatIsNoBot(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "<html>welcome") }))
	closed := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	t.Cleanup(page.Close)
	closed.Close()
	for _, url := range []string{other.URL, page.URL, closed.URL} {
		if _, err := (web.Operator{URL: url}).DeadLetters(t.Context()); !errors.Is(err, web.ErrNoBot) || !strings.Contains(err.Error(), url) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestBrowsersMayNotBeUsed: a site that the operator looks at sends nothing here, and reads nothing under a name of its own.
func TestBrowsersMayNotBeUsed(t *testing.T) {
	for _, c := range []struct {
		method, path, host string
		header             [2]string
		code               int
	}{
		{"GET", "/dead", "127.0.0.1:9090", [2]string{}, 200},
		{"GET", "/dead", "[::1]:9090", [2]string{}, 200},
		{"GET", "/dead", "localhost:9090", [2]string{}, 200},
		{"GET", "/dead", "10.1.2.3", [2]string{}, 200},
		{"GET", "/dead", "podcheck:9090", [2]string{}, 200},
		{"GET", "/dead", "podcheck.tools.svc:9090", [2]string{}, 200},
		{"GET", "/dead", "podcheck.tools.svc.cluster.local.:9090", [2]string{}, 200},
		{"GET", "/dead", "rebound.example.com:9090", [2]string{}, 403},
		{"GET", "/dead", "127.0.0.1.example.com", [2]string{}, 403},
		{"GET", "/dead", "svc.example.com", [2]string{}, 403},
		{"POST", "/dead/retry", "rebound.example.com:9090", [2]string{"Origin", "http://rebound.example.com:9090"}, 403},
		{"POST", "/dead/retry", "127.0.0.1:9090", [2]string{"Origin", "https://evil.example.com"}, 403},
		{"POST", "/dead/retry", "127.0.0.1:9090", [2]string{"Origin", "null"}, 403},
		{"POST", "/dead/retry", "127.0.0.1:9090", [2]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/dead/pr.42.17/retry", "127.0.0.1:9090", [2]string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", "/dead/retry", "127.0.0.1:9090", [2]string{}, 200},
		{"GET", "/dead/retry", "127.0.0.1:9090", [2]string{}, 405},
		{"GET", "/dead/pr.42.17/retry", "127.0.0.1:9090", [2]string{}, 405},
	} {
		letters := &counted{}
		request := httptest.NewRequest(c.method, c.path, nil)
		request.Host = c.host
		if c.header[0] != "" {
			request.Header.Set(c.header[0], c.header[1])
		}
		got := httptest.NewRecorder()
		web.Admin(http.NotFoundHandler(), letters, ready).ServeHTTP(got, request)
		if got.Code != c.code || (letters.asked > 0) != (c.code == 200) {
			t.Errorf("%+v is answered %d after %d questions to the store", c, got.Code, letters.asked)
		}
	}
}

// counted is an empty store that counts what it is asked.
type counted struct{ asked int }

func (c *counted) DeadLetters(context.Context) ([]queue.DeadLetter, error) {
	c.asked++
	return nil, nil
}

func (c *counted) Retry(context.Context, string) error {
	c.asked++
	return nil
}
