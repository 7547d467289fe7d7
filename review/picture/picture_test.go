package picture_test

import (
	"encoding/xml"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review/picture"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

func state(documents ...string) *analysis.State {
	return analysis.NewState([]*manifest.File{manifest.Parse("a.yaml", []byte(strings.Join(documents, "\n---\n")))})
}

// workload is a Deployment or another apps kind with a Pod spec in flow style.
func workload(kind, name, spec string) string {
	return fmt.Sprintf("apiVersion: apps/v1\nkind: %s\nmetadata: {name: %q}\nspec:\n  template:\n    metadata: {labels: {app: %q}}\n    spec: %s", kind, name, name, spec)
}

func about(kind, name, container string, related ...string) analysis.Finding {
	f := analysis.Finding{Rule: "r", Severity: analysis.Warning, Object: analysis.Object{Kind: kind, Name: name}, Container: container, Place: analysis.Place{Path: "a.yaml"}}
	for _, r := range related {
		kind, name, _ := strings.Cut(r, "/")
		f.Related = append(f.Related, analysis.Related{Object: analysis.Object{Kind: kind, Name: name}, Place: analysis.Place{Path: "a.yaml"}})
	}
	return f
}

const service = "apiVersion: v1\nkind: Service\nmetadata: {name: redis}\nspec: {selector: {app: redis}, ports: [{port: 6379}]}"

func TestPictureShowsWhatJoinsContainers(t *testing.T) {
	web := workload("Deployment", "web", `{containers: [{name: web, image: acme/web, volumeMounts: [{name: logs, mountPath: /l}]}], volumes: [{name: logs, persistentVolumeClaim: {claimName: logs}}]}`)
	shipper := workload("Deployment", "shipper", `{containers: [{name: fluent-bit, image: fluent/fluent-bit, volumeMounts: [{name: l, mountPath: /l}]}], volumes: [{name: l, persistentVolumeClaim: {claimName: logs}}]}`)
	merged := workload("Deployment", "web", `{initContainers: [{name: fluent-bit, image: fluent/fluent-bit, restartPolicy: Always, volumeMounts: [{name: logs, mountPath: /l}]}, {name: migrate, image: acme/web}],
      containers: [{name: web, image: acme/web, volumeMounts: [{name: logs, mountPath: /l}]}], volumes: [{name: logs, emptyDir: {}}]}`)
	redis := workload("StatefulSet", "redis", `{containers: [{name: redis, image: redis, ports: [{containerPort: 6379}]}]}`)
	exporter := workload("Deployment", "exporter", `{containers: [{name: exporter, image: oliver006/redis_exporter, env: [{name: REDIS_ADDR, value: "redis://user:pass@redis:6379"}]}]}`)
	both := workload("StatefulSet", "redis", `{containers: [{name: redis, image: redis, ports: [{containerPort: 6379}]}, {name: exporter, image: oliver006/redis_exporter, env: [{name: REDIS_ADDR, value: "redis://redis:6379"}]}]}`)
	local := workload("Deployment", "app", `{containers: [{name: app, image: acme/app, ports: [{containerPort: 8080}]}, {name: proxy, image: quay.io/oauth2-proxy/oauth2-proxy, args: ["--upstream=http://localhost:8080"]}]}`)
	config := workload("Deployment", "two", `{containers: [{name: one, image: acme/one, volumeMounts: [{name: c, mountPath: /c}]}, {name: two, image: acme/two, volumeMounts: [{name: c, mountPath: /c}]}], volumes: [{name: c, configMap: {name: c}}]}`)
	for _, tt := range []struct {
		name          string
		before, after *analysis.State
		came, went    []analysis.Finding
		was, is       string
	}{
		{"shared claim", state(web), state(web, shipper), []analysis.Finding{about("Deployment", "shipper", "fluent-bit", "Deployment/web")}, nil,
			"Deployment/web[web:app]", "Deployment/shipper[fluent-bit:log-shipper!] Deployment/web[web:app] web and fluent-bit share claim logs"},
		{"merged", state(web, shipper), state(merged), nil, []analysis.Finding{about("Deployment", "shipper", "fluent-bit", "Deployment/web")},
			"Deployment/shipper[fluent-bit:log-shipper!] Deployment/web[web:app] web and fluent-bit share claim logs",
			"Deployment/web[fluent-bit:log-shipper* migrate:init web:app] web and fluent-bit share emptyDir logs"},
		{"upstream in another Pod, without its password", state(redis, service), state(redis, service, exporter), []analysis.Finding{about("Deployment", "exporter", "exporter", "StatefulSet/redis")}, nil,
			"StatefulSet/redis[redis:app]", "Deployment/exporter[exporter:metrics-exporter!] StatefulSet/redis[redis:app] exporter reaches redis at redis:6379"},
		{"upstream in the Pod", state(), state(local), []analysis.Finding{about("Deployment", "app", "")}, nil, "", "Deployment/app[app:app proxy:proxy] proxy reaches app at localhost"},
		{"its own Service", state(), state(service, both), []analysis.Finding{about("StatefulSet", "redis", "")}, nil, "", "StatefulSet/redis[redis:app exporter:metrics-exporter] exporter reaches redis at localhost"},
		{"ConfigMaps join nobody", state(), state(config), []analysis.Finding{about("Deployment", "two", "")}, nil, "", "Deployment/two[one:app two:app]"},
		{"others are not drawn", state(web), state(web, shipper), []analysis.Finding{about("Deployment", "shipper", "")}, nil, "", "Deployment/shipper[fluent-bit:log-shipper]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := picture.Draw(tt.before, tt.after, nil, tt.came, tt.went)
			if got := text(p.Before); got != tt.was {
				t.Errorf("before: got  %s\nwant %s", got, tt.was)
			}
			if got := text(p.After); got != tt.is {
				t.Errorf("after: got  %s\nwant %s", got, tt.is)
			}
		})
	}
}

// text writes a side for comparison: * marks a native sidecar, ! what a finding is about.
func text(s picture.Side) string {
	var out []string
	for _, p := range s.Pods {
		var names []string
		for _, c := range p.Containers {
			name := c.Name + ":" + c.Role
			if c.Native {
				name += "*"
			}
			if c.Marked {
				name += "!"
			}
			if c.More > 0 {
				name = fmt.Sprintf("+%d", c.More)
			}
			names = append(names, name)
		}
		out = append(out, p.Name+"["+strings.Join(names, " ")+"]")
	}
	return strings.Join(append(out, s.Sentences()...), " ")
}

func TestPictureHasAtMostTwentyNodes(t *testing.T) {
	var documents []string
	var found []analysis.Finding
	for i := range 30 {
		var list []string
		for c := range i%9 + 1 {
			list = append(list, fmt.Sprintf("{name: c%d, image: acme/c%d}", c, c))
		}
		documents = append(documents, workload("Deployment", fmt.Sprintf("d%d", i), "{containers: ["+strings.Join(list, ", ")+"]}"))
		found = append(found, about("Deployment", fmt.Sprintf("d%d", i), fmt.Sprintf("c%d", i%9)))
	}
	slices.Reverse(found)
	p := picture.Draw(state(documents[:10]...), state(documents...), nil, found, nil)
	nodes, marked := 0, 0
	for _, pod := range append(p.Before.Pods, p.After.Pods...) {
		nodes += len(pod.Containers)
		for _, c := range pod.Containers {
			if c.Marked {
				marked++
			}
		}
	}
	if nodes > 20 || nodes < 15 || p.Left+len(p.After.Pods) != 30 {
		t.Errorf("%d nodes, %d workloads left out, %d drawn", nodes, p.Left, len(p.After.Pods))
	}
	if marked != len(p.After.Pods) {
		t.Errorf("%d of %d Pods show what their finding is about", marked, len(p.After.Pods))
	}
	if strings.Count(p.Mermaid(), "<br/>")+strings.Count(p.Mermaid(), "more\"]") != nodes {
		t.Errorf("not every node is in\n%s", p.Mermaid())
	}
}

func TestPictureThatShowsNothingIsLeftOut(t *testing.T) {
	one := workload("Deployment", "one", `{containers: [{name: a, image: acme/a}]}`)
	two := workload("Deployment", "two", `{containers: [{name: a, image: acme/a}, {name: b, image: acme/b}]}`)
	wider := workload("Deployment", "two", `{containers: [{name: a, image: acme/a}, {name: b, image: acme/b}, {name: c, image: acme/c}]}`)
	for _, tt := range []struct {
		name          string
		before, after *analysis.State
		found         analysis.Finding
		empty         bool
	}{
		{"nothing found", state(), state(one), analysis.Finding{}, true},
		{"no workload", state(), state(service), about("Service", "redis", ""), true},
		{"one container", state(), state(one), about("Deployment", "one", "a"), true},
		{"same Pods as before", state(two), state(two), about("Deployment", "two", "a"), true},
		{"two containers came", state(), state(two), about("Deployment", "two", "a"), false},
		{"a container more", state(two), state(wider), about("Deployment", "two", "c"), false},
	} {
		p := picture.Draw(tt.before, tt.after, nil, []analysis.Finding{tt.found}, nil)
		if p.Empty() != tt.empty || (p.Mermaid() == "") != tt.empty {
			t.Errorf("%s: empty is %t:\n%s", tt.name, p.Empty(), p.Mermaid())
		}
	}
}

// TestSVGEscapesAndFitsItsBox: no name is markup or sticks out, whatever its length.
func TestSVGEscapesAndFitsItsBox(t *testing.T) {
	for _, name := range append(slices.Clone(hostile), strings.Repeat("wide", 50)) {
		svg := pictureOf(name).After.SVG()
		for text := range strings.SplitSeq(svg, "</text>") {
			_, text, _ = strings.Cut(text, "<text")
			_, text, _ = strings.Cut(text, ">")
			if shown := html.UnescapeString(text); len([]rune(shown)) > 34 {
				t.Errorf("%q: %q does not fit", name, shown)
			}
		}
		if err := xml.Unmarshal([]byte(svg), new(any)); err != nil {
			t.Errorf("%q: %v in %s", name, err, svg)
		}
		if strings.Contains(svg, "<img") || strings.Contains(svg, "<script") || strings.Contains(svg, "\u202e") {
			t.Errorf("%q is markup in %s", name, svg)
		}
	}
}
