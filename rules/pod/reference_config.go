package pod

import (
	"regexp"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// VariableReferences reads a scalar that becomes an environment variable of a container, wherever it stands.
func VariableReferences(c *Container, name string, n *manifest.Node, from string) []Reference {
	return parse(c, strings.ToLower(strings.ReplaceAll(name, "_", "-")), n, from)
}

// directive is a line of a server's configuration that hands requests on: nginx, HAProxy, Apache httpd.
var directive = regexp.MustCompile(`^\s*(?:(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass|ProxyPass(?:Match)?\s+\S+|server\s+\S+|server)\s+(?:[a-z]+://)?(` + hostPattern + `)(?::(\d{1,5}))?\b`)

// FileReferences reads a text that a container gets as a file: URLs with a host and the upstreams of servers. Comment lines
// name nobody.
func FileReferences(c *Container, n *manifest.Node, from string) []Reference {
	var out []Reference
	for line := range strings.Lines(n.Text()) {
		line = strings.TrimRight(line, "\r\n")
		if text := strings.TrimSpace(line); text == "" || strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") || strings.HasPrefix(text, "//") {
			continue
		}
		v := value{c: c, key: "file", from: from, node: n}
		if m := directive.FindStringSubmatchIndex(line); m != nil {
			v.key = "upstream"
			if !strings.Contains(line, "://") {
				out = append(out, v.directive(line, m)...)
				continue
			}
		}
		if strings.Contains(line, "://") {
			out = append(out, v.part(line, "")...)
		}
	}
	return out
}

// directive reads the host and port of a directive without a scheme.
func (v value) directive(line string, m []int) []Reference {
	host, port := line[m[2]:m[3]], ""
	if m[4] >= 0 {
		port = line[m[4]:m[5]]
	}
	prefix := strings.TrimLeft(line[:m[2]], " \t")
	return v.reference("", prefix, host, port)
}
