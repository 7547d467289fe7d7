package github

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// isLimit tells an answer that asks to wait from a missing permission and an input that is refused. The body stays readable.
func isLimit(answer *http.Response) bool {
	switch answer.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		return answer.Header.Get("Retry-After") != "" || answer.Header.Get("X-RateLimit-Remaining") == "0" ||
			bodySays(answer, "rate limit", "rate-limits", "abuse detection")
	case http.StatusUnprocessableEntity: // what GitHub takes for spam
		return bodySays(answer, "submitted too quickly")
	}
	return false
}

// bodySays looks for words in the body, which stays readable.
func bodySays(answer *http.Response, words ...string) bool {
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxRefusal)) // what could not be read is no proof of anything
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	text := strings.ToLower(string(body))
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// until reads when a limit ends; zero when the answer names no time.
func until(answer *http.Response) (time.Time, string) {
	if at := retryAfter(answer); !at.IsZero() {
		return at, "secondary rate limit"
	}
	if reset, ok := resetTime(answer); ok && answer.Header.Get("X-RateLimit-Remaining") == "0" {
		return reset, "primary rate limit"
	}
	return time.Time{}, "secondary rate limit without a time"
}

// retryAfter reads seconds or a date; zero when it is neither.
func retryAfter(answer *http.Response) time.Time {
	value := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return fromNow(time.Duration(min(seconds, int(longestRetry/time.Second)))*time.Second, longestRetry)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return time.Time{}
	}
	return fromNow(at.Sub(clock(answer)), longestRetry)
}

// resetTime is when the hour's budget is full again. GitHub counts in whole seconds.
func resetTime(answer *http.Response) (time.Time, bool) {
	seconds, err := strconv.ParseInt(answer.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}, false
	}
	return fromNow(time.Unix(seconds+1, 0).Sub(clock(answer)), longestReset), true
}

// clock is GitHub's: ours may be wrong, and a time that has passed already would make us ask in vain again and again.
func clock(answer *http.Response) time.Time {
	if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		return at
	}
	return time.Now()
}

func fromNow(wait, longest time.Duration) time.Time {
	return time.Now().Add(min(max(wait, shortestWait), longest))
}

// usedUp tells that the budget of the hour is used up but for a reserve, and until when. Requests that are under way need the reserve.
func usedUp(answer *http.Response) (reset time.Time, used bool) {
	remaining, err := strconv.Atoi(answer.Header.Get("X-RateLimit-Remaining"))
	if err != nil {
		return time.Time{}, false
	}
	limit, _ := strconv.Atoi(answer.Header.Get("X-RateLimit-Limit")) // none: no reserve
	if remaining > min(limit/50, maxReserve) {
		return time.Time{}, false
	}
	return resetTime(answer)
}

// said is the message of a refusal, for a log.
func said(answer *http.Response) string {
	var body struct {
		Message string `json:"message"`
	}
	if json.NewDecoder(io.LimitReader(answer.Body, maxRefusal)).Decode(&body) != nil || body.Message == "" {
		return answer.Status
	}
	return cutRunes(strings.Join(strings.Fields(body.Message), " "), maxRefusalText)
}
