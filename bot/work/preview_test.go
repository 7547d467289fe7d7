package work

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	double "github.com/podcheck/podcheck/fixtures/github"
)

const ownRule = "name: own\nmessage: has a Pod\nexpression: \"!has(pod.spec)\"\n"

func configFile(text string) map[string][]byte {
	return map[string][]byte{".podcheck.yml": []byte(text)}
}

func TestProposedConfigurationIsPreviewed(t *testing.T) {
	many := map[string][]byte{}
	for i := range maxTried + 1 {
		many[fmt.Sprintf(".podcheck/rules/r%d.yaml", i)] = []byte(strings.Replace(ownRule, "own", fmt.Sprint("own-", i), 1))
	}
	for _, c := range []struct {
		name         string
		main         map[string][]byte
		organisation []string
		change       map[string][]byte
		conclusion   string
		title        string
		marks        []string
		said         []string
	}{
		{name: "that turns a rule off", change: configFile(allOff), conclusion: "neutral", title: "1 warning introduced, configuration changed",
			said: []string{"It is valid, and counts once it is merged; until then the configuration of `main` does.",
				"It would drop 1 finding that this pull request introduces, and nothing else.", "`split-sidecar` of `Deployment/log-shipper` would be dropped, at `",
				"The conclusion would be success instead of neutral."}},
		{name: "that grades a rule", change: configFile("version: 1\nrules: {split-sidecar: error}\n"), conclusion: "neutral", title: "1 warning introduced, configuration changed",
			said: []string{"It would change the severity of 1 finding that this pull request introduces, and nothing else.", "would be of severity error instead of warning", "The conclusion would be failure instead of neutral."}},
		{name: "that takes a rule back in", main: configFile(allOff), change: configFile("version: 1\n"), conclusion: "success", title: "Nothing introduced, configuration changed",
			said: []string{"t would add 1 finding", "`split-sidecar` of `Deployment/log-shipper` would be added, at `", "The conclusion would be neutral instead of success."}},
		{name: "that looks at more files", main: configFile("version: 1\npaths: {include: [\"none/**\"]}\n"), change: configFile("version: 1\n"), conclusion: "success",
			title: "Nothing introduced, configuration changed", said: []string{"t would add 1 finding", "The conclusion would be neutral instead of success."}},
		{name: "that fails on less", change: configFile("version: 1\nreview: {failOn: warning}\n"), conclusion: "neutral", title: "1 warning introduced, configuration changed",
			said: []string{"It would change no finding.", "The conclusion would be failure instead of neutral."}},
		{name: "that says the same", main: configFile(allOff), change: configFile("# quiet\n" + allOff), conclusion: "success", title: "Nothing introduced, configuration changed",
			said: []string{"Nothing that counts is changed by it."}},
		{name: "with a mistake", main: configFile(allOff), change: configFile("version: 1\nruls: {}\n"), conclusion: "neutral", title: "Nothing introduced, configuration not valid",
			marks: []string{".podcheck.yml:2 warning unknown field ruls: did you mean rules?"},
			said:  []string{"`.podcheck.yml` is not valid as this leaves it.", "did you mean rules?", "Nothing that counts is changed by it."}},
		{name: "with a mistake that was there", main: configFile("version: 1\nruls: {}\n"), change: configFile("version: 1\nruls: {}\nreview: {}\n"), conclusion: "neutral",
			title: "1 warning introduced, configuration not valid", marks: []string{".podcheck.yml:2 warning unknown field ruls: did you mean rules?"}},
		{name: "that mends a mistake", main: configFile("version: 1\nruls: {}\n"), change: configFile("version: 1\nrules: {}\n"), conclusion: "neutral",
			title: "1 warning introduced, configuration changed", said: []string{"The configuration has mistakes. In force are the defaults", "It is valid, and counts once it is merged"}},
		{name: "that is removed", main: configFile(allOff), change: map[string][]byte{".podcheck.yml": nil}, conclusion: "success", title: "Nothing introduced, configuration changed",
			said: []string{"`.podcheck.yml` is removed.", "t would add 1 finding"}},
		{name: "that is removed before the organisation's", main: configFile("version: 1\n"), organisation: []string{allOff}, change: map[string][]byte{".podcheck.yml": nil},
			conclusion: "neutral", title: "1 warning introduced, configuration changed", said: []string{"`.podcheck.yml` is removed.", "It would drop 1 finding that"}},
		{name: "that is removed before a broken one of the organisation", main: configFile("version: 1\n"), organisation: []string{misread}, change: map[string][]byte{".podcheck.yml": nil},
			conclusion: "neutral", title: "1 warning introduced, configuration changed", said: []string{"is not known for certain"}},
		{name: "with a rule", change: map[string][]byte{".podcheck/rules/own.yaml": []byte(ownRule)}, conclusion: "neutral", title: "1 warning introduced, configuration changed",
			said: []string{"It would add 2 findings that this pull request introduces, and nothing else.", "`own` of `Deployment/log-shipper` would be added"}},
		{name: "with a rule that is wrong", change: map[string][]byte{".podcheck/rules/own.yaml": []byte(strings.Replace(ownRule, "spec", "spek", 1))},
			conclusion: "neutral", title: "1 warning introduced, configuration not valid", marks: []string{".podcheck/rules/own.yaml:3 warning"},
			said: []string{"Some rules are not valid as this leaves them", `did you mean`}},
		{name: "without a rule that is configured", main: map[string][]byte{".podcheck/rules/own.yaml": []byte(ownRule), ".podcheck.yml": []byte("version: 1\nrules: {own: notice}\n")},
			change: map[string][]byte{".podcheck/rules/own.yaml": nil}, conclusion: "neutral", title: "1 warning, 2 notices introduced, configuration not valid",
			marks: []string{".podcheck.yml:2 warning rules: there is no rule"}, said: []string{"It would drop 2 findings that"}},
		{name: "with too many rules", change: many, conclusion: "neutral", title: "1 warning introduced, configuration changed", said: []string{"It changes 11 rules. More than 10 are not tried"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			if c.main != nil {
				w.commit("main", c.main)
			}
			if c.organisation != nil {
				w.organisation(c.organisation...)
			}
			w.push(c.change)
			run := w.reviewed()
			if run.Conclusion != c.conclusion || run.Title != c.title {
				t.Errorf("concluded %s with %q, want %s with %q", run.Conclusion, run.Title, c.conclusion, c.title)
			}
			if !slices.EqualFunc(marks(run), c.marks, strings.HasPrefix) {
				t.Errorf("annotations %q, want %q", marks(run), c.marks)
			}
			contains(t, run.Summary, append(c.said, "**"+c.title+".**\n", "### The configuration of this pull request")...)
			w.budget(2, 3)
		})
	}
}

func TestConfigurationAloneIsNotSkipped(t *testing.T) {
	for _, c := range []struct {
		name, main, change string
		conclusion, title  string
	}{
		{"looked at", "version: 1\n", allOff, "success", "Nothing introduced, configuration changed"},
		{"not looked at", "version: 1\npaths: {include: [\"apps/**\"]}\n", allOff, "success", "Nothing introduced, configuration changed"},
		{"not valid", "version: 1\npaths: {include: [\"apps/**\"]}\n", misread, "neutral", "Nothing introduced, configuration not valid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			main := w.configure(c.main)[0]
			value(w.repo.Commit(t.Context(), "feature", double.Commit{Message: "Over", Force: true, From: main, Files: configFile(c.change)}))(t)
			run := w.reviewed()
			if run.Conclusion != c.conclusion || run.Title != c.title || len(w.pull.ReviewComments()) != 0 {
				t.Errorf("concluded %s with %q", run.Conclusion, run.Title)
			}
			w.budget(1, 1)
		})
	}
}

func TestForeignTextInAProposalMeansNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.push(configFile("version: 1\n\"@mallory\": 1\nignore: [{rule: \"<img src=x>\", reason: r}]\n"))
	run := w.reviewed()
	contains(t, run.Summary, "`@mallory`", "`<img`")
	if strings.Contains(run.Summary, " @mallory") || strings.Contains(run.Summary, " <img") {
		t.Errorf("summary %s", run.Summary)
	}
}

func TestProposalThatIsNoFile(t *testing.T) {
	w := newWorld(t, 1)
	w.push(map[string][]byte{".podcheck.yml": {0, 1}})
	run := w.reviewed()
	if len(marks(run)) == 0 || run.Title != "1 warning introduced, configuration not valid" {
		t.Errorf("title %q, annotations %q", run.Title, marks(run))
	}
}
