package queue

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"time"
)

const (
	subjectPrefix = "work."
	storedPrefix  = "podcheck.stored."
)

// Kind says what an [Item] asks for.
type Kind string

const (
	// KindPull asks to look at a pull request.
	KindPull Kind = "pr"
	// KindCommand asks to run a slash command or a requested action of a check run.
	KindCommand Kind = "command"
	// KindMerge asks for the check run of a merge group's head.
	KindMerge Kind = "merge"
)

// Source says where a [Command] was given, and so what its ID counts.
type Source string

const (
	// SourceIssueComment is a comment in the conversation of a pull request.
	SourceIssueComment Source = "issue"
	// SourceReviewComment is a comment on a line of the diff.
	SourceReviewComment Source = "review"
	// SourceAction is a button of a check run.
	SourceAction Source = "action"
)

// Item says that something needs looking at. It holds identities only; the worker reads the truth from GitHub.
type Item struct {
	Kind         Kind      `json:"kind"`
	Installation int64     `json:"installation"`
	Owner        string    `json:"owner"`
	Repo         string    `json:"repo"`
	RepoID       int64     `json:"repoID"`
	Number       int       `json:"number,omitempty"`
	HeadSHA      string    `json:"headSHA,omitempty"`  // head that the delivery told of; "" when it told of none
	Delivery     string    `json:"delivery,omitempty"` // X-GitHub-Delivery, for the logs
	Reason       string    `json:"reason,omitempty"`   // event and action, for the logs
	Received     time.Time `json:"received"`           // Put fills it in when it is zero
	Command      *Command  `json:"command,omitempty"`  // with KindCommand
	Merge        *Merge    `json:"merge,omitempty"`    // with KindMerge
}

// Command identifies a slash command or a requested action.
type Command struct {
	Source   Source `json:"source"`
	ID       int64  `json:"id"`               // of the comment, or of the check run
	Action   string `json:"action,omitempty"` // identifier of the requested action
	Author   string `json:"author"`           // login of who gave it
	AuthorID int64  `json:"authorID"`
}

// Merge identifies the head of a merge group and the commit it is compared with.
type Merge struct {
	HeadSHA string `json:"headSHA"`
	BaseSHA string `json:"baseSHA"`
	BaseRef string `json:"baseRef"`
	Number  int    `json:"number,omitempty"` // of the pull request that it would merge, 0 when it is not known
}

var objectID = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// Key identifies what the item is about: `pr.<repoID>.<number>`, `command.<repoID>.<number>.<source>-<id>` or
// `merge.<repoID>.<headSHA>`. The source is part of it because issue comments and review comments count separately; the action and
// the person, because two buttons of one check run are two commands, and one button that two people press is too.
func (i Item) Key() string {
	switch i.Kind {
	case KindCommand:
		key := fmt.Sprintf("%s.%d.%d.%s-%d", i.Kind, i.RepoID, i.Number, i.Command.Source, i.Command.ID)
		if i.Command.Action != "" {
			key += fmt.Sprintf("-%s-%d", base64.RawURLEncoding.EncodeToString([]byte(i.Command.Action)), i.Command.AuthorID)
		}
		return key
	case KindMerge:
		return fmt.Sprintf("%s.%d.%s", i.Kind, i.RepoID, i.Merge.HeadSHA)
	default:
		return fmt.Sprintf("%s.%d.%d", i.Kind, i.RepoID, i.Number)
	}
}

// Subject is where the item is stored; the newest item of a subject is the only one.
func (i Item) Subject() string { return subjectPrefix + i.Key() }

// leaseKey is shared by everything that writes to one pull request.
func (i Item) leaseKey() string {
	if i.Kind == KindMerge {
		return i.Key()
	}
	return fmt.Sprintf("%s.%d.%d", KindPull, i.RepoID, i.Number)
}

// Validate returns [ErrInvalid] when the item does not name something to look at.
func (i Item) Validate() error {
	switch {
	case i.RepoID <= 0:
		return fmt.Errorf("%w: repository id is %d", ErrInvalid, i.RepoID)
	case i.Owner == "" || i.Repo == "":
		return fmt.Errorf("%w: repository %d has no owner or name", ErrInvalid, i.RepoID)
	case i.Installation <= 0:
		return fmt.Errorf("%w: installation id is %d", ErrInvalid, i.Installation)
	}
	switch i.Kind {
	case KindPull:
		return i.validateNumber()
	case KindCommand:
		return i.validateCommand()
	case KindMerge:
		if i.Merge == nil || !objectID.MatchString(i.Merge.HeadSHA) || !objectID.MatchString(i.Merge.BaseSHA) {
			return fmt.Errorf("%w: a merge group needs the object ids of its head and base", ErrInvalid)
		}
		return nil
	default:
		return fmt.Errorf("%w: kind is %q", ErrInvalid, i.Kind)
	}
}

func (i Item) validateNumber() error {
	if i.Number <= 0 {
		return fmt.Errorf("%w: pull request number is %d", ErrInvalid, i.Number)
	}
	return nil
}

func (i Item) validateCommand() error {
	if err := i.validateNumber(); err != nil {
		return err
	}
	if i.Command == nil || i.Command.ID <= 0 {
		return fmt.Errorf("%w: a command needs the id of its comment or check run", ErrInvalid)
	}
	switch i.Command.Source {
	case SourceIssueComment, SourceReviewComment, SourceAction:
		return nil
	default:
		return fmt.Errorf("%w: source of the command is %q", ErrInvalid, i.Command.Source)
	}
}
