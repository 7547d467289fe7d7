// Package review decides what to say about a pull request: (before, after, diff) in, desired review out.
//
// It is pure: no HTTP, no git, no clock, no files. It compares the findings of two states by identity, anchors the introduced
// ones in the diff, lowers each fix to suggestions or a patch, and writes the texts. A fix is applied in memory, parsed and
// analysed again before anybody sees it; what does not verify is not offered.
//
// It imports rules and nothing of bot.
package review

import (
	"github.com/podcheck/podcheck/review/picture"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Status says how a finding relates to the change.
type Status string

// The statuses of a finding.
const (
	Introduced Status = "introduced" // only after
	Fixed      Status = "fixed"      // only before
	Unchanged  Status = "unchanged"  // both
	Ignored    Status = "ignored"    // after, and ignored by configuration, annotation, comment or command
)

// Finding is a finding with its identity across commits and its status.
type Finding struct {
	analysis.Finding
	ID     string // short and stable across commits, shown to people and used in commands
	Key    string // full identity: rule, object, container and subject, never lines
	Status Status // "" of a scan, unless ignored
	Reason string // why it is ignored
	By     string // who ignored it in the pull request; "" when the repository does
	Patch  string // the fix as a unified diff that `git apply` takes; "" without edits, and where it would print values of a Secret
	Waits  string // why the fix, which is proven, is not offered beside those of other findings, a sentence; "" when it is
}

// Input is what a review is made from.
type Input struct {
	Before, After *analysis.State
	Diff          []byte // unified diff of merge base and head, three lines of context, as `git diff` writes it
	Config        *analysis.Config
	Settings      Settings
	Ignores       []Ignore // of the pull request, beside the repository's own in Config
}

// Settings is the configuration of the review itself.
type Settings struct {
	Comments int               // at most so many inline comments; 0 means the default of 20
	FailOn   analysis.Severity // findings at or above it fail the check run; Off (zero) means the default, error; Never
	Picture  bool
}

// Never is the value of Settings.FailOn that no finding reaches.
const Never = analysis.Error + 1

// Result is the desired review. Whatever is posted is reconciled with it.
type Result struct {
	Findings    []Finding          // all statuses; most severe first, then by path and line
	NotAnalysed []manifest.Problem // in files that the change touches; of a scan all
	Elsewhere   []manifest.Problem // not analysed, in other files
	Incomplete  []string           // sentences: what went wrong beside the files
	Counts      Counts
	Comments    []Comment       // inline, most severe first
	Body        string          // body of the review that carries the comments; "" when there are none
	Picture     picture.Picture // empty unless Settings.Picture
	Check       Check
}

// Counts is the summary of a run.
type Counts struct {
	Introduced int `json:"introduced"`
	Fixed      int `json:"fixed"`
	Unchanged  int `json:"unchanged"`
	Ignored    int `json:"ignored"`
	Files      int `json:"files"`
	Objects    int `json:"objects"`
	Workloads  int `json:"workloads"`
}

// Comment is one inline comment on the new side of the diff.
type Comment struct {
	Keys      []string // identities of the findings that it speaks of, the first one names it
	Rule      string
	Path      string
	StartLine int    // 0 for a comment on one line
	Line      int    // 0 for a comment on the file
	Body      string // Markdown without the hidden marker, which bot/github adds
	Elsewhere string // the same without suggestions, for a thread that stands at other lines: there a suggestion would replace the wrong ones; "" when Body has none
}

// Check is the desired check run.
type Check struct {
	Conclusion  Conclusion
	Title       string
	Summary     string // Markdown, at most 65,535 characters
	Text        string // Markdown, at most 65,535 characters
	Annotations []Annotation
	Fixable     int // introduced findings whose fixes Mend would apply together
	SafeFixable int // likewise, safe fixes alone
}

// Conclusion is the conclusion of a check run, in GitHub's words.
type Conclusion string

// The conclusions that a review can reach.
const (
	Success Conclusion = "success"
	Neutral Conclusion = "neutral"
	Failure Conclusion = "failure"
	Skipped Conclusion = "skipped" // nothing relevant changed
)

// Annotation is one annotation of the check run, on the head's files.
type Annotation struct {
	Path                   string
	StartLine, EndLine     int
	StartColumn, EndColumn int    // 0 when the annotation spans several lines
	Level                  string // notice, warning, failure
	Title                  string // at most 255 characters
	Message                string // at most 64 KB
}
