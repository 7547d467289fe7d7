package review

import (
	"fmt"
	"maps"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

const (
	generations = 10  // findings that come to light when others are mended are followed so far
	provenAlone = 100 // so many fixes that did not hold together are proven one by one
)

// mender applies fixes to a state, step by step.
type mender struct {
	verifier *verifier // of the state that was reached
	wanted   func(*Finding) bool
	scope    map[string]bool // paths of the files that are analysed again; nil for all
	wishes   map[string][]*wish
	order    []*wish // all, as they came up
	applied  []*wish
	changed  map[string][]byte
	version  int // counts the states
	alone    int // counts the fixes that were proven alone
}

// wish is a finding through the states that mending it goes through.
type wish struct {
	first      Finding  // as it came up
	now        *Finding // in the state that was reached; nil when it is gone
	wanted     bool
	foreign    bool // found only because other files were left out
	applied    bool
	generation int
	reason     string // why it did not hold
	failed     int    // on which version, together with others; 0 for none
	refused    int    // on which version, for good; 0 for none
}

// list takes the findings of the state that was reached. Those of one identity in one file are told apart by their order.
func (m *mender) list(found []analysis.Finding) {
	all := scanned(m.verifier.state, found)
	open := map[string][]*wish{}
	for key, wishes := range m.wishes {
		for _, w := range wishes {
			if !w.applied {
				open[key] = append(open[key], w)
				if m.inScope(w.first.Place.Path) {
					w.now = nil
				}
			}
		}
	}
	for i := range all {
		f := &all[i]
		key := wishKey(&f.Finding)
		if len(open[key]) == 0 {
			m.add(key, f, m.wanted(f))
			continue
		}
		open[key][0].now = f
		open[key] = open[key][1:]
	}
}

func (m *mender) add(key string, f *Finding, wanted bool) *wish {
	w := &wish{first: *f, now: f, wanted: wanted, generation: 1}
	if n := len(m.applied); n > 0 {
		w.generation = m.applied[n-1].generation + 1
	}
	m.wishes[key] = append(m.wishes[key], w)
	m.order = append(m.order, w)
	return w
}

func wishKey(f *analysis.Finding) string { return identity(f, f.Place.Path) + "@" + f.Place.Path }

func (m *mender) inScope(path string) bool { return m.scope == nil || m.scope[path] }

// narrow leaves out of further analyses the files that nothing wanted has to do with. What is found only because they are left out
// is nobody's wish.
func (m *mender) narrow() error {
	var wanted []*analysis.Finding
	for _, w := range m.order {
		if w.wanted {
			wanted = append(wanted, &w.now.Finding)
		}
	}
	files := m.verifier.near(wanted...)
	if len(wanted) == 0 || len(files) == len(m.verifier.state.Files) {
		return nil
	}
	m.scope = map[string]bool{}
	for _, f := range files {
		m.scope[f.Path] = true
	}
	found, err := m.verifier.before(files)
	if err != nil {
		return fmt.Errorf("analysing what is to be mended: %w", err)
	}
	known := map[string]int{}
	for key, wishes := range m.wishes {
		known[key] = len(wishes)
	}
	for i := range found {
		key := wishKey(&found[i])
		if known[key]--; known[key] < 0 {
			m.add(key, &Finding{Finding: found[i]}, false).foreign = true
		}
	}
	return nil
}

// next chooses the fixes to try: those that nothing stood against yet, as many as are independent of each other; then those that
// did not hold, in the state that was reached since; then these one by one.
func (m *mender) next() []*wish {
	var fresh, failed, single []*wish
	for _, w := range m.order {
		switch {
		case !w.wanted || w.applied || w.now == nil || w.now.Ignored != "" || w.generation > generations,
			w.now.Fix == nil || len(w.now.Fix.Edits) == 0, w.refused == m.version+1:
		case w.failed == m.version+1:
			single = append(single, w)
		case w.failed+w.refused > 0:
			failed = append(failed, w)
		default:
			fresh = append(fresh, w)
		}
	}
	switch {
	case len(fresh) > 0:
		return m.independent(fresh)
	case len(failed) > 0:
		return m.independent(failed)
	case len(single) > 0 && m.alone < provenAlone:
		m.alone++
		return single[:1]
	}
	return nil
}

// try proves fixes together and applies them. Those that the proof stands against are put off; where it does not say which, half
// of them wait.
func (m *mender) try(batch []*wish) error {
	for len(batch) > 0 {
		findings := make([]*analysis.Finding, len(batch))
		for i, w := range batch {
			findings[i] = &w.now.Finding
		}
		p := m.verifier.prove(findings)
		switch {
		case p.obstacle == "":
			return m.take(batch, p)
		case len(batch) == 1:
			batch[0].reason, batch[0].refused = p.obstacle, m.version+1
			return nil
		case len(p.blamed) == 0:
			batch = batch[:len(batch)/2]
			continue
		}
		var rest []*wish
		for i, w := range batch {
			if reason, blamed := p.blamed[i]; blamed {
				w.reason, w.failed = reason, m.version+1
			} else {
				rest = append(rest, w)
			}
		}
		batch = rest
	}
	return nil
}

// take makes the state that a proof reached the current one, and lists what is found in it.
func (m *mender) take(batch []*wish, p proof) error {
	for _, w := range batch {
		w.applied, w.first.Fix = true, w.now.Fix
		m.applied = append(m.applied, w)
	}
	maps.Copy(m.changed, p.changed)
	m.version++
	old := m.verifier
	var files, scope []*manifest.File
	for _, f := range old.state.Files {
		if _, touched := p.changed[f.Path]; touched {
			if f = p.mended.File(f.Path); f == nil {
				continue
			}
		}
		files = append(files, f)
		if m.inScope(f.Path) {
			scope = append(scope, f)
		}
	}
	m.verifier = &verifier{state: old.state.Of(files, p.changed), config: old.config, run: old.run}
	if slices.Equal(scope, p.mended.Files) {
		m.verifier.known, m.verifier.knownFiles = p.found, scope
	}
	found, err := m.verifier.before(scope)
	if err != nil {
		return fmt.Errorf("analysing what was mended: %w", err)
	}
	m.list(found)
	return nil
}
