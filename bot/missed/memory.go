package missed

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/podcheck/podcheck/bot/queue"
)

const (
	lastKey       = "look"       // when the last whole look began
	deliveriesKey = "deliveries" // see reading
	walkPrefix    = "walk."      // and the installation; see progress

	// settledFor is longer than deliveries are looked back for.
	settledFor = deliveriesBack + 24*time.Hour
)

// memory is what looks know of those before them.
type memory struct {
	state   *queue.Bucket
	settled *queue.Bucket // events that were dealt with, by GUID
}

func openMemory(ctx context.Context, q *queue.Queue) (*memory, error) {
	state, err := q.Bucket(ctx, "missed", 0)
	if err != nil {
		return nil, err
	}
	settled, err := q.Bucket(ctx, "missed-events", settledFor)
	return &memory{state, settled}, err
}

// load reads a key into a value, which stays as it is when there is nothing that can be read.
func (m *memory) load(ctx context.Context, key string, into any) error {
	data, err := m.state.Get(ctx, key)
	if errors.Is(err, queue.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_ = json.Unmarshal(data, into) // what another version wrote is as good as lost
	return nil
}

func (m *memory) save(ctx context.Context, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return m.state.Put(ctx, key, data)
}

func walkKey(installation int64) string { return walkPrefix + strconv.FormatInt(installation, 10) }

// forget drops the walks of installations that are no more: one that comes back is new.
func (m *memory) forget(ctx context.Context, installed map[int64]bool) error {
	keys, err := m.state.Keys(ctx)
	if err != nil {
		return err
	}
	for _, key := range keys {
		id, isWalk := strings.CutPrefix(key, walkPrefix)
		if n, err := strconv.ParseInt(id, 10, 64); !isWalk || err == nil && installed[n] {
			continue
		}
		if err := m.state.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// isSettled tells whether an event was dealt with.
func (m *memory) isSettled(ctx context.Context, guid string) (bool, error) {
	_, err := m.settled.Get(ctx, eventKey(guid))
	if errors.Is(err, queue.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (m *memory) settle(ctx context.Context, guid string) error {
	return m.settled.Put(ctx, eventKey(guid), nil)
}

// eventKey fits any GUID into the letters of a key.
func eventKey(guid string) string { return "e" + base64.RawURLEncoding.EncodeToString([]byte(guid)) }
