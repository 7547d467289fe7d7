package missed

import (
	"encoding/json"

	"github.com/podcheck/podcheck/bot/hook"
)

// willing has all that any event's payload can ask with. What leads to no work with it never does.
const willing = `,
	"installation": {"id": 1}, "repository": {"id": 1, "name": "r", "owner": {"login": "o"}}, "sender": {"id": 1, "login": "s", "type": "User"},
	"pull_request": {"number": 1}, "issue": {"number": 1, "pull_request": {}}, "changes": {"base": {}},
	"comment": {"id": 1, "body": "/podcheck", "user": {"id": 1, "login": "s", "type": "User"}},
	"check_run": {"id": 1, "external_id": "1:"}, "requested_action": {"identifier": "a"},
	"check_suite": {"pull_requests": [{"number": 1, "base": {"repo": {"id": 1}}}]},
	"merge_group": {"head_sha": "0000000000000000000000000000000000000000", "base_sha": "0000000000000000000000000000000000000000"}}`

// canAsk tells by what GitHub's list shows of a delivery whether its payload is worth a request. Most are not: GitHub tells an App of
// every check run of others.
func canAsk(event, action string) bool {
	name, err := json.Marshal(action)
	if err != nil {
		return false
	}
	items, _, err := hook.Delivery{Event: event, Body: []byte(`{"action": ` + string(name) + willing)}.Items()
	return err == nil && len(items) > 0
}
