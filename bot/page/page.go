// Package page keeps the page of each review, with what was posted on the pull request, for the link of the check run.
//
// A page has an address that nobody can guess: a keyed hash of the repository, the pull request and the head, with a key that was
// drawn once and lies in the store. The address is all that opens a page, so it is the key of the entry; pages are not listed. It is the same
// for a head whatever happens, so that a review that is made again writes nothing because of it.
//
// Pages lie in the bot's own store, where every replica finds them: the newest of a head counts, each goes after thirty days,
// and the oldest go first when all are too many. What was posted is kept by pull request and added when a page is read. Nothing here is
// needed for a review: what can't be kept is logged, and is no error.
//
// It imports the store and the layout of pages; it must not import GitHub, HTTP or git.
package page

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/podcheck/podcheck/bot/queue"
	layout "github.com/podcheck/podcheck/review/page"
)

const (
	// age is how long a page is kept after its review.
	age = 30 * 24 * time.Hour
	// room is what all pages may take, in bytes: some twenty thousand.
	room = 256 << 20
	// patience bounds one use of the store, so that a slow one holds no review up.
	patience = 5 * time.Second
)

// Head names the head of a pull request, whose review has one page.
type Head struct {
	Repository int64  // GitHub's id
	Number     int    // 0 for the head of a merge group
	SHA        string // of the commit
}

// Store keeps pages. It is safe for concurrent use.
type Store struct {
	entries *queue.Cache
	key     []byte
	root    string // of the addresses
	log     *slog.Logger
	failing atomic.Bool
}

// Open opens the pages in the store of a queue. The address of a page is root + token.
func Open(ctx context.Context, q *queue.Queue, root string, log *slog.Logger) (*Store, error) {
	entries, err := q.Cache(ctx, "pages", age, room)
	if err != nil {
		return nil, fmt.Errorf("open the pages of reviews: %w", err)
	}
	key, err := secretKey(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("open the key of the pages of reviews: %w", err)
	}
	return &Store{entries: entries, key: key, root: root, log: log}, nil
}

// secretKey is drawn by the first of all replicas, and then lies in the store for ever.
func secretKey(ctx context.Context, q *queue.Queue) ([]byte, error) {
	const name = "key"
	bucket, err := q.Bucket(ctx, "pages", 0)
	if err != nil {
		return nil, err
	}
	drawn := make([]byte, sha256.Size)
	_, _ = rand.Read(drawn) // never fails
	if err := bucket.Create(ctx, name, drawn); err != nil && !errors.Is(err, queue.ErrExists) {
		return nil, err
	}
	return bucket.Get(ctx, name)
}

// token is the part of a page's address that can't be guessed: 256 bits.
func (s *Store) token(h Head) string {
	sum := hmac.New(sha256.New, s.key)
	fmt.Fprintf(sum, "%d/%d/%s", h.Repository, h.Number, h.SHA)
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// Keep keeps the page of a head, instead of an older one, and returns its address; "" when it could not be kept.
func (s *Store) Keep(ctx context.Context, h Head, p layout.Page) string {
	token := s.token(h)
	data, err := pack(h, p)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		err = s.entries.Put(ctx, pageKey(token), data)
	}
	s.note(err)
	if err != nil {
		return ""
	}
	return s.root + token
}

// note logs an error, once until pages are kept again. That the work on a review was cancelled is none.
func (s *Store) note(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	if before := s.failing.Swap(err != nil); err != nil && !before {
		s.log.Warn("the pages of reviews can't be kept or read", "error", err)
	}
}

// Open returns the page with a token as it is now, and its Content-Security-Policy. It fails with fs.ErrNotExist when there is none.
func (s *Store) Open(ctx context.Context, token string) (html []byte, policy string, err error) {
	sum, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(sum) != sha256.Size {
		return nil, "", fs.ErrNotExist
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	html, policy, err = s.read(ctx, token)
	if errors.Is(err, queue.ErrNotFound) {
		return nil, "", fs.ErrNotExist
	}
	if err != nil {
		s.note(err)
	}
	return html, policy, err
}

func (s *Store) read(ctx context.Context, token string) (html []byte, policy string, err error) {
	data, err := s.entries.Get(ctx, pageKey(token))
	if err != nil {
		return nil, "", err
	}
	kept, err := unpack(data)
	if err != nil {
		return nil, "", err
	}
	events, err := s.timeline(ctx, kept.Head)
	if err != nil {
		return nil, "", err
	}
	html, err = layout.WithTimeline(kept.HTML, events)
	return html, layout.Policy(kept.HTML), err
}

func pageKey(token string) string { return "page-" + token }
