package pod

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Scope is how much of the Pod's network an address to listen on takes up.
type Scope int

// Wildcard is every address of the Pod, Loopback only localhost, Single one other address, by number or by a name to be filled in.
const (
	Wildcard Scope = iota
	Loopback
	Single
)

// Bind is a port that a container declares, or an address that it is told to listen on.
type Bind struct {
	Scope    Scope
	Host     string // as written; "" for all and for a declared port
	Port     int
	Protocol string // TCP, UDP, SCTP
	HostIP   string // of a declared port with a hostPort
	Node     *manifest.Node
	Told     bool   // by an argument or variable
	From     string // for people: "declares port 8080", "is told by --http-address to listen on 127.0.0.1:4180"
}

// Clashes says whether two containers of a Pod cannot both listen as they are told. The wildcard takes every address; two
// declared ports with different hostIPs are meant for different ones.
func (b Bind) Clashes(other Bind) bool {
	switch {
	case b.Port != other.Port || b.Protocol != other.Protocol:
		return false
	case b.HostIP != "" && other.HostIP != "" && b.HostIP != other.HostIP && !isWildcard(b.HostIP) && !isWildcard(other.HostIP):
		return false
	case b.Scope == Wildcard || other.Scope == Wildcard:
		return true
	}
	return b.Scope == other.Scope && (b.Scope == Loopback || b.Host == other.Host)
}

// bindFlags are the last parts of flags and variables whose value is an address to listen on, in every program that has them.
var bindFlags = regexp.MustCompile(`^(oauth2-proxy-)?https?-address$|(^|-)(listen|listen-addr|listen-address|bind-address)$`)

// address is what such a value looks like; the host may be a variable that only the kubelet knows.
var address = regexp.MustCompile(`^(?:https?://|tcp://)?(|\*|[0-9.]+|\[[0-9a-fA-F:.]*\]|localhost|\[?\$\([A-Za-z_][A-Za-z0-9_]*\)\]?|\[?\$\{?[A-Za-z_][A-Za-z0-9_]*\}?\]?):(\d{1,5})/?$`)

// Binds lists the addresses that a container's flags and environment certainly tell it to listen on, and the ports that it
// declares. A declared port that the container is told about is listed once, as told.
func (c *Container) Binds() []Bind {
	out := c.told()
	for _, p := range c.Ports {
		known := false
		for _, b := range out {
			known = known || b.Told && b.Port == p.Number && p.Protocol == "TCP"
		}
		if p.Number > 0 && !known {
			out = append(out, Bind{Port: p.Number, Protocol: p.Protocol, HostIP: p.HostIP, Node: p.Node.Get("containerPort"), From: "declares port " + strconv.Itoa(p.Number)})
		}
	}
	return out
}

func (c *Container) told() []Bind {
	var out []Bind
	add := func(flag, value string, n *manifest.Node) {
		if b, ok := bindOf(flag, value); ok {
			b.Node, b.From = n, "is told by "+flag+" to listen on "+value
			out = append(out, b)
		}
	}
	words := c.Words()
	for i, n := range words {
		text := c.Expand(n.Text())
		flag, value, assigned := strings.Cut(text, "=")
		switch {
		case !strings.HasPrefix(text, "-") || strings.ContainsAny(text, " \n"):
		case assigned:
			add(flag, strings.Trim(value, `"'`), n)
		case i+1 < len(words):
			add(flag, c.Expand(words[i+1].Text()), words[i+1])
		}
	}
	for _, e := range c.Env {
		if e.Value != nil {
			add(e.Name, c.Expand(e.Value.Text()), e.Value)
		}
	}
	return out
}

func bindOf(flag, value string) (Bind, bool) {
	m := address.FindStringSubmatch(value)
	if m == nil || !bindFlags.MatchString(flagKey(flag)) {
		return Bind{}, false
	}
	port, _ := strconv.Atoi(m[2])
	b := Bind{Host: m[1], Port: port, Protocol: "TCP", Told: true, Scope: Single}
	host := strings.Trim(m[1], "[]")
	addr, err := netip.ParseAddr(host)
	switch {
	case isWildcard(host):
		b.Scope = Wildcard
	case host == "localhost" || err == nil && addr.IsLoopback():
		b.Scope = Loopback
	case err != nil && !strings.Contains(host, "$"):
		return Bind{}, false
	}
	return b, port > 0 && port <= 65535
}

func isWildcard(host string) bool {
	return host == "" || host == "*" || host == "0.0.0.0" || host == "::"
}
