package review

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Markdown is a page about findings without a pull request: a table, each finding with its evidence and patch, and what was not
// analysed. Names from manifests are escaped as in comments.
func Markdown(findings []Finding, notAnalysed []manifest.Problem, incomplete []string, verdict string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s.**\n", verdict)
	b.WriteString(table(findings, "", Introduced, Fixed, Unchanged, Ignored))
	b.WriteString(section("Not analysed", unseen(&Result{NotAnalysed: notAnalysed, Incomplete: incomplete})))
	for i := range findings {
		if f := &findings[i]; f.Status == Introduced || f.Status == "" {
			b.WriteString("\n" + strings.TrimSuffix(detail(f), "\n"))
		}
	}
	return b.String()
}
