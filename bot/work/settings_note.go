package work

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
)

// maxProblems bounds the mistakes that are shown of a configuration.
const maxProblems = 20

// tell says in the check run what is wrong in the configuration: in the summary, and on the lines where the head still has
// them. It is no fault of the pull request, and leaves the verdict alone.
func (c settings) tell(ctx context.Context, r repo.Repository, head repo.OID, check *review.Check) error {
	if len(c.problems) > 0 {
		check.AddSection("Configuration", c.wrong(), said(c.problems))
		there, err := c.onHead(ctx, r, head)
		if err != nil {
			return err
		}
		annotate(check, there)
	}
	if ended := c.Ended(time.Now()); len(ended) > 0 {
		check.AddSection("Ended", "The last day of these ignores is over, and they don't count. Remove them, or give them another `until`.", lines(ended))
	}
	return nil
}

// wrong is the sentence above the mistakes.
func (c settings) wrong() string {
	switch {
	case !c.broken:
		return "These files of rules have mistakes, and their rules don't count:"
	case c.file.organisation:
		return "The organisation's configuration (`podcheck.yml` of its `.github` repository) has mistakes. " + c.instead
	default:
		return "The configuration has mistakes. " + c.instead
	}
}

func said(mistakes []review.Mistake) []string {
	var lines []string
	for _, m := range mistakes[:min(len(mistakes), maxProblems)] {
		lines = append(lines, m.Said())
	}
	if more := len(mistakes) - maxProblems; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

func annotate(check *review.Check, mistakes []review.Mistake) {
	for _, m := range mistakes[:min(len(mistakes), maxProblems)] {
		check.Annotations = append(check.Annotations, m.Annotation())
	}
}

// onHead are the mistakes whose lines the head has, at the same place: annotations stand on the head's files. Those that the
// pull request edits have the annotations of their preview.
func (c settings) onHead(ctx context.Context, r repo.Repository, head repo.OID) ([]review.Mistake, error) {
	var there []review.Mistake
	files := map[string][]byte{}
	for _, m := range c.problems {
		base, ok := c.text(m.Path)
		if !ok || slices.ContainsFunc(c.changes, func(change repo.Change) bool { return change.Path == m.Path }) {
			continue
		}
		if _, read := files[m.Path]; !read {
			data, _, err := load.File(ctx, r, head, m.Path)
			if err != nil {
				return nil, err
			}
			files[m.Path] = data
		}
		if line, found := lineOf(base, m.Line); found && same(files[m.Path], m.Line, line) {
			there = append(there, m)
		}
	}
	return there, nil
}

// text is a file of the base branch that a mistake can be in.
func (c settings) text(path string) ([]byte, bool) {
	if path == repositoryFile && c.file != nil {
		return []byte(c.file.Text), true
	}
	data, ok := c.rules[path]
	return data, ok
}

func same(file []byte, n int, want []byte) bool {
	got, ok := lineOf(file, n)
	return ok && bytes.Equal(got, want)
}

// lineOf is a line of a file, counted from 1.
func lineOf(file []byte, n int) ([]byte, bool) {
	all := bytes.Split(file, []byte("\n"))
	if len(file) == 0 || n < 1 || n > len(all) {
		return nil, false
	}
	return bytes.TrimRight(all[n-1], "\r"), true
}

// lines names ignores, with their reasons and last days.
func lines(ignores []config.Ignore) []string {
	var out []string
	for _, i := range ignores {
		out = append(out, fmt.Sprintf("%s ended on %s: %s", ignored(i), i.Until.Day.Format(time.DateOnly), review.Prose(i.Reason)))
	}
	return out
}

// ignored says what an ignore is about.
func ignored(i config.Ignore) string {
	text := "everything"
	if i.Rule != "" {
		text = review.Code(string(i.Rule))
	}
	if i.Object != "" {
		text += " of " + review.Code(string(i.Object))
	}
	if i.Container != "" {
		text += ", container " + review.Code(i.Container)
	}
	for n, glob := range i.Paths {
		text += []string{" in ", ", "}[min(n, 1)] + review.Code(string(glob))
	}
	return text
}
