package hook

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/bot/queue"
)

// envelope is what every delivery has; the tests add the rest.
const envelope = `"installation":{"id":7},"repository":{"id":42,"name":"shop","owner":{"login":"octo"}},"sender":{"id":1,"login":"mona","type":"User"}`

const (
	here  = `{"number":17,"base":{"repo":{"id":42}}}`
	also  = `{"number":18,"base":{"repo":{"id":42}}}`
	there = `{"number":99,"base":{"repo":{"id":43}}}`
	headA = "1111111111111111111111111111111111111111"
	headB = "2222222222222222222222222222222222222222"
)

func TestMergeGroupNamesItsPullRequest(t *testing.T) {
	for ref, want := range map[string]int{
		"refs/heads/gh-readonly-queue/main/pr-104-" + headA:           104,
		"refs/heads/gh-readonly-queue/release/pr-7-x/pr-8-" + headA:   8,
		"refs/heads/gh-readonly-queue/main/pr-99999999999999999999-a": 0,
		"refs/heads/main": 0,
		"":                0,
	} {
		body := `{"action":"checks_requested",` + envelope + `,"merge_group":{"head_sha":"` + headA + `","base_sha":"` + headB + `","head_ref":"` + ref + `"}}`
		items, _, err := Delivery{Event: "merge_group", GUID: "g", Body: []byte(body)}.Items()
		if err != nil || len(items) != 1 || items[0].Merge.Number != want {
			t.Errorf("%s: %+v, %v", ref, items, err)
		}
	}
}

func TestWhichEventsLeadToWork(t *testing.T) {
	comment := func(body string) string {
		text, _ := json.Marshal(body)
		return `,"comment":{"id":5,"user":{"id":1,"login":"mona","type":"User"},"body":` + string(text) + `}`
	}
	onPull := `,"issue":{"number":17,"pull_request":{}}`
	run := func(external, list string) string {
		return `,"check_run":{"id":9,"external_id":"` + external + `","pull_requests":[` + list + `]}`
	}
	for _, test := range []struct {
		event, action, fields string
		want                  string // keys of the items
		reason                string // part of it, when nothing is wanted
	}{
		{event: "pull_request", action: "opened", fields: `,"pull_request":` + here, want: "pr.42.17"},
		{event: "pull_request", action: "reopened", fields: `,"pull_request":` + here, want: "pr.42.17"},
		{event: "pull_request", action: "synchronize", fields: `,"pull_request":` + here, want: "pr.42.17"},
		{event: "pull_request", action: "ready_for_review", fields: `,"pull_request":` + here, want: "pr.42.17"},
		{event: "pull_request", action: "converted_to_draft", fields: `,"pull_request":` + here, want: "pr.42.17"},
		{event: "pull_request", action: "closed", fields: `,"pull_request":` + here, want: "pr.42.17"},
		{event: "pull_request", action: "edited", fields: `,"changes":{"base":{"ref":{"from":"main"}}},"pull_request":` + here, want: "pr.42.17"},
		{event: "pull_request", action: "edited", fields: `,"changes":{"title":{"from":"x"}},"pull_request":` + here, reason: "base of the pull request did not change"},
		{event: "pull_request", action: "labeled", fields: `,"pull_request":` + here, reason: `action "labeled" leads to no work`},

		{event: "issue_comment", action: "created", fields: onPull + comment("/podcheck fix"), want: "command.42.17.issue-5"},
		{event: "issue_comment", action: "edited", fields: onPull + comment("/podcheck fix"), reason: `action "edited"`},
		{event: "issue_comment", action: "created", fields: onPull + comment("nice"), reason: "no /podcheck command"},
		{event: "issue_comment", action: "created", fields: `,"issue":{"number":17}` + comment("/podcheck"), reason: "not on a pull request"},
		{event: "issue_comment", action: "created", fields: `,"issue":{"number":17,"pull_request":null}` + comment("/podcheck"), reason: "not on a pull request"},
		{event: "issue_comment", action: "created", fields: onPull + strings.Replace(comment("/podcheck"), "User", "Bot", 1), reason: "bots are not answered"},
		{event: "issue_comment", action: "created", fields: onPull + `,"comment":{"id":5,"user":null,"body":"/podcheck"}`, reason: "no author"},
		{event: "pull_request_review_comment", action: "created", fields: `,"pull_request":` + here + comment("/podcheck ignore x"), want: "command.42.17.review-5"},
		{event: "pull_request_review_comment", action: "deleted", fields: `,"pull_request":` + here + comment("/podcheck"), reason: `action "deleted"`},

		{event: "check_run", action: "rerequested", fields: run("", here+","+there+","+also), want: "pr.42.17 pr.42.18"},
		{event: "check_run", action: "rerequested", fields: run("18:main:a1b2", here+","+also), want: "pr.42.18"},
		{event: "check_run", action: "rerequested", fields: run("17:main:a1b2", ""), want: "pr.42.17"}, // a fork
		{event: "check_run", action: "rerequested", fields: run("", there), reason: "the check run names no pull request"},
		{event: "check_run", action: "completed", fields: run("17:main:a1b2", ""), reason: `action "completed"`},
		{event: "check_run", action: "requested_action", fields: run("17:main:a1b2", "") + `,"requested_action":{"identifier":"fix"}`, want: "command.42.17.action-9-Zml4-1"},
		{event: "check_run", action: "requested_action", fields: run("17:main:a1b2", ""), reason: "no identifier"},
		{event: "check_suite", action: "rerequested", fields: `,"check_suite":{"pull_requests":[` + here + "," + there + `]}`, want: "pr.42.17"},
		{event: "check_suite", action: "rerequested", fields: `,"check_suite":{"pull_requests":[]}`, reason: "the check suite names no pull request"},
		{event: "check_suite", action: "requested", fields: `,"check_suite":{"pull_requests":[` + here + `]}`, reason: `action "requested"`},

		{event: "merge_group", action: "checks_requested", fields: `,"merge_group":{"head_sha":"` + headA + `","base_sha":"` + headB + `"}`, want: "merge.42." + headA},
		{event: "merge_group", action: "destroyed", fields: `,"merge_group":{"head_sha":"` + headA + `"}`, reason: `action "destroyed"`},

		{event: "installation", action: "created", reason: "event installation leads to no work"},
		{event: "installation_repositories", action: "added", reason: "event installation_repositories"},
		{event: "push", reason: "event push leads to no work"},
	} {
		t.Run(test.event+"."+test.action, func(t *testing.T) {
			body := `{"action":"` + test.action + `",` + envelope + test.fields + `}`
			items, reason, err := Delivery{Event: test.event, GUID: "g", Body: []byte(body)}.Items()
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, item := range items {
				keys = append(keys, item.Key())
			}
			if got := strings.Join(keys, " "); got != test.want {
				t.Errorf("items %q, want %q", got, test.want)
			}
			if (test.want == "") == (reason == "") || !strings.Contains(reason, test.reason) {
				t.Errorf("reason %q, want %q", reason, test.reason)
			}
		})
	}
}

func TestCommandsSayWhoGaveThem(t *testing.T) {
	for name, test := range map[string]struct {
		event, fields string
		want          queue.Command
		head          string
	}{
		"comment": {
			event: "issue_comment.created", fields: `,"issue":{"number":17,"pull_request":{}},"comment":{"id":5,"user":{"id":2,"login":"hubot"},"body":"/podcheck"}`,
			want: queue.Command{Source: queue.SourceIssueComment, ID: 5, Author: "hubot", AuthorID: 2},
		},
		"button": {
			event: "check_run.requested_action", fields: `,"check_run":{"id":9,"external_id":"17","head_sha":"` + headA + `"},"requested_action":{"identifier":"fix"}`,
			want: queue.Command{Source: queue.SourceAction, ID: 9, Action: "fix", Author: "mona", AuthorID: 1}, head: headA,
		},
	} {
		t.Run(name, func(t *testing.T) {
			event, action, _ := strings.Cut(test.event, ".")
			items, _, err := Delivery{Event: event, Body: []byte(`{"action":"` + action + `",` + envelope + test.fields + `}`)}.Items()
			if err != nil || len(items) != 1 || !reflect.DeepEqual(*items[0].Command, test.want) || items[0].HeadSHA != test.head {
				t.Errorf("items %+v, %v; want %+v of %s", items, err, test.want, test.head)
			}
		})
	}
}

func TestMentionsCommand(t *testing.T) {
	for body, want := range map[string]bool{
		"/podcheck":                  true,
		"/podcheck fix":              true,
		"/PodCheck Fix":              true,
		"   /podcheck":               true,
		"    /podcheck":              false, // a code block
		"\t/podcheck":                false,
		"thanks\n/podcheck":          true,
		"thanks\r\n/podcheck\r\n":    true,
		"/podcheckfix":               false,
		"/podcheck-fix":              false,
		"> /podcheck":                false,
		"please run /podcheck":       false,
		"`/podcheck`":                false,
		"https://x.example/podcheck": false,
		"":                           false,
	} {
		if got := mentionsCommand(body); got != want {
			t.Errorf("%q: %t, want %t", body, got, want)
		}
	}
}

func TestPullRequestOf(t *testing.T) {
	for id, want := range map[string]int{
		"17:main:a1b2": 17, "17": 17, "": 0, "main:17": 0, "0:main": 0, "-3": 0, ":17": 0, "99999999999999999999:main": 0,
	} {
		if got, ok := PullRequestOf(id); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %d %t, want %d", id, got, ok, want)
		}
	}
}

// example is one of GitHub's own, from @octokit/webhooks-examples.
type example struct {
	Name     string            `json:"name"`
	Examples []json.RawMessage `json:"examples"`
}

func examples(t testing.TB, server string) []example {
	t.Helper()
	data, err := os.ReadFile("../../fixtures/node_modules/@octokit/webhooks-examples/" + server + "/index.json")
	if os.IsNotExist(err) {
		t.Skip("GitHub's examples are not installed: run `npm ci` in fixtures")
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEveryExampleOfGitHubIsUnderstood(t *testing.T) {
	// What must come out of the examples that an App gets, so that a reader which ignores everything fails.
	wanted := map[string]bool{
		"pull_request.opened": true, "pull_request.synchronize": true, "pull_request.closed": true,
		"check_run.rerequested":      false, // GitHub's examples of it name no pull request
		"check_run.requested_action": true, "check_suite.rerequested": true, "merge_group.checks_requested": true,
	}
	seen := map[string]bool{}
	for _, server := range []string{"api.github.com", "ghes-31", "ghes-33", "ghes-35"} {
		for _, event := range examples(t, server) {
			for i, body := range event.Examples {
				delivery := Delivery{Event: event.Name, Body: body}
				p, items, reason, err := delivery.read()
				if err != nil || (len(items) == 0) == (reason == "") {
					t.Errorf("%s %s.%s, example %d: %d items, reason %q, error %v", server, event.Name, p.Action, i, len(items), reason, err)
				}
				for _, item := range items {
					seen[item.Reason] = true
				}
			}
		}
	}
	for reason, want := range wanted {
		if seen[reason] != want {
			t.Errorf("%s leads to work: %t, want %t", reason, seen[reason], want)
		}
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("pull_request", []byte(opened))
	f.Add("check_run", []byte(`{"action":"rerequested",`+envelope+`,"check_run":{"id":9,"external_id":"17:main:a"}}`))
	f.Add("check_run", []byte(`{"action":"requested_action",`+envelope+`,"check_run":{"id":9,"external_id":"17"},"requested_action":{"identifier":"\u0000. *>"}}`))
	f.Add("issue_comment", []byte(`{"action":"created",`+envelope+`,"issue":{"number":1,"pull_request":{}},"comment":{"id":1,"user":{"login":"a"},"body":"/podcheck"}}`))
	f.Add("merge_group", []byte(`{"action":"checks_requested",`+envelope+`,"merge_group":{"head_sha":"`+headA+`","base_sha":"`+headB+`"}}`))
	f.Add("check_suite", []byte(`{"action":"rerequested",`+envelope+`,"check_suite":{"pull_requests":[`+here+`]}}`))
	f.Add("push", []byte(`[]`))
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		store := &shelf{}
		w := serve(&Handler{Secrets: [][]byte{secret}, Store: store}, request(event, string(body), secret))
		if w.Code != 202 && w.Code != 400 {
			t.Errorf("a signed delivery was answered with %d %s", w.Code, w.Body)
		}
		for _, item := range store.items {
			if err := item.Validate(); err != nil || strings.ContainsAny(item.Subject(), " *>\x00\t\r\n") {
				t.Errorf("stored under %q: %v", item.Subject(), err)
			}
		}
		if w.Code == 202 && !strings.Contains(w.Body.String(), `"stored":`) && !strings.Contains(w.Body.String(), `"ignored":`) {
			t.Errorf("202 says neither stored nor ignored: %s", w.Body)
		}
	})
}
