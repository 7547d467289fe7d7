package web

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sourcegraph/conc"
)

func TestReadyIsWhatTheStoreSays(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
	}{{nil, 200}, {errors.New("disk of 10.0.0.1 is full"), 503}} {
		ready := func(context.Context) error { return c.err }
		for _, handler := range []http.Handler{Public(http.NotFoundHandler(), nil, ready), Admin(http.NotFoundHandler(), nil, ready)} {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			if answer.Code != c.code || strings.Contains(answer.Body.String(), "10.0.0.1") {
				t.Errorf("%v: %d %s", c.err, answer.Code, answer.Body)
			}
			answer = httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			if answer.Code != 200 {
				t.Errorf("%v: healthz says %d", c.err, answer.Code)
			}
		}
	}
}

// TestReadinessIsCheckedOnceASecond, whoever asks and however often.
func TestReadinessIsCheckedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var checks atomic.Int64
		full := errors.New("the disk is full")
		var fails atomic.Bool
		ready := Shared(func(ctx context.Context) error {
			checks.Add(1)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if fails.Load() {
				return full
			}
			return nil
		})
		public, admin := Public(http.NotFoundHandler(), nil, ready), Admin(http.NotFoundHandler(), nil, ready)
		ask := func(handler http.Handler, want int) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // whoever asks goes away at once
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
			if answer.Code != want {
				t.Errorf("readyz says %d, want %d", answer.Code, want)
			}
		}
		hammer := func(want int) {
			var group conc.WaitGroup
			for range 200 {
				group.Go(func() { ask(public, want) })
				group.Go(func() { ask(admin, want) })
			}
			group.Wait()
		}
		hammer(http.StatusOK)
		hammer(http.StatusOK)
		if n := checks.Load(); n != 1 {
			t.Errorf("%d checks in less than a second", n)
		}
		fails.Store(true)
		time.Sleep(time.Second)
		hammer(http.StatusServiceUnavailable)
		if n := checks.Load(); n != 2 {
			t.Errorf("%d checks in two seconds", n)
		}
	})
}

func TestServeFinishesRunningRequests(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	began, release := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-release
		_, _ = io.WriteString(w, "finished")
	})
	ctx, stop := context.WithCancel(t.Context())
	var group conc.WaitGroup
	served := make(chan error, 1)
	group.Go(func() { served <- Serve(ctx, listener, handler) })
	var text string
	group.Go(func() {
		answer, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		text = string(body)
	})
	<-began
	stop()
	close(release)
	group.Wait()
	if err := <-served; err != nil || text != "finished" {
		t.Errorf("served %v, the request got %q", err, text)
	}
}

func TestServeReturnsWhatStopsIt(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := Serve(t.Context(), listener, http.NotFoundHandler()); err == nil {
		t.Error("a closed listener serves nothing")
	}
}

func TestMetricsAreShown(t *testing.T) {
	m := NewMetrics()
	m.Job("pr", "done", time.Second)
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(answer.Body.String(), `podcheck_job_seconds_sum{kind="pr",outcome="done"} 1`) {
		t.Errorf("metrics are %s", answer.Body)
	}
}
