package work

import (
	"context"
	"fmt"
	"time"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/review"
)

// historyPatience is how long an item waits for the history of a broken configuration. GitHub can be too slow for it for ever,
// and the change that mends the configuration must not wait for that.
const historyPatience = 2 * time.Minute

// standing puts the last good configuration in force where the newest is broken: that of the newest commit without a mistake,
// else the organisation's, else the defaults. It takes one read, and none when nothing is broken.
func (t *task) standing(ctx context.Context, c settings) (settings, error) {
	if !c.broken {
		return c, nil
	}
	good, said, mistakes, err := t.lastGood(ctx, c, c.file)
	switch {
	case err == nil:
		c.Repository, c.instead = good, said
		c.problems = append(c.problems, mistakes...)
	case unavailable(err) && time.Since(t.item.Received) > historyPatience:
		c.instead = "GitHub did not tell the last good one in time: the lines below don't count, and the rest does."
	default:
		return c, err
	}
	return c, nil
}

// lastGood finds what holds instead of a broken file, says so, and tells of mistakes in another file on the way.
func (t *task) lastGood(ctx context.Context, c settings, file *source) (config.Repository, string, []review.Mistake, error) {
	read, where := t.client.Configurations, review.Code(c.snapshot.BaseRef)
	if file.organisation {
		read, where = t.client.OrganisationConfigurations, "the organisation's `.github` repository"
	}
	versions, err := read(ctx, c.snapshot)
	if err != nil {
		return config.Repository{}, "", nil, err
	}
	if good, commit := newestGood(versions, c.known); commit != "" {
		return good, fmt.Sprintf("In force is the configuration of commit `%s`, the last good one of %s.", commit, where), nil, nil
	}
	if file.organisation {
		return config.Default(), "In force are the defaults.", nil, nil
	}
	return t.withoutOwn(ctx, c)
}

// newestGood is the newest version without a mistake, and its commit; none when there is none, or the file was deleted since.
func newestGood(versions []github.Version, known []string) (config.Repository, string) {
	for _, v := range versions {
		if !v.Found && v.Err == nil {
			break
		}
		file := &source{File: v.File}
		if parsed, mistakes := file.parse(known); len(mistakes) == 0 {
			return parsed, v.Commit
		}
	}
	return config.Repository{}, ""
}

// withoutOwn is what holds where a repository never had a good configuration: the organisation's, or the defaults.
func (t *task) withoutOwn(ctx context.Context, c settings) (config.Repository, string, []review.Mistake, error) {
	file := organisations(c.snapshot)
	switch {
	case file.Err != nil && !file.Found:
		return config.Repository{}, "", nil, &unreadError{file.name, file.Err}
	case !file.Found:
		return config.Default(), "In force are the defaults: there is no good configuration before.", nil, nil
	}
	parsed, mistakes := file.parse(c.known)
	if len(mistakes) == 0 {
		return parsed, "In force is the organisation's configuration: there is no good one of this repository.", nil, nil
	}
	good, said, _, err := t.lastGood(ctx, c, file)
	return good, said, mistakes, err
}
