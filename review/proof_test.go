package review_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/fixtures/styles"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
)

// The proof: what must be true of every fix that is offered, tried over every case of every rule in many styles, and over real
// repositories. The usual run goes round the styles from case to case. PODCHECK_PROOF=all tries every case in every style,
// PODCHECK_PROOF=reader-writable those of one rule, and PODCHECK_PROOF=7 goes round from elsewhere and with other dice.

// The variable is read while a test runs, so that the go command knows of it when it remembers a result.
var (
	setting = sync.OnceValue(func() string { return os.Getenv("PODCHECK_PROOF") })
	oneRule = sync.OnceValue(func() *analysis.Rule { return rules.Find(setting()) })
	seed    = sync.OnceValue(func() uint64 {
		n, _ := strconv.ParseUint(setting(), 10, 32)
		return n
	})
)

func longRun() bool { return setting() == "all" || oneRule() != nil }

// stylesOfACase is how many styles a case is tried in, beside the one that it is written in.
const stylesOfACase = 2

// TestEveryFixInEveryStyle holds the properties of fixes over the documentation and the test cases of all rules.
func TestEveryFixInEveryStyle(t *testing.T) {
	var p proof
	var jobs []job
	for i, c := range allCases(t) {
		if i%everyNth != 0 && !strings.HasSuffix(c.name, "doc.md") && !longRun() {
			continue
		}
		jobs = append(jobs, job{c, "as-written", uint64(i)})
		for _, n := range chosen(i) {
			if files, ok := styles.All[n].Restyle(seed()+uint64(i), c.files); ok {
				styled := c
				styled.files, styled.name = files, c.name+" "+styles.All[n].Name
				jobs = append(jobs, job{styled, styles.All[n].Name, uint64(i + n)})
			}
		}
	}
	p.hold(t, jobs)
	t.Log(p.summary())
	if oneRule() != nil {
		return
	}
	for _, rule := range rules.Catalogue {
		if rule.Safety != analysis.SafetyNone && p.rules[rule.Name].offered == 0 {
			t.Errorf("%s: its fix is never offered", rule.Name)
		}
	}
	if everyNth == 1 && (2*p.parts["one suggestion"] <= p.parts["patch"] || p.parts["several suggestions"] == 0) {
		t.Errorf("many fixes should be posted as a suggestion, some as several: %v", p.parts)
	}
	for _, s := range styles.All {
		if p.styles[s.Name] == 0 && everyNth == 1 {
			t.Errorf("%s: no fix is ever offered in this style", s.Name)
		}
	}
}

// chosen are the styles of the case of that number.
func chosen(i int) []int {
	var out []int
	for n := range styles.All {
		turn := (i + int(seed())) * stylesOfACase % len(styles.All)
		if longRun() || (n-turn+len(styles.All))%len(styles.All) < stylesOfACase {
			out = append(out, n)
		}
	}
	return out
}

// TestEveryFixOfRealRepositories holds the same over the corpus.
func TestEveryFixOfRealRepositories(t *testing.T) {
	var p proof
	var jobs []job
	for i, c := range corpus(t) {
		if i%everyNth != 0 && !longRun() {
			continue
		}
		jobs = append(jobs, job{c, "as-written", uint64(i)})
	}
	p.hold(t, jobs)
	t.Log(p.summary())
}

// job is one state to hold the properties over.
type job struct {
	kase
	style string
	turn  uint64 // what is tried only now and then goes by it
}

// proof collects what was seen.
type proof struct {
	rules  map[string]*tally
	styles map[string]int // fixes offered
	mended int            // states from which review.Mend took all fixes
	steps  int            // fixes that it applied
	left   map[string]int // reasons
	parts  map[string]int // ways in which fixes are posted
}

type tally struct {
	findings, offered int
	refused           map[string]int // by reason
}

func (p *proof) hold(t *testing.T, jobs []job) {
	t.Helper()
	*p = proof{rules: map[string]*tally{}, styles: map[string]int{}, left: map[string]int{}, parts: map[string]int{}}
	for _, rule := range rules.Catalogue {
		p.rules[rule.Name] = &tally{refused: map[string]int{}}
	}
	results := pool.NewWithResults[*held]().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for _, j := range jobs {
		results.Go(func() *held { return holds(t, j) })
	}
	for _, h := range results.Wait() {
		p.add(h)
	}
}

func (p *proof) add(h *held) {
	for _, f := range h.findings {
		one := p.rules[f.Rule]
		if one == nil {
			continue
		}
		one.findings++
		switch {
		case f.Fix == nil:
		case len(f.Fix.Edits) > 0:
			one.offered++
			p.styles[h.style]++
		default:
			for _, o := range f.Fix.Obstacles {
				one.refused[kind(o)]++
			}
		}
	}
	p.steps += h.steps
	if h.mended {
		p.mended++
	}
	for _, reason := range h.left {
		p.left[kind(reason)]++
	}
	for _, way := range h.ways {
		p.parts[way]++
	}
}

func (p *proof) summary() string {
	var out strings.Builder
	for _, rule := range rules.Catalogue {
		one := p.rules[rule.Name]
		fmt.Fprintf(&out, "\n%s: %d findings, %d fixes offered", rule.Name, one.findings, one.offered)
		out.WriteString(reasons(one.refused))
	}
	fmt.Fprintf(&out, "\nposted as: %v", p.parts)
	fmt.Fprintf(&out, "\nMend: %d states, %d fixes one after the other%s", p.mended, p.steps, reasons(p.left))
	return out.String()
}

func reasons(counts map[string]int) string {
	var out strings.Builder
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return counts[b] - counts[a] })
	for i, reason := range names {
		if i == 12 {
			fmt.Fprintf(&out, "\n    and %d other reasons", len(names)-i)
			break
		}
		fmt.Fprintf(&out, "\n    %d: %s", counts[reason], reason)
	}
	return out.String()
}
