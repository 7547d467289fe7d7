package rules

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// imageRule finds every image, so that what is ignored is all that a test is about.
var imageRule = &analysis.Rule{Name: "image", Severity: analysis.Warning, Run: func(p *analysis.Pass) error {
	for _, w := range p.State.Workloads {
		for _, c := range w.Containers {
			p.Report(analysis.Finding{Object: analysis.Ref(w.Object), Container: c.Name, Place: analysis.At(c.Node.Get("image"))})
		}
	}
	return nil
}}

func reasons(t *testing.T, cfg *analysis.Config, texts ...string) string {
	t.Helper()
	var files []*manifest.File
	for i, text := range texts {
		files = append(files, manifest.Parse(string(rune('a'+i))+".yaml", []byte(text)))
	}
	findings, err := runRules([]*analysis.Rule{imageRule}, analysis.NewState(files), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range findings {
		out = append(out, f.Container+": "+f.Ignored)
	}
	return strings.Join(out, "; ")
}

const twoContainers = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {ON-OBJECT: x}
spec:
  template:
    metadata:
      annotations: {ON-TEMPLATE: x}
    spec:
      containers:
        - name: app
          # ABOVE
          # and more
          image: app # BEHIND
        - name: ship
          image: ship
`

func TestManifestsSayWhatIsIgnored(t *testing.T) {
	const annotation = "podcheck.dev/ignore"
	for name, c := range map[string]struct{ old, new, want string }{
		"nothing":                         {"", "", "app: ; ship: "},
		"annotation on the object":        {"ON-OBJECT: x", annotation + ": image", "app: annotation podcheck.dev/ignore; ship: annotation podcheck.dev/ignore"},
		"annotation on the template":      {"ON-TEMPLATE: x", annotation + ": image/ship", "app: ; ship: annotation podcheck.dev/ignore"},
		"annotation with a reason":        {"ON-OBJECT: x", annotation + `: "other, image/app leaves in March"`, "app: leaves in March; ship: "},
		"annotation for another rule":     {"ON-OBJECT: x", annotation + ": images", "app: ; ship: "},
		"annotation that says nothing":    {"ON-OBJECT: x", annotation + `: " , "`, "app: ; ship: "},
		"annotation that is no text":      {"ON-OBJECT: x", annotation + ": [image]", "app: ; ship: "},
		"comment on the line":             {"BEHIND", "podcheck:ignore image leaves in March", "app: leaves in March; ship: "},
		"comment above the line":          {"ABOVE", "podcheck:ignore image leaves in March", "app: leaves in March; ship: "},
		"comment without a reason":        {"BEHIND", "podcheck:ignore image", "app: comment podcheck:ignore; ship: "},
		"comment for another rule":        {"BEHIND", "podcheck:ignore images no", "app: ; ship: "},
		"comment on a line further above": {"- name: app", "- name: app # podcheck:ignore image no", "app: ; ship: "},
		"no comment at all":               {"image: app #", "image: app-x# podcheck:ignore image no #", "app: ; ship: "},
		"carriage returns":                {"BEHIND\n", "podcheck:ignore image leaves\r\n", "app: leaves; ship: "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := reasons(t, nil, strings.Replace(twoContainers, c.old, c.new, 1)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// The configuration is the first to be asked: it has the better reason.
func TestConfigurationComesBeforeManifests(t *testing.T) {
	cfg := &analysis.Config{Ignores: []analysis.Ignore{{Rule: "image", Container: "app", Reason: "agreed"}}}
	if got := reasons(t, cfg, strings.Replace(twoContainers, "BEHIND", "podcheck:ignore image no", 1)); got != "app: agreed; ship: " {
		t.Error(got)
	}
}

// Two overlays may hold an object of one name; each speaks for itself.
func TestAnnotationCountsForTheObjectThatHasIt(t *testing.T) {
	annotated := strings.Replace(twoContainers, "ON-OBJECT: x", "podcheck.dev/ignore: image", 1)
	want := "app: annotation podcheck.dev/ignore; ship: annotation podcheck.dev/ignore; app: ; ship: "
	if got := reasons(t, nil, annotated, twoContainers); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A finding may stand in another file than its object, such as the app's of a pair.
func TestAnnotationCountsWhereverTheFindingStands(t *testing.T) {
	elsewhere := &analysis.Rule{Name: "image", Severity: analysis.Warning, Run: func(p *analysis.Pass) error {
		p.Report(analysis.Finding{Object: analysis.Ref(p.State.Workloads[0].Object), Place: analysis.Place{Path: "b.yaml"}})
		return nil
	}}
	state := analysis.NewState([]*manifest.File{
		manifest.Parse("a.yaml", []byte(strings.Replace(twoContainers, "ON-OBJECT: x", "podcheck.dev/ignore: image", 1))),
		manifest.Parse("b.yaml", []byte("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n")),
	})
	findings, err := runRules([]*analysis.Rule{elsewhere}, state, nil)
	if err != nil || len(findings) != 1 || findings[0].Ignored == "" {
		t.Errorf("%v, %+v", err, findings)
	}
}

func FuzzManifestsSayWhatIsIgnored(f *testing.F) {
	f.Add(twoContainers)
	f.Add(strings.Replace(twoContainers, "BEHIND", "podcheck:ignore image leaves", 1))
	f.Add(strings.Replace(twoContainers, "ON-OBJECT: x", "podcheck.dev/ignore: image/app", 1))
	f.Add("{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {podcheck.dev/ignore: 'image /,'}}, spec: {containers: [{image: x}]}}")
	f.Fuzz(func(t *testing.T, text string) {
		reasons(t, nil, text)
	})
}
