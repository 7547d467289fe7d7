package review

import (
	"fmt"
	"slices"
)

// Ignore leaves introduced findings of one pull request out of its verdict: the finding with a Key, or without one all of a
// rule. They are still counted and listed. The reason is foreign text and is escaped wherever it is shown.
type Ignore struct {
	Key    string `json:"key,omitempty"`
	ID     string `json:"id,omitempty"` // that the finding had when it was ignored; with Key
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	By     string `json:"by"` // login of who ignored it
}

// Replaces tells whether two ignores are about the same finding or the same rule, so that the later one counts.
func (i Ignore) Replaces(other Ignore) bool {
	return i.Key == other.Key && (i.Key != "" || i.Rule == other.Rule)
}

// Named is what people call it: the ID of the finding, or the rule.
func (i Ignore) Named() string {
	if i.Key != "" {
		return i.ID
	}
	return i.Rule
}

func (i Ignore) matches(f *Finding) bool {
	if i.Key != "" {
		return i.Key == f.Key
	}
	return i.Rule == f.Rule
}

// ignored finds the ignore of a finding; one of the finding itself says more than one of its rule.
func ignored(f *Finding, by []Ignore) (Ignore, bool) {
	at := slices.IndexFunc(by, func(i Ignore) bool { return i.Key != "" && i.matches(f) })
	if at < 0 {
		at = slices.IndexFunc(by, func(i Ignore) bool { return i.matches(f) })
	}
	if at < 0 {
		return Ignore{}, false
	}
	return by[at], true
}

// leaveOut gives the findings that are ignored in the pull request their status. What the change did not introduce has no
// part in the verdict anyway, and keeps its own.
func leaveOut(findings []Finding, by []Ignore) {
	for n := range findings {
		f := &findings[n]
		if i, ok := ignored(f, by); ok && f.Status == Introduced {
			f.Status, f.Reason, f.By = Ignored, i.Reason, i.By
		}
	}
}

const reasonRunes = 200

// ignoredLines lists what is ignored, with reasons.
func ignoredLines(findings []Finding) []string {
	var lines []string
	for i := range findings {
		f := &findings[i]
		if f.Status != Ignored {
			continue
		}
		line := fmt.Sprintf("%s, at %s: %s", named(f), code(where(f.Place)), prose(cutRunes(f.Reason, reasonRunes)))
		if f.By != "" {
			line += " (" + code(f.By) + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// named is how a finding is called in a list: its ID, its rule and its object.
func named(f *Finding) string {
	text := code(f.ID) + " " + code(f.Rule)
	if object := f.Object.String(); object != "" {
		text += " of " + code(object)
	}
	return text
}

// ignoredHere counts the findings that are ignored in the pull request itself.
func ignoredHere(findings []Finding) (n int) {
	for i := range findings {
		if findings[i].Status == Ignored && findings[i].By != "" {
			n++
		}
	}
	return n
}

// Said is the sentence, in Markdown, that tells people of an ignore.
func (i Ignore) Said() string {
	return fmt.Sprintf("%s is ignored in this pull request: %s", code(i.Named()), sentence(cutRunes(i.Reason, reasonRunes)))
}
