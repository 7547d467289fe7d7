package github

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/review"
)

// markerVersion changes when a marker of an older version can't be understood.
const markerVersion = 1

const (
	markerOpen  = "<!-- podcheck:"
	markerClose = " -->"
)

// Marker is hidden in a review comment of ours. Findings are named by identity, never by lines.
type Marker struct {
	Version int      `json:"v"`
	Keys    []string `json:"keys"`
	Hash    string   `json:"hash"`           // of the text without the marker
	Gone    bool     `json:"gone,omitempty"` // the findings are gone since a person resolved the thread
}

// CheckMarker is hidden in the summary of a completed check run of ours.
type CheckMarker struct {
	Version     int    `json:"v"`
	Hash        string `json:"hash"`            // of the whole review
	Annotations string `json:"annotations"`     // hash of the annotations
	Comments    bool   `json:"comments"`        // the inline comments are posted too
	Floor       int64  `json:"floor,omitempty"` // id of a comment before which no decision of the conversation is in force
	Threads     string `json:"threads"`         // hash of the threads as they were left
}

// says tells whether two markers stand for the same review.
func (m CheckMarker) says(other CheckMarker) bool {
	other.Floor, other.Threads = m.Floor, m.Threads
	return m == other
}

// replyMarker is hidden in a reply of ours to a command.
type replyMarker struct {
	Version  int   `json:"v"`
	Reply    int64 `json:"reply"`              // id of the comment that gave the command
	InReview bool  `json:"inReview,omitempty"` // it is on the diff; the two kinds are counted separately

	// What the command decided, which is kept nowhere else.
	Ignore *review.Ignore `json:"ignore,omitempty"`
	Undo   bool           `json:"undo,omitempty"`
}

// mark appends a marker to a text. Base64url has nothing that could close the HTML comment.
func mark(text string, marker any) string {
	data, err := json.Marshal(marker)
	if err != nil {
		panic(fmt.Sprintf("a marker always encodes: %v", err))
	}
	return strings.TrimRight(text, "\n") + "\n\n" + markerOpen + base64.RawURLEncoding.EncodeToString(data) + markerClose
}

// parseMarker reads the last marker of a text: whatever a foreign name may have put in front of it, the last one is ours.
func parseMarker[M any](text string) (M, bool) {
	var marker M
	start := strings.LastIndex(text, markerOpen)
	if start < 0 {
		return marker, false
	}
	encoded, _, closed := strings.Cut(text[start+len(markerOpen):], markerClose)
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	if !closed || err != nil {
		return marker, false
	}
	var version struct {
		V int `json:"v"`
	}
	if json.Unmarshal(data, &version) != nil || version.V != markerVersion || json.Unmarshal(data, &marker) != nil {
		return *new(M), false
	}
	return marker, true
}

// unmarked is a text without the marker that mark appended.
func unmarked(text string) string {
	if start := strings.LastIndex(text, markerOpen); start >= 0 {
		text = text[:start]
	}
	return strings.TrimRight(text, "\n")
}

// fingerprint is a short hash of a value.
func fingerprint(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("plain data always encodes: %v", err))
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
