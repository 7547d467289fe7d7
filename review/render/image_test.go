package render_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/render"
)

const importer = `
-- base/kustomization.yaml --
resources: [import.yaml]
-- base/import.yaml --
apiVersion: batch/v1
kind: Job
metadata:
  name: import
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: import
          image: example.com/import:1
          command: [/import, --once]
        - name: db-proxy
          image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.8.0
          args: ["p:r:i"]
-- prod/kustomization.yaml --
resources: [../base]
namespace: prod
-- stage/kustomization.yaml --
resources: [../base]
namespace: stage
`

const (
	mirror = "images: [{name: gcr.io/cloud-sql-connectors/cloud-sql-proxy, newName: mirror.example.com/cloud-sql-proxy}]\n"
	newer  = `patches:
  - patch: |-
      apiVersion: batch/v1
      kind: Job
      metadata: {name: import}
      spec:
        template:
          spec:
            containers:
              - name: db-proxy
                image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.9.0
`
	otherwise = `patches:
  - patch: |-
      apiVersion: batch/v1
      kind: Job
      metadata: {name: import}
      spec:
        template:
          spec:
            containers:
              - name: db-proxy
                args: ["p:r:j"]
`
)

// Another image of an overlay is no other fault: the finding stays at the container.
func TestAnImageThatAnOverlayReplacesMovesNoFinding(t *testing.T) {
	const path = "prod/kustomization.yaml"
	for name, c := range map[string]struct {
		more  string
		fixed bool
	}{
		"a mirror":         {mirror, true},
		"another tag":      {strings.Replace(mirror, "newName: mirror.example.com/cloud-sql-proxy", "newTag: 2.9.1", 1), true},
		"a patch":          {newer, false}, // of the container where it stands
		"further settings": {otherwise, false},
	} {
		t.Run(name, func(t *testing.T) {
			overlaid := "resources: [../base]\nnamespace: prod\n" + c.more
			before, after, err := render.New(newCounted(), 1<<20).States(t.Context(), tree(importer), tree(importer, path, overlaid), []string{path}, everything)
			if err != nil {
				t.Fatal(err)
			}
			found := jobSidecars(review.Review(review.Input{Before: before, After: after}).Findings)
			if len(found) != 1 || found[0].Status != review.Unchanged {
				t.Fatalf("found %v", found)
			}
			found = jobSidecars(review.Scan(state(t, strings.Replace(importer, "namespace: prod\n", "namespace: prod\n"+c.more, 1)), nil).Findings)
			if len(found) != 1 || found[0].Place.Path != "base/import.yaml" || found[0].Place.Span.Start.Line != 14 || !slices.Equal(found[0].Roots, []string{"prod", "stage"}) {
				t.Fatalf("found %+v", found)
			}
			if got := found[0].Patch != ""; got != c.fixed {
				t.Errorf("patch %q, obstacles %q", found[0].Patch, found[0].Fix.Obstacles)
			}
		})
	}
}

// An overlay that brings the fault is one of its own.
func TestAnImageThatBringsAFaultIsIntroduced(t *testing.T) {
	const path = "prod/kustomization.yaml"
	plain := strings.Replace(importer, "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.8.0", "example.com/step:1", 1)
	overlaid := "resources: [../base]\nimages: [{name: example.com/step, newName: gcr.io/cloud-sql-connectors/cloud-sql-proxy}]\n"
	before, after, err := render.New(newCounted(), 1<<20).States(t.Context(), tree(plain), tree(plain, path, overlaid), []string{path}, everything)
	if err != nil {
		t.Fatal(err)
	}
	found := jobSidecars(review.Review(review.Input{Before: before, After: after}).Findings)
	if len(found) != 1 || found[0].Status != review.Introduced {
		t.Errorf("found %+v", found)
	}
}

func jobSidecars(findings []review.Finding) []review.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f review.Finding) bool { return f.Rule != "job-sidecar" })
}

const orders = `
-- base/kustomization.yaml --
resources: [orders.yaml]
-- base/orders.yaml --
apiVersion: v1
kind: Pod
metadata:
  name: orders
spec:
  containers:
    - name: orders
      image: example.com/shop/orders:3.2
      command: ["sh", "-c", "exec /srv/orders >> /var/log/orders/app.log"]
      volumeMounts:
        - name: logs
          mountPath: /var/log/orders
    - name: log-reader
      image: busybox:1.37
      command: ["sh", "-c", "tail -n +1 -f /var/log/orders/app.log"]
      volumeMounts:
        - name: logs
          mountPath: /var/log/orders
          readOnly: true
  volumes:
    - name: logs
      emptyDir: {}
-- prod/kustomization.yaml --
resources: [../base]
`

// A command of an overlay with the same fault is no other fault either; it shows where it stands.
func TestACommandThatAnOverlayReplacesIsNoOtherFault(t *testing.T) {
	const path = "prod/kustomization.yaml"
	patched := func(command string) string {
		return `resources: [../base]
patches:
  - patch: |-
      apiVersion: v1
      kind: Pod
      metadata: {name: orders}
      spec:
        containers:
          - name: log-reader
            command: ["sh", "-c", "` + command + `"]
`
	}
	for name, c := range map[string]struct {
		before, after string
		want          review.Status
	}{
		"of the same fault": {"resources: [../base]\n", patched("tail -n +5 -f /var/log/orders/app.log"), review.Unchanged},
		"with the fault":    {patched("tail -n +1 -F /var/log/orders/app.log"), patched("tail -n +5 -f /var/log/orders/app.log"), review.Introduced},
	} {
		before, after, err := render.New(newCounted(), 1<<20).States(t.Context(), tree(orders, path, c.before), tree(orders, path, c.after), []string{path}, everything)
		if err != nil {
			t.Fatal(err)
		}
		var found []review.Finding
		for _, f := range review.Review(review.Input{Before: before, After: after}).Findings {
			if f.Rule == "tail-follow" {
				found = append(found, f)
			}
		}
		if len(found) != 1 || found[0].Status != c.want {
			t.Errorf("%s: found %+v", name, found)
		}
	}
}
