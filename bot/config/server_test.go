package config

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// keys are made once: generating RSA keys is slow.
var keys = sync.OnceValue(func() (k struct{ pkcs1, pkcs8, public string }) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	k.pkcs1 = encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	k.pkcs8 = encode("PRIVATE KEY", pkcs8)
	k.public = encode("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey))
	return k
})

// settings is an environment.
type settings map[string]string

func (s settings) lookup(name string) (string, bool) {
	v, ok := s[name]
	return v, ok
}

func good(t *testing.T) settings {
	return settings{
		"PODCHECK_APP_ID":              "42",
		"PODCHECK_PRIVATE_KEY_FILE":    write(t, "key.pem", keys().pkcs1),
		"PODCHECK_WEBHOOK_SECRET_FILE": write(t, "secret", "first\n"),
	}
}

func TestServerFromTheEnvironmentAlone(t *testing.T) {
	got, err := LoadServer("", good(t).lookup)
	if err != nil {
		t.Fatal(err)
	}
	if got.AppID != 42 || string(got.PrivateKey) != keys().pkcs1 || len(got.Secrets) != 1 || string(got.Secrets[0]) != "first" {
		t.Errorf("identity: %d, %d secrets", got.AppID, len(got.Secrets))
	}
	if got.GitHub.Web != "https://github.com" || got.DataDir != "/var/lib/podcheck" || got.NATSURL != "" ||
		got.Listen != ":8080" || got.AdminListen != "127.0.0.1:9090" || got.Reconcile != 5*time.Minute {
		t.Errorf("defaults: %+v", got)
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	secret := write(t, "secret", " old \n\nnew\r\n")
	key := filepath.Join(filepath.Dir(secret), "key.pem")
	path := write(t, "podcheck.yaml", "appID: 7\nprivateKeyFile: key.pem\nwebhookSecretFile: "+secret+
		"\ngithubURL: https://ghe.example.com\ndataDir: data\nnatsURL: nats://a:4222,nats://b:4222\nlisten: :1\nadminListen: :2\nreconcile: 90s\n")
	got, err := LoadServer(path, settings{"PODCHECK_PRIVATE_KEY_FILE": write(t, "key.pem", keys().pkcs8), "PODCHECK_LISTEN": ":3", "PODCHECK_NATS_URL": ""}.lookup)
	if err != nil {
		t.Fatalf("%v (key %s)", err, key)
	}
	if got.AppID != 7 || got.Listen != ":3" || got.AdminListen != ":2" || got.NATSURL != "nats://a:4222,nats://b:4222" || got.Reconcile != 90*time.Second {
		t.Errorf("%+v", got)
	}
	if len(got.Secrets) != 2 || string(got.Secrets[0]) != "old" || string(got.Secrets[1]) != "new" {
		t.Errorf("secrets: %q", got.Secrets)
	}
	if want := filepath.Join(filepath.Dir(path), "data"); got.DataDir != want {
		t.Errorf("a path of the file is not relative to its folder: %s, want %s", got.DataDir, want)
	}
}

func TestServerRefusesAndSaysWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct {
		file   string
		change func(settings)
		want   string
	}{
		"no App ID": {change: func(s settings) { delete(s, "PODCHECK_APP_ID") },
			want: "appID (PODCHECK_APP_ID) is missing: set the App ID"},
		"client ID": {change: func(s settings) { s["PODCHECK_APP_ID"] = "Iv1.abc" },
			want: `environment variable PODCHECK_APP_ID: "Iv1.abc" is no App ID`},
		"no key": {change: func(s settings) { delete(s, "PODCHECK_PRIVATE_KEY_FILE") },
			want: "privateKeyFile (PODCHECK_PRIVATE_KEY_FILE) is missing: generate one under Private keys"},
		"key file absent": {change: func(s settings) { s["PODCHECK_PRIVATE_KEY_FILE"] = "/nowhere/key.pem" },
			want: "privateKeyFile (PODCHECK_PRIVATE_KEY_FILE): the file that it names can't be read: no such file or directory"},
		"the key instead of its file's name":    {change: func(s settings) { s["PODCHECK_PRIVATE_KEY_FILE"] = "s3cr3t" }, want: "the file that it names can't be read"},
		"the secret instead of its file's name": {change: func(s settings) { s["PODCHECK_WEBHOOK_SECRET_FILE"] = "s3cr3t" }, want: "the file that it names can't be read"},
		"key is text": {change: func(s settings) { s["PODCHECK_PRIVATE_KEY_FILE"] = write(t, "k", "hello") },
			want: "is no PEM file"},
		"key is public": {change: func(s settings) { s["PODCHECK_PRIVATE_KEY_FILE"] = write(t, "k", keys().public) },
			want: "holds a rsa public key, not a private key"},
		"key is cut": {change: func(s settings) {
			s["PODCHECK_PRIVATE_KEY_FILE"] = write(t, "k", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n")
		}, want: "can't be used"},
		"key is encrypted": {change: func(s settings) {
			s["PODCHECK_PRIVATE_KEY_FILE"] = write(t, "k", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
		}, want: "is encrypted: decrypt it"},
		"no secret": {change: func(s settings) { delete(s, "PODCHECK_WEBHOOK_SECRET_FILE") },
			want: "webhookSecretFile (PODCHECK_WEBHOOK_SECRET_FILE) is missing: name a file"},
		"secret file empty": {change: func(s settings) { s["PODCHECK_WEBHOOK_SECRET_FILE"] = write(t, "s", " \n\n") },
			want: "is empty: write the webhook secret"},
		"field with a typing mistake": {file: "appId: 7\n", want: "podcheck.yaml:1:1: unknown field appId: did you mean appID?"},
		"secret in the file itself": {file: "appID: 7\nwebhookSecret: s3cr3t\n",
			want: "podcheck.yaml:2:1: unknown field webhookSecret: did you mean webhookSecretFile?"},
		"duration without a unit": {file: "reconcile: 5\n", want: `podcheck.yaml:1:12: reconcile: "5" is no duration: write one like 5m or 90s`},
		"address without a port":  {file: "listen: localhost\n", want: `podcheck.yaml:1:9: listen: "localhost" is no address to listen on`},
		"plain http": {file: "githubURL: http://ghe.example.com\n",
			want: `podcheck.yaml:1:12: githubURL: the scheme must be https (http is for loopback addresses only), not "http"`},
		"public URL without a scheme": {file: "publicURL: podcheck.example.com\n",
			want: "podcheck.yaml:1:12: publicURL: not a URL: write where people reach the bot, such as https://podcheck.example.com"},
		"public URL over plain http": {change: func(s settings) { s["PODCHECK_PUBLIC_URL"] = "http://podcheck.example.com" },
			want: `environment variable PODCHECK_PUBLIC_URL: the scheme must be https (http is for loopback addresses only), not "http"`},
		"public URL with a password shows none of it": {file: "publicURL: https://u:s3cr3t@h\n", want: "podcheck.yaml:1:12: publicURL: the URL carries credentials: remove them"},
		"public URL with a query":                     {file: "publicURL: https://h/?a=b\n", want: "podcheck.yaml:1:12: publicURL: not a URL"},
		"NATS URL with a password shows none of it": {file: "natsURL: http://u:s3cr3t@h\n",
			want: "podcheck.yaml:1:10: natsURL: not a NATS URL: write nats://host:4222, several with commas"},
	} {
		t.Run(name, func(t *testing.T) {
			env, path := good(t), ""
			if tt.change != nil {
				tt.change(env)
			}
			if tt.file != "" {
				path = write(t, "podcheck.yaml", tt.file)
			}
			_, err := LoadServer(path, env.lookup)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestServerListsAllThatIsMissing(t *testing.T) {
	_, err := LoadServer("", settings{}.lookup)
	for _, want := range []string{"PODCHECK_APP_ID", "PODCHECK_PRIVATE_KEY_FILE", "PODCHECK_WEBHOOK_SECRET_FILE"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in: %v", want, err)
		}
	}
}

func TestPublicURLs(t *testing.T) {
	for text, want := range map[string]string{
		"https://podcheck.example.com":     "https://podcheck.example.com",
		" https://Podcheck.example.com/\n": "https://podcheck.example.com",
		"https://example.com:8443/pod/":    "https://example.com:8443/pod",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080",
		"http://[::1]:8080/":               "http://[::1]:8080",
		"http://localhost":                 "http://localhost",
	} {
		env := good(t)
		env["PODCHECK_PUBLIC_URL"] = text
		if got, err := LoadServer("", env.lookup); err != nil || got.PublicURL != want {
			t.Errorf("%s: %q, %v, want %q", text, got.PublicURL, err, want)
		}
	}
	if got, err := LoadServer("", good(t).lookup); err != nil || got.PublicURL != "" {
		t.Errorf("by default it is %q, %v", got.PublicURL, err)
	}
}

func TestGitHubURLs(t *testing.T) {
	for text, want := range map[string][3]string{
		"https://github.com":                  {"https://api.github.com", "https://api.github.com/graphql", "https://github.com/o/r.git"},
		"https://api.github.com/":             {"https://api.github.com", "https://api.github.com/graphql", "https://github.com/o/r.git"},
		"https://ghe.example.com/":            {"https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql", "https://ghe.example.com/o/r.git"},
		"https://GHE.example.com/api/v3/":     {"https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql", "https://ghe.example.com/o/r.git"},
		"https://ghe.example.com:8443":        {"https://ghe.example.com:8443/api/v3", "https://ghe.example.com:8443/api/graphql", "https://ghe.example.com:8443/o/r.git"},
		"https://example.com/github":          {"https://example.com/github/api/v3", "https://example.com/github/api/graphql", "https://example.com/github/o/r.git"},
		"http://127.0.0.1:3000":               {"http://127.0.0.1:3000/api/v3", "http://127.0.0.1:3000/api/graphql", "http://127.0.0.1:3000/o/r.git"},
		"http://[::1]:3000/api/v3":            {"http://[::1]:3000/api/v3", "http://[::1]:3000/api/graphql", "http://[::1]:3000/o/r.git"},
		"ftp://ghe.example.com":               {},
		"ghe.example.com":                     {},
		"https://user:s3cr3t@ghe.example.com": {},
		"https://github.com/podcheck":         {},
		"http://10.0.0.1":                     {},
	} {
		var u GitHubURL
		err := u.UnmarshalText([]byte(text))
		if want == [3]string{} {
			if err == nil || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%s: accepted, or shown with its secret: %v", text, err)
			}
			continue
		}
		g := GitHub(u)
		if got := [3]string{g.API(), g.GraphQL(), g.Git("o", "r")}; err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
}
