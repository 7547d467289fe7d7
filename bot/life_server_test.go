package bot_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/fixtures/journal"
)

// mortal is a bot that dies at a request to GitHub: from then on nothing that it sends arrives.
type mortal struct {
	next  http.RoundTripper
	fuse  atomic.Int64 // dies at this request from now; 0: never
	after bool         // that request arrives, and its answer is lost
	dead  atomic.Bool
	died  chan struct{}
	once  sync.Once
	end   func()
}

var errDead = errors.New("the process is dead")

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	if m.fuse.Load() == 0 || m.fuse.Add(-1) != 0 {
		return m.next.RoundTrip(r)
	}
	if m.after {
		if answer, err := m.next.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}
	m.die()
	return nil, errDead
}

func (m *mortal) die() {
	m.dead.Store(true)
	m.once.Do(func() { close(m.died) })
}

// startMortal runs a bot on a folder. It ends with the test, if nobody ends it before.
func (w *world) startMortal(dir string, log *ledger, next http.RoundTripper) *mortal {
	w.Helper()
	m := &mortal{next: next, died: make(chan struct{})}
	launched := w.launch(settings(w.github, dir), slog.New(slog.NewTextHandler(log, nil)), bot.WithTransport(m))
	m.end = launched.end
	w.deliverTo(launched)
	return m
}

// ledger is a log that tells when a delivery led to an outcome.
type ledger struct {
	journal.Journal
	mu      sync.Mutex
	waiting map[string]chan struct{} // by delivery
}

// outcomes are the messages after which nothing more is written for a pull request.
var outcomes = []string{"msg=reviewed ", `msg="reviewed already" `, "msg=closed "}

func (l *ledger) expect(delivery string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.waiting = map[string]chan struct{}{}
	}
	l.waiting[delivery] = make(chan struct{})
	return l.waiting[delivery]
}

// Write takes one line, as slog's handlers write.
func (l *ledger) Write(line []byte) (int, error) {
	text := string(line)
	for _, outcome := range outcomes {
		if strings.Contains(text, outcome) {
			l.met(text)
		}
	}
	return l.Journal.Write(line)
}

func (l *ledger) met(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for delivery, done := range l.waiting {
		if strings.Contains(line, " delivery="+delivery+" ") {
			close(done)
			delete(l.waiting, delivery)
		}
	}
}
