package missed

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/hook"
	"github.com/podcheck/podcheck/bot/queue"
)

const (
	// deliveriesBack is how long GitHub keeps deliveries.
	deliveriesBack = 72 * time.Hour
	// deliveriesOverlap: an attempt is listed when it has ended, up to 10 s after it began, and clocks differ.
	deliveriesOverlap = 5 * time.Minute
	// clocks: GitHub gives whole seconds of another clock than ours.
	clocks = 10 * time.Second
	// commandAge is how old a command may be, as when it is found in a conversation. An older one would surprise whoever gave it.
	commandAge = 24 * time.Hour
)

// reading is how far the list of deliveries was read, newest first.
type reading struct {
	Since  time.Time `json:"since"`            // those sent before are dealt with
	Began  time.Time `json:"began,omitzero"`   // of the round that was interrupted
	Cursor string    `json:"cursor,omitempty"` // where that goes on; "" when none was
}

// deliveries reads the list back to the last look. A round that was interrupted is ended first, and then the newest are read.
func (l *look) deliveries(ctx context.Context) error {
	var at reading
	if err := l.memory.load(ctx, deliveriesKey, &at); err != nil {
		return err
	}
	r := &reader{look: l, budget: budget{l.limits.ofApp}, delivered: map[string]bool{}, known: map[string]bool{}}
	err := r.rounds(ctx, &at)
	l.tally.add(0, 0, 0, l.limits.ofApp-r.budget.left)
	var refused *github.RetryAfter
	switch {
	case errors.Is(err, errSpent):
		l.Log.Info("the deliveries go on at the next look", "look", l.id())
		err = nil
	case errors.As(err, &refused):
		l.Log.Info("the deliveries are left for this look", "look", l.id(), "reason", err.Error())
		err = nil
	}
	return errors.Join(err, l.memory.save(ctx, deliveriesKey, at))
}

// reader reads the list of deliveries once.
type reader struct {
	*look
	budget    budget
	delivered map[string]bool // events that arrived at a later attempt
	known     map[string]bool // keys of what newer deliveries asked for
}

func (r *reader) rounds(ctx context.Context, at *reading) error {
	if at.Cursor != "" {
		if err := r.round(ctx, at); err != nil && !errors.Is(err, github.ErrGone) {
			return err
		}
	}
	at.Cursor, at.Began = "", r.began
	return r.round(ctx, at)
}

// round reads pages from the cursor back to what is dealt with.
func (r *reader) round(ctx context.Context, at *reading) error {
	floor := at.Since.Add(-deliveriesOverlap)
	if oldest := r.began.Add(-deliveriesBack); floor.Before(oldest) {
		floor = oldest
	}
	for {
		next, err := r.page(ctx, at.Cursor, floor)
		if err != nil {
			return err
		}
		if at.Cursor = next; next == "" {
			at.Since = at.Began
			return nil
		}
	}
}

// page deals with a page, and returns where the next one begins, "" when nothing is left. A page that was not dealt with whole
// is read again.
func (r *reader) page(ctx context.Context, cursor string, floor time.Time) (next string, err error) {
	if err := r.budget.take(); err != nil {
		return cursor, err
	}
	page, next, err := r.App.Deliveries(ctx, cursor)
	if err != nil {
		return "", err
	}
	for _, d := range page {
		if d.At.Before(floor) {
			return "", nil
		}
		if err := r.delivery(ctx, d); err != nil {
			return "", err
		}
	}
	return next, nil
}

// delivery queues what a failed delivery asks for, and remembers its event.
func (r *reader) delivery(ctx context.Context, d github.Delivery) error {
	if !r.failed(d) || !canAsk(d.Event, d.Action) || !r.reaches(d.Installation) {
		return nil
	}
	settled, err := r.memory.isSettled(ctx, d.GUID)
	if err != nil || settled {
		return err
	}
	if err := r.budget.take(); err != nil {
		return err
	}
	body, err := r.App.Payload(ctx, d.ID)
	if err != nil && !errors.Is(err, github.ErrGone) {
		return err
	}
	if err == nil {
		if err := r.ask(ctx, d, body); err != nil {
			return err
		}
	}
	return r.memory.settle(ctx, d.GUID)
}

// failed tells whether an event was not delivered, by this attempt or a later one.
func (r *reader) failed(d github.Delivery) bool {
	if d.Status >= 200 && d.Status < 300 {
		r.delivered[d.GUID] = r.delivered[d.GUID] || d.Redelivery
		return false
	}
	return d.Status != http.StatusBadRequest && !r.delivered[d.GUID]
}

// reaches tells whether an installation may be asked. One that is not known is not left out.
func (r *reader) reaches(installation int64) bool {
	return installation == 0 || r.installed == nil || r.installed[installation]
}

// ask queues what a payload asks for. The items count as received when they are stored, not when they were sent: how long to be
// patient with GitHub, and whether its answers may be behind, begins with the look.
func (r *reader) ask(ctx context.Context, d github.Delivery, body []byte) error {
	r.tally.add(1, 0, 0, 0)
	items, reason, err := hook.Delivery{Event: d.Event, GUID: d.GUID, Body: body}.Items()
	if err != nil {
		reason = err.Error()
	}
	if len(items) == 0 {
		r.Log.Info("missed delivery ignored", "delivery", d.GUID, "event", d.Event, "reason", reason)
		return nil
	}
	for _, item := range items {
		if r.known[item.Key()] || item.Kind == queue.KindCommand && r.began.Sub(d.At) > commandAge {
			continue
		}
		stored, err := r.Queue.PutAbsent(ctx, item, d.At.Add(clocks))
		if err != nil {
			return err
		}
		r.known[item.Key()] = true
		if stored {
			r.tally.add(0, 0, 1, 0)
			r.Log.Info("missed delivery queued", "delivery", d.GUID, "event", d.Event, "action", d.Action, "sent", d.At, "status", d.Status, "item", item.Key())
		}
	}
	return nil
}
