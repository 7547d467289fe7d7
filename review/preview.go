package review

import (
	"fmt"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
)

// Proposal is a configuration that a change brings along. It does not count for the change itself.
type Proposal struct {
	Before, After *analysis.State // of the files that it looks at
	Config        *analysis.Config
	Settings      Settings
}

// Preview is what a proposal would change of a review.
type Preview struct {
	Introduced Difference // of the findings that the change introduces
	Present    Difference // of all in the state after, these among them
	Was, Would Conclusion // of the check run
	Incomplete []string   // sentences: why the findings may not be all
}

// Difference is what the findings of a proposal have, and those of a review have not.
type Difference struct {
	Added, Dropped []Finding
	Regraded       []Regraded
}

// Regraded is a finding of another severity.
type Regraded struct {
	Finding
	Was analysis.Severity
}

// Foresee says what a proposal would change of a review and its input. It tries no fix, so it costs two runs of the rules.
func Foresee(in Input, now Result, p Proposal) Preview { return foresee(in, now, p, rules.Run) }

func foresee(in Input, now Result, p Proposal, run runner) Preview {
	var r Result
	diff, _ := parseDiff(in.Diff) // what is wrong with it, the review says
	was, err := run(p.Before, p.Config)
	r.incomplete("The state before was not analysed whole with it", err)
	is, err := run(p.After, p.Config)
	r.incomplete("The state after was not analysed whole with it", err)
	r.Findings = compare(p.Before, p.After, diff, was, is)
	leaveOut(r.Findings, in.Ignores)
	r.Counts = countAll(r.Findings, p.After)
	proposed := in
	proposed.Before, proposed.After, proposed.Config, proposed.Settings = p.Before, p.After, p.Config, p.Settings
	return Preview{
		Introduced: difference(now.Findings, r.Findings, Introduced),
		Present:    difference(now.Findings, r.Findings, Introduced, Unchanged),
		Was:        looked(conclude(&now, &in, diff)), Would: looked(conclude(&r, &proposed, diff)),
		Incomplete: r.Incomplete,
	}
}

// looked is a conclusion of a change that is never skipped, because it changes the configuration.
func looked(c Conclusion) Conclusion {
	if c == Skipped {
		return Success
	}
	return c
}

// difference compares findings of some statuses by their identity.
func difference(now, then []Finding, statuses ...Status) (d Difference) {
	was := byKey(now, statuses)
	is := byKey(then, statuses)
	for _, f := range then {
		old, there := was[f.Key]
		switch _, counts := is[f.Key]; {
		case !counts:
		case !there:
			d.Added = append(d.Added, f)
		case old.Severity != f.Severity:
			d.Regraded = append(d.Regraded, Regraded{f, old.Severity})
		}
	}
	for _, f := range now {
		if _, counts := was[f.Key]; !counts {
			continue
		}
		if _, left := is[f.Key]; !left {
			d.Dropped = append(d.Dropped, f)
		}
	}
	return d
}

func byKey(findings []Finding, statuses []Status) map[string]*Finding {
	out := map[string]*Finding{}
	for i := range findings {
		for _, s := range statuses {
			if f := &findings[i]; f.Status == s {
				out[f.Key] = f
			}
		}
	}
	return out
}

// Lines is the preview as Markdown lines.
func (p Preview) Lines() []string {
	var lines []string
	for i := range p.Introduced.Added {
		f := &p.Introduced.Added[i]
		lines = append(lines, fmt.Sprintf("%s would be added, at %s: %s", named(f), code(where(f.Place)), sentence(cutRunes(f.Message, reasonRunes))))
	}
	for i := range p.Introduced.Dropped {
		f := &p.Introduced.Dropped[i]
		lines = append(lines, fmt.Sprintf("%s would be dropped, at %s", named(f), code(where(f.Place))))
	}
	for i := range p.Introduced.Regraded {
		f := &p.Introduced.Regraded[i]
		lines = append(lines, fmt.Sprintf("%s would be of severity %s instead of %s, at %s", named(&f.Finding), f.Severity, f.Was, code(where(f.Place))))
	}
	for _, s := range p.Incomplete {
		lines = append(lines, prose(s))
	}
	return lines
}

// Said is the preview in a sentence or two.
func (p Preview) Said() string {
	text := fmt.Sprintf("Of what this pull request introduces it %s; of all that is there afterwards it %s.", p.Introduced, p.Present)
	if same := p.Introduced.String(); same == p.Present.String() {
		text = fmt.Sprintf("It %s that this pull request introduces, and nothing else.", same)
		if same == unchanged {
			text = fmt.Sprintf("It %s.", same)
		}
	}
	if p.Was != p.Would {
		text += fmt.Sprintf(" The conclusion would be %s instead of %s.", p.Would, p.Was)
	}
	return text
}

const unchanged = "would change no finding"

func (d Difference) String() string {
	var parts []string
	if n := len(d.Added); n > 0 {
		parts = append(parts, "add "+plural(n, "finding", "findings"))
	}
	if n := len(d.Dropped); n > 0 {
		parts = append(parts, "drop "+plural(n, "finding", "findings"))
	}
	if n := len(d.Regraded); n > 0 {
		parts = append(parts, "change the severity of "+plural(n, "finding", "findings"))
	}
	if len(parts) == 0 {
		return unchanged
	}
	return "would " + inWords(parts)
}
