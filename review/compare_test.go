package review

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

func TestCompareGivesStatus(t *testing.T) {
	bad, good := deployment("web", "nginx:latest"), deployment("web", "nginx:1")
	inNamespace := func(text, ns string) string {
		return strings.Replace(text, "metadata:\n", "metadata:\n  namespace: "+ns+"\n", 1)
	}
	other := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
	for name, c := range map[string]struct {
		before, after tree
		want          []string
	}{
		"only after":        {tree{"a.yaml": good}, tree{"a.yaml": bad}, []string{"introduced floating-image Deployment/web a.yaml"}},
		"only before":       {tree{"a.yaml": bad}, tree{"a.yaml": good}, []string{"fixed floating-image Deployment/web a.yaml"}},
		"object removed":    {tree{"a.yaml": bad, "b.yaml": other}, tree{"b.yaml": other}, []string{"fixed floating-image Deployment/web a.yaml"}},
		"both":              {tree{"a.yaml": bad}, tree{"a.yaml": "# above\n\n" + bad}, []string{"unchanged floating-image Deployment/web a.yaml"}},
		"file moved":        {tree{"a.yaml": bad}, tree{"b/a.yaml": bad}, []string{"unchanged floating-image Deployment/web b/a.yaml"}},
		"object renamed":    {tree{"a.yaml": bad}, tree{"a.yaml": deployment("shop", "nginx:latest")}, []string{"unchanged floating-image Deployment/shop a.yaml"}},
		"namespace changed": {tree{"dev/a.yaml": inNamespace(bad, "dev")}, tree{"prod/a.yaml": inNamespace(bad, "prod")}, []string{"unchanged floating-image Deployment/web prod/a.yaml"}},
		"moved and changed a little": {
			tree{"dev/a.yaml": inNamespace(bad, "dev")}, tree{"prod/a.yaml": strings.NewReplacer("replicas: 1", "replicas: 3", "8080", "9090").Replace(inNamespace(bad, "prod"))},
			[]string{"unchanged floating-image Deployment/web prod/a.yaml"},
		},
		"another object instead": {tree{"a.yaml": bad}, tree{"a.yaml": good, "b.yaml": deployment("shop", "nginx:latest")}, []string{"fixed floating-image Deployment/web a.yaml", "introduced floating-image Deployment/shop b.yaml"}},
		"API version raised":     {tree{"a.yaml": strings.Replace(bad, "apps/v1", "apps/v1beta1", 1)}, tree{"a.yaml": bad}, []string{"unchanged floating-image Deployment/web a.yaml"}},
		"API group left behind":  {tree{"a.yaml": strings.Replace(bad, "apps/v1", "extensions/v1beta1", 1)}, tree{"a.yaml": bad}, []string{"unchanged floating-image Deployment/web a.yaml"}},
		"another kind of workload": {
			tree{"a.yaml": bad}, tree{"a.yaml": strings.NewReplacer("Deployment", "StatefulSet", "replicas: 1", "serviceName: web", "ports", "args: [a, b, c]\n        ports", "app: web", "app.kubernetes.io/name: web").Replace(bad)},
			[]string{"unchanged floating-image StatefulSet/web a.yaml"},
		},
		"another kind in another namespace": {
			tree{"a.yaml": inNamespace(bad, "dev")}, tree{"a.yaml": inNamespace(strings.Replace(bad, "Deployment", "StatefulSet", 1), "prod")},
			[]string{"fixed floating-image Deployment/web a.yaml", "introduced floating-image StatefulSet/web a.yaml"},
		},
		"another kind in another file": {
			tree{"a.yaml": bad}, tree{"b.yaml": strings.Replace(bad, "Deployment", "StatefulSet", 1)},
			[]string{"fixed floating-image Deployment/web a.yaml", "introduced floating-image StatefulSet/web b.yaml"},
		},
		"another kind beside it": {
			tree{"a.yaml": bad}, tree{"a.yaml": good + "---\n" + strings.Replace(bad, "Deployment", "StatefulSet", 1)},
			[]string{"fixed floating-image Deployment/web a.yaml", "introduced floating-image StatefulSet/web a.yaml"},
		},
		"two folders, one name": {
			tree{"dev/a.yaml": bad, "prod/a.yaml": good}, tree{"dev/a.yaml": good, "prod/a.yaml": bad},
			[]string{"fixed floating-image Deployment/web dev/a.yaml", "introduced floating-image Deployment/web prod/a.yaml"},
		},
		"copied": {
			tree{"dev/a.yaml": bad}, tree{"dev/a.yaml": bad, "prod/a.yaml": bad},
			[]string{"unchanged floating-image Deployment/web dev/a.yaml", "introduced floating-image Deployment/web prod/a.yaml"},
		},
		"out of sight behind a syntax error": {
			tree{"a.yaml": bad}, tree{"a.yaml": strings.Replace(bad, "name: web", "name: \"web", 1)},
			[]string{"unchanged floating-image Deployment/web a.yaml"},
		},
		"in sight again": {
			tree{"a.yaml": strings.Replace(bad, "name: web", "name: \"web", 1)}, tree{"a.yaml": bad},
			[]string{"unchanged floating-image Deployment/web a.yaml"},
		},
		"in sight again, its own line": {
			tree{"a.yaml": strings.Replace(bad, "nginx:latest", "\"nginx:latest", 1)}, tree{"a.yaml": bad},
			[]string{"introduced floating-image Deployment/web a.yaml"},
		},
		"in sight again, and something new": {
			tree{"a.yaml": strings.Replace(bad, "name: web", "name: \"web", 1)}, tree{"a.yaml": bad + "---\n" + deployment("new", "nginx:latest")},
			[]string{"unchanged floating-image Deployment/web a.yaml", "introduced floating-image Deployment/new a.yaml"},
		},
		"beside what is out of sight": {
			tree{"a.yaml": good, "b.yaml": "a: \"b\n"}, tree{"a.yaml": bad, "b.yaml": "a: b\n"}, []string{"introduced floating-image Deployment/web a.yaml"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			expectLines(t, statuses(review(input(t, c.before, c.after), images).Findings), c.want...)
		})
	}
}

// A rename that git reports carries the identity of findings that have no object but their file.
func TestCompareFollowsGitRenames(t *testing.T) {
	diff := []byte("diff --git a/a.yaml b/b.yaml\nsimilarity index 100%\nrename from a.yaml\nrename to b.yaml\n")
	broken := "apiVersion: v1\nkind: Pod\nmetadata: {name: \"x}\n"
	in := Input{Before: tree{"a.yaml": broken}.state(), After: tree{"b.yaml": broken}.state(), Diff: diff}
	expectLines(t, statuses(review(in, unreadable).Findings), "unchanged invalid-manifest  b.yaml")
	in.Diff = nil
	expectLines(t, statuses(review(in, unreadable).Findings), "fixed invalid-manifest  a.yaml", "introduced invalid-manifest  b.yaml")
}

// The subject of such a finding tells two documents of a file apart by their order, which a further document changes.
func TestCompareFollowsDocumentsWithoutObject(t *testing.T) {
	rule := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		found, err := unreadable(s, c)
		for i := range found {
			found[i].Subject = fmt.Sprintf("%s#%d", found[i].Place.Path, found[i].Place.Span.Start.Line)
		}
		return found, err
	}
	broken := "apiVersion: v1\nkind: Pod\nmetadata: {name: \"x}\n"
	above := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n"
	in := input(t, tree{"a.yaml": broken}, tree{"a.yaml": above + broken})
	expectLines(t, statuses(review(in, rule).Findings), "unchanged invalid-manifest  a.yaml")
}

func TestCompareFollowsRenameInSubject(t *testing.T) {
	before := tree{"app.yaml": deployment("web", "nginx:1"), "helper.yaml": deployment("shipper", "fluent:1")}
	after := tree{"app.yaml": deployment("shop", "nginx:1"), "helper.yaml": deployment("shipper", "fluent:1")}
	expectLines(t, statuses(review(input(t, before, after), pairs).Findings), "unchanged pair Deployment/shipper helper.yaml")
}

// rendered is the state of a file with one object, which a root builds under another name and namespace; as a template nothing but
// the root knows the object.
func rendered(path, text, name, namespace string, template bool) *analysis.State {
	f := manifest.Parse(path, []byte(text))
	o := *f.Objects[0]
	o.Root, o.Name, o.Namespace = "the root", name, namespace
	if o.Source = f.Objects[0]; template {
		node := *o.Node
		node.Span = manifest.Span{}
		o.Node, o.Source = &node, nil
	}
	build := &analysis.Build{Root: o.Root, Objects: []*manifest.Object{&o}, Takes: map[string]bool{path: true}}
	return analysis.Rendered([]*manifest.File{f}, []*analysis.Build{build}, nil, nil)
}

// A chart gives the manifest that becomes its template a namespace that nobody wrote.
func TestCompareFollowsManifestsIntoCharts(t *testing.T) {
	bad := deployment("web", "nginx:latest")
	moved := []byte("diff --git a/a.yaml b/templates/a.yaml\nsimilarity index 100%\nrename from a.yaml\nrename to templates/a.yaml\n")
	back := []byte("diff --git a/templates/a.yaml b/a.yaml\nsimilarity index 100%\nrename from templates/a.yaml\nrename to a.yaml\n")
	plain, template := tree{"a.yaml": bad}.state(), rendered("templates/a.yaml", bad, "web", "shop", true)
	expectLines(t, statuses(review(Input{Before: plain, After: template, Diff: moved}, images).Findings), "unchanged floating-image Deployment/web templates/a.yaml")
	expectLines(t, statuses(review(Input{Before: template, After: plain, Diff: back}, images).Findings), "unchanged floating-image Deployment/web a.yaml")
	expectLines(t, statuses(review(Input{Before: plain, After: rendered("templates/a.yaml", bad, "api", "shop", true), Diff: moved}, images).Findings),
		"fixed floating-image Deployment/web a.yaml", "introduced floating-image Deployment/api templates/a.yaml")
}

// A pair of which the change makes the other one readable, or unreadable.
func TestCompareKnowsWhatIsOutOfSight(t *testing.T) {
	app := deployment("web", "nginx:1")
	whole := tree{"app.yaml": app, "helper.yaml": deployment("shipper", "fluent:1")}
	broken := tree{"app.yaml": strings.Replace(app, "replicas: 1", "replicas: \"1", 1), "helper.yaml": deployment("shipper", "fluent:1")}
	expectLines(t, statuses(review(input(t, broken, whole), pairs).Findings), "unchanged pair Deployment/shipper helper.yaml")
	expectLines(t, statuses(review(input(t, whole, broken), pairs).Findings), "unchanged pair Deployment/shipper helper.yaml")
}

// Another kind of workload in the subject.
func TestCompareFollowsKindInSubject(t *testing.T) {
	helper := deployment("shipper", "fluent:1")
	before := tree{"app.yaml": deployment("web", "nginx:1"), "helper.yaml": helper}
	after := tree{"app.yaml": strings.Replace(deployment("web", "nginx:1"), "Deployment", "StatefulSet", 1), "helper.yaml": helper}
	expectLines(t, statuses(review(input(t, before, after), pairs).Findings), "unchanged pair Deployment/shipper helper.yaml")
}

func TestKeysAndIDsAreUniqueAndStable(t *testing.T) {
	bad := deployment("web", "nginx:latest")
	one := review(input(t, tree{}, tree{"dev/a.yaml": bad}), images).Findings
	two := review(input(t, tree{}, tree{"dev/a.yaml": "# lower\n" + bad, "prod/a.yaml": bad}), images).Findings
	if one[0].ID != two[0].ID || one[0].Key != two[0].Key {
		t.Errorf("identity changed: %s %s, then %s %s", one[0].ID, one[0].Key, two[0].ID, two[0].Key)
	}
	if two[0].ID == two[1].ID || two[0].Key == two[1].Key {
		t.Errorf("two findings share an identity: %s %s", two[0].ID, two[0].Key)
	}
	if want := "floating-image/apps/Deployment//web/main/"; one[0].Key != want || two[1].Key != want+"@prod%2Fa.yaml" {
		t.Errorf("keys %q and %q, want %q", one[0].Key, two[1].Key, want)
	}
}

// What a key means depends on the objects that are there: to mend one copy hands its key on to no other.
func TestKeysStayWithTheirCopy(t *testing.T) {
	bad, good := deployment("web", "nginx:latest"), deployment("web", "nginx:1")
	patched := "kind: Kustomization\nresources: [d.yaml]\npatches: [{path: above.yaml}]\n"
	plain := "floating-image/apps/Deployment//web/main/"
	for name, c := range map[string]struct {
		before, after tree
		want          []string
	}{
		"both":            {tree{}, tree{"dev/a.yaml": bad, "prod/a.yaml": bad}, []string{"introduced dev/a.yaml " + plain, "introduced prod/a.yaml " + plain + "@prod%2Fa.yaml"}},
		"the second left": {tree{}, tree{"dev/a.yaml": good, "prod/a.yaml": bad}, []string{"introduced prod/a.yaml " + plain + "@prod%2Fa.yaml"}},
		"the first mended": {
			tree{"dev/a.yaml": bad, "prod/a.yaml": bad}, tree{"dev/a.yaml": good, "prod/a.yaml": bad},
			[]string{"fixed dev/a.yaml " + plain, "unchanged prod/a.yaml " + plain + "@prod%2Fa.yaml"},
		},
		"alone":        {tree{}, tree{"prod/a.yaml": bad, "dev/a.yaml": deployment("other", "nginx:1")}, []string{"introduced prod/a.yaml " + plain}},
		"with a patch": {tree{}, tree{"d.yaml": bad, "above.yaml": good, "kustomization.yaml": patched}, []string{"introduced d.yaml " + plain}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range review(input(t, c.before, c.after), images).Findings {
				got = append(got, string(f.Status)+" "+f.Place.Path+" "+f.Key)
			}
			expectLines(t, got, c.want...)
		})
	}
}

func TestIDsGrowOnCollision(t *testing.T) {
	findings := make([]Finding, 3000)
	for i := range findings {
		findings[i].Key = strings.Repeat("k", i+1)
	}
	setIDs(findings)
	seen, long := map[string]bool{}, 0
	for _, f := range findings {
		if seen[f.ID] || len(f.ID) < 4 || !strings.ContainsAny(f.ID, "0123456789") {
			t.Fatalf("ID %q: taken, short, or a word", f.ID)
		}
		seen[f.ID] = true
		if len(f.ID) > 4 {
			long++
		}
	}
	if long == 0 || long > 1500 {
		t.Errorf("%d of 3000 IDs are longer than 4", long)
	}
}

// spoken reports images, and lets an error on a workload stand for its warnings.
func spoken(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
	all, err := images(s, c)
	var out []analysis.Finding
	for _, f := range all {
		last := len(out) - 1
		if last >= 0 && out[last].Rule == "bad-image" && out[last].Object == f.Object {
			out[last].Covers = append(out[last].Covers, f)
			continue
		}
		out = append(out, f)
	}
	return out, err
}

// What another finding stood for is neither introduced when it is left, nor fixed when another one begins to stand for it.
func TestCompareKnowsWhatAFindingStandsFor(t *testing.T) {
	two := func(first string) tree {
		return tree{"a.yaml": deployment("web", first) + "      - name: second\n        image: x:latest\n"}
	}
	expectLines(t, statuses(review(input(t, two("nginx:bad"), two("nginx:1")), spoken).Findings),
		"fixed bad-image Deployment/web a.yaml", "unchanged floating-image Deployment/web a.yaml")
	expectLines(t, statuses(review(input(t, two("nginx:1"), two("nginx:bad")), spoken).Findings), "introduced bad-image Deployment/web a.yaml")
	expectLines(t, statuses(review(input(t, two("nginx:bad"), tree{"a.yaml": deployment("web", "nginx:1")}), spoken).Findings), "fixed bad-image Deployment/web a.yaml")
}
