package hook

import (
	"encoding/json"
	"log/slog"
)

// payload has the few fields of all deliveries that say what needs looking at. Everything else is left undecoded,
// because GitHub itself sends values there that its documents rule out (old-style timestamps of Apps).
type payload struct {
	Action       string `json:"action"`
	Installation struct {
		ID int64 `json:"id"`
	} `json:"installation"`
	Repository      repository      `json:"repository"`
	Sender          account         `json:"sender"`
	PullRequest     pullRequest     `json:"pull_request"`
	Issue           issue           `json:"issue"`
	Comment         comment         `json:"comment"`
	Changes         changes         `json:"changes"`
	CheckRun        checkRun        `json:"check_run"`
	CheckSuite      checkSuite      `json:"check_suite"`
	RequestedAction requestedAction `json:"requested_action"`
	MergeGroup      mergeGroup      `json:"merge_group"`
}

type repository struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Owner account `json:"owner"`
}

type account struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"`
}

type pullRequest struct {
	Number int `json:"number"`
	Head   struct {
		SHA string `json:"sha"`
	} `json:"head"`
	Base struct {
		Repo struct {
			ID int64 `json:"id"`
		} `json:"repo"`
	} `json:"base"`
}

type issue struct {
	Number int `json:"number"`
	// PullRequest is there, whatever it holds, when the issue is a pull request.
	PullRequest *json.RawMessage `json:"pull_request"`
}

type comment struct {
	ID   int64   `json:"id"`
	Body string  `json:"body"`
	User account `json:"user"`
}

type changes struct {
	Base *json.RawMessage `json:"base"`
}

type checkRun struct {
	ID           int64         `json:"id"`
	HeadSHA      string        `json:"head_sha"`
	ExternalID   string        `json:"external_id"`
	PullRequests []pullRequest `json:"pull_requests"`
}

type checkSuite struct {
	HeadSHA      string        `json:"head_sha"`
	PullRequests []pullRequest `json:"pull_requests"`
}

type requestedAction struct {
	Identifier string `json:"identifier"`
}

type mergeGroup struct {
	HeadSHA string `json:"head_sha"`
	BaseSHA string `json:"base_sha"`
	BaseRef string `json:"base_ref"`
	HeadRef string `json:"head_ref"`
}

// number of the pull request, wherever the delivery has it; 0 if nowhere.
func (p payload) number() int {
	if p.PullRequest.Number != 0 {
		return p.PullRequest.Number
	}
	return p.Issue.Number
}

// head is the commit that the delivery is about, for the log.
func (p payload) head() string {
	for _, sha := range []string{p.PullRequest.Head.SHA, p.CheckRun.HeadSHA, p.CheckSuite.HeadSHA, p.MergeGroup.HeadSHA} {
		if sha != "" {
			return sha
		}
	}
	return ""
}

// attributes for the log line.
func (p payload) attributes() []slog.Attr {
	if p.Repository.ID == 0 {
		return nil
	}
	return []slog.Attr{
		slog.String("action", p.Action), slog.Int64("installation", p.Installation.ID),
		slog.String("repository", p.Repository.Owner.Login+"/"+p.Repository.Name),
		slog.Int("pull", p.number()), slog.String("head", p.head()),
	}
}
