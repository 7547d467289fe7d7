package report

import (
	"io"

	"github.com/podcheck/podcheck/review/page"
)

// writeHTML prints a page that stands alone, for a browser.
func writeHTML(w io.Writer, r *Report) error {
	return page.Write(w, page.Page{Subject: r.Subject, Result: r.Result, Scan: r.Scan, All: r.All})
}
