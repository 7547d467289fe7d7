package pod_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
)

func TestReferences(t *testing.T) {
	arg := func(words string) string { return `{name: a, image: a, args: [` + words + `]}` }
	env := func(name, value string) string {
		return `{name: a, image: a, env: [{name: ` + name + `, value: ` + value + `}]}`
	}
	sh := func(script string) string { return `{name: a, image: a, command: [sh, -c, ` + script + `]}` }
	tests := []struct {
		name, flow string
		want       []string // key host port scheme text
	}{
		{"flag with its value", arg(`"--redis.addr=redis://cache:6379"`), []string{"redis-addr cache 6379 redis redis://cache:6379"}},
		{"one dash", arg(`"-redis.addr=cache:6379"`), []string{"redis-addr cache 6379  =cache:6379"}},
		{"flag and value", arg(`--es.uri, "http://search:9200"`), []string{"es-uri search 9200 http http://search:9200"}},
		{"flag and host", arg(`--upstream-host, web`), []string{"upstream-host web 0  web"}},
		{"bare argument", arg(`"web:8080"`), []string{" web 8080  web:8080"}},
		{"bare URL", arg(`"-varz", "http://nats"`), []string{"varz nats 0 http http://nats"}},
		{"path behind", arg(`"--scrape-uri=http://web/status?auto"`), []string{"scrape-uri web 0 http http://web"}},
		{"several behind commas", arg(`"--servers=a:1,b:2"`), []string{"servers a 1  =a:1", "servers b 2  ,b:2"}},
		{"absolute name", arg(`"--addr=cache.shop.svc.cluster.local.:6379"`), []string{"addr cache.shop.svc.cluster.local 6379  =cache.shop.svc.cluster.local.:6379"}},
		{"capitals", env("URL", `"HTTP://Web:80"`), []string{"url web 80 http HTTP://Web:80"}},
		{"variable", env("REDIS_ADDR", `"redis://cache:6379"`), []string{"redis-addr cache 6379 redis redis://cache:6379"}},
		{"variable that names a host", env("DB_HOST", "db"), []string{"db-host db 0  db"}},
		{"variable of another purpose", env("MODE", "db"), nil},
		{"credentials", env("DATABASE_URL", `"postgres://u:p@db:5432/x"`), []string{"database-url db 5432 postgres postgres://u:p@db:5432"}},
		{"Go's DSN", env("DATA_SOURCE_NAME", `"u:p@(db:3306)/"`), []string{"data-source-name db 3306  @(db:3306"}},
		{"Go's DSN with tcp", env("DATA_SOURCE_NAME", `"u:p@tcp(db:3306)/x"`), []string{"data-source-name db 3306  @tcp(db:3306"}},
		{"words of libpq", env("DATA_SOURCE_NAME", `"host=db port=5432 user=u"`), []string{"data-source-name db 0  host=db"}},
		{"script", sh(`"exporter --redis.addr redis://cache:6379 --debug"`), []string{"redis-addr cache 6379 redis redis://cache:6379"}},
		{"assignment in a script", sh(`"exporter --redis.addr=cache:6379"`), []string{"redis-addr cache 6379  =cache:6379"}},
		{"wait in a script", sh(`"until nc -z db:5432; do sleep 1; done"`), []string{"z db 5432  db:5432"}},
		{"variable in an argument", `{name: a, image: a, args: ["--redis.addr=$(ADDR)"], env: [{name: ADDR, value: "redis://cache:6379"}]}`,
			[]string{"redis-addr cache 6379 redis redis://cache:6379", "addr cache 6379 redis redis://cache:6379"}},
		{"host in a part of an argument", `{name: a, image: a, args: ["--redis.addr=redis://$(H):6379"], env: [{name: H, value: cache}]}`,
			[]string{"redis-addr cache 6379 redis redis://cache:6379"}},
		{"unknown variable", arg(`"--redis.addr=$(ADDR)"`), nil},
		{"escaped variable", `{name: a, image: a, args: ["--redis.addr=$$(ADDR)"], env: [{name: ADDR, value: cache}]}`, []string{"addr cache 0  cache"}},
		{"from a Secret", `{name: a, image: a, env: [{name: REDIS_ADDR, valueFrom: {secretKeyRef: {name: a, key: b}}}]}`, nil},
		{"this Pod", arg(`"--upstream=http://localhost:8080"`), nil},
		{"loopback", arg(`"--upstream=http://127.0.0.1:8080"`), nil},
		{"any address", arg(`"--http-address=0.0.0.0:4180"`), nil},
		{"port alone", arg(`"--listen=:8080"`), nil},
		{"static answer", arg(`"--upstream=static://202"`), nil},
		{"file", arg(`"--upstream=file:///dev/null"`), nil},
		{"socket without a slash", env("WEB_URL", `"unix://web"`), nil},
		{"socket", env("DOCKER_HOST", `"unix:///var/run/docker.sock"`), nil},
		{"switch", arg(`"--metrics-addr=true"`), nil},
		{"image with a tag", arg(`"--image=nginx:1.27"`), nil},
		{"port out of range", arg(`"--addr=cache:99999"`), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range pod.References(container(t, tt.flow)) {
				got = append(got, fmt.Sprintf("%s %s %d %s %s", r.Key, r.Host, r.Port, r.Scheme, r.Text))
				if r.Node == nil || r.From == "" {
					t.Errorf("a reference without a place: %+v", r)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
}

// FuzzReferences: values come from anybody; what is read from them is a part of them.
func FuzzReferences(f *testing.F) {
	for _, seed := range []string{"redis://u:p@cache:6379/0", "u:p@(db:3306)/", "host=db port=1", "a:1,b:2", "$(A)", "--x=y", "http://[::1]:80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		c := container(t, `{command: [sh, -c, script], args: [--flag, value, last], env: [{name: DB_HOST, value: db}]}`)
		for _, n := range append(c.Words()[2:], c.Env[0].Value) {
			n.Value = value
		}
		for _, r := range pod.References(c) {
			if r.Host == "" || r.Port < 0 || r.Port > 65535 {
				t.Errorf("%q: %+v", value, r)
			}
		}
	})
}
