package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// GitHub is where GitHub is: github.com or an Enterprise Server. No URL ends in a slash.
type GitHub struct {
	Web string // root of pages and git: https://github.com
}

func (g GitHub) cloud() bool { return g.Web == "https://github.com" }

// API is the root of the REST API.
func (g GitHub) API() string {
	if g.cloud() {
		return "https://api.github.com"
	}
	return g.Web + "/api/v3"
}

// GraphQL is the GraphQL endpoint.
func (g GitHub) GraphQL() string {
	if g.cloud() {
		return "https://api.github.com/graphql"
	}
	return g.Web + "/api/graphql"
}

// Git is the git URL of a repository.
func (g GitHub) Git(owner, name string) string {
	return g.Web + "/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + ".git"
}

// GitHubURL is the web root as it is written.
type GitHubURL GitHub

// UnmarshalText reads the web root of GitHub; the root of its API is accepted, too.
func (u *GitHubURL) UnmarshalText(text []byte) error {
	parsed, err := webRoot(text, "write the web root, such as https://ghe.example.com")
	if err != nil {
		return err
	}
	host := strings.ToLower(parsed.Host)
	path := strings.TrimSuffix(strings.TrimRight(parsed.Path, "/"), "/api/v3")
	if host == "api.github.com" || host == "www.github.com" {
		host = "github.com"
	}
	if host == "github.com" && path != "" {
		return errors.New("github.com has no path: write https://github.com or leave it out")
	}
	u.Web = parsed.Scheme + "://" + host + path
	return nil
}

// webRoot reads a URL below which pages are. http is for loopback addresses only.
func webRoot(text []byte, todo string) (*url.URL, error) {
	parsed, err := url.Parse(strings.TrimSpace(string(text)))
	if err != nil || parsed.Hostname() == "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return nil, errors.New("not a URL: " + todo)
	}
	if parsed.User != nil {
		return nil, errors.New("the URL carries credentials: remove them")
	}
	addr, err := netip.ParseAddr(parsed.Hostname())
	loopback := parsed.Hostname() == "localhost" || err == nil && addr.IsLoopback()
	if parsed.Scheme != "https" && (parsed.Scheme != "http" || !loopback) {
		return nil, fmt.Errorf("the scheme must be https (http is for loopback addresses only), not %q", parsed.Scheme)
	}
	return parsed, nil
}
