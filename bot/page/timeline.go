package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/podcheck/podcheck/bot/queue"
	layout "github.com/podcheck/podcheck/review/page"
)

// maxEvents of a pull request are kept, the newest.
const maxEvents = 100

// Posted adds to what the pages of a pull request say was posted. Whoever calls it owns the pull request, as with all that is posted.
func (s *Store) Posted(ctx context.Context, h Head, events ...layout.Event) {
	if len(events) == 0 {
		return
	}
	// What was posted is there, even when the work on it ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	s.note(s.add(ctx, h, events))
}

func (s *Store) add(ctx context.Context, h Head, events []layout.Event) error {
	before, err := s.timeline(ctx, h)
	if err != nil {
		return err
	}
	for _, e := range events {
		e.At, e.Head = time.Now().UTC(), h.SHA
		before = append(before, e)
	}
	data, err := json.Marshal(before[max(len(before)-maxEvents, 0):])
	if err != nil {
		return fmt.Errorf("encode what was posted: %w", err)
	}
	return s.entries.Put(ctx, timelineKey(h), data)
}

// timeline is what was posted on the pull request of a head, whichever head it was posted for.
func (s *Store) timeline(ctx context.Context, h Head) ([]layout.Event, error) {
	data, err := s.entries.Get(ctx, timelineKey(h))
	if errors.Is(err, queue.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var events []layout.Event
	if err := json.Unmarshal(data, &events); err != nil {
		return nil, fmt.Errorf("decode what was posted: %w", err)
	}
	return events, nil
}

// timelineKey: merge groups, which have no number, have nothing in common.
func timelineKey(h Head) string {
	if h.Number == 0 {
		return fmt.Sprintf("posted-%d-merge-%s", h.Repository, h.SHA)
	}
	return fmt.Sprintf("posted-%d-%d", h.Repository, h.Number)
}
