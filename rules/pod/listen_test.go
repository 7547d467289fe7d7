package pod_test

import (
	"slices"
	"testing"
)

func TestListens(t *testing.T) {
	tests := []struct {
		name, flow string
		want       []int
	}{
		{"declared", `{ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}`, []int{80}},
		{"flag with its value", `{args: ["--http-address=0.0.0.0:4180"]}`, []int{4180}},
		{"flag and value", `{args: ["--web.listen-address", ":9121"]}`, []int{9121}},
		{"URL", `{args: ["--http-address=http://:4180"]}`, []int{4180}},
		{"IPv6", `{args: ["--bind=[::]:4180"]}`, []int{4180}},
		{"port alone", `{args: ["--listen-port=4180"]}`, []int{4180}},
		{"environment", `{env: [{name: OAUTH2_PROXY_HTTP_ADDRESS, value: "0.0.0.0:4180"}]}`, []int{4180}},
		{"variable", `{args: ["--bind=:$(PORT)"], env: [{name: PORT, value: "81"}]}`, []int{81}},
		{"each once", `{ports: [{containerPort: 80}], args: ["--bind=:80"]}`, []int{80}},
		{"an address to call", `{args: ["--upstream=http://web:80", "--redis.addr=cache:6379"]}`, nil},
		{"a word that holds bind", `{args: ["--rebinding=:80", "--bindings=:81"]}`, nil},
		{"no port", `{args: ["--bind=localhost", "--listen", "--bind="]}`, nil},
		{"too large", `{args: ["--bind=:70000"]}`, nil},
		{"from a Secret", `{env: [{name: BIND, valueFrom: {secretKeyRef: {name: a, key: b}}}]}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := container(t, tt.flow).Listens(); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
