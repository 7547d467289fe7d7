package work

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/user"
)

// settings is the configuration that holds for a pull request.
type settings struct {
	config.Repository
	problems []config.Problem
	hash     string // of what it was read from
	name     string // of that file, and its text; empty for the defaults
	text     string
	user     []*analysis.Rule // of the repository itself
	ignores  []review.Ignore  // of the pull request itself
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
	file, name := s.Config, repositoryFile
	if !file.Found && file.Err == nil {
		file, name = s.Organisation, organisationFile
	}
	if file.Err != nil && file.Found { // binary or too large, and will be so next time
		return settings{}, &finalError{&unreadError{name, file.Err}}
	}
	if file.Err != nil {
		return settings{}, &unreadError{name, file.Err}
	}
	if !file.Found {
		return settings{Repository: config.Default(), hash: "default"}, nil
	}
	parsed, problems := config.ParseRepository(name, []byte(file.Text), rules.Names())
	sum := sha256.Sum256([]byte(file.Text))
	return settings{Repository: parsed, problems: problems, hash: hex.EncodeToString(sum[:6]), name: name, text: file.Text}, nil
}

// with adds the repository's own rules, by the files of the base branch. Their names may be configured as any others, so the
// configuration is read again.
func (c settings) with(files map[string][]byte) settings {
	if len(files) == 0 {
		return c
	}
	loaded, wrong := user.Load(files, rules.Names()...)
	c.user = loaded
	if c.name != "" {
		known := rules.Names()
		for _, rule := range loaded {
			known = append(known, rule.Name)
		}
		if len(wrong) > 0 {
			known = nil // any name: it may be that of a rule that did not load
		}
		c.Repository, c.problems = config.ParseRepository(c.name, []byte(c.text), known)
	}
	for _, p := range wrong {
		at := p.Span.Start
		c.problems = append(c.problems, config.Problem{Path: p.Path, Line: at.Line, Column: at.Column, Message: p.Message})
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

// maxProblems bounds the list of note.
const maxProblems = 20

// note lists what is wrong in the configuration, for the check run. It is no fault of the pull request.
func (c settings) note() string {
	if len(c.problems) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n\n### Configuration\n\nThese lines of the configuration don't count:\n\n")
	for _, p := range c.problems[:min(len(c.problems), maxProblems)] {
		fmt.Fprintf(&b, "- `%s`, line %d: %s\n", p.Path, p.Line, p.Message)
	}
	if more := len(c.problems) - maxProblems; more > 0 {
		fmt.Fprintf(&b, "- and %d more\n", more)
	}
	return b.String()
}
