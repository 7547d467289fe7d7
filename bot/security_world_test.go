package bot_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/rendering"
)

// run runs a bot with a configuration, logging JSON as operators have it, and everything that it logs.
func (w *world) run(c config.Server) running {
	w.Helper()
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := w.launch(c, log, bot.WithTransport(roundTripper(w.send)), bot.WithRenderer(rendering.Renderer()))
	w.deliverTo(r)
	return r
}

// signed is the value of X-Hub-Signature-256.
func signed(secret string, body []byte) string {
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write(body)
	return "sha256=" + hex.EncodeToString(sum.Sum(nil))
}

// attempt is a delivery that somebody makes.
func attempt(url string, d *github.Delivery, signature string) *http.Request {
	r, _ := http.NewRequest(http.MethodPost, url, bytes.NewReader(d.Payload)) // the URL is ours
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", d.Event)
	r.Header.Set("X-GitHub-Delivery", d.GUID)
	if signature != "" {
		r.Header.Set("X-Hub-Signature-256", signature)
	}
	return r
}

// answerTo sends a request and returns the status and the text of the answer; 0 when there is none.
func answerTo(r *http.Request) (int, string) {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body) // what there is of it
	return answer.StatusCode, string(text)
}
