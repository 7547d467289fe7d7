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
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/podcheck/podcheck/review"
)

// Page is what a page shows.
type Page struct {
	Subject string // what was looked at: acme/shop #17, or a path; "" when it has no name
	About   string // title of the pull request; "" without one
	Note    string // sentences that stand before everything; "" for none
	Result  review.Result
	Scan    bool // of one state: findings have no status
	All     bool // also unchanged findings, and what was not analysed in files that the change does not touch
}

var (
	//go:embed page.css
	style string
	//go:embed page.html
	source string

	layout = template.Must(template.New("page").Funcs(template.FuncMap{
		"prose": prose, "sentence": sentence, "visible": visible, "diff": diffOf, "severity": severityWord, "plural": plural, "where": where, "short": short,
	}).Parse(source))
)

// Write writes a page.
func Write(w io.Writer, p Page) error {
	if err := layout.Execute(w, viewOf(p)); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// Policy is the Content-Security-Policy of a page that Write wrote, be it with another style sheet in another version.
func Policy(html []byte) string {
	_, rest, _ := bytes.Cut(html, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	return policy(style)
}

// policy allows a page its style sheet and nothing else. Source: CSP Level 3, hash-source.
func policy(style []byte) string {
	sum := sha256.Sum256(style)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}
