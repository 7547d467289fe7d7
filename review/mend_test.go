package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

func everything(*Finding) bool { return true }

// told lists what mending did, as lines.
func told(m Mended) []string {
	var out []string
	for _, f := range m.Applied {
		out = append(out, "applied "+f.Rule+" "+f.Object.String()+" "+f.Container)
	}
	for _, l := range m.Left {
		out = append(out, "left "+l.Finding.Rule+" "+l.Finding.Object.String()+" "+l.Finding.Container+": "+l.Reason)
	}
	return out
}

// steps is a rule set in which one fault stands for others: the label "step" of a workload counts down to 0, a finding at each.
func steps(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var out []analysis.Finding
	for _, w := range s.Workloads {
		n := w.Object.Node.Get("metadata", "labels", "step")
		if n.Text() == "" || n.Text() == "0" {
			continue
		}
		var left int
		fmt.Sscan(n.Text(), &left)
		fresh, err := edit.ReplaceScalar(n, fmt.Sprint(left-1))
		if err != nil {
			return nil, err
		}
		step := analysis.Finding{
			Rule: "step", Severity: analysis.Notice, Object: analysis.Ref(w.Object), Subject: n.Text(), Place: analysis.At(n), Message: "one more",
			Fix: &analysis.Fix{Safety: analysis.Safe, Edits: []edit.Edit{fresh}},
		}
		for hidden := range left {
			if f := step; hidden > 0 {
				f.Subject = fmt.Sprint(hidden)
				step.Covers = append(step.Covers, f)
			}
		}
		out = append(out, step)
	}
	return out, nil
}

func stepping(name string, steps int) string {
	return strings.Replace(deployment(name, "nginx:1"), "metadata:\n  name:", fmt.Sprintf("metadata:\n  labels: {step: %d}\n  name:", steps), 1)
}

// twoImages is a Deployment of two containers.
func twoImages(name, first, second string) string {
	return deployment(name, first) + "      - name: second\n        image: " + second + "\n"
}

func TestMend(t *testing.T) {
	pinned := deployment("web", "nginx:1")
	for name, test := range map[string]struct {
		files  tree
		run    runner
		wanted func(*Finding) bool
		want   []string
		is     tree // the files that changed
	}{
		"nothing to do": {tree{"a.yaml": pinned}, images, everything, nil, tree{}},
		"two files": {
			tree{"a.yaml": deployment("web", "nginx:latest"), "b.yaml": deployment("shop", "shop:latest"), "c.yaml": pinned}, images, everything,
			[]string{"applied floating-image Deployment/web main", "applied floating-image Deployment/shop main"},
			tree{"a.yaml": pinned, "b.yaml": deployment("shop", "shop:1")},
		},
		"two in one object": {
			tree{"a.yaml": twoImages("web", "nginx:latest", "shop:latest")}, images, everything,
			[]string{"applied floating-image Deployment/web main", "applied floating-image Deployment/web second"},
			tree{"a.yaml": twoImages("web", "nginx:1", "shop:1")},
		},
		"what does not hold is left": {
			tree{"a.yaml": deployment("web", "nginx:latest") + "---\n" + deployment("shop", "broken:latest") + "---\n" + deployment("wiki", "worse:latest"), "b.yaml": deployment("bad", "x:bad")},
			images, everything,
			[]string{
				"applied floating-image Deployment/web main",
				"left bad-image Deployment/bad main: There is no ready change for this.",
				"left floating-image Deployment/shop main: The change does not remove the fault.",
				"left floating-image Deployment/wiki main: The change would cause another finding: bad-image at a.yaml:51.",
			},
			tree{"a.yaml": pinned + "---\n" + deployment("shop", "broken:latest") + "---\n" + deployment("wiki", "worse:latest")},
		},
		"only what is wanted": {
			tree{"a.yaml": twoImages("web", "nginx:latest", "shop:latest")}, images, func(f *Finding) bool { return f.Container == "second" },
			[]string{"applied floating-image Deployment/web second"},
			tree{"a.yaml": twoImages("web", "nginx:latest", "shop:1")},
		},
		"one of two objects of one name in one file": {
			tree{"a.yaml": deployment("web", "nginx:latest") + "---\n" + deployment("web", "nginx:latest")}, images, func(f *Finding) bool { return f.Place.Span.Start.Line > 20 },
			[]string{"applied floating-image Deployment/web main"},
			tree{"a.yaml": deployment("web", "nginx:latest") + "---\n" + pinned},
		},
		"one of two objects of one name in two files": {
			tree{"a.yaml": deployment("web", "nginx:latest"), "b.yaml": deployment("web", "nginx:latest")}, images, func(f *Finding) bool { return f.Place.Path == "a.yaml" },
			[]string{"applied floating-image Deployment/web main"},
			tree{"a.yaml": pinned},
		},
		"what comes to light is mended too": {
			tree{"a.yaml": stepping("web", 3)}, steps, everything,
			[]string{"applied step Deployment/web ", "applied step Deployment/web ", "applied step Deployment/web "},
			tree{"a.yaml": stepping("web", 0)},
		},
		"a file that goes": {
			tree{"a.yaml": pinned, "b.yaml": deployment("old", "x:1")}, goers, everything,
			[]string{"applied old Deployment/old "}, tree{"b.yaml": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := mend(t.Context(), test.files.state(), nil, test.wanted, test.run)
			if err != nil {
				t.Fatal(err)
			}
			expectLines(t, told(m), test.want...)
			got := tree{}
			for path, data := range m.Changed {
				got[path] = string(data)
			}
			if !maps.Equal(got, test.is) {
				t.Errorf("changed\n%v\nwant\n%v", got, test.is)
			}
			mended := maps.Clone(test.files)
			for path, data := range m.Changed {
				if mended[path] = string(data); data == nil {
					delete(mended, path)
				}
			}
			if again, err := mend(t.Context(), mended.state(), nil, test.wanted, test.run); err != nil || len(again.Applied) > 0 && name != "one of two objects of one name in one file" {
				t.Errorf("mending again: %v, %v", told(again), err)
			}
		})
	}
}

// goers finds the workload "old", whose file should go.
func goers(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var out []analysis.Finding
	for _, w := range s.Workloads {
		if f := w.Object.File; w.Name() == "old" {
			gone, err := edit.RemoveDocuments(f.Documents...)
			if err != nil {
				return nil, err
			}
			out = append(out, analysis.Finding{Rule: "old", Severity: analysis.Notice, Object: analysis.Ref(w.Object), Place: analysis.At(w.Object.Node),
				Fix: &analysis.Fix{Edits: gone}})
		}
	}
	return out, nil
}

// A finding that stands for the same through several states is one wish.
func TestMendAsksOnceForEachFinding(t *testing.T) {
	asked := map[string]int{}
	files := tree{"a.yaml": twoImages("web", "nginx:latest", "shop:latest") + "---\n" + twoImages("web", "broken:latest", "x:1"), "b.yaml": deployment("bad", "x:bad")}
	m, err := mend(t.Context(), files.state(), nil, func(f *Finding) bool {
		asked[f.Key]++
		return f.Container == "second" || strings.Contains(f.Evidence[0].Text, "broken")
	}, images)
	if err != nil || len(asked) != 4 || slices.ContainsFunc(slices.Collect(maps.Values(asked)), func(n int) bool { return n != 1 }) {
		t.Errorf("asked %v, %v", asked, err)
	}
	expectLines(t, told(m), "applied floating-image Deployment/web second", "left floating-image Deployment/web main: The change does not remove the fault.")
}

func TestMendFollowsSoManyGenerations(t *testing.T) {
	m, err := mend(t.Context(), tree{"a.yaml": stepping("web", 13)}.state(), nil, everything, steps)
	if err != nil || len(m.Applied) != generations || len(m.Left) != 1 || !strings.Contains(m.Left[0].Reason, "run it again") {
		t.Errorf("%v, %v", told(m), err)
	}
}

// lonely finds every two workloads with the label "alone"; removing either label mends it. Two fixes at once would hold as well, so
// that only taking one after the other shows that one was enough.
func lonely(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var marked []*pod.Workload
	for _, w := range s.Workloads {
		if w.Object.Node.Get("metadata", "labels", "step").Text() == "1" {
			marked = append(marked, w)
		}
	}
	if len(marked) < 2 {
		return nil, nil
	}
	found, err := steps(s, nil)
	for i := range found {
		for _, w := range marked {
			if analysis.Ref(w.Object) != found[i].Object {
				found[i].Related = append(found[i].Related, analysis.Related{Object: analysis.Ref(w.Object), Place: analysis.At(w.Object.Node)})
			}
		}
	}
	return found, err
}

func TestWhatOneFixMendsIsNotMendedTwice(t *testing.T) {
	m, err := mend(t.Context(), tree{"a.yaml": stepping("web", 1), "b.yaml": stepping("shop", 1)}.state(), nil, everything, lonely)
	if err != nil || len(m.Applied) != 1 || len(m.Left) != 0 || len(m.Changed) != 1 {
		t.Errorf("%v, %v", told(m), err)
	}
}

// What is far from all that is wanted is neither analysed again nor touched.
func TestMendLooksAtTheNeighbourhood(t *testing.T) {
	files := tree{}
	for i := range 20 {
		files[fmt.Sprintf("apps/team-%d/shop/web.yaml", i)] = strings.Replace(deployment("web", "nginx:latest"), "  name: web\n", fmt.Sprintf("  name: web\n  namespace: team-%d\n", i), 1)
	}
	var analysed []int
	run := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		analysed = append(analysed, len(s.Files))
		return images(s, c)
	}
	m, err := mend(t.Context(), files.state(), nil, func(f *Finding) bool { return f.Place.Path == "apps/team-7/shop/web.yaml" }, run)
	if err != nil || len(m.Applied) != 1 || !slices.Equal(analysed, []int{20, 1, 1}) {
		t.Errorf("%v, %v, analysed %v files", told(m), err, analysed)
	}
}

func TestMendEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		cancel()
		return images(s, c)
	}
	if m, err := mend(ctx, tree{"a.yaml": deployment("web", "nginx:latest")}.state(), nil, everything, run); !errors.Is(err, context.Canceled) || m.Changed != nil {
		t.Errorf("%v, %v", told(m), err)
	}
}

func TestMendSaysWhatCannotBeAnalysed(t *testing.T) {
	failing := func(*analysis.State, *analysis.Config) ([]analysis.Finding, error) {
		return nil, errors.New("rule x: defect")
	}
	if _, err := mend(t.Context(), tree{}.state(), nil, everything, failing); err == nil || !strings.Contains(err.Error(), "rule x: defect") {
		t.Errorf("%v", err)
	}
}

func TestIgnoredFindingsAreNotMended(t *testing.T) {
	run := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		found, err := images(s, c)
		for i := range found {
			found[i].Ignored = "leaves in March"
		}
		return found, err
	}
	m, err := mend(t.Context(), tree{"a.yaml": deployment("web", "nginx:latest")}.state(), nil, everything, run)
	if err != nil {
		t.Fatal(err)
	}
	expectLines(t, told(m), "left floating-image Deployment/web main: It is ignored: leaves in March.")
}
