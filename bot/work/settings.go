package work

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
)

// settings is the configuration that holds for a pull request.
type settings struct {
	config.Repository
	problems []config.Problem
	hash     string // of what it was read from
}

const (
	repositoryFile   = ".podcheck.yml"
	organisationFile = "podcheck.yml of the organisation's .github repository"
)

// settingsOf takes the file of the base branch, else the organisation's, else the defaults. A file that is there but could not
// be read is never taken for absent.
func settingsOf(s *github.Snapshot) (settings, error) {
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
	return settings{Repository: parsed, problems: problems, hash: hex.EncodeToString(sum[:6])}, nil
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

// note lists what is wrong in the configuration, for the check run. It is no fault of the pull request.
func (c settings) note() string {
	if len(c.problems) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n\n### Configuration\n\nThese lines of the configuration don't count:\n\n")
	for _, p := range c.problems {
		fmt.Fprintf(&b, "- `%s`, line %d: %s\n", p.Path, p.Line, p.Message)
	}
	return b.String()
}
