package review

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Review decides what to say about a change.
func Review(in Input) Result { return review(in, rules.Run) }

// Scan analyses one state without a change: its findings have no status, and nothing is said about a pull request.
func Scan(state *analysis.State, config *analysis.Config) Result {
	return scan(state, config, rules.Run)
}

func review(in Input, run runner) Result {
	var r Result
	diff, err := parseDiff(in.Diff)
	r.incomplete("The diff could not be read whole, so that some findings have no comment", err)
	was, err := run(in.Before, in.Config)
	r.incomplete("The state before was not analysed whole", err)
	is, err := run(in.After, in.Config)
	r.incomplete("The state after was not analysed whole", err)

	r.Findings = compare(in.Before, in.After, diff, was, is)
	leaveOut(r.Findings, in.Ignores)
	r.Counts = countAll(r.Findings, in.After)
	for _, p := range notAnalysed(in.After) {
		if diff.touches(p.Path) {
			r.NotAnalysed = append(r.NotAnalysed, p)
		} else {
			r.Elsewhere = append(r.Elsewhere, p)
		}
	}
	affected, beside := notBuilt(in.After)
	r.NotAnalysed = append(r.NotAnalysed, affected...)
	r.Elsewhere = append(r.Elsewhere, beside...)
	v := &verifier{state: in.After, config: in.Config, run: run}
	proposals := map[string][]suggestion{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Status == Introduced {
			proposals[f.Key] = v.propose(f, diff)
		} else {
			f.Fix = nil // nobody proved it
		}
	}
	v.compose(r.Findings, proposals)
	w := &writer{diff: diff, proposals: proposals, limit: in.Settings.Comments}
	r.Comments, r.Body = w.comments(r.Findings)
	r.Picture = pods(&r, &in)
	r.Check = checkRun(&r, &in, diff)
	r.Check.Fixable, r.Check.SafeFixable = v.fixable(is, r.Findings)
	return r
}

func scan(state *analysis.State, config *analysis.Config, run runner) Result {
	var r Result
	is, err := run(state, config)
	r.incomplete("The state was not analysed whole", err)
	r.Findings = scanned(state, is)
	r.Counts = countAll(r.Findings, state)
	affected, _ := notBuilt(state)
	r.NotAnalysed = append(notAnalysed(state), affected...)
	v := &verifier{state: state, config: config, run: run}
	for i := range r.Findings {
		v.propose(&r.Findings[i], &changes{})
	}
	return r
}

// scanned are the findings of one state in the order of a scan, with their keys and IDs.
func scanned(state *analysis.State, found []analysis.Finding) []Finding {
	out, keys := make([]Finding, 0, len(found)), copiesOf(state, found)
	for _, f := range found {
		listed := Finding{Finding: f, Key: keys.key(&f, f.Place.Path), Reason: f.Ignored}
		if f.Ignored != "" {
			listed.Status = Ignored
		}
		out = append(out, listed)
	}
	finish(out)
	return out
}

func (r *Result) incomplete(what string, err error) {
	if err == nil {
		return
	}
	for _, line := range strings.Split(err.Error(), "\n") { // joined errors are a line each
		r.Incomplete = append(r.Incomplete, fmt.Sprintf("%s: %s.", what, line))
	}
}

func notAnalysed(s *analysis.State) []manifest.Problem {
	var out []manifest.Problem
	for _, f := range s.Files {
		for _, p := range f.Problems {
			if p.Kind == manifest.NotAnalysed && !s.Taken(f.Path) {
				out = append(out, p)
			}
		}
	}
	return append(out, once(s.Unseen)...)
}

// once leaves one of the problems that say the same of one place, as those of two clusters do.
func once(problems []manifest.Problem) []manifest.Problem {
	type said struct {
		path    string
		line    int
		message string
	}
	known := map[said]bool{}
	var out []manifest.Problem
	for _, p := range problems {
		key := said{p.Path, p.Span.Start.Line, p.Message}
		if !known[key] {
			known[key] = true
			out = append(out, p)
		}
	}
	return out
}

// notBuilt are the roots that could not be rendered: those that the change can affect, and those beside it.
func notBuilt(s *analysis.State) (affected, beside []manifest.Problem) {
	for _, b := range s.Builds {
		if b.Beside {
			beside = append(beside, b.Problems...)
		} else {
			affected = append(affected, b.Problems...)
		}
	}
	return once(affected), once(beside)
}

func countAll(findings []Finding, s *analysis.State) Counts {
	c := Counts{Files: len(s.Files), Objects: len(s.Objects), Workloads: len(s.Workloads)}
	for _, f := range findings {
		switch f.Status {
		case Introduced:
			c.Introduced++
		case Fixed:
			c.Fixed++
		case Unchanged:
			c.Unchanged++
		case Ignored:
			c.Ignored++
		}
	}
	return c
}
