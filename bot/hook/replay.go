package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// NewRequest makes the request by which GitHub would deliver a payload: signed, with the event's name and an id of its own.
func NewRequest(ctx context.Context, url, event string, body, secret []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the delivery: %w", err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", event)
	req.Header.Set("X-GitHub-Delivery", rand.Text())
	req.Header.Set(signatureHeader, signaturePrefix+hex.EncodeToString(mac.Sum(nil)))
	return req, nil
}

// EventOf tells the event of a stored payload by the objects in it: a payload doesn't name its event, the header of its
// delivery does.
func EventOf(body []byte) (string, error) {
	var objects map[string]json.RawMessage
	if err := json.Unmarshal(body, &objects); err != nil {
		return "", fmt.Errorf("read the payload: %w", err)
	}
	has := func(name string) bool { return objects[name] != nil }
	switch {
	case has("comment") && has("pull_request"):
		return "pull_request_review_comment", nil
	case has("comment") && has("issue"):
		return "issue_comment", nil
	case has("check_run"):
		return "check_run", nil
	case has("check_suite"):
		return "check_suite", nil
	case has("merge_group"):
		return "merge_group", nil
	case has("pull_request"):
		return "pull_request", nil
	case has("zen"):
		return "ping", nil
	}
	return "", errors.New("nothing in the payload tells which event it is of: name it with --event")
}
