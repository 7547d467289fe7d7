package repo

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// readers is the number of concurrent readings of one mirror; a fetch takes all of them.
const readers = 1 << 16

// lock guards one directory within the process: readings share it, a fetch has it alone. Waiting ends with the context.
type lock struct {
	sem   *semaphore.Weighted
	users int // open Mirrors; guarded by locks
}

// locks holds the lock of every directory in use. The directory is the process's own, so is the map.
var locks = struct {
	sync.Mutex
	byPath map[string]*lock
}{byPath: map[string]*lock{}}

func acquire(path string) *lock {
	locks.Lock()
	defer locks.Unlock()
	l := locks.byPath[path]
	if l == nil {
		l = &lock{sem: semaphore.NewWeighted(readers)}
		locks.byPath[path] = l
	}
	l.users++
	return l
}

func release(path string, l *lock) {
	locks.Lock()
	defer locks.Unlock()
	if l.users--; l.users == 0 {
		delete(locks.byPath, path)
	}
}

// alone says whether a single Mirror uses the directory, so that nobody misses what a swap drops.
func (l *lock) alone() bool {
	locks.Lock()
	defer locks.Unlock()
	return l.users == 1
}

func (l *lock) shared(ctx context.Context) error    { return l.sem.Acquire(ctx, 1) }
func (l *lock) unlockShared()                       { l.sem.Release(1) }
func (l *lock) exclusive(ctx context.Context) error { return l.sem.Acquire(ctx, readers) }
func (l *lock) unlockExclusive()                    { l.sem.Release(readers) }
