package bot_test

import (
	"time"

	"github.com/podcheck/podcheck/fixtures/github"
)

// rough is GitHub on a bad day: a tenth of all requests meet trouble.
var rough = github.Chaos{Rate: 0.1, Lag: 300 * time.Millisecond}

// storm turns the trouble on and off.
func (f *fleet) storm(on bool) {
	if on {
		f.github.Chaos(f.random.Uint64()|1, rough)
	} else {
		f.github.Chaos(0, github.Chaos{})
	}
}

func (f *fleet) weather() github.ChaosReport { return f.github.ChaosReport() }
