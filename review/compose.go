package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/podcheck/podcheck/rules/analysis"
)

// composeProofs is how often the changes of a review are proven together while one after the other is put off.
const composeProofs = 20

// offer is the change of one finding as its comment carries it: as suggestions, or as a patch.
type offer struct {
	finding *Finding
	touches map[string][]lineRange // by path: lines that it replaces, or inserts between
	needs   map[string][]lineRange // lines that must be as they are for it to apply
}

// compose leaves the changes that go together to be offered, in the order of findings, most severe first: whoever commits all of
// them, in one batch or one after the other, gets a state that is proven. The others wait, and their findings say for what.
func (v *verifier) compose(findings []Finding, proposals map[string][]suggestion) {
	var kept []offer
	for i := range findings {
		f := &findings[i]
		if f.Status != Introduced || f.Patch == "" && len(proposals[f.Key]) == 0 {
			continue
		}
		o := newOffer(f, proposals[f.Key])
		at := slices.IndexFunc(kept, func(k offer) bool { return k.conflicts(o) })
		if at < 0 {
			kept = append(kept, o)
			continue
		}
		f.Waits = fmt.Sprintf("This change touches the same lines as that of `%s`, and is offered again once that one is in.", kept[at].finding.ID)
	}
	v.together(kept)
}

// together proves offers as one; where these do not hold, one after the other with those kept so far. What does not go together with
// these waits, and so does what is left when that was tried often enough.
func (v *verifier) together(all []offer) {
	if len(all) < 2 || v.prove(fixesOf(all)).obstacle == "" {
		return
	}
	kept := all[:1:1]
	for i, o := range all[1:] {
		p := proof{obstacle: "not tried"}
		if i < composeProofs {
			p = v.prove(fixesOf(append(kept, o)))
		}
		if p.obstacle == "" {
			kept = append(kept, o)
			continue
		}
		against := kept[0]
		for k := range kept {
			if p.blamed[k] != "" {
				against = kept[k]
				break
			}
		}
		o.finding.Waits = fmt.Sprintf("This change does not go together with that of `%s`, and is offered again once that one is in.", against.finding.ID)
	}
}

func fixesOf(offers []offer) []*analysis.Finding {
	var out []*analysis.Finding
	for _, o := range offers {
		out = append(out, &o.finding.Finding)
	}
	return out
}

func newOffer(f *Finding, parts []suggestion) offer {
	o := offer{finding: f, touches: map[string][]lineRange{}, needs: map[string][]lineRange{}}
	for _, s := range parts {
		o.needs[s.Path] = append(o.needs[s.Path], lineRange{s.Start, s.End})
	}
	if len(parts) > 0 {
		o.touches = o.needs
		return o
	}
	files, _, err := gitdiff.Parse(strings.NewReader(f.Patch))
	if err != nil {
		return o // shown to nobody, see patchShowsSecret
	}
	for _, file := range files {
		for _, h := range file.TextFragments {
			o.needs[file.OldName] = append(o.needs[file.OldName], lineRange{int(h.OldPosition), int(h.OldPosition + h.OldLines - 1)})
			o.touches[file.OldName] = append(o.touches[file.OldName], touchedLines(h)...)
		}
	}
	return o
}

// touchedLines are the lines before that a hunk removes, and those that it inserts between.
func touchedLines(h *gitdiff.TextFragment) []lineRange {
	var out []lineRange
	line := int(h.OldPosition)
	for _, l := range h.Lines {
		switch l.Op {
		case gitdiff.OpAdd:
			out = append(out, lineRange{line - 1, line})
		case gitdiff.OpDelete:
			out = append(out, lineRange{line, line})
			line++
		case gitdiff.OpContext:
			line++
		}
	}
	return out
}

// conflicts says whether one of two offers touches lines that the other one needs.
func (o offer) conflicts(other offer) bool {
	return overlap(o.touches, other.needs) || overlap(other.touches, o.needs)
}

func overlap(a, b map[string][]lineRange) bool {
	for path, ranges := range a {
		for _, r := range ranges {
			if slices.ContainsFunc(b[path], func(other lineRange) bool { return other.overlaps(r.Start, r.End) }) {
				return true
			}
		}
	}
	return false
}
