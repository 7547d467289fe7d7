package review

import (
	"strings"
	"testing"
)

// TestCheckRunHasAPicture: GitHub draws it from the check run's summary, when the configuration wants it.
func TestCheckRunHasAPicture(t *testing.T) {
	two := strings.Replace(deployment("web", "acme/web:latest"), "      containers:\n", "      containers:\n      - name: proxy\n        image: envoyproxy/envoy:v1.30.0\n", 1)
	for _, wanted := range []bool{true, false} {
		in := input(t, tree{}, tree{"web.yaml": two})
		in.Settings.Picture = wanted
		r := review(in, images)
		if got := strings.Contains(r.Check.Summary, "### Pods\n\n```mermaid\nflowchart LR\n"); got != wanted {
			t.Errorf("picture is %t, wanted %t:\n%s", got, wanted, r.Check.Summary)
		}
		if r.Picture.Empty() == wanted {
			t.Errorf("the result's picture is empty: %t", r.Picture.Empty())
		}
	}
}

// TestPictureSaysWhatItLeavesOut where more workloads are concerned than it has room for.
func TestPictureSaysWhatItLeavesOut(t *testing.T) {
	var documents []string
	for _, name := range strings.Fields("a b c d e f g h i j k l") {
		documents = append(documents, strings.Replace(deployment(name, "acme/web:latest"), "      containers:\n", "      containers:\n      - name: proxy\n        image: envoyproxy/envoy:v1.30.0\n", 1))
	}
	in := input(t, tree{}, tree{"web.yaml": strings.Join(documents, "---\n")})
	in.Settings.Picture = true
	if r := review(in, images); !strings.Contains(r.Check.Summary, "```\n\n2 workloads more than fit here.\n") {
		t.Errorf("summary is\n%s", r.Check.Summary)
	}
}
