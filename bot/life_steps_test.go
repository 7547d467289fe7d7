package bot_test

import (
	"github.com/podcheck/podcheck/fixtures/github"
)

// step is something that happens to the pull request, and what is to be seen when the bot is done with it.
type step struct {
	name string
	do   func(*life)
	want string // see state
}

// passing are the steps that may be past before the bot has looked. What is posted depends on the others, which it must see.
var passing = []string{"move lines", "a person replies", "convert to draft", "a fault more in the draft", "a person resolves a thread"}

const (
	web   = "shop/web.yaml"
	api   = "shop/api.yaml"
	logs  = "shop/logs.yaml"
	gated = "shop/gate.yaml"
	cache = "shop/cache.yaml"
)

// mainFiles is the default branch that the pull request starts from.
var mainFiles = map[string]string{web: plain("web"), api: plain("api"), logs: plain("logs"), gated: plain("gate")}

// steps is the life of one pull request.
var steps = []step{
	{"open with three faults", func(l *life) {
		l.push(map[string]string{web: unbounded("web", ""), api: clash("api", 8080, 8080), logs: replaying("logs")})
		l.pull = value(l.repo.OpenPull(l.Context(), github.NewPull{Head: "feature", Author: "ann"}))(l.T)
	}, `
failure: 1 error, 2 warnings introduced
1 review
shop/api.yaml port-clash: open
shop/logs.yaml log-replay: open
shop/web.yaml emptydir-unbounded: open`},

	{"fix one", func(l *life) { l.push(map[string]string{web: unbounded("web", "64Mi")}) }, `
failure: 1 error, 1 warning introduced
1 review
shop/api.yaml port-clash: open
shop/logs.yaml log-replay: open
shop/web.yaml emptydir-unbounded: resolved by podcheck[bot], hidden`},

	{"move lines", func(l *life) {
		l.push(map[string]string{api: lower(clash("api", 8080, 8080)), logs: lower(replaying("logs"))})
	}, `
failure: 1 error, 1 warning introduced
1 review
shop/api.yaml port-clash: open
shop/logs.yaml log-replay: open
shop/web.yaml emptydir-unbounded: resolved by podcheck[bot], hidden`},

	{"rebase", func(l *life) { l.rebase(map[string]string{cache: dangling("cache")}) }, `
failure: 1 error, 1 warning introduced
1 review
shop/api.yaml port-clash: open
shop/logs.yaml log-replay: open
shop/web.yaml emptydir-unbounded: resolved by podcheck[bot], hidden`},

	{"a person replies", func(l *life) {
		value(l.pull.Reply("rita", l.comment(api), "Is that so?"))(l.T)
	}, `
failure: 1 error, 1 warning introduced
1 review
shop/api.yaml port-clash: open; rita: Is that so?
shop/logs.yaml log-replay: open
shop/web.yaml emptydir-unbounded: resolved by podcheck[bot], hidden`},

	{"ignore one", func(l *life) { l.say("/podcheck ignore " + l.idOf(l.pull, "log-replay") + " the log is tiny") }, `
failure: 1 error introduced, 1 ignored
1 review
shop/api.yaml port-clash: open; rita: Is that so?
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: resolved by podcheck[bot], hidden
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"the fixed one returns", func(l *life) { l.push(map[string]string{web: unbounded("web", "")}) }, `
failure: 1 error, 1 warning introduced, 1 ignored
1 review
shop/api.yaml port-clash: open; rita: Is that so?
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"convert to draft", func(l *life) { l.ok(l.pull.ConvertToDraft("ann")) }, `
failure: 1 error, 1 warning introduced, 1 ignored
1 review
shop/api.yaml port-clash: open; rita: Is that so?
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"a fault more in the draft", func(l *life) { l.push(map[string]string{gated: dangling("gate")}) }, `
failure: 2 errors, 1 warning introduced, 1 ignored
1 review
shop/api.yaml port-clash: open; rita: Is that so?
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"ready again", func(l *life) { l.ok(l.pull.ReadyForReview("ann")) }, `
failure: 2 errors, 1 warning introduced, 1 ignored
2 reviews
shop/api.yaml port-clash: open; rita: Is that so?
shop/gate.yaml undefined-volume: open
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"retarget to an older branch", func(l *life) { l.ok(l.pull.ChangeBase(l.Context(), "ann", "release")) }, `
failure: 3 errors, 1 warning introduced, 1 ignored
3 reviews
shop/api.yaml port-clash: open; rita: Is that so?
shop/cache.yaml undefined-volume: open
shop/gate.yaml undefined-volume: open
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"a person resolves a thread", func(l *life) { l.ok(l.pull.Resolve("rita", l.comment(gated))) }, `
failure: 3 errors, 1 warning introduced, 1 ignored
3 reviews
shop/api.yaml port-clash: open; rita: Is that so?
shop/cache.yaml undefined-volume: open
shop/gate.yaml undefined-volume: resolved by rita
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"fix the one with a reply", func(l *life) { l.push(map[string]string{api: clash("api", 8080, 9090)}) }, `
failure: 2 errors, 1 warning introduced, 1 ignored
3 reviews
shop/api.yaml port-clash: resolved by podcheck[bot]; rita: Is that so?
shop/cache.yaml undefined-volume: open
shop/gate.yaml undefined-volume: resolved by rita
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"fix the one that a person resolved", func(l *life) { l.push(map[string]string{gated: plain("gate") + "# Done.\n"}) }, `
failure: 1 error, 1 warning introduced, 1 ignored
3 reviews
shop/api.yaml port-clash: resolved by podcheck[bot]; rita: Is that so?
shop/cache.yaml undefined-volume: open
shop/gate.yaml undefined-volume: resolved by rita, hidden
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"back to the commit before by force", func(l *life) { l.rewind() }, `
failure: 2 errors, 1 warning introduced, 1 ignored
3 reviews
shop/api.yaml port-clash: resolved by podcheck[bot]; rita: Is that so?
shop/cache.yaml undefined-volume: open
shop/gate.yaml undefined-volume: open
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},

	{"merge", func(l *life) { l.ok(l.pull.Merge(l.Context(), "wendy")) }, `
failure: 2 errors, 1 warning introduced, 1 ignored
3 reviews
shop/api.yaml port-clash: resolved by podcheck[bot]; rita: Is that so?
shop/cache.yaml undefined-volume: open
shop/gate.yaml undefined-volume: open
shop/logs.yaml log-replay: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open
wendy: eyes, rocket
podcheck[bot]: ignored`},
}
