package queue

import (
	"errors"
	"strings"
	"testing"
)

const (
	shaA = "1111111111111111111111111111111111111111"
	shaB = "2222222222222222222222222222222222222222"
)

func commandItem(source Source, id int64, action string) Item {
	item := pull(17, "a")
	item.Kind, item.Command = KindCommand, &Command{Source: source, ID: id, Action: action, Author: "mona", AuthorID: 1}
	return item
}

func mergeItem(head, base string) Item {
	item := pull(0, "a")
	item.Kind, item.Merge = KindMerge, &Merge{HeadSHA: head, BaseSHA: base}
	return item
}

func TestKeys(t *testing.T) {
	for want, item := range map[string]Item{
		"pr.42.17":                          pull(17, "a"),
		"command.42.17.issue-5":             commandItem(SourceIssueComment, 5, ""),
		"command.42.17.review-5":            commandItem(SourceReviewComment, 5, ""),
		"command.42.17.action-5-YS4qPiBi-1": commandItem(SourceAction, 5, "a.*> b"),
		"merge.42." + shaA:                  mergeItem(shaA, shaB),
	} {
		if got := item.Key(); got != want {
			t.Errorf("key %s, want %s", got, want)
		}
		if got := item.Subject(); got != "work."+want {
			t.Errorf("subject %s, want work.%s", got, want)
		}
	}
}

// What is stored, and not only computed: each of these is kept beside the others.
func TestEveryKindIsStoredUnderItsOwnSubject(t *testing.T) {
	q := openDir(t, Options{})
	items := []Item{
		pull(17, "a"), pull(18, "a"), commandItem(SourceIssueComment, 5, ""), commandItem(SourceReviewComment, 5, ""),
		commandItem(SourceAction, 5, "fix all"), commandItem(SourceAction, 5, "ignore"), mergeItem(shaA, shaB),
	}
	other := commandItem(SourceAction, 5, "fix all")
	other.Command.AuthorID = 2
	items = append(items, other)
	put(t, q, items...)
	got := stored(t, q)
	for _, item := range items {
		if got[item.Subject()] != 1 {
			t.Errorf("%s is missing", item.Subject())
		}
	}
	started := make(chan Job, len(items))
	stop := work(t, q, 1, holdUntil(started, closed()))
	for range items {
		next(t, started)
	}
	stop()
	if left := stored(t, q); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		item Item
		want string // part of the error; empty: valid
	}{
		"pull request":           {item: pull(17, "a")},
		"command":                {item: commandItem(SourceIssueComment, 5, "")},
		"merge group":            {item: mergeItem(shaA, shaB)},
		"merge group in SHA-256": {item: mergeItem(shaA+shaA[:24], shaB+shaB[:24])},
		"no repository":          {item: Item{Kind: KindPull, Number: 1}, want: "repository id is 0"},
		"no name":                {item: Item{Kind: KindPull, Number: 1, RepoID: 42, Owner: "octo"}, want: "no owner or name"},
		"no installation":        {item: Item{Kind: KindPull, Number: 1, RepoID: 42, Owner: "octo", Repo: "shop"}, want: "installation id is 0"},
		"no number":              {item: pull(0, "a"), want: "number is 0"},
		"negative number":        {item: pull(-1, "a"), want: "number is -1"},
		"unknown kind":           {item: Item{Kind: "x", RepoID: 42, Owner: "octo", Repo: "shop", Installation: 1}, want: `kind is "x"`},
		"no comment":             {item: commandItem(SourceIssueComment, 0, ""), want: "id of its comment"},
		"unknown source":         {item: commandItem("mail", 5, ""), want: `source of the command is "mail"`},
		"merge head is a name":   {item: mergeItem("main", shaB), want: "object ids"},
		"merge without a base":   {item: mergeItem(shaA, ""), want: "object ids"},
		"merge without any":      {item: Item{Kind: KindMerge, RepoID: 42, Owner: "octo", Repo: "shop", Installation: 1}, want: "object ids"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.item.Validate()
			switch {
			case test.want == "" && err != nil:
				t.Errorf("error %v, want none", err)
			case test.want != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want ErrInvalid with %q", err, test.want)
			}
		})
	}
}
