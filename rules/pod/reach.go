package pod

import (
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// localByDefault are programs that listen on localhost alone unless they are told otherwise, and the ports of theirs for which that
// is not so. Sources: the flags of oauth2-proxy (http-address is 127.0.0.1:4180), of OpenShift's oauth-proxy (the same, and :8443
// for HTTPS), of aws-es-proxy (127.0.0.1:9200) and of kubectl proxy (127.0.0.1:8001); the defaults of Linkerd's proxy
// (127.0.0.1:4191) and of dapr.io/sidecar-listen-addresses ([::1] and 127.0.0.1).
var localByDefault = map[string][]int{
	"oauth2-proxy": nil, "oauth2_proxy": nil, "oauth-proxy": {8443}, "ose-oauth-proxy": {8443}, "origin-oauth-proxy": {8443}, "aws-es-proxy": nil, "kubectl": nil,
	"linkerd/proxy": nil, "linkerd-io/proxy": nil, "daprio/daprd": nil, "dapr/daprd": nil,
}

// anywhereByDefault are proxies whose health port is open to the kubelet whatever is mounted into them.
var anywhereByDefault = []string{"proxyv2"}

// unreachable says why the kubelet, which asks at the Pod's address, may find a port closed that a container declares but is not told
// about by its arguments and environment; "" when nothing speaks against it. configMap gives what a ConfigMap holds, nil if unknown.
func unreachable(c *Container, role Role, port int, configMap func(name string) *manifest.Object) string {
	local := fmt.Sprintf("%s listens on localhost alone, where the kubelet can't ask.", c.Name)
	if scope, ok := toldApart(c, port); ok {
		if scope == Loopback {
			return local
		}
		return ""
	}
	scope, ok, unread := configured(c, role, port, configMap)
	others, byDefault := localByDefault[role.Family.Image]
	switch {
	case ok && scope == Loopback:
		return local
	case ok, slices.Contains(anywhereByDefault, role.Family.Image):
		return ""
	case len(c.Workload.Running()) == 1: // what asks it stands in another Pod
		return ""
	case unread != "":
		return fmt.Sprintf("Whether %s listens on port %d beyond localhost is up to %s, which doesn't say it here.", c.Name, port, unread)
	case byDefault && !slices.Contains(others, port):
		return fmt.Sprintf("%s is told no address here, and by default listens on localhost alone, where the kubelet can't ask.", c.Name)
	}
	return ""
}

var (
	hostFlag = regexp.MustCompile(`(^|-)(listen|bind)(-(addr|addrs|address|addresses|host|ip|interface))?$|^(address|host|ip)$`)
	// togetherPort is a port with its address, in whatever flag: --entrypoints.web.address=127.0.0.1:80, -a 127.0.0.1:80.
	togetherPort = regexp.MustCompile(`(?i)(?:^|[^-.\w])(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|\[::\]):(\d{1,5})(?:$|[^-.:\w])`)
	everywhere   = regexp.MustCompile(`^(?:--?[\w.-]+=)?:(\d{1,5})(?:/tcp)?$`)
	listener     = regexp.MustCompile(`(?i)LISTEN:(\d{1,5})\b\S*?,bind=([^,\s]+)`) // of socat
)

// otherServers are words of flags for what a proxy serves beside requests.
var otherServers = words(`metrics prometheus admin debug telemetry health healthz status stats probe pprof`)

// toldApart reads what else a container's arguments and environment say of the address of one of its ports: beside it, or by a flag
// for the address alone.
func toldApart(c *Container, port int) (scope Scope, ok bool) {
	hear := func(host string) {
		if s, known := scopeOf(host); known && (!ok || s == Wildcard) {
			scope, ok = s, true
		}
	}
	hosts := func(key, value string) {
		if hostFlag.MatchString(flagKey(key)) && !slices.ContainsFunc(Words(key), func(word string) bool { return otherServers[word] }) {
			for _, host := range strings.Split(value, ",") {
				hear(host)
			}
		}
	}
	words := c.CommandLine()
	for i, word := range words {
		if flag, value, assigned := strings.Cut(word, "="); strings.HasPrefix(word, "-") && assigned {
			hosts(flag, value)
		} else if strings.HasPrefix(word, "-") && i+1 < len(words) {
			hosts(word, words[i+1])
		}
		for _, m := range listener.FindAllStringSubmatch(word, -1) {
			if m[1] == strconv.Itoa(port) {
				hear(m[2])
			}
		}
	}
	for _, e := range c.Env {
		if e.Value != nil {
			hosts(e.Name, e.Value.Text())
		}
	}
	for _, n := range c.Texts() {
		if m := everywhere.FindStringSubmatch(c.Expand(n.Text())); m != nil && m[1] == strconv.Itoa(port) {
			hear("")
		}
		for _, m := range togetherPort.FindAllStringSubmatch(c.Expand(n.Text()), -1) {
			if m[2] == strconv.Itoa(port) {
				hear(m[1])
			}
		}
	}
	return scope, ok
}

// scopeOf reads a host as it stands in a configuration; ok is false for names and for what is filled in later.
func scopeOf(host string) (scope Scope, ok bool) {
	host = strings.Trim(host, `[]"'`)
	addr, err := netip.ParseAddr(host)
	switch {
	case isWildcard(host):
		return Wildcard, true
	case host == "localhost" || err == nil && addr.IsLoopback():
		return Loopback, true
	}
	return Single, false
}

// notConfiguration are words of mount paths below which a proxy finds no word about where it listens.
var notConfiguration = words(`tls ssl cert certs certificate certificates pki ca keys html www htdocs static public cache log logs tmp run
	secret secrets token tokens credentials htpasswd passwd auth lua errors pages data lib storage`)

// configured reads the mounted configuration of a proxy for the address of a port. unread names what could say it and does not say it here.
func configured(c *Container, role Role, port int, configMap func(name string) *manifest.Object) (scope Scope, ok bool, unread string) {
	read := readerOf(role)
	for _, m := range c.Mounts {
		v := c.Workload.Volume(m.Volume)
		if v == nil || !mayConfigure(c, v, m) {
			continue
		}
		texts, source := textsOf(v, m, configMap)
		told := false
		for _, text := range texts {
			if read == nil {
				break
			}
			if s, known := read(text, port); known {
				told = true
				if !ok || s == Wildcard {
					scope, ok = s, true
				}
			}
		}
		if !told && unread == "" {
			unread = source
		}
	}
	return scope, ok, unread
}

// mayConfigure says whether a mount may hold a proxy's configuration: one of files from outside of the Pod that the path doesn't
// show to be other things, or any where a proxy looks for it.
func mayConfigure(c *Container, v *Volume, m Mount) bool {
	at := path.Join("/", m.Path)
	if slices.ContainsFunc(c.CommandLine(), func(word string) bool { return strings.Contains(word, at+"/") || strings.HasSuffix(word, at) }) && at != "/" {
		return !slices.ContainsFunc(Words(at), func(word string) bool { return word == "tls" || word == "ssl" || word == "certs" || word == "cert" })
	}
	switch v.Type {
	case "configMap", "secret", "projected", "csi":
		return !slices.ContainsFunc(Words(at), func(word string) bool { return notConfiguration[word] })
	}
	return strings.HasPrefix(at+"/", "/etc/") && !slices.ContainsFunc(Words(at), func(word string) bool { return notConfiguration[word] })
}

// textsOf returns the files that a mount shows, and their source for people. Only ConfigMaps of the state can be read.
func textsOf(v *Volume, m Mount, configMap func(name string) *manifest.Object) (texts []string, source string) {
	name := v.Source.Get("name").Text()
	switch {
	case v.Type == "secret":
		return nil, "Secret/" + v.Source.Get("secretName").Text()
	case v.Type != "configMap" || name == "":
		return nil, "the volume " + v.Name
	}
	source = "ConfigMap/" + name
	o := configMap(name)
	if o == nil {
		return nil, source
	}
	files := map[string]string{} // path in the volume -> key
	for _, item := range v.Source.Get("items").Seq() {
		files[item.Get("path").Text()] = item.Get("key").Text()
	}
	listed := len(files) > 0
	o.Node.Get("data").Each(func(key string, value *manifest.Node) {
		file := key
		if listed {
			file = ""
			for p, k := range files {
				if k == key {
					file = p
				}
			}
		}
		if file != "" && (m.SubPath == "" || path.Clean(m.SubPath) == path.Clean(file)) {
			texts = append(texts, value.Text())
		}
	})
	return texts, source
}
