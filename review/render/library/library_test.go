package library_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review/render/library"
	"github.com/podcheck/podcheck/rules/manifest"
)

// objects reads the objects of the one release of a file.
func objects(t *testing.T, text string) ([]*manifest.Object, []manifest.Problem) {
	t.Helper()
	f := manifest.Parse("apps/shop.yaml", []byte(text))
	if len(f.Objects) != 1 {
		t.Fatalf("the file has %d objects: %v", len(f.Objects), f.Problems)
	}
	out, problems := library.Objects("shop", f.Objects[0])
	for _, o := range out {
		hold(t, f, o.Node, nil)
		if o.File != f || o.Root != "shop" || o.Source != nil || o.Document != f.Documents[0] {
			t.Errorf("%s/%s is of %v, root %q", o.Kind, o.Name, o.File, o.Root)
		}
	}
	return out, problems
}

// describe lists the nodes of an object, one a line: kind/name and path, value, line, precision, and "=" where there is a source.
func describe(n *manifest.Node, path string, out map[string]string) {
	value := n.Value
	switch n.Kind {
	case manifest.Mapping:
		value = "{}"
	case manifest.Sequence:
		value = "[]"
	}
	line := fmt.Sprintf("%s %s %d %s", path, strings.ReplaceAll(value, "\n", "¶"), n.Span.Start.Line, n.Precision())
	if n.Origin.Source != nil {
		line += " ="
	}
	out[path] = line
	for _, p := range n.Pairs {
		describe(p.Value, path+"."+p.Key.Value, out)
	}
	for i, item := range n.Items {
		describe(item, fmt.Sprintf("%s[%d]", path, i), out)
	}
}

func hold(t *testing.T, f *manifest.File, n, parent *manifest.Node) {
	t.Helper()
	start, end := n.Span.Start, n.Span.End
	switch s := n.Written(); {
	case n.Parent != parent:
		t.Fatalf("the parent of %q is not the node above", n.Value)
	case n.File != f || n.Origin == nil:
		t.Fatalf("%q has no place", n.Value)
	case start.Offset < 0 || end.Offset < start.Offset || end.Offset > len(f.Data) || f.PosAt(start.Offset) != start || f.PosAt(end.Offset) != end:
		t.Fatalf("%q: the span %v is none of the file", n.Value, n.Span)
	case s != nil && (s.Kind != n.Kind || s.File != f || s.Origin != nil || n.Precision() != manifest.Exact):
		t.Fatalf("%q has a source of another kind", n.Value)
	case s != nil && n.Kind == manifest.Scalar && !manifest.Equal(n, s) && !(n.IsNull() && s.IsNull()):
		t.Fatalf("%q has a source of another value, %q", n.Value, s.Value)
	}
	for _, p := range n.Pairs {
		hold(t, f, p.Key, n)
		hold(t, f, p.Value, n)
	}
	for _, item := range n.Items {
		hold(t, f, item, n)
	}
}

func expect(t *testing.T, text, want string) {
	t.Helper()
	made, problems := objects(t, text)
	if len(problems) > 0 {
		t.Fatalf("not read: %s", problems[0].Message)
	}
	is := map[string]string{}
	for _, o := range made {
		describe(o.Node, o.Kind+"/"+o.Name, is)
	}
	for _, line := range strings.Split(strings.TrimSpace(want), "\n") {
		line = strings.TrimSpace(line)
		path := strings.Fields(line)[0]
		if absent, ok := strings.CutPrefix(path, "!"); ok {
			if is[absent] != "" {
				t.Errorf("%s is there", absent)
			}
			continue
		}
		if is[path] != line {
			t.Errorf("a node\n got %s\nwant %s", is[path], line)
		}
	}
}

const head = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: web}
spec:
  chart: {spec: {chart: app-template, version: 3.5.1}}
  values:
`

const newest = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: web}
spec:
  chartRef: {kind: OCIRepository, name: app-template}
  values:
`

const body = `    defaultPodOptions:
      securityContext: {runAsUser: 1000}
      hostNetwork: true
    controllers:
      shop:
        replicas: 2
        pod:
          hostNetwork: false
          annotations: {a: b}
        initContainers:
          migrate:
            dependsOn: fetch
            image: {repository: shop/migrate, tag: "1"}
          fetch:
            image: {repository: shop/fetch, tag: "1"}
        containers:
          app:
            image:
              repository: shop/app
              tag: 1.2
            args: serve
            command: [app, -v]
            env:
              TZ: UTC
              PORT: &port 8080
              HOST: '{{ .Release.Name }}.local'
              SECRET:
                valueFrom: {secretKeyRef: {name: s, key: k}}
              ODD: '{{ include "x" . }}'
            envFrom:
            - secretRef: {name: '{{ .Release.Name }}-secret'}
            probes:
              readiness: {enabled: true, type: HTTP, path: /ready}
              liveness:
                enabled: true
                custom: true
                spec: {exec: {command: [check]}}
              startup: {enabled: false}
            resources: &small
              limits: {memory: 1Gi}
          shipper:
            image: {repository: fluent/fluent-bit, tag: "3.0"}
            env:
            - {name: LEVEL, value: info}
            resources: *small
          debug:
            enabled: false
            image: {repository: busybox, tag: "1"}
    service:
      shop:
        controller: shop
        ports:
          http: {port: *port, protocol: HTTP}
          metrics: {port: 9000, targetPort: 9001}
          off: {enabled: false, port: 1}
    persistence:
      cache:
        type: emptyDir
      logs:
        type: emptyDir
        sizeLimit: 1Gi
        advancedMounts:
          shop:
            app:
            - path: /var/log/app
            shipper:
            - path: /logs
              readOnly: true
      data:
        existingClaim: '{{ .Release.Name }}-data'
        globalMounts:
        - path: /data
          subPath: a
        - subPath: b
      settings:
        type: configMap
        identifier: settings
        advancedMounts: {shop: {app: [{path: /etc/app}]}}
      gone: {enabled: false, type: emptyDir}
      elsewhere:
        type: emptyDir
        advancedMounts: {other: {app: [{path: /x}]}}
    configMaps:
      settings:
        data: {a.conf: "x=1"}
      odd:
        data: {b.conf: '{{ .Values.x }}'}
`

func TestReadsAController(t *testing.T) {
	expect(t, head+body, `
Deployment/shop {} 11 enclosing
Deployment/shop.metadata.name shop 11 exact
Deployment/shop.metadata.namespace web 11 enclosing
Deployment/shop.spec.replicas 2 12 exact =
Deployment/shop.spec.strategy.type Recreate 11 enclosing
Deployment/shop.spec.selector.matchLabels.app.kubernetes.io/component shop 11 enclosing
Deployment/shop.spec.template.metadata.annotations.a b 15 exact =
Deployment/shop.spec.template.spec.hostNetwork false 14 exact =
Deployment/shop.spec.template.spec.securityContext.runAsUser 1000 8 exact =
Deployment/shop.spec.template.spec.initContainers[0].name fetch 20 exact
Deployment/shop.spec.template.spec.initContainers[1].name migrate 17 exact
Deployment/shop.spec.template.spec.containers [] 23 exact
Deployment/shop.spec.template.spec.containers[0] {} 24 exact =
Deployment/shop.spec.template.spec.containers[0].name app 23 exact
Deployment/shop.spec.template.spec.containers[0].image shop/app:1.2 25 exact
Deployment/shop.spec.template.spec.containers[0].args[0] serve 27 exact =
Deployment/shop.spec.template.spec.containers[0].command[1] -v 28 exact =
Deployment/shop.spec.template.spec.containers[0].env[0].name HOST 32 exact
Deployment/shop.spec.template.spec.containers[0].env[0].value shop.local 32 exact
Deployment/shop.spec.template.spec.containers[0].env[1].name ODD 35 exact
!Deployment/shop.spec.template.spec.containers[0].env[1].value
Deployment/shop.spec.template.spec.containers[0].env[2].value 8080 31 exact
Deployment/shop.spec.template.spec.containers[0].env[3].valueFrom.secretKeyRef.name s 34 exact =
Deployment/shop.spec.template.spec.containers[0].env[4].value UTC 30 exact =
Deployment/shop.spec.template.spec.containers[0].envFrom[0].secretRef.name shop-secret 37 exact
Deployment/shop.spec.template.spec.containers[0].readinessProbe.httpGet.port 8080 59 exact
Deployment/shop.spec.template.spec.containers[0].readinessProbe.httpGet.path /ready 39 exact =
Deployment/shop.spec.template.spec.containers[0].readinessProbe.periodSeconds 10 39 exact
Deployment/shop.spec.template.spec.containers[0].livenessProbe.exec.command[0] check 43 exact =
!Deployment/shop.spec.template.spec.containers[0].startupProbe
Deployment/shop.spec.template.spec.containers[0].resources.limits.memory 1Gi 46 exact =
Deployment/shop.spec.template.spec.containers[1].name shipper 47 exact
Deployment/shop.spec.template.spec.containers[1].env[0] {} 50 exact =
Deployment/shop.spec.template.spec.containers[1].env[0].value info 50 exact =
Deployment/shop.spec.template.spec.containers[1].resources {} 51 exact =
Deployment/shop.spec.template.spec.containers[1].resources.limits.memory 1Gi 46 exact =
!Deployment/shop.spec.template.spec.containers[2]
Service/shop.spec.selector.app.kubernetes.io/component shop 56 enclosing
Service/shop.spec.ports[0].name http 59 exact
Service/shop.spec.ports[0].port 8080 59 exact =
Service/shop.spec.ports[0].protocol TCP 59 enclosing
Service/shop.spec.ports[1].targetPort 9001 60 exact =
!Service/shop.spec.ports[2]
ConfigMap/shop-settings.data.a.conf x=1 91 exact =
!ConfigMap/shop-odd
`)
}

func TestReadsVolumes(t *testing.T) {
	expect(t, head+body, `
Deployment/shop.spec.template.spec.volumes[0].name cache 63 exact
Deployment/shop.spec.template.spec.volumes[0].emptyDir {} 64 exact =
Deployment/shop.spec.template.spec.volumes[1].persistentVolumeClaim.claimName shop-data 76 exact
Deployment/shop.spec.template.spec.volumes[2].emptyDir.sizeLimit 1Gi 67 exact =
Deployment/shop.spec.template.spec.volumes[3].configMap.name shop-settings 83 exact
!Deployment/shop.spec.template.spec.volumes[4]
Deployment/shop.spec.template.spec.containers[0].volumeMounts[0].mountPath /cache 63 exact
Deployment/shop.spec.template.spec.containers[0].volumeMounts[1].mountPath /data 78 exact
Deployment/shop.spec.template.spec.containers[0].volumeMounts[1].subPath a 79 exact
Deployment/shop.spec.template.spec.containers[0].volumeMounts[2].mountPath /data 78 exact
Deployment/shop.spec.template.spec.containers[0].volumeMounts[3].mountPath /var/log/app 71 exact =
Deployment/shop.spec.template.spec.containers[0].volumeMounts[4].mountPath /etc/app 84 exact =
Deployment/shop.spec.template.spec.containers[1].volumeMounts[3].name logs 65 exact
Deployment/shop.spec.template.spec.containers[1].volumeMounts[3].readOnly true 74 exact =
!Deployment/shop.spec.template.spec.containers[1].volumeMounts[4]
`)
}

func TestKnowsTheNamesOfEachVersion(t *testing.T) {
	two := `    controllers:
      main: {containers: {main: {image: {repository: a, tag: b}}}}
      worker: {containers: {main: {image: {repository: a, tag: b}}}}
    service:
      main: {ports: {http: {port: 80}}}
      worker: {controller: worker, ports: {http: {port: 81}}}
    persistence:
      data: {size: 1Gi, accessMode: ReadWriteOnce}
`
	for version, want := range map[string]string{
		"version: 2.4.0": `
Deployment/shop.spec.template.spec.volumes[0].persistentVolumeClaim.claimName shop-data 14 exact
Deployment/shop.spec.template.spec.containers[0].startupProbe.failureThreshold 30 8 enclosing
Deployment/shop-worker.spec.template.spec.containers[0].name main 9 exact
!Deployment/shop-worker.spec.template.spec.containers[0].startupProbe
Service/shop.spec.ports[0].port 80 11 exact =
Service/shop.spec.selector.app.kubernetes.io/component main 11 enclosing
Service/shop-worker.spec.ports[0].port 81 12 exact =`,
		"version: 3.x": `
Deployment/shop-main.spec.template.spec.volumes[0].persistentVolumeClaim.claimName shop-data 14 exact
!Deployment/shop-main.spec.template.spec.containers[0].startupProbe
Deployment/shop-worker.spec.template.spec.containers[0].name main 9 exact
Service/shop-worker.spec.ports[0].port 81 12 exact =`,
		"version: ~4.1": `
Deployment/shop-main.spec.template.spec.volumes[0].persistentVolumeClaim.claimName shop 14 exact
Deployment/shop-worker.spec.selector.matchLabels.app.kubernetes.io/controller worker 9 enclosing
Service/shop-worker.spec.ports[0].port 81 12 exact =`,
	} {
		t.Run(version, func(t *testing.T) {
			expect(t, strings.Replace(head, "version: 3.5.1", version, 1)+two, want)
		})
	}
}

func TestReadsEveryKindOfController(t *testing.T) {
	expect(t, newest+`    fullnameOverride: store
    defaultPodOptionsStrategy: merge
    defaultPodOptions: {securityContext: {runAsUser: 1, fsGroup: 2}}
    controllers:
      agent: {type: daemonset, containers: {app: {image: {repository: a, tag: b}}}}
      db:
        type: statefulset
        pod: {securityContext: {runAsUser: 3}}
        statefulset:
          volumeClaimTemplates:
          - {name: data, size: 1Gi, accessMode: ReadWriteOnce, advancedMounts: {app: [{path: /db}]}}
        containers: {app: {image: {repository: a, tag: '{{ .Values.tag }}'}}}
      tidy:
        type: cronjob
        cronjob: {schedule: "@daily", backoffLimit: 1}
        defaultContainerOptions: {resources: {limits: {cpu: 1}}}
        containers: {app: {image: {repository: a, tag: b}}}
      once: {type: job, containers: {app: {nameOverride: first, image: {repository: a, tag: b}}}}
      off: {enabled: false}
`, `
DaemonSet/store-agent.spec.template.spec.containers[0].image a:b 11 exact
!DaemonSet/store-agent.spec.replicas
StatefulSet/store-db.spec.serviceName store 12 enclosing
StatefulSet/store-db.spec.volumeClaimTemplates[0].metadata.name data 17 exact =
StatefulSet/store-db.spec.template.spec.containers[0].volumeMounts[0].mountPath /db 17 exact =
StatefulSet/store-db.spec.template.spec.securityContext.runAsUser 3 14 exact =
StatefulSet/store-db.spec.template.spec.securityContext.fsGroup 2 9 exact =
!StatefulSet/store-db.spec.template.spec.containers[0].image
CronJob/store-tidy.spec.schedule @daily 21 exact =
CronJob/store-tidy.spec.jobTemplate.spec.backoffLimit 1 21 exact =
CronJob/store-tidy.spec.jobTemplate.spec.template.spec.restartPolicy Never 19 enclosing
CronJob/store-tidy.spec.jobTemplate.spec.template.spec.containers[0].resources.limits.cpu 1 22 exact =
Job/store-once.spec.template.spec.containers[0].name first 24 exact
`)
}

func TestLeavesAloneWhatItCannotRead(t *testing.T) {
	container := "containers: {app: {image: {repository: a, tag: b}}}"
	for name, test := range map[string]struct{ text, why string }{
		"no values":              {strings.TrimSuffix(head, "  values:\n"), "there are none"},
		"the first version":      {strings.Replace(head, "3.5.1", "1.5.1", 1) + "    controllers: {main: {" + container + "}}\n", "not those of app-template"},
		"another schema":         {head + "    image: {repository: a}\n", "not those of app-template"},
		"values from elsewhere":  {head + "    controllers: {main: {" + container + "}}\n  valuesFrom: [{kind: Secret, name: a}]\n", "comes from elsewhere"},
		"changed afterwards":     {head + "    controllers: {main: {" + container + "}}\n  postRenderers: [{kustomize: {}}]\n", "changed afterwards"},
		"a loop of dependencies": {head + "    controllers: {main: {containers: {a: {dependsOn: b}, b: {dependsOn: a}}}}\n", "depends on"},
		"no container":           {head + "    controllers: {main: {containers: {}}}\n", "has no container"},
		"no such type":           {head + "    controllers: {main: {type: pod, " + container + "}}\n", `no type "pod"`},
		"too many nodes":         {"", "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			text := test.text
			if name == "too many nodes" { // anchors stand before their aliases
				text = head + "    x:\n" + bomb + "    defaultPodOptions: {tolerations: *g}\n    controllers: {main: {" + container + "}}\n"
			}
			made, problems := objects(t, text)
			if len(made) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Message, test.why) {
				t.Errorf("%d objects, problems %v; want one that says %q", len(made), problems, test.why)
			}
		})
	}
}

const bomb = `      a: &a [x, x, x, x, x, x, x, x, x, x]
      b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
      c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
      d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
      e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
      g: &g [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
`

func FuzzObjects(f *testing.F) {
	f.Add([]byte(head + body))
	f.Add([]byte(newest + body))
	f.Add([]byte(strings.Replace(head, "3.5.1", "2.0.0", 1) + body))
	f.Add([]byte(head + "    x:\n" + bomb + "    controllers: {main: {containers: {a: {image: {repository: a, tag: b}, args: *g}}}}\n"))
	f.Add([]byte(head + "    controllers: {&a a: {<<: *a, containers: {a: {env: [a, {name: b}], image: *a, probes: [], envFrom: [{secretRef: a}, b]}}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := manifest.Parse("apps/shop.yaml", data)
		for _, o := range file.Objects {
			made, _ := library.Objects("shop", o)
			for _, m := range made {
				hold(t, file, m.Node, nil)
			}
		}
	})
}
