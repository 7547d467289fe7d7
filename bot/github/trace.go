package github

import (
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// traceLife is how long an answer of GitHub may be behind what we wrote. After that, what is missing was taken away by somebody.
	traceLife = 10 * time.Second
	// unsureFor is how long after a write whose answer was lost a read may not know of it yet.
	unsureFor = 2 * time.Second
	// maxTraced bounds the places whose traces are kept.
	maxTraced = 1 << 10
)

// errBehind: to decide from such an answer would be to write again what is there.
var errBehind = errors.New("its answer is older than what we wrote last")

// place is a pull request; number 0 is all merge groups of a repository.
type place struct {
	repo   Repo
	number int
}

// trace is something that we wrote, and by which a read shows that it knows of it.
type trace struct {
	at    time.Time
	shown func(*Snapshot) bool
}

// traces are what this process wrote of late. GitHub reads from replicas, and the next item of a pull request may be begun within
// milliseconds after the last one.
type traces struct {
	mu sync.Mutex
	of map[place][]trace
}

func (t *traces) leave(p place, shown func(*Snapshot) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[place][]trace{}
	}
	if len(t.of) >= maxTraced {
		t.sweep()
	}
	t.of[p] = append(t.of[p], trace{time.Now(), shown})
}

func (t *traces) sweep() {
	for p, all := range t.of {
		if all[len(all)-1].old() {
			delete(t.of, p)
		}
	}
}

func (t trace) old() bool { return time.Since(t.at) > traceLife }

// behind tells whether a read does not know of everything that we wrote.
func (t *traces) behind(p place, s *Snapshot) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := slices.DeleteFunc(t.of[p], trace.old)
	if len(left) == 0 {
		delete(t.of, p)
		return false
	}
	t.of[p] = left
	return slices.ContainsFunc(left, func(one trace) bool { return !one.shown(s) })
}

// trace remembers a write that must not be made twice, by its outcome: done, or perhaps.
func (c *Client) trace(p place, err error, shown func(*Snapshot) bool) {
	var down *Unavailable
	switch {
	case err == nil:
		c.traces.leave(p, shown)
	case errors.As(err, &down) && !errors.Is(err, errLate):
		at := time.Now()
		c.traces.leave(p, func(s *Snapshot) bool { return shown(s) || time.Since(at) >= unsureFor })
	}
}

func (s *Snapshot) place() place { return place{s.Repo, s.Number} }

func (in Conversation) place() place { return place{in.Repo, in.Number} }

// showsNewRun looks for a run of the head whose id is not known, because the answer was lost.
func showsNewRun(before *Snapshot) func(*Snapshot) bool {
	sha, known := before.HeadSHA, slices.Clone(before.Runs)
	return func(s *Snapshot) bool {
		return slices.ContainsFunc(s.Runs, func(r Run) bool {
			return r.SHA == sha && !slices.ContainsFunc(known, func(k Run) bool { return k.ID == r.ID })
		})
	}
}

// showsRun: a run is seen with its commit, and commits that were pushed away are not.
func showsRun(id int64, sha string, completed bool) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		at := slices.IndexFunc(s.Runs, func(r Run) bool { return r.ID == id })
		if at < 0 {
			return s.HeadSHA != sha
		}
		return s.Runs[at].Completed || !completed
	}
}

// showsThread looks for a thread about a finding of a comment.
func showsThread(body string) func(*Snapshot) bool {
	marker, _ := parseMarker[Marker](body)
	return func(s *Snapshot) bool {
		return slices.ContainsFunc(s.Threads, func(t Thread) bool {
			return slices.ContainsFunc(t.Marker.Keys, func(key string) bool { return slices.Contains(marker.Keys, key) })
		})
	}
}

// showsComment: of a long conversation only the newest comments are read.
func showsComment(id int64) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		if id == 0 { // the answer was lost
			return false
		}
		return slices.ContainsFunc(s.Comments, func(c Comment) bool { return c.ID == id }) || len(s.Comments) > 0 && s.Comments[0].ID > id
	}
}

// showsResult: a comment that is not seen at all is not answered either.
func showsResult(id int64) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		return !slices.ContainsFunc(s.Comments, func(c Comment) bool { return c.ID == id && !c.Done })
	}
}

// showsPush looks for another head than the one that we pushed over.
func showsPush(old string) func(*Snapshot) bool {
	return func(s *Snapshot) bool { return s.HeadSHA != old }
}
