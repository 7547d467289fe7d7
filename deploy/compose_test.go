package deploy_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot/config"
)

// compose is what the compose file uses of the Compose Specification; another field fails the test.
type compose struct {
	Name     string             `json:"name"`
	Services map[string]service `json:"services"`
	Configs  map[string]fromFile
	Secrets  map[string]fromFile
	Volumes  map[string]any
	Env      any `json:"x-environment"`
	Bot      any `json:"x-bot"`
	Bots     any `json:"x-clustered"`
	NATS     any `json:"x-nats"`
}

type fromFile struct {
	File string `json:"file"`
}

type service struct {
	Image       string                                `json:"image"`
	Build       *struct{ Context, Dockerfile string } `json:"build"`
	Profiles    []string                              `json:"profiles"`
	Command     []string                              `json:"command"`
	Restart     string                                `json:"restart"`
	Grace       string                                `json:"stop_grace_period"`
	ReadOnly    bool                                  `json:"read_only"`
	Tmpfs       []string                              `json:"tmpfs"`
	CapDrop     []string                              `json:"cap_drop"`
	SecurityOpt []string                              `json:"security_opt"`
	CPUs        float64                               `json:"cpus"`
	MemLimit    string                                `json:"mem_limit"`
	Environment map[string]string                     `json:"environment"`
	DependsOn   map[string]map[string]string          `json:"depends_on"`
	Ports       []string                              `json:"ports"`
	Volumes     []string                              `json:"volumes"`
	Secrets     []string                              `json:"secrets"`
	Configs     []struct{ Source, Target string }     `json:"configs"`
	Healthcheck struct {
		Test              []string
		Interval, Timeout string
		StartPeriod       string `json:"start_period"`
	} `json:"healthcheck"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	return decode[compose](t, read(t, "compose.yaml"))
}

// of are the names of the services of a profile whose names begin so.
func (c compose) of(profile, prefix string) (names []string) {
	for name, s := range c.Services {
		if slices.Contains(s.Profiles, profile) && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestComposeHasBothShapes(t *testing.T) {
	c := readCompose(t)
	for _, shape := range []struct {
		profile, prefix string
		want            []string
	}{
		{"single", "", []string{"bot"}},
		{"cluster", "bot", []string{"bot-1", "bot-2", "bot-3"}},
		{"cluster", "nats", []string{"nats-1", "nats-2", "nats-3"}},
	} {
		if got := c.of(shape.profile, shape.prefix); !slices.Equal(got, shape.want) {
			t.Errorf("profile %s has %v, want %v", shape.profile, got, shape.want)
		}
	}
	if len(c.Services) != 7 {
		t.Errorf("there are %d services", len(c.Services))
	}
}

func TestServicesAreConfined(t *testing.T) {
	used, ports := map[string]string{}, map[string]string{}
	c := readCompose(t)
	for name, s := range c.Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.MemLimit == "" || s.Restart == "" {
			t.Errorf("%s may more than it needs: %+v", name, s)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") || ports[port] != "" {
				t.Errorf("%s publishes %s, as does %q", name, port, ports[port])
			}
			ports[port] = name
		}
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[volume]; !ok || used[volume] != "" {
				t.Errorf("%s mounts %s, which is not there or belongs to %q", name, volume, used[volume])
			}
			used[volume] = name
		}
	}
	if len(used) != len(c.Volumes) {
		t.Errorf("of the volumes %v only %v are used", c.Volumes, used)
	}
}

// TestBotsOfCompose: the server accepts their configuration, and is asked for its health where it listens.
func TestBotsOfCompose(t *testing.T) {
	c := readCompose(t)
	for _, name := range append(c.of("single", "bot"), c.of("cluster", "bot")...) {
		s := c.Services[name]
		settings := loadCompose(t, c, name)
		health, err := url.Parse(s.Healthcheck.Test[len(s.Healthcheck.Test)-1])
		if err != nil || health.Path != "/readyz" || ":"+health.Port() != settings.Listen || s.Healthcheck.Test[0] != "CMD" {
			t.Errorf("%s: its health is asked for by %v", name, s.Healthcheck.Test)
		}
		if len(s.Ports) != 1 || !strings.HasSuffix(s.Ports[0], settings.Listen) {
			t.Errorf("%s listens on %s and publishes %v", name, settings.Listen, s.Ports)
		}
		if len(s.Volumes) != 1 || !strings.HasSuffix(s.Volumes[0], ":"+settings.DataDir) {
			t.Errorf("%s keeps its data at %s and mounts %v", name, settings.DataDir, s.Volumes)
		}
		if grace, err := time.ParseDuration(s.Grace); err != nil || grace < (drain+5)*time.Second {
			t.Errorf("%s is killed after %s", name, s.Grace)
		}
		if s.Build == nil || s.Build.Context != ".." || s.Build.Dockerfile != "deploy/Dockerfile" || s.CPUs == 0 {
			t.Errorf("%s is built from %+v, with %v CPUs", name, s.Build, s.CPUs)
		}
		var servers []string
		for _, one := range strings.FieldsFunc(settings.NATSURL, func(r rune) bool { return r == ',' }) {
			u, err := url.Parse(one)
			if err != nil {
				t.Fatal(err)
			}
			servers = append(servers, u.Hostname())
			if s.DependsOn[u.Hostname()]["condition"] != "service_healthy" {
				t.Errorf("%s does not wait for %s", name, u.Hostname())
			}
		}
		if want := c.of(s.Profiles[0], "nats"); !slices.Equal(servers, want) {
			t.Errorf("%s uses %v, and its profile has %v", name, servers, want)
		}
	}
}

// loadCompose gives the environment of a bot to the server's own reader, with the files of its secrets.
func loadCompose(t *testing.T, c compose, name string) config.Server {
	t.Helper()
	env := map[string]string{}
	for key, value := range c.Services[name].Environment {
		if !strings.HasPrefix(value, "${") { // of the user's environment
			env[key] = value
		}
	}
	env["PODCHECK_APP_ID"] = "1234"
	for file, text := range map[string]string{"PODCHECK_PRIVATE_KEY_FILE": privateKey(t), "PODCHECK_WEBHOOK_SECRET_FILE": "secret"} {
		secret := strings.TrimPrefix(env[file], "/run/secrets/")
		if _, ok := c.Secrets[secret]; !ok || !slices.Contains(c.Services[name].Secrets, secret) {
			t.Errorf("%s: %s is %s, which no secret of it is", name, file, env[file])
		}
		env[file] = write(t, secret, text)
	}
	settings, err := config.LoadServer("", func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestNATSOfCompose(t *testing.T) {
	c := readCompose(t)
	for _, name := range c.of("cluster", "nats") {
		s := c.Services[name]
		if len(s.Configs) != 1 || c.Configs[s.Configs[0].Source].File != "nats.conf" || s.Command[len(s.Command)-1] != s.Configs[0].Target {
			t.Fatalf("%s is configured by %+v and runs %v", name, s.Configs, s.Command)
		}
		o := natsOptions(t, read(t, "nats.conf"), s.Environment)
		durable(t, o, name)
		for i, route := range o.Routes {
			if want := fmt.Sprintf("nats-%d:%d", i+1, o.Cluster.Port); route.Host != want {
				t.Errorf("a route leads to %s, want %s", route.Host, want)
			}
		}
		health, err := url.Parse(s.Healthcheck.Test[len(s.Healthcheck.Test)-1])
		if err != nil || health.Path != "/healthz" || health.Port() != strconv.Itoa(o.HTTPPort) {
			t.Errorf("%s: its health is asked for by %v", name, s.Healthcheck.Test)
		}
		if len(s.Volumes) != 1 || !strings.HasSuffix(s.Volumes[0], ":"+o.StoreDir) || o.Port != 4222 || len(s.Ports) > 0 {
			t.Errorf("%s keeps its data at %s, mounts %v, listens on %d and publishes %v", name, o.StoreDir, s.Volumes, o.Port, s.Ports)
		}
	}
}
