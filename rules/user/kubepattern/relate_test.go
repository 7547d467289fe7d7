package kubepattern

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

const shop = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: runner
      containers:
        - name: web
          image: web
          envFrom: [{configMapRef: {name: settings}}]
          env: [{name: P, valueFrom: {secretKeyRef: {name: password, key: p}}}]
      volumes:
        - {name: data, persistentVolumeClaim: {claimName: data}}
        - {name: scratch, emptyDir: {}}
        - {name: ca, configMap: {name: ca}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: sweep, namespace: shop}
spec:
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: sweep}}
        spec:
          containers: [{name: sweep, image: sweep}]
          affinity:
            podAffinity:
              preferredDuringSchedulingIgnoredDuringExecution:
                - {weight: 1, podAffinityTerm: {topologyKey: h, labelSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}}
          volumes:
            - {name: data, persistentVolumeClaim: {claimName: data}}
            - {name: all, projected: {sources: [{configMap: {name: ca}}, {secret: {name: tls}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: db}]
      volumes: [{name: host, hostPath: {path: /var/log}}, {name: scratch, emptyDir: {}}, {name: ca, configMap: {name: ca}}]
  volumeClaimTemplates: [{metadata: {name: files}}]
---
apiVersion: v1
kind: Pod
metadata: {name: copy, namespace: shop, labels: {app: copy}}
spec:
  serviceAccountName: runner
  containers: [{name: copy, image: copy}]
  volumes: [{name: f, persistentVolumeClaim: {claimName: files-db-0}}, {name: h, hostPath: {path: /var/log}}]
---
apiVersion: v1
kind: Pod
metadata: {name: far, namespace: other, labels: {app: web}}
spec:
  containers: [{name: far, image: far}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}}
---
apiVersion: v1
kind: Service
metadata: {name: blind, namespace: shop}
spec: {selector: {}, ports: [{port: 1}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: inner, namespace: shop}
spec: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [sweep]}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {volumeName: disk}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ca, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata: {name: password, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner, namespace: shop}
---
apiVersion: widgets.templates.krateo.io/v1beta1
kind: Table
metadata: {name: prices, namespace: shop}
---
apiVersion: widgets.templates.krateo.io/v1beta1
kind: Panel
metadata: {name: front, namespace: shop}
spec: {resourcesRefs: {items: [{name: prices, namespace: shop, resource: tables}]}}
`

func clusterOf(t *testing.T, texts ...string) *cluster {
	t.Helper()
	var files []*manifest.File
	for i, text := range texts {
		files = append(files, manifest.Parse("apps/"+string(rune('a'+i))+".yaml", []byte(text)))
	}
	slices.SortFunc(files, func(a, b *manifest.File) int { return cmp.Compare(a.Path, b.Path) })
	return newCluster(analysis.NewState(files))
}

func (c *cluster) one(t *testing.T, name string) *resource {
	t.Helper()
	if len(c.byName[name]) != 1 {
		t.Fatalf("%d %s", len(c.byName[name]), name)
	}
	return c.byName[name][0]
}

// TestRelationships holds which resources each type of relationship connects; they have no direction.
func TestRelationships(t *testing.T) {
	c := clusterOf(t, shop)
	for _, row := range []struct {
		kind, a, b string
		want       bool
	}{
		{"OWNS", "Deployment/web", "ReplicaSet/web", true},
		{"OWNS", "Deployment/web", "Pod/web", true},
		{"OWNS", "Deployment/web", "Pod/sweep", false},
		{"OWNED_BY", "Pod/sweep", "CronJob/sweep", true},
		{"MANAGES", "ReplicaSet/web", "Pod/web", true},
		{"MANAGES", "Deployment/web", "Pod/web", false},
		{"MANAGES", "Job/sweep", "Pod/sweep", true},
		{"MANAGES", "StatefulSet/db", "Pod/db", true},
		{"MOUNTS", "Pod/web", "PersistentVolumeClaim/data", true},
		{"MOUNTS", "Pod/far", "PersistentVolumeClaim/data", false},
		{"MOUNTS", "Pod/web", "PersistentVolume/disk", true},
		{"MOUNTS", "Pod/web", "ConfigMap/ca", true},
		{"MOUNTS", "Pod/web", "ConfigMap/settings", false},
		{"MOUNTS", "Pod/sweep", "ConfigMap/ca", true},
		{"EXPOSES", "Service/web", "Pod/web", true},
		{"EXPOSES", "Service/web", "Pod/far", false},
		{"EXPOSES", "Service/blind", "Pod/web", false},
		{"USES_CONFIG", "Pod/web", "ConfigMap/settings", true},
		{"USES_CONFIG", "Pod/web", "Secret/password", true},
		{"USES_CONFIG", "Pod/sweep", "ConfigMap/ca", true},
		{"USES_CONFIG", "Pod/sweep", "Secret/password", false},
		{"SAME_NETWORK", "NetworkPolicy/inner", "Pod/web", true},
		{"SAME_NETWORK", "NetworkPolicy/inner", "Pod/sweep", false},
		{"SAME_NETWORK", "Pod/web", "Pod/db", true},
		{"SAME_NETWORK", "Pod/web", "Pod/sweep", false},
		{"IS_NAMESPACE_OF", "Namespace/shop", "Pod/web", true},
		{"IS_NAMESPACE_OF", "Namespace/shop", "Pod/far", false},
		{"USES_SA", "Pod/web", "ServiceAccount/runner", true},
		{"USES_SA", "Pod/db", "ServiceAccount/runner", false},
		{"HAS_AFFINITY_TO", "Pod/sweep", "Pod/web", true},
		{"HAS_AFFINITY_TO", "Pod/sweep", "Pod/far", false},
		{"SCHEDULES", "Pod/sweep", "Pod/web", true},
		{"REFERENCES_KRATEO", "Table/prices", "Panel/front", true},
		{"REFERENCES", "Table/prices", "Panel/front", true},
		{"REFERENCES", "Pod/web", "ServiceAccount/runner", true},
		{"REFERENCES", "Pod/web", "Pod/copy", false},
	} {
		a, b := c.one(t, row.a), c.one(t, row.b)
		if c.related(row.kind, a, b) != row.want || c.related(row.kind, b, a) != row.want {
			t.Errorf("%s %s %s: not %v both ways", row.a, row.kind, row.b, row.want)
		}
	}
}

// TestCommon holds what two resources have in common.
func TestCommon(t *testing.T) {
	c := clusterOf(t, shop)
	for _, row := range []struct{ kind, a, b, want string }{
		{"MOUNTS", "Pod/web", "Pod/sweep", "PersistentVolumeClaim/data"}, // a ConfigMap of both shares no data
		{"MOUNTS", "Pod/web", "Pod/far", ""},
		{"MOUNTS", "Pod/web", "Pod/db", ""},
		{"MOUNTS", "Pod/db", "Pod/copy", "PersistentVolumeClaim/files-db-0"},
		{"USES_CONFIG", "Pod/web", "Pod/db", "ConfigMap/ca"},
		{"USES_SA", "Pod/web", "Pod/copy", "ServiceAccount/runner"},
		{"USES_SA", "Pod/db", "Pod/sweep", "ServiceAccount/default"},
		{"USES_SA", "Pod/db", "Pod/far", ""},
		{"IS_NAMESPACE_OF", "Pod/web", "Pod/db", "Namespace/shop"},
		{"SAME_NETWORK", "Pod/web", "Pod/db", "NetworkPolicy/inner"},
		{"OWNS", "Pod/web", "Pod/db", ""},
	} {
		got := ""
		if hub := c.common(row.kind, c.one(t, row.a), c.one(t, row.b)); hub != nil {
			got = hub.String()
		}
		if got != row.want {
			t.Errorf("%s of %s and %s: %q, want %q", row.kind, row.a, row.b, got, row.want)
		}
	}
}

// TestMade holds what controllers make of a workload, and that patches are left out.
func TestMade(t *testing.T) {
	c := clusterOf(t, shop, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: web}]}}}\n")
	rs, pod := c.one(t, "ReplicaSet/web"), c.one(t, "Pod/web")
	for about, pair := range map[string][2]any{
		"name":           {get(pod.value(), "metadata", "name"), "web"},
		"namespace":      {get(pod.value(), "metadata", "namespace"), "shop"},
		"owner":          {get(list(pod.value(), "metadata", "ownerReferences")[0], "name"), "web"},
		"owner of owner": {get(list(rs.value(), "metadata", "ownerReferences")[0], "kind"), "Deployment"},
		"labels":         {get(rs.value(), "metadata", "labels", "app"), "web"},
		"job":            {get(c.one(t, "Job/sweep").value(), "spec", "template", "metadata", "labels", "app"), "sweep"},
		"claim":          {get(list(c.one(t, "Pod/db").value(), "spec", "volumes")[0], "persistentVolumeClaim", "claimName"), "files-db-0"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", about, pair[0], pair[1])
		}
	}
}

// TestDeclaredOwner holds that ownerReferences in a manifest count.
func TestDeclaredOwner(t *testing.T) {
	c := clusterOf(t, strings.Join([]string{
		"apiVersion: example.com/v1\nkind: Cache\nmetadata: {name: c}",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, ownerReferences: [{kind: Cache, name: c}]}",
	}, "\n---\n"))
	if !c.related("OWNS", c.one(t, "Cache/c"), c.one(t, "ConfigMap/m")) {
		t.Error("not owned")
	}
}
