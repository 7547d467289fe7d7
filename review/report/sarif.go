package report

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// writeSARIF prints a SARIF 2.1.0 log of one run: the findings of the state after, since viewers take every result for an open
// one. Fixed findings are left out, ignored ones are suppressed.
// Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", and GitHub, "SARIF support for code scanning".
func writeSARIF(w io.Writer, r *Report) error {
	s := sarifWriter{report: r, index: map[string]int{}}
	run := sarifRun{
		Tool:        sarifTool{Driver: sarifDriver{Name: "podcheck", InformationURI: "https://github.com/podcheck/podcheck", Rules: s.rules()}},
		ColumnKind:  "unicodeCodePoints",
		Newlines:    []string{"\r\n", "\n"},
		Invocations: []sarifInvocation{s.invocation()},
		Results:     []sarifResult{},
	}
	for _, f := range r.listed() {
		if f.Status != review.Fixed {
			run.Results = append(run.Results, s.result(&f))
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarifWriter makes the parts of one log.
type sarifWriter struct {
	report *Report
	index  map[string]int // of a rule among those of the tool
}

// rules describes the whole catalogue and the repository's own rules: a viewer also shows what was looked for and not found.
func (s *sarifWriter) rules() []sarifRule {
	var out []sarifRule
	for i, r := range append(slices.Clone(rules.Catalogue), s.report.User...) {
		s.index[r.Name] = i
		out = append(out, sarifRule{
			ID:                   r.Name,
			ShortDescription:     sarifText{Text: r.Title},
			FullDescription:      sarifText{Text: whatItDoes(r)},
			Help:                 sarifText{Text: r.Doc, Markdown: r.Doc},
			DefaultConfiguration: sarifConfiguration{Enabled: !r.Disabled, Level: sarifLevel(r.Severity)},
			Properties:           map[string]any{"precision": "high", "problem.severity": problemSeverity(r.Severity), "tags": []string{"kubernetes"}},
		})
	}
	return out
}

// whatItDoes is the part of a rule's documentation that says so; of a repository's own rule all up to the first heading, or its title.
func whatItDoes(r *analysis.Rule) string {
	_, what, found := strings.Cut(r.Doc, "\n## What it does\n")
	if !found {
		_, what, _ = strings.Cut(r.Doc, "\n")
	}
	what, _, _ = strings.Cut("\n"+what, "\n## ")
	return cmp.Or(strings.Join(strings.Fields(what), " "), r.Title)
}

func sarifLevel(s analysis.Severity) string {
	switch s {
	case analysis.Error:
		return "error"
	case analysis.Warning:
		return "warning"
	}
	return "note"
}

// problemSeverity is GitHub's name for the severity of a rule that is not about security.
func problemSeverity(s analysis.Severity) string {
	if s == analysis.Notice {
		return "recommendation"
	}
	return sarifLevel(s)
}

func (s *sarifWriter) result(f *review.Finding) sarifResult {
	out := sarifResult{
		RuleID: f.Rule, Level: sarifLevel(f.Severity), Message: sarifText{Text: sarifMessage(f)},
		Locations:           []sarifLocation{s.location(f.Place)},
		PartialFingerprints: map[string]string{"podcheck/v1": f.ID},
		Fixes:               s.fixes(f),
	}
	if i, ok := s.index[f.Rule]; ok {
		out.RuleIndex = &i
	}
	if name := f.Object.String(); name != "" {
		out.Locations[0].Logical = []sarifLogical{{Name: f.Object.Name, FullyQualifiedName: strings.Trim(f.Object.Namespace+"/"+name+"/"+f.Container, "/")}}
	}
	for _, e := range f.Evidence {
		out.relate(s, e.Place, e.Text)
	}
	for _, o := range f.Related {
		out.relate(s, o.Place, o.Object.String())
	}
	switch {
	case f.Status == review.Ignored:
		out.Suppressions = []sarifSuppression{{Kind: "external", Justification: f.Reason}}
	case f.Status == review.Introduced:
		out.BaselineState = "new"
	case f.Status == review.Unchanged:
		out.BaselineState = "unchanged"
	}
	return out
}

func (r *sarifResult) relate(s *sarifWriter, at analysis.Place, text string) {
	if at.Path == "" {
		return
	}
	l := s.location(at)
	l.ID, l.Message = len(r.RelatedLocations)+1, &sarifText{Text: withoutLinks(text)}
	r.RelatedLocations = append(r.RelatedLocations, l)
}

// sarifMessage is what is wrong, and why that is believed: viewers show nothing else.
func sarifMessage(f *review.Finding) string {
	text := f.Message
	for _, e := range f.Evidence {
		text += "\n- " + e.Text
	}
	if f.Fix != nil && len(f.Fix.Edits) == 0 && f.Fix.Description != "" {
		text += "\n" + f.Fix.Description
	}
	return withoutLinks(text)
}

// withoutLinks escapes what SARIF would read as a link in a message (3.11.6).
func withoutLinks(text string) string {
	if !strings.Contains(text, "](") {
		return text
	}
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(text)
}

// invocation says what was not analysed. A run with an unreadable file is a whole run; one in which a rule failed is not.
func (s *sarifWriter) invocation() sarifInvocation {
	out := sarifInvocation{ExecutionSuccessful: len(s.report.Result.Incomplete) == 0}
	for _, p := range s.report.notAnalysed() {
		out.Notifications = append(out.Notifications, sarifNotification{
			Level: "warning", Message: sarifText{Text: "not analysed: " + p.Message}, Locations: []sarifLocation{s.location(problemPlace(p))},
		})
	}
	for _, reason := range s.report.Result.Incomplete {
		out.Notifications = append(out.Notifications, sarifNotification{Level: "error", Message: sarifText{Text: reason}})
	}
	return out
}

func problemPlace(p manifest.Problem) analysis.Place {
	return analysis.Place{Path: p.Path, Span: p.Span}
}

// fixes are the proven edits of a finding.
func (s *sarifWriter) fixes(f *review.Finding) []sarifFix {
	if f.Fix == nil || len(f.Fix.Edits) == 0 {
		return nil
	}
	var changes []sarifChange
	of := map[string]int{}
	for _, e := range f.Fix.Edits {
		i, known := of[e.Path]
		if !known {
			i = len(changes)
			of[e.Path] = i
			changes = append(changes, sarifChange{Artifact: artifact(e.Path)})
		}
		replacement := sarifReplacement{Deleted: s.bytes(e.Path, e.Start, e.End)}
		if e.New != "" {
			replacement.Inserted = &sarifContent{Text: e.New}
		}
		changes[i].Replacements = append(changes[i].Replacements, replacement)
	}
	return []sarifFix{{Description: sarifText{Text: f.Fix.Description}, Changes: changes}}
}
