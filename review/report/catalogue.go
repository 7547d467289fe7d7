package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/podcheck/podcheck/rules/analysis"
)

var catalogueFormats = []struct {
	name  string
	write func(io.Writer, []*analysis.Rule) error
}{
	{"table", catalogueTable},
	{"json", catalogueJSON},
	{"markdown", catalogueMarkdown},
}

// CatalogueFormats are the names of the formats that WriteCatalogue knows.
func CatalogueFormats() []string {
	var names []string
	for _, f := range catalogueFormats {
		names = append(names, f.name)
	}
	return names
}

// WriteCatalogue prints rules in one of the CatalogueFormats.
func WriteCatalogue(w io.Writer, format string, catalogue []*analysis.Rule) error {
	for _, f := range catalogueFormats {
		if f.name != format {
			continue
		}
		if err := f.write(w, catalogue); err != nil {
			return fmt.Errorf("writing the rules as %s: %w", format, err)
		}
		return nil
	}
	return fmt.Errorf("%q is no format of the rules: use %s", format, strings.Join(CatalogueFormats(), ", "))
}

// defaultLevel is what a rule is set to when nothing is configured.
func defaultLevel(r *analysis.Rule) string {
	if r.Disabled {
		return analysis.Off.String()
	}
	return r.Severity.String()
}

// fixName is the safety of a rule's fixes in a word.
func fixName(r *analysis.Rule) string {
	if r.Safety == analysis.SafetyNone {
		return "none"
	}
	return string(r.Safety)
}

func catalogueTable(out io.Writer, catalogue []*analysis.Rule) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tDEFAULT\tFIX\tFINDS")
	for _, r := range catalogue {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, defaultLevel(r), fixName(r), r.Title)
	}
	return w.Flush()
}

// jsonRule is one rule of the JSON format, a promise like that of reports.
type jsonRule struct {
	Name          string `json:"name"`
	Title         string `json:"title"`
	Severity      string `json:"severity"` // when the rule is on
	Default       string `json:"default"`  // severity, or off
	Fix           string `json:"fix"`      // safe, review or none
	Documentation string `json:"documentation"`
}

func catalogueJSON(out io.Writer, catalogue []*analysis.Rule) error {
	all := []jsonRule{}
	for _, r := range catalogue {
		all = append(all, jsonRule{Name: r.Name, Title: r.Title, Severity: r.Severity.String(), Default: defaultLevel(r), Fix: fixName(r), Documentation: r.Doc})
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(all)
}

func catalogueMarkdown(out io.Writer, catalogue []*analysis.Rule) error {
	var b strings.Builder
	b.WriteString("| rule | default | fix | finds |\n|---|---|---|---|\n")
	for _, r := range catalogue {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Name, defaultLevel(r), fixName(r), strings.ReplaceAll(r.Title, "|", `\|`))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
