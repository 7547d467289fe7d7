package review

import (
	"context"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
)

// Mended is what applying fixes to a state gives.
type Mended struct {
	Changed map[string][]byte // files that differ from the state's; nil for one that goes
	Applied []Finding         // in the order in which they were applied; of the state as it was, with the fix as it was applied
	Left    []Left            // wanted and still there, but not applied; in the order of a scan
	Rest    []Finding         // still there, and not wanted
}

// Left is a finding that was to be mended and was not.
type Left struct {
	Finding Finding
	Reason  string // a sentence
}

// Mend applies the fixes of the findings that are wanted, most severe first, and analyses again after each, until nothing is left
// that can be mended. It asks wanted once for each finding, those included that have no fix, are ignored, or come to light when
// another one is mended; of these last it follows ten generations. Findings carry the IDs and keys that a scan of the state gives.
//
// Every step is proven as the fixes of a review are: the files hold, the fault is gone, no other one comes. Steps that neither read
// nor write what another one writes are taken and proven at once; the result is that of taking them one after the other. Mending
// the result applies nothing.
//
// Changed may hold values of Secrets, as the files did; who prints it uses MendPatch. The error is the context's, or says that the
// state could not be analysed.
func Mend(ctx context.Context, state *analysis.State, cfg *analysis.Config, wanted func(*Finding) bool) (Mended, error) {
	return mend(ctx, state, cfg, wanted, rules.Run)
}

func mend(ctx context.Context, state *analysis.State, cfg *analysis.Config, wanted func(*Finding) bool, run runner) (Mended, error) {
	found, err := run(state, cfg)
	if err != nil {
		return Mended{}, fmt.Errorf("analysing what is to be mended: %w", err)
	}
	return mendFound(ctx, &verifier{state: state, config: cfg, run: run, known: found, knownFiles: state.Files}, found, wanted)
}

// mendFound is mend where the findings of the verifier's state are known.
func mendFound(ctx context.Context, v *verifier, found []analysis.Finding, wanted func(*Finding) bool) (Mended, error) {
	m := &mender{verifier: v, wanted: wanted, wishes: map[string][]*wish{}, changed: map[string][]byte{}}
	m.list(found)
	if err := m.narrow(); err != nil {
		return Mended{}, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return Mended{}, fmt.Errorf("mending: %w", err)
		}
		batch := m.next()
		if len(batch) == 0 {
			return m.result(v.state), nil
		}
		if err := m.try(batch); err != nil {
			return Mended{}, err
		}
	}
}

// result compares the state as it was with the one that was reached.
func (m *mender) result(before *analysis.State) Mended {
	out := Mended{Changed: m.changed}
	for path, data := range m.changed {
		if data != nil && string(before.File(path).Data) == string(data) {
			delete(out.Changed, path)
		}
	}
	for _, w := range m.applied {
		out.Applied = append(out.Applied, w.first)
	}
	for _, w := range m.order {
		if w.applied || w.now == nil || w.foreign {
			continue
		}
		f := w.first
		f.Fix = w.now.Fix
		if w.wanted {
			out.Left = append(out.Left, Left{Finding: f, Reason: w.left()})
		} else {
			out.Rest = append(out.Rest, f)
		}
	}
	return out
}

// left says why a wish was not granted.
func (w *wish) left() string {
	fix := w.now.Fix
	switch {
	case w.now.Ignored != "":
		return fullStop("It is ignored: " + w.now.Ignored)
	case fix == nil || len(fix.Edits) == 0 && len(fix.Obstacles) == 0:
		return "There is no ready change for this."
	case len(fix.Edits) == 0:
		return strings.Join(fix.Obstacles, " ")
	case w.generation > generations:
		return "It came to light after many other changes; run it again."
	}
	return w.reason
}
