package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/rules/analysis"
)

var knownRules = []string{"split-sidecar", "emptydir-unbounded", "sidecar-resources", "native-sidecar", "log-replay", "on", "no"}

const everything = `version: 1
kubernetes: "1.30"            # target version; decides native sidecars
paths: {include: ["apps/**"], exclude: ["vendor/**"]}
rules: {split-sidecar: error, emptydir-unbounded: off, log-replay: on}
overrides: [{paths: ["dev/**"], rules: {sidecar-resources: off}}]
helpers: [{image: "registry.example.com/shipper", role: log-shipper, requests: {cpu: 10m, memory: 32Mi}}]
ignore: [{rule: native-sidecar, paths: ["legacy/**"], object: Deployment/old-*, reason: "leaves in March", until: 2027-03-31}]
render: {kustomize: true, helm: false, argocd: true, flux: true}
review: {comments: 5, failOn: warning, drafts: true, picture: false}
`

func TestRepositoryReadsEveryField(t *testing.T) {
	got, problems := ParseRepository(".podcheck.yml", []byte(everything), knownRules)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	want := Repository{
		Version: 1, Kubernetes: 30,
		Paths: Paths{Include: []Glob{"apps/**"}, Exclude: []Glob{"vendor/**"}},
		Rules: map[RuleName]Level{
			"split-sidecar": {Severity: analysis.Error}, "emptydir-unbounded": {}, "log-replay": {On: true},
		},
		Overrides: []Override{{Paths: []Glob{"dev/**"}, Rules: map[RuleName]Level{"sidecar-resources": {}}}},
		Helpers: []Helper{{
			Image: "registry.example.com/shipper", Role: "log-shipper",
			Requests: map[string]Quantity{"cpu": "10m", "memory": "32Mi"},
		}},
		Ignore: []Ignore{{
			Rule: "native-sidecar", Paths: []Glob{"legacy/**"}, Object: "Deployment/old-*", Reason: "leaves in March",
			Until: Date{Day: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)},
		}},
		Render: Render{Kustomize: true, ArgoCD: true, Flux: true},
		Review: Review{Comments: 5, FailOn: Threshold(analysis.Warning), Drafts: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRepositoryWithoutContentIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "null\n", "version: 1\n", "version: 1\nrules:\npaths: {}\nreview: {}\n"} {
		got, problems := ParseRepository(".podcheck.yml", []byte(text), knownRules)
		if len(problems) > 0 || !reflect.DeepEqual(got, Default()) {
			t.Errorf("%q: got %+v, problems %v", text, got, problems)
		}
	}
}

func TestRepositoryProblemsHaveLineAndHint(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"field with a typing mistake": {"version: 1\nreviw: {comments: 3}\n",
			`2:1: unknown field reviw: did you mean review?`},
		"nested field with a typing mistake": {"version: 1\nreview:\n  coments: 3\n",
			`3:3: unknown field review.coments: did you mean review.comments?`},
		"field in the wrong section": {"version: 1\ndrafts: true\n",
			`2:1: unknown field drafts: did you mean review.drafts?`},
		"field that is none": {"version: 1\nreview: {zzzzzzzzzzzz: 1}\n",
			`2:10: unknown field review.zzzzzzzzzzzz: use comments, drafts, failOn or picture`},
		"field given twice": {"version: 1\nrules: {}\nrules: {}\n",
			`3:1: rules is given twice, first on line 2`},
		"rule given twice": {"version: 1\nrules:\n  log-replay: off\n  log-replay: on\n",
			`4:3: rules.log-replay is given twice, first on line 3`},
		"no version": {"rules: {}\n",
			`1:1: version is missing: add the line version: 1`},
		"version of the future": {"version: 2\n",
			`1:10: version: "2" is no version of the format: write 1`},
		"Kubernetes version that lost its zero": {"version: 1\nkubernetes: 1.3\n",
			`2:13: kubernetes: "1.3" is not supported: did you mean "1.30"?`},
		"Kubernetes version with a patch": {"version: 1\nkubernetes: 1.30.2\n",
			`2:13: kubernetes: "1.30.2" is no supported Kubernetes version: write one from "1.16" to "1.60"`},
		"rule with a typing mistake": {"version: 1\nrules: {split-sidcar: off}\n",
			`2:9: rules: there is no rule "split-sidcar": did you mean split-sidecar?`},
		"rule that is none": {"version: 1\nignore: [{rule: everything-is-fine, reason: x}]\n",
			"2:17: ignore[0].rule: there is no rule \"everything-is-fine\": `podcheck rules` lists them"},
		"level with a typing mistake": {"version: 1\nrules: {log-replay: warn}\n",
			`2:21: rules.log-replay: "warn" is no level: did you mean warning?`},
		"level that is none": {"version: 1\nrules: {log-replay: catastrophic}\n",
			`2:21: rules.log-replay: "catastrophic" is no level: use off, on, notice, warning or error`},
		"pattern with an open bracket": {"version: 1\npaths: {exclude: ['a[b']}\n",
			`2:19: paths.exclude[0]: "a[b" is no valid pattern: check its brackets and braces`},
		"pattern from the file system's root": {"version: 1\npaths: {exclude: [/vendor/**]}\n",
			`2:19: paths.exclude[0]: "/vendor/**": patterns start at the root of the repository: write vendor/**`},
		"pattern of a folder": {"version: 1\npaths: {exclude: [vendor/]}\n",
			`2:19: paths.exclude[0]: "vendor/" matches no file: write vendor/**`},
		"pattern that leads out": {"version: 1\npaths: {exclude: [a/../../b]}\n",
			`2:19: paths.exclude[0]: "a/../../b": a pattern can't lead out of the repository`},
		"pattern negated": {"version: 1\npaths: {include: ['!a']}\n",
			`2:19: paths.include[0]: "!a": a pattern can't be negated: use paths.exclude`},
		"text instead of a list": {"version: 1\npaths: {include: apps}\n",
			`2:18: paths.include must be a list, not "apps"`},
		"list instead of a mapping": {"version: 1\nreview: [1]\n",
			`2:9: review must be a mapping, not a list`},
		"mapping instead of a text": {"version: 1\nkubernetes: {minor: 33}\n",
			`2:13: kubernetes must be a single value, not a mapping`},
		"word instead of a boolean": {"version: 1\nreview: {drafts: yes}\n",
			`2:18: review.drafts must be true or false, not "yes"`},
		"too many comments": {"version: 1\nreview: {comments: 1e3}\n",
			`2:20: review.comments: "1e3": write a whole number from 1 to 100`},
		"threshold that is none": {"version: 1\nreview: {failOn: off}\n",
			`2:18: review.failOn: "off" is no threshold: use error, warning, notice or never`},
		"ignore without a reason": {"version: 1\nignore:\n- rule: log-replay\n",
			`3:3: an ignore needs a reason: say why in a few words, whoever reads it later will ask`},
		"ignore of everything": {"version: 1\nignore: [{reason: x}]\n",
			`2:10: an ignore needs a rule, paths or an object: it would ignore everything`},
		"object without a kind": {"version: 1\nignore: [{object: web, reason: x}]\n",
			`2:19: ignore[0].object: "web" names no object: write Kind/name, such as Deployment/old-*`},
		"date with a time": {"version: 1\nignore: [{rule: log-replay, reason: x, until: 31.3.2027}]\n",
			`2:47: ignore[0].until: "31.3.2027" is no date: write one like 2027-03-31`},
		"override without rules": {"version: 1\noverrides: [{paths: [a]}]\n",
			`2:13: an override needs paths and rules`},
		"helper without a role": {"version: 1\nhelpers: [{image: a}]\n",
			`2:11: a helper needs image and role`},
		"role with a typing mistake": {"version: 1\nhelpers: [{image: a, role: log-shiper}]\n",
			`2:28: helpers[0].role: "log-shiper" is no role of a helper: did you mean log-shipper?`},
		"quantity with a wrong unit": {"version: 1\nhelpers: [{image: a, role: proxy, requests: {memory: 32MB}}]\n",
			`2:54: helpers[0].requests.memory: "32MB" is no quantity: write one like 10m or 32Mi`},
		"quote never closed": {"version: 1\nkubernetes: \"1.33\nrules: {}\n",
			`2:13: not valid YAML: while scanning a quoted scalar: found unexpected end of stream`},
		"second document": {"version: 1\n---\nversion: 1\n",
			`2:1: a second document begins here: put everything into one`},
		"text instead of a file": {"hello\n",
			`1:1: the file must be a mapping, not "hello"`},
		"merge key": {"version: 1\nreview: {<<: {drafts: true}}\n",
			`2:10: merge keys (<<) are not supported: write the fields out`},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := ParseRepository("p.yml", []byte(tt.text), knownRules)
			var got []string
			for _, p := range problems {
				got = append(got, p.Error())
			}
			if want := "p.yml:" + tt.want; len(got) != 1 || got[0] != want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
			}
		})
	}
}

func TestRepositoryProblemCostsItsEntryAlone(t *testing.T) {
	text := "version: 1\nrules: {split-sidecar: off, log-replay: loud}\nunknown: 1\n" +
		"ignore:\n- {rule: log-replay}\n- {rule: log-replay, reason: fine}\nreview: {comments: 0, drafts: true}\n"
	got, problems := ParseRepository("p.yml", []byte(text), knownRules)
	if len(problems) != 4 {
		t.Errorf("problems: %v", problems)
	}
	want := Default()
	want.Rules = map[RuleName]Level{"split-sidecar": {}}
	want.Ignore = []Ignore{{Rule: "log-replay", Reason: "fine"}}
	want.Review.Drafts = true
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTextCountsAsWritten(t *testing.T) {
	text := "version: 1\nkubernetes: 1.30\nrules: {on: off, no: on}\nignore: [{rule: on, reason: yes, container: 010}]\n"
	got, problems := ParseRepository("p.yml", []byte(text), knownRules)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got.Kubernetes != 30 {
		t.Errorf("kubernetes 1.30 is read as 1.%d", got.Kubernetes)
	}
	if want := (map[RuleName]Level{"on": {}, "no": {On: true}}); !reflect.DeepEqual(got.Rules, want) {
		t.Errorf("rules: %+v", got.Rules)
	}
	if want := (Ignore{Rule: "on", Reason: "yes", Container: "010"}); !reflect.DeepEqual(got.Ignore[0], want) {
		t.Errorf("ignore: %+v", got.Ignore[0])
	}
}

func TestAliasesCountEachTime(t *testing.T) {
	shared := "version: 1\npaths: {include: &a [\"x/**\"], exclude: *a}\n"
	got, problems := ParseRepository("p.yml", []byte(shared), knownRules)
	if len(problems) > 0 || !reflect.DeepEqual(got.Paths.Exclude, []Glob{"x/**"}) {
		t.Errorf("alias: %+v, %v", got.Paths, problems)
	}
	bomb := "version: 1\npaths: {include: &a [" + strings.Repeat("x,", 2000) + "x]}\noverrides:\n" +
		strings.Repeat("- {paths: *a, rules: {log-replay: off}}\n", 200)
	if _, problems := ParseRepository("p.yml", []byte(bomb), knownRules); len(problems) != 1 || !strings.Contains(problems[0].Message, "too large") {
		t.Errorf("bomb: %d problems", len(problems))
	}
	if _, problems := ParseRepository("p.yml", []byte("version: 1\npaths: &a {include: *a}\n"), knownRules); len(problems) == 0 {
		t.Error("an alias of itself is accepted")
	}
}

func TestFileOverTheLimitIsRefused(t *testing.T) {
	_, problems := ParseRepository("p.yml", make([]byte, maxBytes+1), knownRules)
	if len(problems) != 1 || problems[0].Error() != "p.yml:1:1: the file has 1048577 bytes, the limit is 1048576" {
		t.Errorf("%v", problems)
	}
}

func TestPathsMatch(t *testing.T) {
	p := Paths{Include: []Glob{"apps/**", "*.yaml"}, Exclude: []Glob{"**/vendor/**"}}
	for path, want := range map[string]bool{
		"apps/web.yaml": true, "apps/a/b.yaml": true, "root.yaml": true, "other/x.yaml": false, "apps/vendor/x.yaml": false,
	} {
		if p.Matches(path) != want {
			t.Errorf("%s: %v, want %v", path, !want, want)
		}
	}
}

func TestIgnoreHoldsToTheEndOfItsLastDay(t *testing.T) {
	r, problems := ParseRepository("p.yml", []byte(everything), knownRules)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	end := time.Date(2027, 3, 31, 23, 59, 59, 0, time.UTC)
	c := r.Analysis(end)
	want := analysis.Config{
		Kubernetes: 30,
		Rules:      map[string]analysis.Level{"split-sidecar": {Severity: analysis.Error}, "emptydir-unbounded": {}, "log-replay": {On: true}},
		Overrides:  []analysis.Override{{Paths: []string{"dev/**"}, Rules: map[string]analysis.Level{"sidecar-resources": {}}}},
		Helpers: []analysis.Helper{{Image: "registry.example.com/shipper", Role: "log-shipper",
			Requests: map[string]string{"cpu": "10m", "memory": "32Mi"}}},
		Ignores: []analysis.Ignore{{Rule: "native-sidecar", Paths: []string{"legacy/**"}, Object: "Deployment/old-*", Reason: "leaves in March"}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	if later := r.Analysis(end.Add(time.Second)); len(later.Ignores) != 0 {
		t.Errorf("an ignore that ended still counts: %+v", later.Ignores)
	}
}

func FuzzParseRepository(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("version: 1\npaths: &a {include: *a}\n"))
	f.Add([]byte("{version: 1, rules: {? [a] : b}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, problems := ParseRepository("p.yml", data, knownRules)
		for _, p := range problems {
			if p.Path != "p.yml" || p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Fatalf("problem without a place: %+v", p)
			}
			if strings.HasPrefix(p.Message, "reading the values") {
				t.Fatalf("the check let something through that the typed reading refuses: %v", p)
			}
		}
		if r.Kubernetes < oldestMinor || r.Kubernetes > newestMinor || r.Review.Comments < 1 || len(r.Paths.Include) == 0 {
			t.Fatalf("impossible configuration: %+v", r)
		}
		r.Analysis(time.Unix(0, 0))
	})
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
