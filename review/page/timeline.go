package page

import (
	"bytes"
	"fmt"
	"time"
)

// Event is one thing that was posted on the pull request.
type Event struct {
	At    time.Time `json:"at"`
	Head  string    `json:"head,omitempty"` // commit that was the head; "" when that is not known
	What  string    `json:"what"`
	Where string    `json:"where,omitempty"` // a path with a line; "" for the pull request itself
}

// apart is the time after which events no longer belong together.
const apart = 10 * time.Minute

// moment is an event as it is shown.
type moment struct {
	Event
	Starts      bool   // a group of events: on another head than those before it, or long after them
	Clock, When string // When is the date of the first event of a group, and the time since then of the others
}

// WithTimeline returns a page that Write wrote with what was posted, oldest first: that goes on after the review was written.
func WithTimeline(html []byte, events []Event) ([]byte, error) {
	// Of what the page shows nothing can be this: html/template escapes it.
	at := bytes.LastIndex(html, []byte("</main>"))
	if at < 0 || len(events) == 0 {
		return html, nil
	}
	var out bytes.Buffer
	out.Write(html[:at])
	if err := layout.ExecuteTemplate(&out, "timeline", moments(events)); err != nil {
		return nil, fmt.Errorf("writing the timeline of the page: %w", err)
	}
	out.Write(html[at:])
	return out.Bytes(), nil
}

func moments(events []Event) []moment {
	var out []moment
	var began, last time.Time
	head := ""
	for i, e := range events {
		m := moment{Event: e, Clock: e.At.UTC().Format(time.RFC3339), Starts: i == 0 || e.Head != head || e.At.Sub(last) > apart}
		if m.Starts {
			began, m.When = e.At, e.At.UTC().Format("2 January 2006, 15:04:05 UTC")
		} else {
			m.When = "+" + rounded(e.At.Sub(began)).String()
		}
		last, head = e.At, e.Head
		out = append(out, m)
	}
	return out
}

func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}

// short is a commit as people write it.
func short(sha string) string { return sha[:min(len(sha), 7)] }
