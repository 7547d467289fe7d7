package splitsidecar_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	splitsidecar "github.com/podcheck/podcheck/rules/split-sidecar"
	"golang.org/x/tools/txtar"
)

// TestTextsHaveTheNumbersOfTheCase reads what the comment prints for an app of three Pods whose requests the helper lacks.
func TestTextsHaveTheNumbersOfTheCase(t *testing.T) {
	f := find(t, `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: logs}
spec:
  resources: {requests: {storage: 2Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        resources: {requests: {cpu: 1}}
        volumeMounts: [{name: logs, mountPath: /logs}]
      volumes:
      - name: logs
        persistentVolumeClaim:
          claimName: logs
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shipper}
spec:
  template:
    metadata: {labels: {app: shipper}}
    spec:
      containers:
      - name: ship
        image: fluent/fluent-bit
        volumeMounts: [{name: logs, mountPath: /logs}]
      volumes:
      - name: logs
        persistentVolumeClaim: {claimName: logs}
`)
	expect(t, f.Fix.Changes,
		"ship runs in each of the 3 Pods of Deployment/web instead of in a Pod of its own, and starts, stops and is scheduled with it.",
		"Each Pod of Deployment/web requests cpu 1050m, memory 64Mi instead of cpu 1.",
		"Claim logs is no longer used; it can go once what it holds has been shipped.")
	expect(t, f.Fix.Steps,
		"volume logs of Deployment/web becomes an emptyDir of 2Gi: with the claim logs, the sidecar of each of 3 Pods would handle the files of all",
		"container ship requests cpu 50m and memory 64Mi, as the app's containers declare theirs",
		"container ship becomes a native sidecar (an init container with restartPolicy: Always)",
		"Deployment/shipper is removed")
	if f.Message != "Deployment/shipper runs container ship, a log-shipper, as a workload of its own, yet all it serves is Deployment/web, over the shared claim logs." {
		t.Error(f.Message)
	}
}

// TestTextsHoldNoCredentials: the values of arguments and variables may hold passwords.
func TestTextsHoldNoCredentials(t *testing.T) {
	f := find(t, `apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - {name: db, image: "mysql:8", ports: [{containerPort: 3306}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: exporter}
spec:
  template:
    metadata: {labels: {app: exporter}}
    spec:
      containers:
      - name: exporter
        image: prom/mysqld-exporter
        env:
        - {name: DATA_SOURCE_URL, value: "mysql://root:hunter2@db:3306/"}
`)
	expect(t, f.Fix.Steps,
		"environment variable DATA_SOURCE_URL: db:3306 becomes localhost:3306",
		"container exporter becomes a native sidecar (an init container with restartPolicy: Always)",
		"Deployment/exporter is removed")
	for _, e := range f.Evidence {
		if e.Text == "" || e.Place.Path == "" {
			t.Errorf("evidence without a text or a place: %+v", e)
		}
	}
	expect(t, []string{f.Evidence[0].Text}, "environment variable DATA_SOURCE_URL of container exporter names db, which leads to Deployment/db and nothing else")
}

// find returns the one finding of a state of one file.
func find(t *testing.T, text string) analysis.Finding {
	t.Helper()
	var found []analysis.Finding
	pass := &analysis.Pass{
		Rule: splitsidecar.Rule, State: analysis.NewState([]*manifest.File{manifest.Parse("all.yaml", []byte(text))}), Config: &analysis.Config{},
		Roles: analysis.NewRoles(nil), Report: func(f analysis.Finding) { found = append(found, f) },
	}
	if err := splitsidecar.Rule.Run(pass); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	if len(found[0].Fix.Obstacles) > 0 {
		t.Fatalf("obstacles: %q", found[0].Fix.Obstacles)
	}
	return found[0]
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestChangesOfCases reads the lines behind the first that the comment prints for some of the cases.
func TestChangesOfCases(t *testing.T) {
	const talk = "They talk over localhost: no network hop, and nothing in between to resolve or to fail."
	for name, want := range map[string][]string{
		"service-of-the-helper-goes-with-its-port": {"They talk over localhost; port 6379 of Service/amb is no longer open to the cluster."},
		"rules-that-name-the-helper-want-a-look":   {talk, "PrometheusRule/alerts names exporter: look whether what is said of it still holds."},
		"user-of-the-pod": {
			"Claim logs stays in use; once nothing older than the Pod is needed, an emptyDir can replace it.", "shipper runs as user 1000, the Pod's, and not as its image says.",
		},
		"policy-of-the-helper-that-only-allows": {
			"Claim app-logs stays in use; once nothing older than the Pod is needed, an emptyDir can replace it.",
			"NetworkPolicy/shipper-egress goes: it limited ship, and nothing limits the Pods of Deployment/web that way.",
		},
		"policy-of-the-app-lets-in-what-the-helper-serves": {talk, "NetworkPolicy/wiki opens port 4180 of auth to all, as it was open before."},
		"vertical-autoscaler-of-the-app-that-declares-requests": {
			"Each Pod of Deployment/cache requests cpu 110m, memory 160Mi instead of cpu 100m, memory 128Mi.", talk,
		},
	} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, f := range archive.Files {
			if f.Name != "want" && !strings.HasPrefix(f.Name, "fixed/") {
				files[f.Name] = f.Data
			}
		}
		for _, f := range findings(t, files) {
			if f.Rule == "split-sidecar" {
				expect(t, f.Fix.Changes[1:], want...)
			}
		}
	}
}
