package review_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
)

// held is what was seen while the properties were held over one state.
type held struct {
	style    string
	findings []review.Finding
	ways     []string // in which fixes are posted
	mended   bool
	steps    int
	left     []string
}

// prover holds the properties over one state.
type prover struct {
	t     *testing.T
	job   job
	was   map[string]int // findings by identity
	found []analysis.Finding
	out   held

	comments   comments // of the state
	complaints map[string]int
	clean      []map[string][]byte // trees without fault
}

func holds(t *testing.T, j job) *held {
	p := &prover{t: t, job: j, out: held{style: j.style}}
	state := stateOf(j.files)
	found, err := rules.Run(state, j.cfg)
	if err != nil {
		t.Errorf("%s: %v", j.name, err)
		return &p.out
	}
	p.found, p.was = withCovered(found), counted(withCovered(found))
	p.comments, p.complaints = commentsOf(j.files), complaints(j.files)
	in := review.Input{Before: analysis.NewState(nil), After: state, Config: j.cfg, Diff: p.diff(), Settings: review.Settings{Comments: 10_000}}
	r := review.Review(in)
	p.out.findings = r.Findings
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Fix != nil && len(f.Fix.Edits) > 0 {
			p.fix(f)
			p.posted(f, r.Comments)
		} else if f.Fix != nil {
			p.refusal(f)
		}
	}
	if slices.ContainsFunc(r.Findings, func(f review.Finding) bool { return f.Fix != nil && len(f.Fix.Edits) > 0 }) {
		p.mend(state)
	}
	return &p.out
}

func (p *prover) fault(f *review.Finding, format string, args ...any) {
	p.t.Errorf("%s: %s of %s %s %s:%d: %s", p.job.name, f.Rule, f.Object, f.Container, f.Place.Path, f.Place.Span.Start.Line, fmt.Sprintf(format, args...))
}

// A rule says itself what it can't edit. What the proof of its fix refuses instead is a fault of the rule, except that the
// fix would bring another finding.
var faults = []string{"does not fit the files", "leaves every file as it is", "The change does not hold", "does not remove the fault", "could not be analysed"}

func (p *prover) refusal(f *review.Finding) {
	for _, o := range f.Fix.Obstacles {
		if slices.ContainsFunc(faults, func(s string) bool { return strings.Contains(o, s) }) {
			p.fault(f, "made a fix that is not one: %s", o)
		}
	}
}

// fix holds the properties of one fix.
func (p *prover) fix(f *review.Finding) {
	after, err := spliced(p.job.files, f.Fix.Edits)
	if err != nil {
		p.fault(f, "%v", err)
		return
	}
	changed, err := edit.Apply(p.job.files, f.Fix.Edits)
	if err != nil {
		p.fault(f, "%v", err)
		return
	}
	if !same(overlaid(p.job.files, changed), after) {
		p.fault(f, "edit.Apply does something else than the edits say")
	}
	if err := edit.Verify(pathsOf(p.job.files, changed), changed, f.Fix.Edits); err != nil {
		p.fault(f, "%v", err)
	}
	for _, wrong := range differences(p.job.files, after, f.Rule) {
		p.fault(f, "%s", wrong)
	}
	for _, wrong := range p.damage(after) {
		p.fault(f, "%s", wrong)
	}
	p.cleared(f, after)
}

// damage is what a tree has lost of the state's comments and manner, and what Kubernetes has against it and had not against
// the state.
func (p *prover) damage(after map[string][]byte) []string {
	if slices.ContainsFunc(p.clean, func(seen map[string][]byte) bool { return same(seen, after) }) {
		return nil
	}
	wrong := slices.Concat(lostComments(p.comments, commentsOf(after)), newlyWrong(p.complaints, complaints(after)), ill(p.job.files, after))
	if len(wrong) == 0 {
		p.clean = append(p.clean, after)
	}
	return wrong
}

// spliced applies edits by hand: every byte outside of them stays.
func spliced(files map[string][]byte, edits []edit.Edit) (map[string][]byte, error) {
	byFile := map[string][]edit.Edit{}
	for _, e := range edits {
		byFile[e.Path] = append(byFile[e.Path], e)
	}
	out := maps.Clone(files)
	for path, own := range byFile {
		slices.SortStableFunc(own, func(a, b edit.Edit) int {
			if a.Start != b.Start {
				return a.Start - b.Start
			}
			return min(a.End-a.Start, 1) - min(b.End-b.Start, 1)
		})
		data := files[path]
		var text []byte
		at := 0
		for _, e := range own {
			if e.Start < at || e.End < e.Start || e.End > len(data) {
				return nil, fmt.Errorf("the edits of %s overlap or leave it", path)
			}
			text = append(append(text, data[at:e.Start]...), e.New...)
			at = e.End
		}
		if text = append(text, data[at:]...); len(text) == 0 {
			delete(out, path)
			continue
		}
		out[path] = text
	}
	return out, nil
}

func overlaid(files, changed map[string][]byte) map[string][]byte {
	out := maps.Clone(files)
	for path, data := range changed {
		if out[path] = data; data == nil {
			delete(out, path)
		}
	}
	return out
}

func same(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

func pathsOf(files, changed map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for path := range changed {
		out[path] = files[path]
	}
	return out
}

// cleared: the finding is gone, and no other one has appeared.
func (p *prover) cleared(f *review.Finding, after map[string][]byte) {
	state := stateOf(after)
	found, err := rules.Run(state, p.job.cfg)
	if err != nil {
		p.fault(f, "the result can't be analysed: %v", err)
		return
	}
	found = withCovered(found)
	is := counted(found)
	if key := identityOf(&f.Finding); is[key] >= p.was[key] {
		p.fault(f, "the finding is still there")
	}
	for i := range found {
		n := &found[i]
		if key := identityOf(n); is[key] > p.was[key] && !p.carried(n, is, state) {
			p.fault(f, "brings another finding: %s of %s %s %s:%d: %s", n.Rule, n.Object, n.Container, n.Place.Path, n.Place.Span.Start.Line, n.Message)
		}
	}
}

// carried: the container had the finding in the object that it came from.
func (p *prover) carried(n *analysis.Finding, is map[string]int, state *analysis.State) bool {
	return n.Container != "" && slices.ContainsFunc(p.found, func(old analysis.Finding) bool {
		if old.Rule != n.Rule || old.Container != n.Container || old.Subject != n.Subject || is[identityOf(&old)] > 0 {
			return false
		}
		for _, o := range state.Objects {
			if analysis.Ref(o) == old.Object {
				return false
			}
		}
		return true
	})
}

func withCovered(found []analysis.Finding) []analysis.Finding {
	out := slices.Clone(found)
	for _, f := range found {
		out = append(out, f.Covers...)
	}
	return out
}

func counted(found []analysis.Finding) map[string]int {
	out := map[string]int{}
	for i := range found {
		out[identityOf(&found[i])]++
	}
	return out
}

func identityOf(f *analysis.Finding) string {
	group, _, versioned := strings.Cut(f.Object.APIVersion, "/")
	if !versioned {
		group = ""
	}
	subject := strings.TrimPrefix(f.Subject, f.Place.Path)
	parts := []string{f.Rule, group, f.Object.Kind, f.Object.Namespace, f.Object.Name, f.Container, subject}
	if f.Object.Name == "" {
		parts = append(parts, f.Place.Path)
	}
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// mend takes all fixes of the state, one after the other, until none is left.
func (p *prover) mend(state *analysis.State) {
	all := func(*review.Finding) bool { return true }
	m, err := review.Mend(context.Background(), state, p.job.cfg, all)
	if err != nil {
		p.t.Errorf("%s: mending: %v", p.job.name, err)
		return
	}
	p.out.mended, p.out.steps = len(m.Applied) > 0, len(m.Applied)
	for _, left := range m.Left {
		p.out.left = append(p.out.left, left.Reason)
	}
	after := overlaid(p.job.files, m.Changed)
	for _, wrong := range p.damage(after) {
		p.t.Errorf("%s: all %d fixes: %s", p.job.name, len(m.Applied), wrong)
	}
	mended := stateOf(after)
	again, err := review.Mend(context.Background(), mended, p.job.cfg, all)
	if err != nil {
		p.t.Errorf("%s: mending again: %v", p.job.name, err)
		return
	}
	if len(again.Applied) > 0 || len(again.Changed) > 0 {
		p.t.Errorf("%s: a second run still applies %d fixes, the first of %s %s", p.job.name, len(again.Applied), again.Applied[0].Rule, again.Applied[0].Object)
	}
	found, err := rules.Run(mended, p.job.cfg)
	if err != nil {
		p.t.Errorf("%s: the mended state can't be analysed: %v", p.job.name, err)
		return
	}
	found = withCovered(found)
	is := counted(found)
	for i := range found {
		if n := &found[i]; is[identityOf(n)] > p.was[identityOf(n)] && !p.carried(n, is, mended) {
			p.t.Errorf("%s: all fixes bring another finding: %s of %s %s: %s", p.job.name, n.Rule, n.Object, n.Container, n.Message)
		}
	}
}

var (
	aFile   = regexp.MustCompile(`[^\s"]+\.(ya?ml|json)(:\d+)*`)
	aNumber = regexp.MustCompile(`\d+`)
	anOwner = regexp.MustCompile(`\b[A-Z][A-Za-z]+/\S+`)
)

// kind is a reason without the names of a case.
func kind(reason string) string {
	reason = aFile.ReplaceAllString(reason, "FILE")
	reason = anOwner.ReplaceAllString(reason, "OBJECT")
	return aNumber.ReplaceAllString(reason, "N")
}
