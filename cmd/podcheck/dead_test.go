package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/web"
)

// deadBot is the admin port of a bot that gave up on pull requests, as host:port.
func deadBot(t *testing.T, numbers ...int) string {
	t.Helper()
	q, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir(), MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	for _, n := range numbers {
		if err := q.Put(ctx, queue.Item{Kind: queue.KindPull, Installation: 1, Owner: "acme", Repo: "shop", RepoID: 42, Number: n, Delivery: "d-1"}); err != nil {
			t.Fatal(err)
		}
	}
	var group conc.WaitGroup
	working, done := context.WithCancel(ctx)
	group.Go(func() {
		_ = q.Work(working, 1, func(context.Context, queue.Job) error {
			return errors.New("read the pull request:\n\x1b[31m" + strings.Repeat("a long story ", 20))
		})
	})
	for letters := []queue.DeadLetter(nil); len(letters) < len(numbers); {
		if letters, err = q.DeadLetters(ctx); err != nil {
			t.Fatal(err)
		}
	}
	done()
	group.Wait()
	server := httptest.NewServer(web.Admin(http.NotFoundHandler(), q, func(context.Context) error { return nil }))
	t.Cleanup(func() {
		server.Close()
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.Listener.Addr().String()
}

func TestDeadListIsATable(t *testing.T) {
	at := deadBot(t, 7, 1234)
	out, hint, code := run(t, ".", "", "dead", "list", "--admin", at)
	if code != 0 || !strings.Contains(hint, "podcheck dead retry") {
		t.Fatalf("exit %d, %s", code, hint)
	}
	story := "read the pull request: [31ma long story a long story a long story a long story a long story a long…"
	want := "KEY         WHAT    PULL REQUEST    ATTEMPTS  FAILED    REASON\n" +
		"pr.42.7     review  acme/shop#7     1         just now  " + story + "\n" +
		"pr.42.1234  review  acme/shop#1234  1         just now  " + story + "\n"
	if out != want {
		t.Errorf("listed\n%s\nwant\n%s", out, want)
	}
}

func TestDeadListAsJSON(t *testing.T) {
	out, hint, code := run(t, ".", "", "dead", "list", "--admin", "http://"+deadBot(t, 7)+"/", "--format", "json")
	var letters []web.DeadLetter
	if err := json.Unmarshal([]byte(out), &letters); err != nil || code != 0 || hint != "" {
		t.Fatalf("exit %d, %v, %s", code, err, hint)
	}
	if len(letters) != 1 || letters[0].Key != "pr.42.7" || letters[0].Delivery != "d-1" || len(letters[0].Reason) < 250 {
		t.Errorf("listed %+v", letters)
	}
}

func TestDeadRetry(t *testing.T) {
	for _, c := range []struct {
		name     string
		numbers  []int
		args     []string
		out, err string
		code     int
		left     string
	}{
		{"keys", []int{7, 8, 9}, []string{"pr.42.7", "pr.42.9"}, "pr.42.7 is queued again\npr.42.9 is queued again\n", "", 0, "pr.42.8"},
		{"all", []int{7, 8}, []string{"--all"}, "pr.42.7 is queued again\npr.42.8 is queued again\n", "", 0, "Nothing is dead."},
		{"nothing", nil, []string{"--all"}, "Nothing is dead.\n", "", 0, "Nothing is dead."},
		{"one of them is not dead", []int{7, 8}, []string{"pr.42.70", "pr.42.7"}, "pr.42.7 is queued again\n", "did you mean pr.42.7?", 2, "pr.42.8"},
		{"no keys", []int{7}, nil, "", "--all", 2, "pr.42.7"},
		{"keys and all", []int{7}, []string{"--all", "pr.42.7"}, "", "--all", 2, "pr.42.7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PODCHECK_ADMIN_LISTEN", deadBot(t, c.numbers...))
			out, problems, code := run(t, ".", "", append([]string{"dead", "retry"}, c.args...)...)
			if code != c.code || out != c.out || !strings.Contains(problems, c.err) || c.err == "" && problems != "" {
				t.Errorf("exit %d, printed %q and %q", code, out, problems)
			}
			if left, _, _ := run(t, ".", "", "dead", "list"); !strings.Contains(left, c.left) {
				t.Errorf("left is\n%s", left)
			}
		})
	}
}

func TestDeadFindsTheBot(t *testing.T) {
	at := deadBot(t)
	port := at[strings.LastIndex(at, ":"):]
	dir := folder(t, map[string][]byte{
		"bot.yml":   []byte("adminListen: \"0.0.0.0" + port + "\"\n"),
		"wrong.yml": []byte("adminLisen: :1\n"),
	})
	for _, c := range []struct {
		name, variable string
		args           []string
		code           int
		want           string
	}{
		{"configuration", "", []string{"--config", "bot.yml"}, 0, "Nothing is dead."},
		{"every address", port, nil, 0, "Nothing is dead."},
		{"every address of IPv6", "[::]" + port, nil, 0, "Nothing is dead."},
		{"the flag wins", "127.0.0.1:1", []string{"--admin", at}, 0, "Nothing is dead."},
		{"no bot", "127.0.0.1:1", nil, 2, "no bot answers at http://127.0.0.1:1: "},
		{"no bot, what to do", "127.0.0.1:1", nil, 2, "name its admin port with --admin URL"},
		{"no configuration", "", []string{"--config", "absent.yml"}, 2, "absent.yml"},
		{"a wrong configuration", "", []string{"--config", "wrong.yml"}, 2, "adminListen"},
		{"no such format", at, []string{"--format", "xml"}, 2, "use text or json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PODCHECK_ADMIN_LISTEN", c.variable)
			out, problems, code := run(t, dir, "", append([]string{"dead", "list"}, c.args...)...)
			if code != c.code || !strings.Contains(out+problems, c.want) {
				t.Errorf("exit %d, %s%s", code, out, problems)
			}
		})
	}
	if _, problems, code := run(t, ".", "", "dead", "lits"); code != exitUsage {
		t.Errorf("exit %d, %s", code, problems)
	}
}
