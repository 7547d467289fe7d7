package work

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
)

// choice is what somebody wants fixed: all, or certain findings, or the safe fixes.
type choice struct {
	all  bool
	bare bool     // nothing was said, so that what is left over is named
	ids  []string // as people write them
	keys []string // of a thread that the command was given in
}

// chosen is a choice among the findings of a review.
type chosen struct {
	wanted map[string]bool  // keys of findings whose fix is to be applied
	left   []review.Left    // asked for by name, and without a fix
	rest   []review.Finding // with a fix that was not asked for
	wrong  string           // Markdown: why nothing is done at all
}

// The words that choose by safety.
const (
	wordSafe = "safe"
	wordAll  = "all"
)

// choose reads the words of a command, in a thread of ours about findings with these keys.
func choose(words []string, thread []string) (choice, bool) {
	switch {
	case len(words) == 0:
		return choice{bare: len(thread) == 0, keys: thread}, true
	case len(words) == 1 && strings.EqualFold(words[0], wordAll):
		return choice{all: true}, true
	case len(words) == 1 && strings.EqualFold(words[0], wordSafe):
		return choice{}, true
	case slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, wordAll) || strings.EqualFold(w, wordSafe) }):
		return choice{}, false
	}
	return choice{ids: words}, true
}

// among applies a choice. Only what the pull request introduces, and has a proven fix, is ever fixed.
func (c choice) among(findings []review.Finding) chosen {
	out := chosen{wanted: map[string]bool{}}
	switch {
	case len(c.ids) > 0:
		for _, id := range c.ids {
			f := inspection{findings: findings}.finding(id)
			if f == nil {
				out.wrong = unknownID(id, findings)
				return out
			}
			if out.take(f); out.wrong != "" {
				return out
			}
		}
	case len(c.keys) > 0:
		for i := range findings {
			if slices.Contains(c.keys, findings[i].Key) {
				out.take(&findings[i])
			}
		}
		if out.wrong == "" && len(out.wanted)+len(out.left) == 0 {
			out.wrong = "What this thread is about is not found at the head of the pull request any more."
		}
	default:
		for _, f := range findings {
			switch {
			case f.Status != review.Introduced || !f.HasEdits():
			case c.all || f.Fix.Safety == analysis.Safe:
				out.wanted[f.Key] = true
			default:
				out.rest = append(out.rest, f)
			}
		}
	}
	return out
}

// take takes a finding that was asked for by name.
func (c *chosen) take(f *review.Finding) {
	switch {
	case f.Status == review.Ignored:
		c.wrong = fmt.Sprintf("`%s` is ignored, so it is not fixed.", f.ID)
	case f.Status == review.Fixed:
		c.wrong = fmt.Sprintf("`%s` is fixed already.", f.ID)
	case f.Status != review.Introduced:
		c.wrong = fmt.Sprintf("`%s` was there before this pull request, so it is not fixed here. `podcheck fix --finding %s` fixes it in a clone.", f.ID, f.ID)
	case f.HasEdits():
		c.wanted[f.Key] = true
	default:
		c.left = append(c.left, review.Left{Finding: *f, Reason: withoutFix(f)})
	}
}

func withoutFix(f *review.Finding) string {
	if f.Fix == nil || len(f.Fix.Obstacles) == 0 {
		return "There is no ready change for this."
	}
	return strings.Join(f.Fix.Obstacles, " ")
}

// unknownID is the answer to an ID that no finding has.
func unknownID(id string, findings []review.Finding) string {
	var introduced []review.Finding
	var known []string
	for _, f := range findings {
		if f.Status == review.Introduced {
			introduced, known = append(introduced, f), append(known, f.ID)
		}
	}
	text := fmt.Sprintf("`%s` is not the ID of a finding of this pull request.", command.Shown(id))
	if nearest := command.Nearest(id, known); nearest != "" {
		text += fmt.Sprintf(" Did you mean `%s`?", nearest)
	}
	if listed := review.List(introduced); listed != "" {
		text += " These are:\n" + listed
	}
	return text
}
