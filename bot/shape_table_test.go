package bot_test

var shapes = []shape{
	{"force push", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080), web: unbounded("web", "")}), `
failure: 1 error, 1 warning introduced
1 review
shop/api.yaml port-clash: open
shop/web.yaml emptydir-unbounded: open`},
		{"other commits", overwrites(map[string]string{web: unbounded("web", "")}), `
neutral: 1 warning introduced
1 review
shop/api.yaml port-clash: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open`},
	}},
	{"renamed file", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"rename", pushes(map[string]string{api: "", "apps/api.yaml": clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"rename and edit", pushes(map[string]string{"apps/api.yaml": "", "apps/v2.yaml": lower(clash("api", 8080, 8080)) + "# End.\n"}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
	}},
	{"base changed and back", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"rebase", func(l *life) { l.rebase(map[string]string{cache: dangling("cache")}) }, `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"retarget", func(l *life) { l.ok(l.pull.ChangeBase(l.Context(), "ann", "release")) }, `
failure: 2 errors introduced
2 reviews
shop/api.yaml port-clash: open
shop/cache.yaml undefined-volume: open`},
		{"back", func(l *life) { l.ok(l.pull.ChangeBase(l.Context(), "ann", "main")) }, `
failure: 1 error introduced
2 reviews
shop/api.yaml port-clash: open
shop/cache.yaml undefined-volume: resolved by podcheck[bot], hidden`},
		{"retarget again", func(l *life) { l.ok(l.pull.ChangeBase(l.Context(), "ann", "release")) }, `
failure: 2 errors introduced
2 reviews
shop/api.yaml port-clash: open
shop/cache.yaml undefined-volume: open`},
	}},
	{"merge conflict", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"conflict", onMain(map[string]string{api: clash("api", 9090, 9091)}, map[string]string{web: unbounded("web", "")}), `
failure: 1 error, 1 warning introduced
2 reviews
shop/api.yaml port-clash: open
shop/web.yaml emptydir-unbounded: open`},
	}},
	{"draft", nil, []step{
		{"open", func(l *life) {
			opens(map[string]string{api: clash("api", 8080, 8080)})(l)
			l.ok(l.pull.ConvertToDraft("ann"))
		}, `
failure: 1 error introduced
0 reviews`},
		{"ready", func(l *life) { l.ok(l.pull.ReadyForReview("ann")) }, `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"draft again, and fixed", func(l *life) {
			l.ok(l.pull.ConvertToDraft("ann"))
			l.push(map[string]string{api: clash("api", 8080, 9090)})
		}, `
success: Nothing introduced
1 review
shop/api.yaml port-clash: resolved by podcheck[bot], hidden`},
	}},
	{"closed and reopened", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"close", func(l *life) { l.ok(l.pull.Close("ann")) }, `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"push and reopen", func(l *life) {
			l.push(map[string]string{api: clash("api", 8080, 9090), web: unbounded("web", "")})
			l.ok(l.pull.Reopen(l.Context(), "ann"))
		}, `
neutral: 1 warning introduced
2 reviews
shop/api.yaml port-clash: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open`},
	}},
	{"reverted commit", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"revert", pushes(map[string]string{api: plain("api")}), `
skipped: No manifest changed
1 review
shop/api.yaml port-clash: resolved by podcheck[bot], hidden`},
		{"revert the revert", pushes(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"drop it by force", func(l *life) { l.rewind() }, `
skipped: No manifest changed
1 review
shop/api.yaml port-clash: resolved by podcheck[bot], hidden`},
		{"drop the first revert too", func(l *life) { l.rewind() }, `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
	}},
	{"empty diff", nil, []step{
		{"open", opens(nil), `
skipped: No manifest changed
0 reviews`},
	}},
	{"more files than the API lists", nil, []step{
		{"open", opens(both(many(3100), map[string]string{api: clash("api", 8080, 8080)})), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
	}},
	{"binary files", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080), "logo.png": "\x89PNG\x00\x01", "shop/data.yaml": "a: \x00\x01\xff\n"}), `
failure: 1 error introduced, 1 problem in files not analysed
1 review
shop/api.yaml port-clash: open`},
	}},
	{"deleted file", both(mainFiles, map[string]string{api: clash("api", 8080, 8080)}), []step{
		{"open", opens(map[string]string{api: "", web: unbounded("web", "")}), `
neutral: 1 warning introduced, 1 fixed
1 review
shop/web.yaml emptydir-unbounded: open`},
		{"delete the other", pushes(map[string]string{web: ""}), `
success: Nothing introduced, 1 fixed
1 review
shop/web.yaml emptydir-unbounded: resolved by podcheck[bot], hidden`},
	}},
	{"symbolic links and submodules", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"submodule", addsSubmodule("charts"), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"the file becomes a link", withModes(map[string]string{api: "web.yaml"}, map[string]string{api: "120000"}), `
success: Nothing introduced
1 review
shop/api.yaml port-clash: resolved by podcheck[bot], hidden`},
		{"a link out of the repository", withModes(map[string]string{"shop/passwd.yaml": "/etc/passwd"}, map[string]string{"shop/passwd.yaml": "120000"}), `
success: Nothing introduced
1 review
shop/api.yaml port-clash: resolved by podcheck[bot], hidden`},
	}},
	{"file mode only", both(mainFiles, map[string]string{api: clash("api", 8080, 8080)}), []step{
		{"open", func(l *life) {
			withModes(map[string]string{api: clash("api", 8080, 8080)}, map[string]string{api: "100755"})(l)
			opens(nil)(l)
		}, `
success: Nothing introduced
0 reviews`},
	}},
	{"base moved", nil, []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`},
		{"a fault on the base", onMain(map[string]string{cache: dangling("cache")}, map[string]string{web: unbounded("web", "")}), `
failure: 1 error, 1 warning introduced
2 reviews
shop/api.yaml port-clash: open
shop/web.yaml emptydir-unbounded: open`},
		{"the base configures it away", onMain(map[string]string{".podcheck.yml": "version: 1\nrules: {port-clash: off}\n"}, map[string]string{"shop/more.yaml": plain("more")}), `
neutral: 1 warning introduced
2 reviews
shop/api.yaml port-clash: resolved by podcheck[bot], hidden
shop/web.yaml emptydir-unbounded: open`},
	}},
	{"capped", both(mainFiles, map[string]string{".podcheck.yml": "version: 1\nreview: {comments: 2}\n"}), []step{
		{"open", opens(map[string]string{api: clash("api", 8080, 8080), web: unbounded("web", ""), logs: replaying("logs"), gated: unbounded("gate", "")}), `
failure: 1 error, 3 warnings introduced
1 review
shop/api.yaml port-clash: open
shop/gate.yaml emptydir-unbounded: open`},
		{"fix the worst", pushes(map[string]string{api: clash("api", 8080, 9090)}), `
neutral: 3 warnings introduced
2 reviews
shop/api.yaml port-clash: resolved by podcheck[bot], hidden
shop/gate.yaml emptydir-unbounded: open
shop/logs.yaml log-replay: open`},
		{"it returns", pushes(map[string]string{api: clash("api", 8080, 8080)}), `
failure: 1 error, 3 warnings introduced
2 reviews
shop/api.yaml port-clash: open
shop/gate.yaml emptydir-unbounded: open
shop/logs.yaml log-replay: open`},
	}},
}
