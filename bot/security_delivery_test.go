package bot_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

// tooLarge is a body of one byte more than GitHub ever sends.
func tooLarge() io.Reader { return io.LimitReader(blanks{}, 25<<20+1) }

// blanks never ends.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// TestForgedDeliveriesLeadToNothing makes deliveries that are not GitHub's, of a pull request that is really there.
func TestForgedDeliveriesLeadToNothing(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	b := w.run(settings(w.github, t.TempDir()))
	p := w.open(f.Before, f.After, github.NewPull{})
	events := w.github.Pending()
	d := events[len(events)-1]
	oldHash := hmac.New(sha1.New, []byte(secret))
	oldHash.Write(d.Payload)
	sha1Of := "sha1=" + hex.EncodeToString(oldHash.Sum(nil))
	good := signed(secret, d.Payload)
	for name, c := range map[string]struct {
		signature string
		change    func(*http.Request)
		code      int
	}{
		"unsigned":                       {"", nil, 401},
		"SHA-1 only":                     {"", func(r *http.Request) { r.Header.Set("X-Hub-Signature", sha1Of) }, 401},
		"SHA-1 in the place of SHA-256":  {sha1Of, nil, 401},
		"another secret":                 {signed("guess", d.Payload), nil, 401},
		"the empty secret":               {signed("", d.Payload), nil, 401},
		"the signature of another body":  {signed(secret, d.Payload[1:]), nil, 401},
		"half a signature":               {good[:40], nil, 401},
		"a second signature that counts": {"sha256=" + strings.Repeat("0", 64), func(r *http.Request) { r.Header.Add("X-Hub-Signature-256", good) }, 401},
		"another body": {good, func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Replace(string(d.Payload), "acme", "acmf", 1))), int64(len(d.Payload))
		}, 401},
		"too large":                        {good, func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(tooLarge()), 25<<20+1 }, 413},
		"too large, and it doesn't say so": {good, func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(tooLarge()), -1 }, 413},
		"not a POST":                       {good, func(r *http.Request) { r.Method = http.MethodPut }, 405},
	} {
		r := attempt(b.webhook(), d, c.signature)
		if c.change != nil {
			c.change(r)
		}
		if code, text := answerTo(r); code != c.code || strings.Contains(text, "stored\":") {
			t.Errorf("%s: %d %s, want %d", name, code, text, c.code)
		}
	}

	// What is queued is worked on in its order, so that anything of the first would be seen by now.
	second := w.newPull(f.Before, f.After, "second")
	w.checked(second.HeadSHA())
	first := regexp.MustCompile(fmt.Sprintf(`"number":%d[,}]`, p.Number()))
	for _, r := range w.github.Requests() {
		if first.Match(r.Body) {
			t.Errorf("a forged delivery led to %s %s", r.Method, r.Path)
		}
	}
	if n := len(p.Reviews()); n > 0 {
		t.Errorf("a forged delivery led to %d reviews", n)
	}
	for _, text := range []string{secret, good[len("sha256="):]} {
		if strings.Contains(w.log.String(), text) {
			t.Errorf("%q is in the log", text)
		}
	}
}

// TestSecretIsRotated accepts both secrets while both are configured, and the old one no longer than that.
func TestSecretIsRotated(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	const next = "the next secret"
	c := settings(w.github, t.TempDir())
	p := w.open(f.Before, f.After, github.NewPull{})
	events := w.github.Pending()
	d := events[len(events)-1]
	for _, step := range []struct {
		secrets  []string
		accepted map[string]int
	}{
		{[]string{secret}, map[string]int{secret: 202, next: 401}},
		{[]string{next, secret}, map[string]int{secret: 202, next: 202}},
		{[]string{next}, map[string]int{secret: 401, next: 202}},
	} {
		c.Secrets = nil
		for _, s := range step.secrets {
			c.Secrets = append(c.Secrets, []byte(s))
		}
		b := w.run(c)
		for s, want := range step.accepted {
			if code, text := answerTo(attempt(b.webhook(), d, signed(s, d.Payload))); code != want {
				t.Errorf("with %q configured, a delivery signed with %q is answered with %d %s, want %d", step.secrets, s, code, text, want)
			}
		}
		b.end()
	}
	w.run(c)
	w.reviewedAs(p, len(f.Want.Comments))
}
