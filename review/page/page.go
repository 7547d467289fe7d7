// Package page writes a review as one web page that stands alone: a file to keep, attach or serve.
//
// The page needs no script and asks for nothing from anywhere: its style sheet is part of it, and its Content-Security-Policy
// allows that alone, by its hash. Names, messages and file contents are foreign text; html/template escapes them, and characters
// that nobody sees are written as their numbers. Values of Secrets cannot be on it: a finding has no patch where that would print
// one.
//
// It imports review and what stands beneath it, and nothing of bot.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/podcheck/podcheck/review"
)

// Page is what a page shows.
type Page struct {
	Subject  string // what was looked at: acme/shop #17, or a path; "" when it has no name
	About    string // title of the pull request; "" without one
	Result   review.Result
	Scan     bool    // of one state: findings have no status
	All      bool    // also unchanged findings, and what was not analysed in files that the change does not touch
	Timeline []Event // what was posted, oldest first
}

// Event is one thing that happened on the pull request.
type Event struct {
	At    time.Time
	What  string
	Where string // a path with a line, a commit; "" for the pull request itself
}

var (
	//go:embed page.css
	style string
	//go:embed page.html
	source string

	layout = template.Must(template.New("page").Funcs(template.FuncMap{
		"prose": prose, "sentence": sentence, "visible": visible, "diff": diffOf, "severity": severityWord, "plural": plural, "where": where,
	}).Parse(source))
)

// Write writes a page.
func Write(w io.Writer, p Page) error {
	if err := layout.Execute(w, viewOf(p)); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// policy allows the page its own style sheet and nothing else. Source: CSP Level 3, hash-source.
func policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}
