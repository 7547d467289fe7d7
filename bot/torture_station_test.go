package bot_test

import (
	"sync"
	"syscall"
	"time"
)

// station is where one bot runs, again and again.
type station struct {
	mu      sync.Mutex
	serving served
	child   *child
	paused  time.Time // zero while it runs
}

func (s *station) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return ""
	}
	return s.child.address
}

// kill ends a bot with SIGKILL. It stays dead until it is started.
func (s *station) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child != nil {
		s.child.kill()
		s.child, s.paused = nil, time.Time{}
	}
}

// pause stops a bot where it is, until it is woken after its leases have run out.
func (s *station) pause(w *world) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child != nil && s.paused.IsZero() {
		w.ok(s.child.command.Process.Signal(syscall.SIGSTOP))
		s.paused = time.Now()
	}
}

// wake lets a bot go on that was paused for that long.
func (s *station) wake(w *world, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.paused.IsZero() && time.Since(s.paused) > after {
		w.ok(s.child.command.Process.Signal(syscall.SIGCONT))
		s.paused = time.Time{}
	}
}

// start starts a bot that is dead. One that does not find its store ends, and is started again later, as its orchestrator does.
func (s *station) start(w *world) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child != nil {
		return
	}
	started, err := w.startServed(s.serving)
	if err != nil {
		w.Log(err)
		return
	}
	s.child = started
}
