package pod_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
)

func TestBinds(t *testing.T) {
	for _, tt := range []struct{ name, container, want string }{
		{"declared", `{ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}`, "80/TCP wildcard, 53/UDP wildcard"},
		{"assigned", `{args: ["--http-address=0.0.0.0:4180"]}`, "4180/TCP wildcard"},
		{"two words", `{args: [-web.listen-address, ":9113"]}`, "9113/TCP wildcard"},
		{"loopback", `{args: ["--listen=localhost:80", "--metrics-bind-address=[::1]:81", "--listen-addr=127.0.0.2:82"]}`, "80/TCP loopback, 81/TCP loopback, 82/TCP loopback"},
		{"one address", `{args: ["--listen-address=10.0.0.1:80", "--secure-listen-address=[$(IP)]:81"]}`, "80/TCP single, 81/TCP single"},
		{"URL", `{args: ["--http-address=http://:4180"]}`, "4180/TCP wildcard"},
		{"variable of its own", `{args: ["--http-address=$(AT)"], env: [{name: AT, value: "127.0.0.1:4180"}]}`, "4180/TCP loopback"},
		{"environment", `{env: [{name: OAUTH2_PROXY_HTTP_ADDRESS, value: "0.0.0.0:8080"}]}`, "8080/TCP wildcard"},
		{"told rather than declared", `{args: ["--http-address=127.0.0.1:80"], ports: [{containerPort: 80}]}`, "80/TCP loopback"},
		{"other host", `{args: ["--listen-address=example.com:80"]}`, ""},
		{"address of another", `{args: ["--lookupd-http-address=localhost:4161", "--redis-address=localhost:6379"]}`, ""},
		{"no address", `{args: ["--listen=unix:///run/a.sock", "--listen-address", "--bind-address=0.0.0.0", "--listen=:0", "--listen=:99999"]}`, ""},
		{"script", `{args: ["--listen=:80 --verbose"]}`, ""},
		{"port by name", `{ports: [{containerPort: "${PORT}"}]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := container(t, tt.container)
			var got []string
			for _, b := range c.Binds() {
				got = append(got, fmt.Sprintf("%d/%s %s", b.Port, b.Protocol, []string{"wildcard", "loopback", "single"}[b.Scope]))
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

func TestBindsClash(t *testing.T) {
	at := func(scope pod.Scope, host string) pod.Bind {
		return pod.Bind{Scope: scope, Host: host, Port: 80, Protocol: "TCP"}
	}
	hostIP := func(ip string) pod.Bind { return pod.Bind{Port: 80, Protocol: "TCP", HostIP: ip} }
	for _, tt := range []struct {
		name string
		a, b pod.Bind
		want bool
	}{
		{"everywhere twice", at(pod.Wildcard, ""), at(pod.Wildcard, "0.0.0.0"), true},
		{"everywhere and localhost", at(pod.Wildcard, ""), at(pod.Loopback, "127.0.0.1"), true},
		{"everywhere and one address", at(pod.Wildcard, ""), at(pod.Single, "10.0.0.1"), true},
		{"localhost twice", at(pod.Loopback, "localhost"), at(pod.Loopback, "127.0.0.1"), true},
		{"localhost and one address", at(pod.Loopback, "localhost"), at(pod.Single, "$(IP)"), false},
		{"one address twice", at(pod.Single, "10.0.0.1"), at(pod.Single, "10.0.0.1"), true},
		{"two addresses", at(pod.Single, "10.0.0.1"), at(pod.Single, "10.0.0.2"), false},
		{"another port", at(pod.Wildcard, ""), pod.Bind{Port: 81, Protocol: "TCP"}, false},
		{"another protocol", at(pod.Wildcard, ""), pod.Bind{Port: 80, Protocol: "UDP"}, false},
		{"two host addresses", hostIP("10.0.0.1"), hostIP("10.0.0.2"), false},
		{"one host address", hostIP("10.0.0.1"), hostIP("10.0.0.1"), true},
		{"every host address", hostIP("10.0.0.1"), hostIP("0.0.0.0"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.a.Clashes(tt.b) != tt.want || tt.b.Clashes(tt.a) != tt.want {
				t.Errorf("clashes is not %t both ways", tt.want)
			}
		})
	}
}
