package hook

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/segmentio/encoding/json" // a delivery is large, what is read of it is not: encoding/json takes ten times as long

	"github.com/podcheck/podcheck/bot/queue"
)

// Delivery is a webhook delivery whose signature is verified, or that was read from GitHub's own list of deliveries.
type Delivery struct {
	Event string // X-GitHub-Event
	GUID  string // X-GitHub-Delivery; the same in a redelivery
	Body  []byte // JSON
}

// Items returns what the delivery asks to look at. None and a reason: nothing. An error: it can't be read, and never will.
func (d Delivery) Items() (items []queue.Item, reason string, err error) {
	_, items, reason, err = d.read()
	return items, reason, err
}

// reader finds what one event asks for; the items still lack what all have in common.
type reader func(payload) (items []queue.Item, reason string)

// readers of the events that can lead to work. No other event's body is parsed.
var readers = map[string]reader{
	"pull_request":                ofPullRequest,
	"issue_comment":               ofIssueComment,
	"pull_request_review_comment": ofReviewComment,
	"check_run":                   ofCheckRun,
	"check_suite":                 ofCheckSuite,
	"merge_group":                 ofMergeGroup,
}

func (d Delivery) read() (p payload, items []queue.Item, reason string, err error) {
	if d.Event == "" {
		return p, nil, "", errors.New("the delivery has no X-GitHub-Event header")
	}
	read, ok := readers[d.Event]
	if !ok {
		return p, nil, "event " + d.Event + " leads to no work", nil
	}
	if err := json.Unmarshal(d.Body, &p); err != nil {
		return p, nil, "", fmt.Errorf("read the %s payload: %w; the App's webhook must send application/json", d.Event, err)
	}
	if items, reason = read(p); len(items) == 0 {
		return p, nil, reason, nil
	}
	if p.Installation.ID == 0 {
		return p, nil, "the delivery names no installation: it is of a repository's webhook, not of the App", nil
	}
	for i := range items {
		if err := d.complete(&items[i], p); err != nil {
			return p, nil, "", fmt.Errorf("read the %s payload: %w", d.Event, err)
		}
	}
	return p, items, "", nil
}

// complete fills in what all items have in common.
func (d Delivery) complete(item *queue.Item, p payload) error {
	item.Installation = p.Installation.ID
	item.Owner, item.Repo, item.RepoID = p.Repository.Owner.Login, p.Repository.Name, p.Repository.ID
	item.Delivery, item.Reason = d.GUID, d.Event+"."+p.Action
	return item.Validate()
}

func ofPullRequest(p payload) ([]queue.Item, string) {
	switch p.Action {
	case "opened", "reopened", "synchronize", "ready_for_review", "converted_to_draft":
	case "closed": // cancels what is running
	case "edited":
		if p.Changes.Base == nil {
			return nil, "the base of the pull request did not change"
		}
	default:
		return unknownAction(p)
	}
	items := pulls(p.PullRequest.Number)
	for i := range items {
		items[i].HeadSHA = p.PullRequest.Head.SHA
	}
	return items, ""
}

func ofIssueComment(p payload) ([]queue.Item, string) {
	if p.Issue.PullRequest == nil {
		return nil, "the comment is not on a pull request"
	}
	return ofComment(p, p.Issue.Number, queue.SourceIssueComment)
}

func ofReviewComment(p payload) ([]queue.Item, string) {
	return ofComment(p, p.PullRequest.Number, queue.SourceReviewComment)
}

func ofComment(p payload, number int, source queue.Source) ([]queue.Item, string) {
	switch {
	case p.Action != "created":
		return unknownAction(p)
	case p.Comment.User.Type == "Bot":
		return nil, "bots are not answered"
	case p.Comment.User.Login == "":
		return nil, "the comment has no author"
	case !mentionsCommand(p.Comment.Body):
		return nil, "the comment has no /podcheck command"
	}
	command := &queue.Command{Source: source, ID: p.Comment.ID, Author: p.Comment.User.Login, AuthorID: p.Comment.User.ID}
	return []queue.Item{{Kind: queue.KindCommand, Number: number, Command: command}}, ""
}

// command: at most three leading blanks, as four begin a code block, and a word of its own.
var command = regexp.MustCompile(`(?i)(?:^|[\r\n]) {0,3}/podcheck(?:[^0-9A-Za-z_-]|$)`)

// mentionsCommand is a cheap filter; the grammar, which knows code blocks and quotes, decides later.
func mentionsCommand(body string) bool { return command.MatchString(body) }

func ofCheckRun(p payload) ([]queue.Item, string) {
	numbers := pullsOfRun(p)
	switch {
	case p.Action != "rerequested" && p.Action != "requested_action":
		return unknownAction(p)
	case len(numbers) == 0:
		return nil, "the check run names no pull request"
	case p.Action == "rerequested":
		return pulls(numbers...), ""
	case p.RequestedAction.Identifier == "":
		return nil, "the requested action has no identifier"
	}
	pressed := &queue.Command{
		Source: queue.SourceAction, ID: p.CheckRun.ID, Action: p.RequestedAction.Identifier,
		Author: p.Sender.Login, AuthorID: p.Sender.ID,
	}
	return []queue.Item{{Kind: queue.KindCommand, Number: numbers[0], HeadSHA: p.CheckRun.HeadSHA, Command: pressed}}, ""
}

// pullsOfRun prefers the number in the external id: for a fork the list is empty, and one head can have two pull requests.
func pullsOfRun(p payload) []int {
	if number, ok := PullRequestOf(p.CheckRun.ExternalID); ok {
		return []int{number}
	}
	return numbersHere(p, p.CheckRun.PullRequests)
}

func ofCheckSuite(p payload) ([]queue.Item, string) {
	if p.Action != "rerequested" {
		return unknownAction(p)
	}
	numbers := numbersHere(p, p.CheckSuite.PullRequests)
	if len(numbers) == 0 {
		return nil, "the check suite names no pull request"
	}
	return pulls(numbers...), ""
}

// queued is the branch of a pull request in a merge queue: gh-readonly-queue/<base>/pr-<number>-<base SHA>.
var queued = regexp.MustCompile(`^refs/heads/gh-readonly-queue/.+/pr-(\d{1,9})-[0-9a-f]+$`)

func ofMergeGroup(p payload) ([]queue.Item, string) {
	if p.Action != "checks_requested" {
		return unknownAction(p)
	}
	merge := &queue.Merge{HeadSHA: p.MergeGroup.HeadSHA, BaseSHA: p.MergeGroup.BaseSHA, BaseRef: p.MergeGroup.BaseRef}
	if found := queued.FindStringSubmatch(p.MergeGroup.HeadRef); found != nil {
		merge.Number, _ = strconv.Atoi(found[1])
	}
	return []queue.Item{{Kind: queue.KindMerge, Merge: merge}}, ""
}

// numbersHere leaves out pull requests of other repositories that have the same head.
func numbersHere(p payload, list []pullRequest) []int {
	var numbers []int
	for _, pull := range list {
		if pull.Base.Repo.ID == p.Repository.ID {
			numbers = append(numbers, pull.Number)
		}
	}
	return numbers
}

func pulls(numbers ...int) []queue.Item {
	items := make([]queue.Item, 0, len(numbers))
	for _, number := range numbers {
		items = append(items, queue.Item{Kind: queue.KindPull, Number: number})
	}
	return items
}

func unknownAction(p payload) ([]queue.Item, string) {
	return nil, fmt.Sprintf("action %q leads to no work", p.Action)
}

// PullRequestOf reads the number of the pull request from a check run's external id, whose leading digits it is.
func PullRequestOf(externalID string) (int, bool) {
	end := 0
	for end < len(externalID) && externalID[end] >= '0' && externalID[end] <= '9' {
		end++
	}
	number, err := strconv.Atoi(externalID[:end])
	return number, err == nil && number > 0
}
