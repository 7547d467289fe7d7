package work

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
)

// runExplain shows the documentation of a rule, or the evidence of a finding. Without a word it is about the rule of the thread.
func (t *task) runExplain(ctx context.Context, s *github.Snapshot, asked request) (reply, error) {
	name, thread := strings.Join(asked.Arguments, ""), s.ThreadOf(asked.comment)
	switch {
	case name == "" && thread == nil:
		return reply{text: asked.HowWritten()}, nil
	case name == "":
		name = ruleOf(thread)
	}
	if rule := rules.Find(strings.ToLower(name)); rule != nil {
		return reply{text: rule.Doc, done: true}, nil
	}
	seen, err := t.inspect(ctx, s)
	if err != nil {
		return unseen(err)
	}
	if f := seen.finding(name); f != nil {
		return reply{text: review.Explain(f), done: true}, nil
	}
	if rule := seen.rule(name); rule != nil { // of the repository: its text is not ours
		return reply{text: review.Quote(rule.Doc), done: true}, nil
	}
	text := seen.unknown(name)
	if seen.nearest(name) == "" {
		text += "\n\nThe rules are:\n\n"
		for _, known := range rules.Catalogue {
			text += fmt.Sprintf("- `%s`: %s\n", known.Name, known.Title)
		}
	}
	return reply{text: text}, nil
}

// inspection is what the words of a command can mean in a pull request.
type inspection struct {
	findings []review.Finding
	own      []*analysis.Rule // of the repository, beside the catalogue
}

// inspect analyses the pull request without posting anything.
func (t *task) inspect(ctx context.Context, s *github.Snapshot) (seen inspection, err error) {
	c, err := settingsOf(s)
	if err != nil {
		return seen, err
	}
	revision := revisionOf(s)
	err = t.withRepository(ctx, revision, func(r repo.Repository) error {
		in, c, err := t.input(ctx, r, revision, c)
		seen.own = c.user
		if in != nil {
			seen.findings = review.Review(*in).Findings
		}
		return err
	})
	return seen, err
}

// unseen answers a command when the pull request could not be analysed. What may pass is tried again.
func unseen(err error) (reply, error) {
	if final := (*finalError)(nil); errors.As(err, &final) {
		return reply{text: reason(err)}, nil
	}
	return reply{}, err
}

// idShape is what every ID of a finding looks like, and no word does.
var idShape = regexp.MustCompile(`^(?i)[a-z][0-9][0-9a-z]{2,}$`)

// sameID: IDs are as short as a review lets them be, so one may have grown or shrunk since somebody read it.
func sameID(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return idShape.MatchString(a) && idShape.MatchString(b) && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// finding is the one with an ID, nil when there is none or it could be several.
func (seen inspection) finding(id string) *review.Finding {
	if at := slices.IndexFunc(seen.findings, func(f review.Finding) bool { return strings.EqualFold(f.ID, id) }); at >= 0 {
		return &seen.findings[at]
	}
	var found *review.Finding
	for i := range seen.findings {
		if sameID(seen.findings[i].ID, id) {
			if found != nil {
				return nil
			}
			found = &seen.findings[i]
		}
	}
	return found
}

// introduced are the findings that can be ignored, or are.
func (seen inspection) introduced() (found []review.Finding) {
	for _, f := range seen.findings {
		if f.Status == review.Introduced || f.Status == review.Ignored {
			found = append(found, f)
		}
	}
	return found
}

// of is the finding that a thread is about, nil when it is gone.
func (seen inspection) of(thread *github.Thread) *review.Finding {
	at := slices.IndexFunc(seen.findings, func(f review.Finding) bool { return f.Key == aboutFinding(thread) })
	if at < 0 {
		return nil
	}
	return &seen.findings[at]
}

// aboutFinding is the identity of the finding that a thread is about; a thread on a part of its fix counts the part behind it.
func aboutFinding(thread *github.Thread) string {
	key, _, _ := strings.Cut(thread.Marker.Keys[0], "#")
	return key
}

// ruleOf is the rule of a thread; every identity begins with it.
func ruleOf(thread *github.Thread) string {
	rule, _, _ := strings.Cut(aboutFinding(thread), "/")
	return rule
}

func (seen inspection) rule(name string) *analysis.Rule {
	name = strings.ToLower(name)
	if rule := rules.Find(name); rule != nil {
		return rule
	}
	if at := slices.IndexFunc(seen.own, func(r *analysis.Rule) bool { return r.Name == name }); at >= 0 {
		return seen.own[at]
	}
	return nil
}

// nearest is the rule whose name was probably meant.
func (seen inspection) nearest(name string) string {
	known := rules.Names()
	for _, rule := range seen.own {
		known = append(known, rule.Name)
	}
	return command.Nearest(name, known)
}

// unknown says that a word names nothing, and what was probably meant.
func (seen inspection) unknown(name string) string {
	text := fmt.Sprintf("`%s` is no rule and no finding of this pull request.", command.Shown(name))
	if near := seen.nearest(name); near != "" {
		return text + fmt.Sprintf(" Did you mean `%s`?", near)
	}
	if list := review.List(seen.introduced()); list != "" {
		return text + " Its findings are:\n" + list
	}
	return text + " It has no findings."
}
