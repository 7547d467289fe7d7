package render_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sourcegraph/conc/pool"
	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/fixtures/rendering"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/render"
	"github.com/podcheck/podcheck/review/render/child"
	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

func TestMain(m *testing.M) {
	rendering.Serve()
	os.Exit(m.Run())
}

// counted is a child that counts what it is asked for.
type counted struct {
	*child.Child
	asked atomic.Int32
}

func (c *counted) Render(ctx context.Context, request wire.Request) (wire.Response, error) {
	c.asked.Add(1)
	return c.Child.Render(ctx, request)
}

func newCounted() *counted {
	return &counted{Child: rendering.Child()}
}

var everything = render.Options{Kustomize: true, Helm: true, ArgoCD: true, Flux: true, Kubernetes: 33, URLs: []string{"https://git.example.com/acme/shop"}}

// tree is the files of an archive, some with other text, "" for one that isn't there.
func tree(text string, changed ...string) render.Tree {
	data := map[string][]byte{}
	for _, f := range txtar.Parse([]byte(text)).Files {
		data[f.Name] = f.Data
	}
	for i := 0; i < len(changed); i += 2 {
		if data[changed[i]] = []byte(changed[i+1]); changed[i+1] == "" {
			delete(data, changed[i])
		}
	}
	t := render.Tree{Paths: slices.Sorted(maps.Keys(data))}
	for _, p := range t.Paths {
		if strings.HasSuffix(p, ".yaml") {
			t.Files = append(t.Files, manifest.Parse(p, data[p]))
		}
	}
	t.Read = func(_ context.Context, paths []string) (map[string][]byte, error) {
		out := map[string][]byte{}
		for _, p := range paths {
			out[p] = data[p]
		}
		return out, nil
	}
	return t
}

func state(t *testing.T, text string) *analysis.State {
	t.Helper()
	s, err := render.New(newCounted(), 1<<20).State(t.Context(), tree(text), everything)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const shop = `
-- base/kustomization.yaml --
resources: [web.yaml]
-- base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop:1
          volumeMounts:
            - name: logs
              mountPath: /logs
-- overlays/dev/kustomization.yaml --
resources: [../../base]
namespace: dev
-- overlays/prod/kustomization.yaml --
resources: [../../base]
namespace: prod
namePrefix: prod-
-- overlays/test/kustomization.yaml --
resources: [../../base]
patches:
  - path: volume.yaml
-- overlays/test/volume.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      volumes:
        - name: logs
          emptyDir: {}
-- plain.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: plain}
`

func TestAFaultOfABaseIsOneFindingThatListsTheOverlays(t *testing.T) {
	result := review.Scan(state(t, shop), nil)
	var found []review.Finding
	for _, f := range result.Findings {
		if f.Rule == "undefined-volume" {
			found = append(found, f)
		}
	}
	if len(found) != 1 || len(result.NotAnalysed) != 0 {
		t.Fatalf("found %v, not analysed %v", found, result.NotAnalysed)
	}
	f := found[0]
	if f.Place.Path != "base/web.yaml" || f.Place.Precision != manifest.Exact || !slices.Equal(f.Roots, []string{"overlays/dev", "overlays/prod"}) {
		t.Errorf("at %v, of %v", f.Place, f.Roots)
	}
	if f.Object.Name != "web" {
		t.Errorf("the object is %v, and not what stands in the base", f.Object)
	}
}

func TestWhatIsBuiltIsNotLookedAtTwice(t *testing.T) {
	s := state(t, shop)
	var names []string
	for _, o := range s.Objects {
		if o.Kind == "Deployment" || o.Kind == "ConfigMap" {
			names = append(names, o.Root+":"+o.Namespace+"/"+o.Name)
		}
	}
	slices.Sort(names)
	if want := []string{":/plain", "overlays/dev:dev/web", "overlays/prod:prod/prod-web", "overlays/test:/web"}; !slices.Equal(names, want) {
		t.Errorf("objects %v", names)
	}
}

// A build that fails hides no other, and the files that it would take in count as they are.
func TestARootThatFailsIsToldAndItsFilesCount(t *testing.T) {
	s := state(t, shop+"-- broken/kustomization.yaml --\nresources: [job.yaml]\npatches:\n  - target: {kind: Job}\n    patch: |-\n      - {op: remove, path: /spec/absent}\n"+
		"-- broken/job.yaml --\napiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\n")
	result := review.Scan(s, nil)
	if len(result.NotAnalysed) != 1 || result.NotAnalysed[0].Path != "broken/kustomization.yaml" || !strings.HasPrefix(result.NotAnalysed[0].Message, "broken is not rendered: ") {
		t.Fatalf("not analysed: %v", result.NotAnalysed)
	}
	if !slices.ContainsFunc(s.Objects, func(o *manifest.Object) bool { return o.Name == "once" && o.Root == "" }) || len(s.Builds) != 4 {
		t.Errorf("objects %v of %d builds", s.Objects, len(s.Builds))
	}
}

func TestOnlyWhatAChangeCanAffectIsRendered(t *testing.T) {
	for _, c := range []struct {
		path, text string
		asked      int32 // builds that are not the same before and after count twice
	}{
		{"plain.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n", 0},
		{"overlays/prod/kustomization.yaml", "resources: [../../base]\nnamespace: live\n", 2},
		{"overlays/test/volume.yaml", "", 3}, // it doesn't build without; what it took in is looked at as the other overlays deploy it
	} {
		builder := newCounted()
		before, after := tree(shop), tree(shop, c.path, c.text)
		if _, _, err := render.New(builder, 1<<20).States(t.Context(), before, after, []string{c.path}, everything); err != nil {
			t.Fatal(err)
		}
		if got := builder.asked.Load(); got != c.asked {
			t.Errorf("a change of %s has %d builds made, want %d", c.path, got, c.asked)
		}
	}
}

func TestTheSameContentIsRenderedOnce(t *testing.T) {
	builder := newCounted()
	r := render.New(builder, 1<<20)
	for range 2 {
		if _, err := r.State(t.Context(), tree(shop), everything); err != nil {
			t.Fatal(err)
		}
	}
	if got := builder.asked.Load(); got != 3 {
		t.Errorf("%d builds of 3 roots", got)
	}
}

// crowd is a builder that counts how many builds run at once.
type crowd struct {
	now, most atomic.Int32
}

func (c *crowd) Render(context.Context, wire.Request) (wire.Response, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	for range 10_000 {
		runtime.Gosched() // others come while this one builds
	}
	return wire.Response{Error: "nothing"}, nil
}

// TestNoMoreBuildsRunThanThereAreCores holds it for all that one Renderer does at the same time: a build that has to share its core
// would lose time that is not given back.
func TestNoMoreBuildsRunThanThereAreCores(t *testing.T) {
	builder := &crowd{}
	r := render.New(builder, 1<<20)
	work := pool.New().WithErrors()
	for i := range 8 {
		work.Go(func() error {
			_, err := r.State(t.Context(), tree(shop, "base/kustomization.yaml", fmt.Sprintf("resources: [web.yaml]\nnamePrefix: p%d-\n", i)), everything)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	if most, cores := int(builder.most.Load()), runtime.GOMAXPROCS(0); most > cores {
		t.Errorf("%d builds at once on %d cores", most, cores)
	}
}

func TestWhatIsNotWantedIsNotRendered(t *testing.T) {
	for name, o := range map[string]render.Options{"nothing": {Kubernetes: 33}, "no kustomize": {Helm: true, ArgoCD: true, Flux: true, Kubernetes: 33}} {
		builder := newCounted()
		s, err := render.New(builder, 1<<20).State(t.Context(), tree(shop), o)
		if err != nil || builder.asked.Load() != 0 || len(s.Builds) != 0 {
			t.Errorf("%s: %d builds, %v", name, builder.asked.Load(), err)
		}
	}
}

// A base that an overlay comes to use was a root of its own before. Its faults are neither new nor mended.
func TestABaseThatComesToBeUsedIsRenderedOnBothSides(t *testing.T) {
	alone := []string{"overlays/dev/kustomization.yaml", "", "overlays/prod/kustomization.yaml", "", "overlays/test/kustomization.yaml", "", "overlays/test/volume.yaml", ""}
	before, after := tree(shop, alone...), tree(shop)
	var changed []string
	for i := 0; i < len(alone); i += 2 {
		changed = append(changed, alone[i])
	}
	was, is, err := render.New(newCounted(), 1<<20).States(t.Context(), before, after, changed, everything)
	if err != nil {
		t.Fatal(err)
	}
	result := review.Review(review.Input{Before: was, After: is})
	if result.Counts.Introduced != 0 || result.Counts.Fixed != 0 || result.Counts.Unchanged != 1 {
		t.Errorf("%+v", result.Counts)
	}
	if len(was.Builds) != 1 || len(is.Builds) != 3 {
		t.Errorf("%d builds before, %d after", len(was.Builds), len(is.Builds))
	}
}

// A fix is proven on what it makes of every root.
func TestAFixIsRenderedAgain(t *testing.T) {
	const job = `
-- base/kustomization.yaml --
resources: [web.yaml]
-- base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop:1
          resources:
            requests: {cpu: 100m, memory: 128Mi}
        - name: shipper
          image: fluent/fluent-bit:3.0
-- overlays/prod/kustomization.yaml --
resources: [../../base]
`
	find := func(text string) *review.Finding {
		for _, f := range review.Scan(state(t, text), nil).Findings {
			if f.Rule == "sidecar-resources" {
				return &f
			}
		}
		t.Fatal("nothing is found")
		return nil
	}
	if f := find(job); f.Fix == nil || len(f.Fix.Edits) == 0 || !strings.Contains(f.Patch, "+++ b/base/web.yaml") {
		t.Errorf("fix %+v", f.Fix)
	}
	undone := job + "patches:\n  - target: {kind: Deployment}\n    patch: |-\n      - {op: add, path: /spec/template/spec/containers/1/resources, value: {}}\n"
	if f := find(undone); f.HasEdits() || f.Patch != "" {
		t.Errorf("a fix is offered that an overlay undoes: %s", f.Patch)
	}
}

func TestAnApplicationThatAChartMakesIsRendered(t *testing.T) {
	s := state(t, `
-- apps/Chart.yaml --
apiVersion: v2
name: apps
version: 1.0.0
-- apps/values.yaml --
names: [shop]
-- apps/templates/apps.yaml --
{{- range .Values.names }}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{ . }}
spec:
  source: {repoURL: https://git.example.com/acme/shop.git, path: charts/{{ . }}, helm: {valuesObject: {tag: "7"}}}
  destination: {namespace: {{ . }}-ns}
{{- end }}
-- charts/shop/Chart.yaml --
apiVersion: v2
name: shop
version: 1.0.0
-- charts/shop/values.yaml --
tag: "1"
-- charts/shop/templates/web.yaml --
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: shop:{{ .Values.tag }}
`)
	if len(s.Workloads) != 1 {
		t.Errorf("%d workloads of one Pod: the chart counts by itself, too", len(s.Workloads))
	}
	for _, w := range s.Workloads {
		if w.Object.Namespace == "shop-ns" && w.Containers[0].Node.Get("image").Text() == "shop:7" && w.Object.File.Path == "charts/shop/templates/web.yaml" {
			return
		}
	}
	t.Errorf("workloads %v, not analysed %v", s.Workloads, review.Scan(s, nil).NotAnalysed)
}

func TestAChartWhoseOwnValuesNameNothingIsTold(t *testing.T) {
	s := state(t, `
-- chart/Chart.yaml --
apiVersion: v2
name: chart
version: 1.0.0
-- chart/values.yaml --
name: ""
-- chart/templates/web.yaml --
apiVersion: v1
kind: Pod
metadata:
  name: ws-{{ .Values.name }}
`)
	result := review.Scan(s, nil)
	if len(result.Findings) != 0 || len(result.NotAnalysed) != 1 || !strings.Contains(result.NotAnalysed[0].Message, "Pod/ws-") {
		t.Errorf("found %v, not analysed %v", result.Findings, result.NotAnalysed)
	}
}

func TestAReleaseOfALibraryChartIsReadInItsNamespace(t *testing.T) {
	s := state(t, `
-- apps/kustomization.yaml --
namespace: media
resources: [release.yaml]
-- apps/release.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: player
spec:
  chart:
    spec:
      chart: app-template
      version: 3.7.3
      sourceRef: {kind: HelmRepository, name: bjw-s}
  values:
    controllers:
      player:
        containers:
          app:
            image: {repository: ghcr.io/acme/player, tag: "1"}
-- repository.yaml --
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: bjw-s, namespace: media}
spec: {url: https://bjw-s-labs.github.io/helm-charts}
`)
	if len(s.Workloads) != 1 || s.Workloads[0].Object.Namespace != "media" || s.Workloads[0].Name() != "player" {
		t.Fatalf("workloads %v", s.Workloads)
	}
	if ref := analysis.Ref(s.Workloads[0].Object); ref.Kind != "HelmRelease" || ref.Name != "player" {
		t.Errorf("a person would edit %v", ref)
	}
}

// library are releases of which three can't be read: the values of one come from elsewhere, those of another are in
// an overlay, and the objects of the third are changed afterwards.
const library = `
-- apps/kustomization.yaml --
resources: [feed.yaml, mail.yaml]
-- apps/feed.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: feed}
spec:
  chart: {spec: {chart: app-template, version: 3.7.3, sourceRef: {kind: HelmRepository, name: bjw-s}}}
  valuesFrom: [{kind: Secret, name: feed-values}]
  values: {controllers: {feed: {containers: {app: {image: {repository: ghcr.io/acme/feed, tag: "1"}}}}}}
-- apps/mail.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: mail}
spec:
  chart: {spec: {chart: app-template, version: 3.7.3, sourceRef: {kind: HelmRepository, name: bjw-s}}}
  values: {controllers: {mail: {containers: {app: {image: {repository: ghcr.io/acme/mail, tag: "1"}}}}}}
-- base/kustomization.yaml --
resources: [shop.yaml]
-- base/shop.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  chart: {spec: {chart: app-template, version: 3.7.3, sourceRef: {kind: HelmRepository, name: bjw-s}}}
-- live/kustomization.yaml --
resources: [../base]
patches: [{path: values.yaml}]
-- live/values.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  values: {controllers: {shop: {containers: {app: {image: {repository: ghcr.io/acme/shop, tag: "1"}}}}}}
-- lone.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: lone}
spec:
  chart: {spec: {chart: app-template, version: 3.7.3, sourceRef: {kind: HelmRepository, name: bjw-s}}}
  postRenderers: [{kustomize: {}}]
  values: {controllers: {lone: {containers: {app: {image: {repository: ghcr.io/acme/lone, tag: "1"}}}}}}
-- ci.yaml --
name: ci
-- notes.txt --
one
`

func TestAReviewListsTheReleasesThatCannotBeReadAndThatTheChangeCanAffect(t *testing.T) {
	feed := "apps/feed.yaml:6: the values of HelmRelease/feed are not read: a part of them comes from elsewhere (spec.valuesFrom)"
	lone := "lone.yaml:6: the values of HelmRelease/lone are not read: the objects are changed afterwards (spec.postRenderers)"
	for _, c := range []struct {
		what, path, old, new string
		listed, elsewhere    []string
		conclusion           review.Conclusion
	}{
		{"a file of no manifest", "notes.txt", "one", "two", nil, []string{lone}, review.Skipped},
		{"another YAML file", "ci.yaml", "ci", "cd", nil, []string{lone}, review.Success},
		{"the release", "apps/feed.yaml", `tag: "1"`, `tag: "2"`, []string{feed}, []string{lone}, review.Success},
		{"the one that nothing builds", "lone.yaml", `tag: "1"`, `tag: "2"`, []string{lone}, nil, review.Success},
		{"its words alone", "apps/feed.yaml", `tag: "1"`, "tag: '1'", []string{feed}, []string{lone}, review.Success},
		{"a release beside it", "apps/mail.yaml", `tag: "1"`, `tag: "2"`, nil, []string{lone, feed}, review.Success},
		{"what builds it", "apps/kustomization.yaml", "resources:", "namespace: web\nresources:", []string{feed}, []string{lone}, review.Success},
		{"an overlay that gives values", "live/values.yaml", `tag: "1"`, `tag: "2"`, nil, []string{lone}, review.Success},
		{"an overlay that gives them no more", "live/values.yaml", "values", "other", []string{"base/shop.yaml:5: the values of HelmRelease/shop are not read: there are none"}, []string{lone}, review.Success},
	} {
		before := tree(library)
		text := strings.Replace(content(before, c.path), c.old, c.new, 1)
		after := tree(library, c.path, text)
		was, is, err := render.New(newCounted(), 1<<20).States(t.Context(), before, after, []string{c.path}, everything)
		if err != nil {
			t.Fatal(err)
		}
		result := review.Review(review.Input{Before: was, After: is, Diff: diffOf(c.path, content(before, c.path), text)})
		if got := told(result.NotAnalysed); !slices.Equal(got, c.listed) {
			t.Errorf("a change of %s lists %q", c.what, got)
		}
		if got := told(result.Elsewhere); !slices.Equal(got, c.elsewhere) {
			t.Errorf("a change of %s counts %q elsewhere", c.what, got)
		}
		if result.Check.Conclusion != c.conclusion {
			t.Errorf("a change of %s is a %s", c.what, result.Check.Conclusion)
		}
	}
}

func told(problems []manifest.Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%s:%d: %s", p.Path, p.Span.Start.Line, p.Message))
	}
	return out
}

func content(tree render.Tree, path string) string {
	data, _ := tree.Read(context.Background(), []string{path})
	return string(data[path])
}

// diffOf is the diff that replaces a file's lines by others.
func diffOf(path, before, after string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n@@ -1,%d +1,%d @@\n", path, strings.Count(before, "\n"), strings.Count(after, "\n"))
	for _, side := range []struct{ mark, text string }{{"-", before}, {"+", after}} {
		for line := range strings.Lines(side.text) {
			b.WriteString(side.mark + line)
		}
	}
	return []byte(b.String())
}

// A fix of what a release deploys stands in the release, or in what is laid over it, and so changes what makes the release too.
func TestAFixOfAReleaseThatIsMadeIsProven(t *testing.T) {
	const (
		head   = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: shop\nspec:\n"
		chart  = "  chart: {spec: {chart: app-template, version: 3.7.3, sourceRef: {kind: HelmRepository, name: bjw-s}}}\n"
		values = "  values:\n    controllers: {shop: {containers: {app: {image: {repository: ghcr.io/acme/shop, tag: \"1\"}}}}}\n" +
			"    persistence:\n      cache:\n        type: emptyDir\n        medium: Memory\n"
		flux    = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: %s, namespace: flux-system}\nspec: {path: %s, targetNamespace: web, sourceRef: {kind: GitRepository, name: flux-system}}\n"
		faulty  = "-- base/kustomization.yaml --\nresources: [shop.yaml]\n-- base/shop.yaml --\n" + head + chart + values
		prod    = "-- prod/kustomization.yaml --\nresources: [../base]\nnamespace: prod\n"
		bare    = "-- base/kustomization.yaml --\nresources: [shop.yaml]\n-- base/shop.yaml --\n" + head + chart
		overlay = "patches: [{path: values.yaml}]\n-- prod/values.yaml --\n" + head + values
	)
	for _, c := range []struct{ what, text, edited, obstacle string }{
		{"a kustomization", faulty, "base/shop.yaml", ""},
		{"one that sets a namespace", faulty + prod, "base/shop.yaml", ""},
		{"two that have the fault", faulty + prod + "-- dev/kustomization.yaml --\nresources: [../base]\nnamespace: dev\n", "base/shop.yaml", ""},
		{"a Flux Kustomization that another one makes", faulty + "-- flux.yaml --\n" + fmt.Sprintf(flux, "apps", "./apps") + "-- apps/shop.yaml --\n" + fmt.Sprintf(flux, "shop", "./base"), "base/shop.yaml", ""},
		{"a patch that holds the values", bare + prod + overlay, "prod/values.yaml", ""},
		{"one that has not the fault", faulty + prod + "-- dev/kustomization.yaml --\nresources: [../base]\nnamespace: dev\npatches:\n  - target: {kind: HelmRelease}\n    patch: |\n      - {op: remove, path: /spec/values/persistence/cache/medium}\n",
			"", "The change would also change what dev deploys, which has no such fault."},
	} {
		result := review.Scan(state(t, c.text), nil)
		i := slices.IndexFunc(result.Findings, func(f review.Finding) bool { return f.Rule == "emptydir-unbounded" })
		if i < 0 || len(result.Findings) != 1 || result.Findings[i].Fix == nil {
			t.Errorf("%s: found %v", c.what, result.Findings)
			continue
		}
		fix := result.Findings[i].Fix
		edited, obstacle := "", strings.Join(fix.Obstacles, " ")
		for _, e := range fix.Edits {
			edited = e.Path
		}
		if edited != c.edited || obstacle != c.obstacle {
			t.Errorf("%s: edits %q, obstacle %q", c.what, edited, obstacle)
		}
	}
}

// The containers of a library chart stand in its values by name, so that the advice is about these.
func TestTheAdviceToMoveAContainerFitsTheValues(t *testing.T) {
	for _, c := range []struct{ what, controller, init, containers, want string }{
		{"a service", "", "", "", "The chart decides from its values where containers stand: move `vpn` from `controllers.feed.containers` to `controllers.feed.initContainers` and add `restartPolicy: Always`."},
		{"one that the app depends on", "", "", ", dependsOn: [vpn]", "The chart decides from its values where containers stand: move `vpn` from `controllers.feed.containers` to `controllers.feed.initContainers` and add `restartPolicy: Always`; take it out of `dependsOn` of `app`."},
		{"one of a Job", "type: cronjob, cronjob: {schedule: '@daily'}, ", "", ", command: [restic, backup, /data]", "The chart decides from its values where containers stand: move `vpn` from `controllers.feed.containers` to `controllers.feed.initContainers` and add `restartPolicy: Always`."},
		{"one whose name is taken", "", "initContainers: {vpn: {image: {repository: ghcr.io/acme/prepare, tag: '1'}}}, ", "", "An init container has the name vpn already."},
	} {
		result := review.Scan(state(t, "-- feed.yaml --\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: feed}\nspec:\n"+
			"  chart: {spec: {chart: app-template, version: 3.7.3, sourceRef: {kind: HelmRepository, name: bjw-s}}}\n  values:\n    controllers:\n      feed: {"+c.controller+c.init+
			"containers: {vpn: {image: {repository: ghcr.io/qdm12/gluetun, tag: v3}}, app: {image: {repository: ghcr.io/acme/feed, tag: '1'}"+c.containers+"}}}\n"), nil)
		got := ""
		for _, f := range result.Findings {
			if (f.Rule == "native-sidecar" || f.Rule == "job-sidecar") && f.Fix != nil {
				got += strings.Join(f.Fix.Obstacles, " ")
			}
		}
		if got != c.want {
			t.Errorf("%s: %s", c.what, got)
		}
	}
}

// What a release deployed is gone with it, and what others make of its chart stays.
func TestAReleaseThatGoesTakesItsFaultsAlong(t *testing.T) {
	app := func(name string) string {
		return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: " + name + "}\nspec:\n" +
			"  source: {repoURL: 'https://git.example.com/acme/shop', path: chart}\n  destination: {namespace: " + name + "}\n"
	}
	chart := "-- chart/Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\n-- chart/templates/web.yaml --\n" +
		"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n" +
		"    spec:\n      containers:\n        - name: web\n          image: shop:1\n          volumeMounts:\n            - {name: logs, mountPath: /logs}\n"
	one, two := "-- one.yaml --\n"+app("one"), "-- two.yaml --\n"+app("two")
	for _, c := range []struct{ what, before, after, file, want string }{
		{"one of two goes", chart + one + two, chart + two, "one.yaml", "0 introduced, 1 fixed, 1 unchanged"},
		{"one of two comes", chart + two, chart + one + two, "one.yaml", "1 introduced, 0 fixed, 1 unchanged"},
		{"the only one goes", chart + one, chart, "one.yaml", "0 introduced, 0 fixed, 1 unchanged"},
		{"the first one comes", chart, chart + one, "one.yaml", "0 introduced, 0 fixed, 1 unchanged"},
	} {
		before, after := tree(c.before), tree(c.after)
		was, is, err := render.New(newCounted(), 1<<20).States(t.Context(), before, after, []string{c.file}, everything)
		if err != nil {
			t.Fatal(err)
		}
		result := review.Review(review.Input{Before: was, After: is})
		n := result.Counts
		if got := fmt.Sprintf("%d introduced, %d fixed, %d unchanged", n.Introduced, n.Fixed, n.Unchanged); got != c.want {
			t.Errorf("%s: %s", c.what, got)
		}
	}
}
