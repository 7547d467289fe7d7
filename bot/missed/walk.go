package missed

import (
	"context"
	"maps"
	"time"

	"github.com/podcheck/podcheck/bot/github"
)

// walkOverlap: the clocks of GitHub and ours differ, and its lists may lag.
const walkOverlap = 10 * time.Minute

// progress is how far the walk over an installation has come. A round is once through all repositories.
type progress struct {
	Page   int             `json:"page"`           // of the repositories, that is read next; 0 when all are read
	Began  time.Time       `json:"began"`          // of the round
	Rest   []list          `json:"rest,omitempty"` // lists of pull requests that go on
	Walked map[int64]int64 `json:"walked"`         // by repository, when it was last walked to its end, in Unix seconds

	// Again are pull requests, by node id, that had no check run and were queued or being worked on.
	Again map[string]github.Listed `json:"again,omitempty"`
}

// list is a repository's list of pull requests.
type list struct {
	Repo  github.Listed `json:"repo"`
	Began time.Time     `json:"began"` // when its first part was read
	After string        `json:"after"` // where the next part begins
}

// walk is the part of a look that is about one installation.
type walk struct {
	*look
	installation github.Installation
	client       *github.Client
	budget       budget
	progress
}

// walk goes on where the last look stopped. It returns errSpent when there is more to do.
func (l *look) walk(ctx context.Context, i github.Installation) error {
	w := &walk{look: l, installation: i, client: l.App.Client(i.ID), budget: budget{l.limits.ofInstallation}}
	if err := l.memory.load(ctx, walkKey(i.ID), &w.progress); err != nil {
		return err
	}
	if w.Walked == nil {
		w.Walked = map[int64]int64{}
	}
	err := w.run(ctx)
	l.tally.add(0, 0, 0, l.limits.ofInstallation-w.budget.left)
	if saveErr := l.memory.save(ctx, walkKey(i.ID), w.progress); saveErr != nil {
		return saveErr
	}
	return err
}

// run walks to the end of the round.
func (w *walk) run(ctx context.Context) error {
	if err := w.underWay(ctx); err != nil {
		return err
	}
	if w.Page == 0 && len(w.Rest) == 0 {
		w.Page, w.progress.Began = 1, w.look.began
	}
	for w.Page != 0 || len(w.Rest) != 0 {
		step := w.page
		if len(w.Rest) != 0 {
			step = w.rest
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	// What was not met in the round is out of reach, and new if it comes back.
	maps.DeleteFunc(w.Walked, func(_, at int64) bool { return at < w.progress.Began.Unix() })
	return nil
}

// page walks a page of the repositories.
func (w *walk) page(ctx context.Context) error {
	if err := w.budget.take(); err != nil {
		return err
	}
	repositories, next, err := w.client.Repositories(ctx, w.Page)
	if err != nil {
		return err
	}
	lists := make([]list, len(repositories))
	for i, r := range repositories {
		lists[i] = list{Repo: r, Began: w.look.began}
	}
	if err := w.lists(ctx, lists, w.limits.pulls); err != nil {
		return err
	}
	w.Page = next
	return nil
}

// rest goes on with a list that was longer than one request shows.
func (w *walk) rest(ctx context.Context) error {
	if err := w.lists(ctx, w.Rest[:1], github.MaxNodes); err != nil {
		return err
	}
	w.Rest = w.Rest[1:]
	return nil
}

// lists looks at the next part of each list. All are known to be dealt with at once, at the end.
func (w *walk) lists(ctx context.Context, lists []list, first int) error {
	if len(lists) == 0 {
		return nil
	}
	if err := w.budget.take(); err != nil {
		return err
	}
	ids := make([]string, len(lists))
	for i, l := range lists {
		ids[i] = l.Repo.NodeID
	}
	parts, err := w.client.OpenPulls(ctx, ids, first, lists[0].After)
	if err != nil {
		return err
	}
	pulls := map[string]github.Listed{}
	for i, part := range parts {
		for _, p := range part.Pulls {
			if w.recent(lists[i], p) {
				pulls[p.NodeID] = lists[i].Repo
			}
		}
	}
	if err := w.judge(ctx, pulls); err != nil {
		return err
	}
	for i, part := range parts {
		w.advance(lists[i], part)
	}
	return nil
}

// recent tells whether a pull request was updated since its repository was walked last.
func (w *walk) recent(l list, p github.OpenPull) bool {
	at, walked := w.Walked[l.Repo.ID]
	return !walked || p.Updated.After(time.Unix(at, 0).Add(-walkOverlap))
}

// advance keeps the list if more of it is recent; else its repository is walked.
func (w *walk) advance(l list, part github.PullPage) {
	if part.Next != "" && len(part.Pulls) != 0 && w.recent(l, part.Pulls[len(part.Pulls)-1]) {
		l.After = part.Next
		w.Rest = append(w.Rest, l)
		return
	}
	w.Walked[l.Repo.ID] = l.Began.Unix()
}
