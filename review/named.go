package review

import (
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Named is the result with files named as people know them, where these are not the paths of the state.
func (r Result) Named(name func(string) string) Result {
	r.Findings = findingsNamed(r.Findings, name)
	r.NotAnalysed, r.Elsewhere = problemsNamed(r.NotAnalysed, name), problemsNamed(r.Elsewhere, name)
	return r
}

// Named is what was mended with the places of the findings named likewise. Changed keeps the paths of the state.
func (m Mended) Named(name func(string) string) Mended {
	m.Applied, m.Rest = findingsNamed(m.Applied, name), findingsNamed(m.Rest, name)
	m.Left = slices.Clone(m.Left)
	for i := range m.Left {
		m.Left[i].Finding = findingsNamed([]Finding{m.Left[i].Finding}, name)[0]
	}
	return m
}

func findingsNamed(findings []Finding, name func(string) string) []Finding {
	out := slices.Clone(findings)
	for i := range out {
		f := &out[i]
		f.Place.Path = name(f.Place.Path)
		f.Evidence, f.Related, f.Anchors = slices.Clone(f.Evidence), slices.Clone(f.Related), slices.Clone(f.Anchors)
		places := []*analysis.Place{}
		for j := range f.Evidence {
			places = append(places, &f.Evidence[j].Place)
		}
		for j := range f.Related {
			places = append(places, &f.Related[j].Place)
		}
		for j := range f.Anchors {
			places = append(places, &f.Anchors[j])
		}
		for _, p := range places {
			if p.Path != "" {
				p.Path = name(p.Path)
			}
		}
		if f.Fix != nil {
			fix := *f.Fix
			fix.Edits = slices.Clone(fix.Edits)
			for j := range fix.Edits {
				fix.Edits[j].Path = name(fix.Edits[j].Path)
			}
			f.Fix = &fix
		}
	}
	return out
}

func problemsNamed(problems []manifest.Problem, name func(string) string) []manifest.Problem {
	out := slices.Clone(problems)
	for i := range out {
		out[i].Path = name(out[i].Path)
	}
	return out
}
