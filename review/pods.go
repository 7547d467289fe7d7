package review

import (
	"github.com/podcheck/podcheck/review/picture"
	"github.com/podcheck/podcheck/rules/analysis"
)

// pods draws the Pods that introduced and fixed findings are about.
func pods(r *Result, in *Input) picture.Picture {
	if !in.Settings.Picture {
		return picture.Picture{}
	}
	var came, went []analysis.Finding
	for _, f := range r.Findings {
		switch f.Status {
		case Introduced:
			came = append(came, f.Finding)
		case Fixed:
			went = append(went, f.Finding)
		}
	}
	return picture.Draw(in.Before, in.After, in.Config, came, went)
}

// pictured is the section of the check run that GitHub draws the picture in.
func pictured(p picture.Picture) string {
	text := p.Mermaid()
	if text == "" {
		return ""
	}
	note := ""
	if p.Left > 0 {
		note = "\n" + plural(p.Left, "workload", "workloads") + " more than fit here.\n"
	}
	return "\n### Pods\n\n" + fenced("mermaid", text) + note
}
