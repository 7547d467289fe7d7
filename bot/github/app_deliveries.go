package github

import (
	"context"
	"fmt"
	"net/http"
	"time"

	gogithub "github.com/google/go-github/v60/github"
)

// pageSize is the most that GitHub gives of a list in one request.
const pageSize = 100

// Delivery is one attempt of GitHub to deliver an event to the App's webhook.
type Delivery struct {
	ID           int64  // of the attempt
	GUID         string // of the event; a redelivery keeps it
	Event        string
	Action       string
	Installation int64     // 0 when the event has none
	At           time.Time // when it was sent
	Status       int       // that we answered; 0 when no answer came
	Redelivery   bool
}

// Deliveries reads a page of the attempts, newest first, and where the next page begins, "" after the last. GitHub keeps three
// days, an Enterprise Server seven. All attempts are read: GitHub's filter for failures leaves out those without an answer. It fails with ErrGone
// when GitHub does not know the cursor any more.
// https://docs.github.com/rest/apps/webhooks#list-deliveries-for-an-app-webhook
func (a *App) Deliveries(ctx context.Context, cursor string) (page []Delivery, next string, err error) {
	listed, answer, err := a.rest.Apps.ListHookDeliveries(ctx, &gogithub.ListCursorOptions{PerPage: pageSize, Cursor: cursor})
	if code := status(err); cursor != "" && (code == http.StatusBadRequest || code == http.StatusNotFound || code == http.StatusUnprocessableEntity) {
		err = fmt.Errorf("%w: the place to go on: %w", ErrGone, err)
	}
	if err != nil {
		return nil, "", explain(ctx, err, "list the deliveries of the webhook")
	}
	for _, d := range listed {
		page = append(page, Delivery{
			ID: d.GetID(), GUID: d.GetGUID(), Event: d.GetEvent(), Action: d.GetAction(), Installation: d.GetInstallationID(),
			At: d.GetDeliveredAt().Time, Status: d.GetStatusCode(), Redelivery: d.GetRedelivery(),
		})
	}
	return page, answer.Cursor, nil
}

// Payload reads the body of a delivery. It fails with ErrGone when GitHub does not keep it any more.
// https://docs.github.com/rest/apps/webhooks#get-a-delivery-for-an-app-webhook
func (a *App) Payload(ctx context.Context, delivery int64) ([]byte, error) {
	d, _, err := a.rest.Apps.GetHookDelivery(ctx, delivery)
	if err != nil {
		return nil, explain(ctx, missing(err), "read delivery %d", delivery)
	}
	if d.Request == nil || d.Request.RawPayload == nil {
		return nil, fmt.Errorf("read delivery %d: %w: the answer has no payload", delivery, ErrGone)
	}
	return *d.Request.RawPayload, nil
}
