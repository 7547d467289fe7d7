package bot_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/fixtures"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// some are every fourth of the fixtures, with a rest: the test of the demonstration plays them all.
func some(rest int) []string {
	var out []string
	for i, name := range fixtures.Names() {
		if i%4 == rest {
			out = append(out, name)
		}
	}
	return out
}

func TestPullRequestsOfTheFixtures(t *testing.T) {
	t.Parallel()
	for _, name := range some(0) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := load(t, name)
			w := newWorld(t, f.Before)
			w.start()
			if len(stage.Change(f.Before, f.After)) == 0 || maps.EqualFunc(f.Before, f.After, slices.Equal) {
				t.Skip("nothing is pushed")
			}
			p := w.open(f.Before, f.After, github.NewPull{Title: f.Name})
			began := time.Now()
			w.deliver()
			check := w.checked(p.HeadSHA())
			reads := 1
			if time.Since(began) > 4*time.Second { // a machine with much else to do: after five seconds the head is read again
				reads = 2
			}
			if check.Conclusion != f.Want.Conclusion || check.Title != f.Want.Title {
				t.Errorf("check run says %s, %q; want %s, %q", check.Conclusion, check.Title, f.Want.Conclusion, f.Want.Title)
			}
			var places, want []string
			for _, c := range p.ReviewComments() {
				places = append(places, fmt.Sprintf("%s:%d-%d", c.Path, c.StartLine, c.Line))
			}
			for _, c := range f.Want.Comments {
				want = append(want, fmt.Sprintf("%s:%d-%d", c.Path, c.StartLine, c.Line))
			}
			if !slices.Equal(places, want) {
				t.Errorf("comments at %q, want %q", places, want)
			}
			if reviews := p.Reviews(); len(reviews) > 1 || (len(reviews) == 1) != (len(want) > 0) {
				t.Errorf("%d reviews", len(reviews))
			}
			w.budget(reads, 3)
		})
	}
}

func TestRedeliveryWritesNothing(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	p := w.open(f.Before, f.After, github.NewPull{})
	events := w.github.Pending()
	for _, e := range events {
		w.github.Send(t.Context(), e)
	}
	w.checked(p.HeadSHA())
	w.settled("reviewed", 1)
	w.github.ResetRequests()
	for _, e := range slices.Backward(events) { // late and in another order
		w.github.Send(t.Context(), e)
	}
	w.settled("reviewed already", 1)
	w.budget(1, 0)
}

func TestPushThatRepairsClosesTheThread(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	p := w.open(f.Before, f.After, github.NewPull{})
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 1)
	if len(p.ReviewComments()) == 0 {
		t.Fatal("nothing was found")
	}
	w.github.ResetRequests()
	value(w.repo.Commit(t.Context(), "feature", github.Commit{Message: "Back", Files: stage.Change(f.After, f.Before)}))(t)
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 2)
	for _, c := range p.ReviewComments() {
		if c.ResolvedBy != w.github.BotLogin() || !c.Minimized {
			t.Errorf("comment %+v", c)
		}
	}
	w.budget(1, 2)
}

func TestSecondPushKeepsTheComment(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	p := w.open(f.Before, f.After, github.NewPull{})
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 1)
	posted := p.ReviewComments()
	w.github.ResetRequests()
	value(w.repo.Commit(t.Context(), "feature", github.Commit{Message: "More",
		Files: map[string][]byte{"extra.yaml": []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n")}}))(t)
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 2)
	if again := p.ReviewComments(); len(again) != len(posted) || len(p.Reviews()) != 1 {
		t.Errorf("%d comments after %d, in %d reviews", len(again), len(posted), len(p.Reviews()))
	}
	w.budget(1, 3)
}

func TestNothingRelevantChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string][]byte{"a.yaml": []byte("a: 1\n")})
	w.start()
	p := w.open(nil, map[string][]byte{"README.md": []byte("# Shop\n")}, github.NewPull{})
	w.deliver()
	if check := w.checked(p.HeadSHA()); check.Conclusion != "skipped" {
		t.Errorf("check run %+v", check)
	}
	w.budget(1, 1)
}

func TestTitleEditLeadsToNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string][]byte{"a.yaml": []byte("a: 1\n")})
	w.start()
	p := w.open(nil, map[string][]byte{"a.yaml": []byte("a: 2\n")}, github.NewPull{})
	w.github.Pending()
	if err := p.EditTitle("ann", "Another title"); err != nil {
		t.Fatal(err)
	}
	if sent := w.deliver(); len(sent) != 1 {
		t.Fatalf("%d deliveries", len(sent))
	}
	w.settled("delivery", 1)
	if n := len(w.github.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestDraftGetsItsCommentsWhenReady(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	p := w.open(f.Before, f.After, github.NewPull{Draft: true})
	w.deliver()
	if check := w.checked(p.HeadSHA()); check.Conclusion != f.Want.Conclusion || len(check.Annotations) == 0 {
		t.Errorf("check run %+v", check)
	}
	if n := len(p.ReviewComments()); n != 0 {
		t.Errorf("%d comments on a draft", n)
	}
	if err := p.ReadyForReview("person"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.until("the comments", func() bool { return len(p.ReviewComments()) == len(f.Want.Comments) })
	w.settled("reviewed", 2)
	if runs := w.repo.CheckRuns(p.HeadSHA()); len(runs) != 1 {
		t.Errorf("%d check runs", len(runs))
	}
}

func TestClosedPullRequestIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	p := w.open(f.Before, f.After, github.NewPull{})
	opened := w.github.Pending()
	if err := p.Close("person"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.settled("closed", 1)
	w.github.Send(t.Context(), opened[len(opened)-1])
	w.settled("closed", 2)
	w.budget(2, 0)
}

func TestForkIsReviewedInTheBaseRepository(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	fork := value(w.repo.Fork(t.Context(), "ann"))(t)
	value(fork.Commit(t.Context(), "feature", github.Commit{Message: "Change", Files: stage.Change(f.Before, f.After), Author: "ann"}))(t)
	p := value(w.repo.OpenPull(t.Context(), github.NewPull{Title: "From a fork", Head: "feature", HeadRepo: fork, Author: "ann"}))(t)
	w.deliver()
	w.checked(p.HeadSHA())
	if n := len(p.ReviewComments()); n != len(f.Want.Comments) {
		t.Errorf("%d comments, want %d", n, len(f.Want.Comments))
	}
	w.budget(1, 3)
}

func TestConfigurationCountsFromTheBaseBranch(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	off := []byte("version: 1\nrules:\n")
	for _, rule := range []string{"split-sidecar", "log-replay", "invalid-manifest"} {
		off = append(off, "  "+rule+": off\n"...)
	}
	t.Run("of the pull request has no effect", func(t *testing.T) {
		w := newWorld(t, f.Before)
		w.start()
		after := maps.Clone(f.After)
		after[".podcheck.yml"] = off
		p := w.open(f.Before, after, github.NewPull{})
		w.deliver()
		w.checked(p.HeadSHA())
		if n := len(p.ReviewComments()); n != len(f.Want.Comments) {
			t.Errorf("%d comments, want %d", n, len(f.Want.Comments))
		}
	})
	t.Run("of the base branch has", func(t *testing.T) {
		before := maps.Clone(f.Before)
		before[".podcheck.yml"] = off
		w := newWorld(t, before)
		w.start()
		p := w.open(f.Before, f.After, github.NewPull{})
		w.deliver()
		if check := w.checked(p.HeadSHA()); check.Conclusion != "success" || len(p.ReviewComments()) != 0 {
			t.Errorf("check run %+v", check)
		}
	})
	t.Run("of the organisation has, where the base branch has none", func(t *testing.T) {
		w := newWorld(t, f.Before)
		value(w.github.CreateRepo(t.Context(), github.NewRepo{Name: "acme/.github", Files: map[string][]byte{"podcheck.yml": off}}))(t)
		w.start()
		p := w.open(f.Before, f.After, github.NewPull{})
		w.deliver()
		if check := w.checked(p.HeadSHA()); check.Conclusion != "success" {
			t.Errorf("check run %+v", check)
		}
	})
	t.Run("mistakes are listed", func(t *testing.T) {
		before := maps.Clone(f.Before)
		before[".podcheck.yml"] = []byte("version: 1\nruls: {}\n")
		w := newWorld(t, before)
		w.start()
		p := w.open(f.Before, f.After, github.NewPull{})
		w.deliver()
		if check := w.checked(p.HeadSHA()); !strings.Contains(check.Summary, "ruls") || !strings.Contains(check.Summary, "line 2") {
			t.Errorf("summary %s", check.Summary)
		}
	})
}

// TestManyPullRequestsAtOnce shares the parsed files of unchanged blobs between workers; the race detector watches.
func TestManyPullRequestsAtOnce(t *testing.T) {
	f := load(t, "shipper-two-files")
	w := newWorld(t, f.Before)
	w.start()
	var pulls []*github.Pull
	for i := range 6 {
		branch := fmt.Sprint("branch", i)
		value(w.repo.Commit(t.Context(), branch, github.Commit{Message: branch, Files: stage.Change(f.Before, f.After)}))(t)
		pulls = append(pulls, value(w.repo.OpenPull(t.Context(), github.NewPull{Head: branch}))(t))
	}
	w.deliver()
	for _, p := range pulls {
		w.reviewedAs(p, len(f.Want.Comments))
	}
}
