package work

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/user"
)

// maxTried bounds the rules of a pull request that are tried: each may take seconds, and anybody can propose some.
const maxTried = 10

// proposal is the configuration as a pull request would leave it on the base branch. It counts once it is merged.
type proposal struct {
	settings
	edits   edits
	unknown bool // what would be in force is not known
}

// proposed overlays the configuration of the base branch with what a pull request makes of it. A broken file leaves in force
// what is in force.
func (c settings) proposed(made edits) proposal {
	p := proposal{settings: c, edits: made}
	if file, edited := made[repositoryFile]; edited {
		p.file, p.Repository = nil, config.Default()
		switch org := organisations(c.snapshot); {
		case file.Found:
			p.file = &source{File: file, name: repositoryFile}
		case org.Found:
			p.file = org
		case org.Err != nil:
			p.unknown = true
		}
	}
	p.settings = p.with(made.overlay(c.rules))
	if p.broken {
		p.Repository = c.Repository
		p.unknown = p.file.organisation
	}
	return p
}

// mistakes are those that the pull request makes. Others of the configuration are told without it.
func (p proposal) mistakes(c settings) []review.Mistake {
	var made []review.Mistake
	for _, m := range p.problems {
		_, edited := p.edits[m.Path]
		if edited || m.Path == repositoryFile && !c.broken {
			made = append(made, m)
		}
	}
	return made
}

// preview says in the check run what the configuration that a pull request changes would change, and where it is wrong.
func (t *task) preview(ctx context.Context, r repo.Repository, revision repo.Revision, c settings, in review.Input, result *review.Result) error {
	if len(c.changes) == 0 {
		return nil
	}
	made, err := edited(ctx, r, c.changes)
	if err != nil {
		return final(err)
	}
	p := c.proposed(made)
	text, would := p.untried(c), []string(nil)
	if text == "" {
		seen, err := t.foresee(ctx, r, revision, c, p, in, *result)
		if err != nil {
			return err
		}
		text, would = seen.Said(), seen.Lines()
	}
	mistakes := p.mistakes(c)
	judge(&result.Check, len(mistakes) > 0)
	result.Check.AddSection("The configuration of this pull request", p.validity(c)+" "+text, append(said(mistakes), would...))
	annotate(&result.Check, mistakes)
	return nil
}

// foresee tries a proposal on both sides of the change.
func (t *task) foresee(ctx context.Context, r repo.Repository, revision repo.Revision, c settings, p proposal, in review.Input, now review.Result) (review.Preview, error) {
	with := review.Proposal{Before: in.Before, After: in.After, Config: p.analysis(time.Now()), Settings: p.review()}
	if !reflect.DeepEqual(c.Paths, p.Paths) || c.Render != p.Render || c.Kubernetes != p.Kubernetes {
		base, err := r.MergeBase(ctx, revision.Base, revision.Head)
		if err != nil {
			return review.Preview{}, final(err)
		}
		if with.Before, with.After, err = t.Loader.States(ctx, r, base, revision.Head, t.wanted(p.settings)); err != nil {
			return review.Preview{}, final(err)
		}
	}
	return review.Foresee(in, now, with), ctx.Err()
}

// judge gives the check run a verdict when nothing but the configuration changed, too; a mistake in it is worth a look.
func judge(check *review.Check, wrong bool) {
	title, what := check.Title, ", configuration changed"
	if check.Conclusion == review.Skipped {
		check.Conclusion, title = review.Success, "Nothing introduced"
	}
	if wrong {
		what = ", configuration not valid"
		if check.Conclusion == review.Success {
			check.Conclusion = review.Neutral
		}
	}
	check.Retitle(title + what)
}

// validity says whether the configuration would count.
func (p proposal) validity(c settings) string {
	file, edited := p.edits[repositoryFile]
	mistakes := p.mistakes(c)
	inFile := slices.ContainsFunc(mistakes, func(m review.Mistake) bool { return m.Path == repositoryFile })
	base := review.Code(c.snapshot.BaseRef)
	switch {
	case inFile:
		return "`.podcheck.yml` is not valid as this leaves it. Once it is merged, what is in force now stays so until the mistakes below are mended."
	case len(mistakes) > 0:
		return "Some rules are not valid as this leaves them, and would not count once it is merged."
	case edited && !file.Found:
		return "`.podcheck.yml` is removed. That counts once it is merged; until then the configuration of " + base + " does."
	default:
		return "It is valid, and counts once it is merged; until then the configuration of " + base + " does."
	}
}

// untried says why there is nothing to foresee, "" when there is.
func (p proposal) untried(c settings) string {
	changed := map[string][]byte{}
	for path := range p.edits {
		if data, ok := p.rules[path]; ok {
			changed[path] = data
		}
	}
	tried, _ := user.Load(changed, rules.Names()...)
	switch {
	case p.unknown:
		return "What the organisation's configuration, which would be in force then, says is not known for certain, so nothing is foreseen."
	case reflect.DeepEqual(c.Repository, p.Repository) && maps.EqualFunc(c.rules, p.rules, bytes.Equal):
		return "Nothing that counts is changed by it."
	case len(tried) > maxTried:
		return fmt.Sprintf("It changes %d rules. More than %d are not tried, so nothing is foreseen.", len(tried), maxTried)
	}
	return ""
}
