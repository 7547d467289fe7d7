package bot_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// tortureVariable asks for a longer fault suite, or for another seed: "deliveries=2000 kills=100 seed=7".
const tortureVariable = "PODCHECK_TEST_TORTURE"

// plan is how much a run of the fault suite does.
type plan struct {
	deliveries, kills int
	seed              uint64
}

// short is what every run of the tests does; `make torture` does what is asked of the bot.
var short = plan{deliveries: 120, kills: 8, seed: 1}

func planned(t *testing.T) plan {
	t.Helper()
	p := short
	if text := os.Getenv(tortureVariable); text != "" {
		if _, err := fmt.Sscanf(text, "deliveries=%d kills=%d seed=%d", &p.deliveries, &p.kills, &p.seed); err != nil {
			t.Fatalf("%s is %q: write deliveries=2000 kills=100 seed=1", tortureVariable, text)
		}
	}
	return p
}

// TestTorture has people work on pull requests while GitHub refuses, lags and cuts connections, while deliveries come twice, late, in
// another order or not at all, and while bots are killed. When it is over, every open pull request must have exactly the desired state,
// nothing may be there twice, and nothing may have been written for a head that was known to be old.
//
// In the first half nobody looks for what was missed: each delivery that the bot accepted must be enough. In the second half deliveries
// are lost, and the reconciler finds them.
func TestTorture(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	for name, shape := range map[string]func(*fleet){"one bot": (*fleet).alone, "three bots": (*fleet).together} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planned(t)
			f := newFleet(t, shape, rand.New(rand.NewPCG(p.seed, 11)))
			began := time.Now()
			for _, missed := range []bool{false, true} {
				f.run(plan{deliveries: p.deliveries / 4, kills: p.kills / 4}, missed)
				f.settle()
			}
			t.Logf("%s: %s; %d violations in %s", name, f.figures(), len(f.violations), time.Since(began).Round(time.Second))
			for _, v := range f.violations {
				t.Error(v)
			}
		})
	}
}
