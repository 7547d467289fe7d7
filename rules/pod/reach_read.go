package pod

import (
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// bindReader finds the address of a port in a file of configuration; ok is false where the file does not say it plainly.
type bindReader func(text string, port int) (scope Scope, ok bool)

// readerOf returns the reader for a proxy's configuration, nil for none.
func readerOf(role Role) bindReader {
	switch role.Family.Image {
	case "nginx", "nginx-unprivileged", "openresty":
		return lineReader(nginxListen)
	case "haproxy":
		return lineReader(haproxyBind)
	case "oauth2-proxy", "oauth2_proxy", "oauth-proxy", "ose-oauth-proxy", "origin-oauth-proxy":
		return lineReader(oauthAddress)
	case "caddy":
		return readCaddyfile
	case "envoy", "aws-appmesh-envoy":
		return treeReader([]string{"address"}, []string{"port_value", "portValue"}, false)
	case "buoyantio/linkerd":
		return treeReader([]string{"ip"}, []string{"port"}, true)
	}
	return nil
}

// hostAndPort is an address to listen on; without a host it is every one.
const hostAndPort = `(?:(?P<host>\*|[\w.-]+|\[[0-9a-fA-F:.]*\])?:)?(?P<port>\d{1,5})`

var (
	nginxListen  = regexp.MustCompile(`(?m)(?:^|[;{])[ \t]*listen\s+` + hostAndPort + `(?:\s[^;#]*)?;`)
	haproxyBind  = regexp.MustCompile(`(?m)^[ \t]*bind\s+(?:ipv[46]@)?` + hostAndPort + `(?:\s|$)`)
	oauthAddress = regexp.MustCompile(`(?m)^[ \t]*https?_address\s*=\s*["'](?:https?://)?` + hostAndPort + `["']`)
	caddySite    = regexp.MustCompile(`(?m)^(?:https?://)?(?:[\w.*-]+)?:(\d{1,5})(?:\s|,|$)`)
	caddyBinds   = regexp.MustCompile(`(?m)^\s*(?:bind|default_bind|import)\s+(\S+)`)
)

// lineReader reads the addresses of directives; comments run from # to the end of the line.
func lineReader(directive *regexp.Regexp) bindReader {
	host, number := directive.SubexpIndex("host"), directive.SubexpIndex("port")
	return func(text string, port int) (scope Scope, ok bool) {
		for _, m := range directive.FindAllStringSubmatch(uncommented(text), -1) {
			if n, _ := strconv.Atoi(m[number]); n != port {
				continue
			}
			if s, known := scopeOf(m[host]); known && (!ok || s == Wildcard) {
				scope, ok = s, true
			}
		}
		return scope, ok
	}
}

var comment = regexp.MustCompile(`(?m)(^|\s)#.*$`)

func uncommented(text string) string { return comment.ReplaceAllString(text, "") }

// readCaddyfile reads the addresses of sites, which Caddy serves on every address unless `bind` says otherwise.
func readCaddyfile(text string, port int) (scope Scope, ok bool) {
	text = uncommented(text)
	binds := caddyBinds.FindAllStringSubmatch(text, -1)
	for _, m := range caddySite.FindAllStringSubmatch(text, -1) {
		switch n, _ := strconv.Atoi(m[1]); {
		case n != port:
		case len(binds) == 0:
			return Wildcard, true
		case len(binds) == 1:
			return scopeOf(binds[0][1])
		}
	}
	return Single, false
}

// treeReader reads YAML or JSON in which an address is a mapping of a host and a port. Without a host it is localhost when local says
// so, else nothing.
func treeReader(hosts, ports []string, local bool) bindReader {
	return func(text string, port int) (scope Scope, ok bool) {
		var tree any
		if yaml.Unmarshal([]byte(text), &tree) != nil {
			return Single, false
		}
		eachMap(tree, 0, func(m map[string]any) {
			for _, key := range ports {
				if n, isNumber := m[key].(float64); !isNumber || int(n) != port {
					continue
				}
				s, known := Loopback, local
				for _, h := range hosts {
					if host, isText := m[h].(string); isText && host != "" {
						s, known = scopeOf(strings.TrimSpace(host))
					}
				}
				if known && (!ok || s == Wildcard) {
					scope, ok = s, true
				}
			}
		})
		return scope, ok
	}
}

func eachMap(n any, depth int, f func(map[string]any)) {
	if depth > 40 {
		return
	}
	switch n := n.(type) {
	case map[string]any:
		f(n)
		for _, value := range n {
			eachMap(value, depth+1, f)
		}
	case []any:
		for _, value := range n {
			eachMap(value, depth+1, f)
		}
	}
}
