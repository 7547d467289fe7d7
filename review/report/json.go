package report

import (
	"encoding/json"
	"io"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// jsonReport is version 1 of the JSON output: a promise to the programs that read it.
type jsonReport struct {
	Version     int           `json:"version"`
	Findings    []jsonFinding `json:"findings"`
	NotAnalysed []jsonUnseen  `json:"notAnalysed"`
	Summary     review.Counts `json:"summary"`
}

type jsonFinding struct {
	ID        string           `json:"id"`
	Rule      string           `json:"rule"`
	Severity  string           `json:"severity"`
	Status    review.Status    `json:"status,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Message   string           `json:"message"`
	Path      string           `json:"path"`
	Line      int              `json:"line"`
	Column    int              `json:"column"`
	EndLine   int              `json:"endLine"`
	Precision string           `json:"precision"`
	Roots     []string         `json:"roots,omitempty"`
	Object    *analysis.Object `json:"object"`
	Container string           `json:"container,omitempty"`
	Evidence  []jsonEvidence   `json:"evidence"`
	Related   []jsonRelated    `json:"related"`
	Fix       *jsonFix         `json:"fix,omitempty"`
}

type jsonEvidence struct {
	Text string `json:"text"`
	Path string `json:"path,omitempty"`
	Line int    `json:"line,omitempty"`
}

type jsonRelated struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Path      string `json:"path"`
	Line      int    `json:"line"`
}

type jsonFix struct {
	Safety      analysis.Safety `json:"safety"`
	Description string          `json:"description"`
	Changes     []string        `json:"changes"`
	Steps       []string        `json:"steps"`
	Obstacles   []string        `json:"obstacles"`
	Edits       []jsonEdit      `json:"edits"`
	Patch       string          `json:"patch"`
}

type jsonEdit struct {
	Path  string `json:"path"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	New   string `json:"new"`
}

type jsonUnseen struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

func writeJSON(w io.Writer, r *Report) error {
	out := jsonReport{Version: 1, Findings: []jsonFinding{}, NotAnalysed: []jsonUnseen{}, Summary: r.Result.Counts}
	for _, f := range r.listed() {
		out.Findings = append(out.Findings, findingJSON(&f, r.Scan))
	}
	for _, p := range r.notAnalysed() {
		out.NotAnalysed = append(out.NotAnalysed, unseenJSON(p))
	}
	for _, reason := range r.Result.Incomplete {
		out.NotAnalysed = append(out.NotAnalysed, jsonUnseen{Reason: reason})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func unseenJSON(p manifest.Problem) jsonUnseen {
	return jsonUnseen{Path: p.Path, Line: p.Span.Start.Line, Reason: p.Message}
}

func findingJSON(f *review.Finding, scan bool) jsonFinding {
	start, end := lines(f.Place)
	out := jsonFinding{
		ID: f.ID, Rule: f.Rule, Severity: f.Severity.String(), Status: f.Status, Reason: f.Reason, Message: f.Message,
		Path: f.Place.Path, Line: start, Column: f.Place.Span.Start.Column, EndLine: end,
		Precision: f.Place.Precision.String(), Roots: f.Roots,
		Container: f.Container, Evidence: []jsonEvidence{}, Related: []jsonRelated{}, Fix: fixJSON(f),
	}
	if scan {
		out.Status = ""
	}
	if f.Object != (analysis.Object{}) {
		out.Object = &f.Object
	}
	for _, e := range f.Evidence {
		out.Evidence = append(out.Evidence, jsonEvidence{Text: e.Text, Path: e.Place.Path, Line: e.Place.Span.Start.Line})
	}
	for _, o := range f.Related {
		out.Related = append(out.Related, jsonRelated{
			Kind: o.Object.Kind, Namespace: o.Object.Namespace, Name: o.Object.Name, Path: o.Place.Path, Line: o.Place.Span.Start.Line,
		})
	}
	return out
}

func fixJSON(f *review.Finding) *jsonFix {
	if f.Fix == nil {
		return nil
	}
	out := &jsonFix{
		Safety: f.Fix.Safety, Description: f.Fix.Description, Changes: append([]string{}, f.Fix.Changes...),
		Steps:     append([]string{}, f.Fix.Steps...),
		Obstacles: append([]string{}, f.Fix.Obstacles...), Edits: []jsonEdit{}, Patch: f.Patch,
	}
	for _, e := range f.Fix.Edits {
		out.Edits = append(out.Edits, jsonEdit{Path: e.Path, Start: e.Start, End: e.End, New: e.New})
	}
	return out
}
