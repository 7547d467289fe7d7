package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
)

// found makes a finding of a line such as "undefined-volume Pod/a c x.yaml", with edits behind a plus, ignored behind a minus.
func found(line string) analysis.Finding {
	words := strings.Fields(strings.TrimLeft(line, "+-"))
	kind, name, _ := strings.Cut(words[1], "/")
	f := analysis.Finding{Rule: words[0], Object: analysis.Object{Kind: kind, Name: name}, Place: analysis.Place{Path: "x.yaml"}}
	if len(words) > 2 {
		f.Container = words[2]
	}
	if len(words) > 3 {
		f.Place.Path = words[3]
	}
	if strings.HasPrefix(line, "+") {
		f.Fix = &analysis.Fix{Edits: []edit.Edit{{Path: f.Place.Path, New: "x"}}}
	}
	if strings.HasPrefix(line, "-") {
		f.Ignored = "leaves in March"
	}
	return f
}

func TestOneCauseIsOneFinding(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"the volume that is missing speaks for the one without a mount": {"unshared-volume Pod/a; undefined-volume Pod/a c", "undefined-volume"},
		"and for a path of the same container":                          {"undefined-volume Pod/a c; path-mismatch Pod/a c", "undefined-volume"},
		"but not for a path of another container":                       {"undefined-volume Pod/a c; path-mismatch Pod/a d", "undefined-volume path-mismatch"},
		"nor for another object":                                        {"undefined-volume Pod/a c; unshared-volume Pod/b c", "undefined-volume unshared-volume"},
		"nor for one of that name in another file":                      {"undefined-volume Pod/a c; unshared-volume Pod/a c y.yaml", "undefined-volume unshared-volume"},
		"what is spoken for speaks for others":                          {"undefined-volume Pod/a c; unshared-volume Pod/a d; path-mismatch Pod/a d", "undefined-volume"},
		"a job that never ends speaks for its helper":                   {"job-sidecar Job/a h; native-sidecar Job/a h; sidecar-order Job/a app", "job-sidecar"},
		"but not for another helper":                                    {"job-sidecar Job/a h; native-sidecar Job/a i", "job-sidecar native-sidecar"},
		"a plain sidecar speaks for the waiting":                        {"native-sidecar Deployment/a h; sidecar-order Deployment/a app", "native-sidecar"},
		"a merge speaks for what goes with it":                          {"+split-sidecar Deployment/a h; native-sidecar Deployment/a i; sidecar-order Deployment/a h", "split-sidecar"},
		"a merge that is not to be had speaks for nothing":              {"split-sidecar Deployment/a h; native-sidecar Deployment/a i", "split-sidecar native-sidecar"},
		"nor does any merge for what it carries along":                  {"+split-sidecar Deployment/a h; log-replay Deployment/a h", "split-sidecar log-replay"},
		"an ignored finding speaks for nothing":                         {"-undefined-volume Pod/a c; path-mismatch Pod/a c", "undefined-volume path-mismatch"},
		"an ignored finding is listed":                                  {"undefined-volume Pod/a c; -path-mismatch Pod/a c", "undefined-volume path-mismatch"},
		"several findings of one rule stay":                             {"undefined-volume Pod/a c; undefined-volume Pod/a d", "undefined-volume undefined-volume"},
		"without an object nothing is of one cause":                     {"undefined-volume /; unshared-volume /", "undefined-volume unshared-volume"},
	} {
		t.Run(name, func(t *testing.T) {
			var in []analysis.Finding
			for _, line := range strings.Split(c.in, "; ") {
				in = append(in, found(line))
			}
			out := oneCause(in)
			var got []string
			total := 0
			for _, f := range out {
				got = append(got, f.Rule)
				total += 1 + len(f.Covers)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %s, want %s", strings.Join(got, " "), c.want)
			}
			if total != len(in) {
				t.Errorf("%d of %d findings are left, spoken for ones included", total, len(in))
			}
		})
	}
}

// The table must come to an end, and a misspelt name in it would let findings through unseen.
func TestPrecedenceHasNoCirclesAndKnowsItsRules(t *testing.T) {
	var reaches func(from, to string, depth int) bool
	reaches = func(from, to string, depth int) bool {
		return depth > 0 && slices.ContainsFunc(precedence, func(r row) bool {
			return r.by == from && slices.ContainsFunc(r.over, func(o string) bool { return o == to || reaches(o, to, depth-1) })
		})
	}
	for _, r := range precedence {
		if reaches(r.by, r.by, len(precedence)+1) {
			t.Errorf("%s speaks for itself", r.by)
		}
		for _, name := range append([]string{r.by}, r.over...) {
			if Find(name) == nil {
				t.Errorf("there is no rule %s", name)
			}
		}
	}
}
