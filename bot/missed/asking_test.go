package missed

import "testing"

func TestWhichDeliveriesAreRead(t *testing.T) {
	for event, actions := range map[string]map[string]bool{
		"pull_request": {"opened": true, "reopened": true, "synchronize": true, "ready_for_review": true, "converted_to_draft": true,
			"closed": true, "edited": true, "labeled": false, "assigned": false},
		"issue_comment":               {"created": true, "edited": false, "deleted": false},
		"pull_request_review_comment": {"created": true, "edited": false},
		"check_run":                   {"rerequested": true, "requested_action": true, "created": false, "completed": false},
		"check_suite":                 {"rerequested": true, "requested": false, "completed": false},
		"merge_group":                 {"checks_requested": true, "destroyed": false},
		"installation":                {"created": false},
		"push":                        {"": false},
		"":                            {"": false},
	} {
		for action, want := range actions {
			if got := canAsk(event, action); got != want {
				t.Errorf("%s.%s: read is %v", event, action, got)
			}
		}
	}
	if canAsk(`pull_request`, `"},"`) {
		t.Error("an action that is no action is read")
	}
}
