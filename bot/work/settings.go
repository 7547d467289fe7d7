package work

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/user"
)

// settings is the configuration that holds for a pull request.
type settings struct {
	config.Repository
	file     *source // what it is read from; nil for the defaults
	broken   bool    // the file has mistakes
	problems []review.Mistake
	instead  string // what is in force when the file is broken, as Markdown
	hash     string // of what it was read from
	snapshot *github.Snapshot

	rules   map[string][]byte // the files of the repository's own rules
	user    []*analysis.Rule  // what they hold
	known   []string          // names of rules that may be configured; nil for any
	ignores []review.Ignore   // of the pull request itself

	changes []repo.Change // of the files that configure, in the pull request
}

// source is a configuration file at its newest commit.
type source struct {
	github.File
	name         string
	organisation bool
}

const (
	repositoryFile   = ".podcheck.yml"
	organisationFile = "podcheck.yml of the organisation's .github repository"
)

// settingsOf is what the repository configures and what its people decided in the pull request. Both are in the hash, so that
// a run under other decisions is another run.
func settingsOf(s *github.Snapshot) (settings, error) {
	c, err := configured(s)
	if c.ignores = s.Ignores(); len(c.ignores) > 0 {
		sum := sha256.Sum256(fmt.Appendf(nil, "%q", c.ignores))
		c.hash += "+" + hex.EncodeToString(sum[:6])
	}
	return c, err
}

// configured takes the file of the base branch, else the organisation's, else the defaults. A file that is there but could not
// be read is never taken for absent.
func configured(s *github.Snapshot) (settings, error) {
	file := &source{File: s.Config, name: repositoryFile}
	if !file.Found && file.Err == nil {
		file = organisations(s)
	}
	if file.Err != nil && !file.Found {
		return settings{}, &unreadError{file.name, file.Err}
	}
	c := settings{Repository: config.Default(), hash: "default", known: rules.Names(), snapshot: s}
	if file.Found {
		text := file.Text
		if file.Err != nil { // then there is none
			text = file.Err.Error()
		}
		sum := sha256.Sum256([]byte(text))
		c.file, c.hash = file, hex.EncodeToString(sum[:6])
	}
	return c.parsed(), nil
}

func organisations(s *github.Snapshot) *source {
	return &source{File: s.Organisation, name: organisationFile, organisation: true}
}

// parsed reads the file as it is.
func (c settings) parsed() settings {
	c.problems, c.broken = nil, false
	if c.file != nil {
		c.Repository, c.problems = c.file.parse(c.known)
		c.broken = len(c.problems) > 0
	}
	return c
}

// parse reads a file over the defaults. One that is no text, or too large, has nothing but that mistake.
func (f *source) parse(known []string) (config.Repository, []review.Mistake) {
	if f.Err != nil {
		return config.Default(), []review.Mistake{{Path: f.name, Line: 1, Message: f.Err.Error()}}
	}
	parsed, problems := config.ParseRepository(f.name, []byte(f.Text), known)
	var mistakes []review.Mistake
	for _, p := range problems {
		mistakes = append(mistakes, review.Mistake{Path: p.Path, Line: p.Line, Message: p.Message})
	}
	return parsed, mistakes
}

// with adds the repository's own rules, by the files of the base branch. Their names may be configured as any others, so the
// configuration is read again. A file of rules with mistakes has no rules, and the others count.
func (c settings) with(files map[string][]byte) settings {
	loaded, wrong := user.Load(files, rules.Names()...)
	c.rules, c.user, c.known = files, loaded, rules.Names()
	for _, rule := range loaded {
		c.known = append(c.known, rule.Name)
	}
	if len(wrong) > 0 {
		c.known = nil // any name: it may be that of a rule that did not load
	}
	c = c.parsed()
	for _, p := range wrong {
		c.problems = append(c.problems, review.Mistake{Path: p.Path, Line: cmp.Or(p.Span.Start.Line, 1), Message: p.Message})
	}
	return c
}

// analysis is what the configuration says to the rule engine.
func (c settings) analysis(now time.Time) *analysis.Config {
	out := c.Analysis(now)
	out.User = c.user
	return &out
}

// comments tells whether inline comments are wanted: not on a draft, and a merge group has no place for them.
func (c settings) comments(s *github.Snapshot) bool {
	return s.Number != 0 && (!s.Draft || c.Review.Drafts)
}

func (c settings) review() review.Settings {
	return review.Settings{
		Comments: int(c.Review.Comments), FailOn: analysis.Severity(c.Review.FailOn), Picture: c.Review.Picture,
	}
}
