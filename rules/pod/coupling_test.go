package pod

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

// coupled returns how the containers of a Pod hang together: groups, then the kinds of coupling.
func coupled(t *testing.T, containers string) string {
	t.Helper()
	f := manifest.Parse("a.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"+containers))
	if len(f.Objects) != 1 {
		t.Fatalf("%+v", f.Problems)
	}
	all := CouplingsOf(WorkloadOf(f.Objects[0]), Surroundings{ConfigMap: func(string) *ConfigMap { return nil }})
	var groups, kinds []string
	for _, group := range all.Groups() {
		var names []string
		for _, c := range group {
			names = append(names, c.Name)
		}
		groups = append(groups, strings.Join(names, "+"))
	}
	for _, c := range all.All {
		if c.Text == "" || c.Node == nil || len(all.Between(c.B, c.A)) == 0 {
			t.Errorf("%+v", c)
		}
		kinds = append(kinds, string(c.Kind))
	}
	slices.Sort(kinds)
	return strings.Join(append([]string{strings.Join(groups, " ")}, slices.Compact(kinds)...), ", ")
}

func TestContainersHangTogether(t *testing.T) {
	const a, b, c = "  - {name: a, image: r.io/x/a:1, ports: [{containerPort: 1000}]}\n", "  - {name: b, image: r.io/y/b:1, ports: [{containerPort: 2000}]}\n", "  - {name: c, image: r.io/z/c:1, ports: [{containerPort: 3000}]}\n"
	for name, tc := range map[string]struct{ containers, want string }{
		"not at all":                     {a + b, "a b"},
		"a port of the other":            {a + strings.Replace(b, "y/b:1", "y/b:1, env: [{name: U, value: 'http://localhost:1000'}]", 1) + c, "a+b c, localhost"},
		"an unknown port: any of them":   {a + strings.Replace(b, "y/b:1", "y/b:1, args: ['--db=127.0.0.1:5432']", 1) + c, "a+b+c, localhost"},
		"without a port: any of them":    {a + strings.Replace(b, "y/b:1", "y/b:1, env: [{name: H, value: localhost}]", 1), "a+b, localhost"},
		"through a third one":            {strings.Replace(a, "x/a:1", "x/a:1, args: ['localhost:3000']", 1) + strings.Replace(b, "y/b:1", "y/b:1, args: ['[::1]:3000']", 1) + c, "a+b+c, localhost"},
		"itself":                         {a + strings.Replace(b, "y/b:1", "y/b:1, args: ['--listen=localhost:2000']", 1), "a b"},
		"a probe of its own":             {a + strings.Replace(b, "y/b:1", "y/b:1, livenessProbe: {exec: {command: [wget, localhost]}}", 1), "a b"},
		"a hook of its own":              {a + strings.Replace(b, "y/b:1", "y/b:1, lifecycle: {postStart: {exec: {command: [wget, localhost]}}}", 1), "a b"},
		"a probe of the other":           {a + strings.Replace(b, "y/b:1", "y/b:1, livenessProbe: {tcpSocket: {port: 1000}}", 1), "a+b, localhost"},
		"names that only look like it":   {a + strings.Replace(b, "y/b:1", "y/b:1, args: [my-localhost, localhost.example.com, 10.127.0.0.1]", 1), "a b"},
		"one release":                    {a + strings.Replace(b, "r.io/y/b:1", "r.io/x/b:1", 1), "a+b, image"},
		"one release by digest":          {a + strings.Replace(b, "r.io/y/b:1", "'r.io/x/b:1@sha256:00'", 1), "a+b, image"},
		"another version":                {a + strings.Replace(b, "r.io/y/b:1", "r.io/x/b:2", 1), "a b"},
		"no version":                     {strings.Replace(a, "x/a:1", "x/a", 1) + strings.Replace(b, "y/b:1", "x/b", 1), "a b"},
		"Docker Hub's library":           {strings.Replace(a, "r.io/x/a:1", "docker.io/library/httpd:2", 1) + strings.Replace(b, "r.io/y/b:1", "docker.io/library/tomcat:2", 1), "a b"},
		"a data store":                   {a + strings.Replace(b, "y/b:1", "y/postgres:17", 1), "a+b, localhost"},
		"two data stores":                {strings.Replace(a, "x/a:1", "x/mysql:8", 1) + strings.Replace(b, "y/b:1", "y/postgres:17", 1), "a b"},
		"a name that starts like itself": {a + strings.Replace(b, "y/b:1", "y/redis-ui:1", 1), "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := coupled(t, tc.containers); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// A ConfigMap may name ten thousand ports, and each of a thousand Pods reads it.
func TestConfigMapsAreReadInBounds(t *testing.T) {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n"
	for port := range 10_000 {
		text += fmt.Sprintf("    localhost:%d\n", port+1)
	}
	m := ConfigMapOf(manifest.Parse("a.yaml", []byte(text)).Objects[0])
	if n := len(m.loopbacks); n != mostPorts+1 || m.loopbacks[n-1].port != "" {
		t.Errorf("%d ports are kept, the last one %q", n, m.loopbacks[n-1].port)
	}
}
