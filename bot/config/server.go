package config

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// Server is the configuration of the bot, checked and complete.
type Server struct {
	AppID       int64
	PrivateKey  []byte   // PEM, an RSA key
	Secrets     [][]byte // of the webhook: all are accepted, the first signs
	GitHub      GitHub
	DataDir     string
	NATSURL     string        // "" for the embedded server
	Listen      string        // webhook and pages
	PublicURL   string        // of Listen as people reach it, without a final slash; "" when the bot has no pages for them
	AdminListen string        // metrics and pprof
	Reconcile   time.Duration // how often missed deliveries and open pull requests are looked for
}

// file is the configuration as it is written. Each field may also stand in the environment.
type file struct {
	AppID             AppID     `json:"appID" env:"PODCHECK_APP_ID"`
	PrivateKeyFile    string    `json:"privateKeyFile" env:"PODCHECK_PRIVATE_KEY_FILE"`
	WebhookSecretFile string    `json:"webhookSecretFile" env:"PODCHECK_WEBHOOK_SECRET_FILE"`
	GitHubURL         GitHubURL `json:"githubURL" env:"PODCHECK_GITHUB_URL"`
	DataDir           string    `json:"dataDir" env:"PODCHECK_DATA_DIR"`
	NATSURL           NATSURL   `json:"natsURL" env:"PODCHECK_NATS_URL"`
	Listen            Address   `json:"listen" env:"PODCHECK_LISTEN"`
	PublicURL         PublicURL `json:"publicURL" env:"PODCHECK_PUBLIC_URL"`
	AdminListen       Address   `json:"adminListen" env:"PODCHECK_ADMIN_LISTEN"`
	Reconcile         Duration  `json:"reconcile" env:"PODCHECK_RECONCILE"`
}

// LoadServer reads the file at path ("" for none) and the environment, which wins, and the key and the secrets they name.
// Paths in the file are relative to its folder. The error lists everything that is wrong, with file and line.
func LoadServer(path string, env func(string) (string, bool)) (Server, error) {
	f, err := load(path, env)
	if err != nil {
		return Server{}, err
	}
	return f.complete()
}

// AdminListen is where the admin port of that configuration listens. It needs neither the key nor the secrets, which an operator may not
// be able to read.
func AdminListen(path string, env func(string) (string, bool)) (string, error) {
	f, err := load(path, env)
	return string(f.AdminListen), err
}

func load(path string, env func(string) (string, bool)) (file, error) {
	f := file{
		GitHubURL: GitHubURL{Web: "https://github.com"},
		DataDir:   "/var/lib/podcheck", Listen: ":8080", AdminListen: "127.0.0.1:9090", Reconcile: Duration(5 * time.Minute),
	}
	if path != "" {
		if err := f.read(path); err != nil {
			return file{}, err
		}
	}
	return f, f.override(env)
}

func (f *file) read(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the configuration of the server: %w", err)
	}
	if err := joined(decode(path, data, f, nil)); err != nil {
		return err
	}
	for _, p := range []*string{&f.PrivateKeyFile, &f.WebhookSecretFile, &f.DataDir} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(path), *p)
		}
	}
	return nil
}

// complete checks what a server can't do without, and reads the key and the secrets.
func (f *file) complete() (Server, error) {
	key, keyErr := privateKey(f.PrivateKeyFile)
	secrets, secretErr := WebhookSecrets(f.WebhookSecretFile)
	var idErr error
	if f.AppID == 0 {
		idErr = errors.New("appID (PODCHECK_APP_ID) is missing: set the App ID that the settings page of the GitHub App shows")
	}
	if err := errors.Join(idErr, keyErr, secretErr); err != nil {
		return Server{}, err
	}
	return Server{
		AppID: int64(f.AppID), PrivateKey: key, Secrets: secrets, GitHub: GitHub(f.GitHubURL),
		DataDir: f.DataDir, NATSURL: string(f.NATSURL), Listen: string(f.Listen), PublicURL: string(f.PublicURL), AdminListen: string(f.AdminListen),
		Reconcile: time.Duration(f.Reconcile),
	}, nil
}

// privateKey reads the App's key and makes sure that it can sign.
func privateKey(path string) ([]byte, error) {
	const field = "privateKeyFile (PODCHECK_PRIVATE_KEY_FILE)"
	const where = "generate one under Private keys on the settings page of the GitHub App, and name the downloaded .pem file"
	if path == "" {
		return nil, fmt.Errorf("%s is missing: %s", field, where)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, unnamed(err))
	}
	block, _ := pem.Decode(data)
	switch {
	case block == nil:
		return nil, fmt.Errorf("%s: %s is no PEM file: %s", field, path, where)
	case strings.Contains(block.Type, "PUBLIC"), strings.Contains(block.Type, "CERTIFICATE"):
		return nil, fmt.Errorf("%s: %s holds a %s, not a private key: %s", field, path, strings.ToLower(block.Type), where)
	case strings.Contains(block.Type, "ENCRYPTED"), block.Headers["DEK-Info"] != "":
		return nil, fmt.Errorf("%s: the key in %s is encrypted: decrypt it with `openssl rsa -in FILE -out FILE.plain`", field, path)
	}
	if _, err := jwt.ParseRSAPrivateKeyFromPEM(data); err != nil {
		return nil, fmt.Errorf("%s: the key in %s can't be used: %w: %s", field, path, err, where)
	}
	return data, nil
}

// WebhookSecrets reads the file with the secrets of the webhook, one a line; the first one signs.
func WebhookSecrets(path string) ([][]byte, error) {
	const field = "webhookSecretFile (PODCHECK_WEBHOOK_SECRET_FILE)"
	if path == "" {
		return nil, fmt.Errorf("%s is missing: name a file with the webhook secret of the GitHub App, one secret a line", field)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, unnamed(err))
	}
	var secrets [][]byte
	for line := range bytes.Lines(data) {
		if secret := bytes.TrimSpace(line); len(secret) > 0 {
			secrets = append(secrets, secret)
		}
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("%s: %s is empty: write the webhook secret of the GitHub App into it (make one with `openssl rand -hex 32`)", field, path)
	}
	return secrets, nil
}

// unnamed leaves out the name of a file that can't be read: whoever gave the secret itself instead of its file's name would find it in
// the log.
func unnamed(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return fmt.Errorf("the file that it names can't be read: %w", failed.Err)
	}
	return err
}

// AppID is the number of a GitHub App.
type AppID int64

// UnmarshalText reads a positive number.
func (a *AppID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q is no App ID: it is the number on the settings page of the GitHub App, not the client ID", text)
	}
	*a = AppID(n)
	return nil
}

// NATSURL is one URL of a NATS cluster, or several with commas.
type NATSURL string

// UnmarshalText reads nats:// and tls:// URLs.
func (u *NATSURL) UnmarshalText(text []byte) error {
	for one := range strings.SplitSeq(string(text), ",") {
		parsed, err := url.Parse(strings.TrimSpace(one))
		if err != nil || parsed.Host == "" || parsed.Scheme != "nats" && parsed.Scheme != "tls" {
			return errors.New("not a NATS URL: write nats://host:4222, several with commas")
		}
	}
	*u = NATSURL(text)
	return nil
}

// Address is what a server listens on.
type Address string

// UnmarshalText reads host:port, the host may be empty.
func (a *Address) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return fmt.Errorf("%q is no address to listen on: write :8080 or 127.0.0.1:8080", text)
	}
	*a = Address(text)
	return nil
}

// PublicURL is where people reach what the server listens on, such as behind a proxy.
type PublicURL string

// UnmarshalText reads a URL, with or without a path.
func (u *PublicURL) UnmarshalText(text []byte) error {
	parsed, err := webRoot(text, "write where people reach the bot, such as https://podcheck.example.com")
	if err != nil {
		return err
	}
	*u = PublicURL(parsed.Scheme + "://" + strings.ToLower(parsed.Host) + strings.TrimRight(parsed.EscapedPath(), "/"))
	return nil
}
