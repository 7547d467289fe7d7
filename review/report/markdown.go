package report

import (
	"io"

	"github.com/podcheck/podcheck/review"
)

// writeMarkdown prints the page that the check run shows, for the summary of a workflow or a ticket.
func writeMarkdown(w io.Writer, r *Report) error {
	_, err := io.WriteString(w, review.Markdown(r.listed(), r.notAnalysed(), r.Result.Incomplete, r.verdict()))
	return err
}
