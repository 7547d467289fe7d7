package pod

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Reference is a place where a container names a network peer.
type Reference struct {
	Key    string         // flag or variable that names it, lower case, words joined by "-"; "" for a bare argument
	Host   string         // as written, lower case
	Port   int            // 0 when not written
	Scheme string         // of a URL, lower case; "" otherwise
	Prefix string         // what stands before the host in Text: a scheme, credentials, the = of a flag
	Text   string         // the part of the value that names host and port, as written, with its prefix: what a rewrite replaces
	Node   *manifest.Node // scalar that holds Text
	From   string         // where it stands, for people, never with its value: "argument --redis.addr", "environment variable REDIS_ADDR"
}

// hostPattern also takes the dot of a name that is absolute for the cluster's DNS.
const hostPattern = `[a-zA-Z0-9](?:[-a-zA-Z0-9.]*[a-zA-Z0-9])?\.?`

var (
	urlReference  = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*)://((?:[^\s/@'"]*@)?)(` + hostPattern + `)(?::(\d{1,5}))?(?:[/?#,;\s'"]|$)`)
	dsnReference  = regexp.MustCompile(`(@(?:tcp)?\()(` + hostPattern + `):(\d{1,5})\)`)
	pairReference = regexp.MustCompile(`^((?:[^\s@/]+@)?)(` + hostPattern + `):(\d{1,5})(?:/.*)?$`)
	bareReference = regexp.MustCompile(`^(` + hostPattern + `)$`)
	kvReference   = regexp.MustCompile(`(?:^|\s)host=(` + hostPattern + `)(?:\s+port=(\d{1,5}))?`)
)

// localSchemes are URL schemes that name no network peer.
var localSchemes = map[string]bool{"unix": true, "file": true, "static": true, "fd": true}

// hostKeys are the last words of flags and variables whose value is a host name.
var hostKeys = map[string]bool{
	"host": true, "hostname": true, "addr": true, "address": true, "server": true, "upstream": true, "endpoint": true, "target": true, "backend": true,
	"url": true, "uri": true, "dsn": true, "master": true, "servers": true, "addrs": true, "hosts": true,
}

// References lists what a container's arguments and literal environment name as network peers, in source order. Values that
// stand elsewhere (Secrets, fields, ConfigMaps) yield nothing here.
func References(c *Container) []Reference {
	var out []Reference
	out = append(out, argumentReferences(c)...)
	for _, e := range c.Env {
		if e.Value == nil {
			continue
		}
		key := strings.ToLower(strings.ReplaceAll(e.Name, "_", "-"))
		out = append(out, parse(c, key, e.Value, "environment variable "+e.Name)...)
	}
	return out
}

// argumentReferences reads flags with `=`, flags followed by their value, bare arguments and shell scripts.
func argumentReferences(c *Container) []Reference {
	var out []Reference
	key, shell := "", false
	for _, n := range c.Words() {
		text := n.Text()
		flag, _, assigned := strings.Cut(text, "=")
		switch {
		case shell && strings.ContainsAny(text, " \n\t"):
			out = append(out, scriptReferences(c, n)...)
			key = ""
		case strings.HasPrefix(text, "-") && assigned:
			out = append(out, parse(c, flagKey(flag), n, "argument "+flag)...)
			key = ""
		case strings.HasPrefix(text, "-"):
			key = text
			shell = shell || isShellFlag(text)
		default:
			from := "an argument"
			if hostKeys[lastWord(flagKey(key))] {
				from = "argument " + key
			}
			out = append(out, parse(c, flagKey(key), n, from)...)
			key = ""
		}
	}
	return out
}

// isShellFlag says whether the next word is a script: `sh -c`, `bash -ec`.
func isShellFlag(flag string) bool {
	return len(flag) <= 5 && !strings.HasPrefix(flag, "--") && strings.HasSuffix(flag, "c")
}

// dashed writes the separators in flags alike.
var dashed = strings.NewReplacer("_", "-", ".", "-")

func flagKey(flag string) string {
	return strings.ToLower(dashed.Replace(strings.TrimLeft(flag, "-")))
}

// scriptReferences reads the words of a shell script. Each word stands for itself: what the script does with it is unknown.
func scriptReferences(c *Container, n *manifest.Node) []Reference {
	var out []Reference
	key := ""
	for _, word := range strings.FieldsFunc(n.Text(), func(r rune) bool { return strings.ContainsRune(" \t\n;|&()", r) }) {
		word = strings.Trim(word, `"'`)
		flag, text, assigned := strings.Cut(word, "=")
		switch {
		case assigned && strings.HasPrefix(flag, "-"):
			out = append(out, value{c, flagKey(flag), "argument " + flag + " in the script", n}.references(text, "=")...)
			key = ""
		case strings.HasPrefix(word, "-"):
			key = word
		default:
			out = append(out, value{c, flagKey(key), "the script", n}.references(word, "")...)
			key = ""
		}
	}
	return out
}

// parse reads the value of one scalar: the part behind `=` of a flag, or all of it. A value that is a reference to the
// environment is followed, and the scalar of the variable is what names the peer.
func parse(c *Container, key string, n *manifest.Node, from string) []Reference {
	text, lead := n.Text(), ""
	if strings.HasPrefix(text, "-") {
		_, text, _ = strings.Cut(text, "=")
		lead = "="
	}
	if name, ok := strings.CutPrefix(strings.TrimSpace(text), "$("); ok && strings.HasSuffix(name, ")") {
		for _, e := range c.Env {
			if e.Value != nil && e.Name+")" == name {
				return value{c: c, key: key, node: e.Value, from: from + " through " + e.Name}.references(e.Value.Text(), "")
			}
		}
		return nil
	}
	return value{c: c, key: key, node: n, from: from}.references(text, lead)
}

// value is a value that may name peers, and where it stands.
type value struct {
	c         *Container
	key, from string
	node      *manifest.Node
}

// references reads a value: URLs, DSNs, host and port, or a bare host where the key asks for one; several behind commas. lead is
// what stands directly before the value in its scalar.
func (v value) references(text, lead string) []Reference {
	var out []Reference
	for i, part := range strings.Split(v.c.Expand(text), ",") {
		if i > 0 {
			lead = ","
		}
		out = append(out, v.part(part, lead)...)
	}
	return out
}

// reference is one peer, or nothing where the host names none.
func (v value) reference(scheme, prefix, host, port string) []Reference {
	number, _ := strconv.Atoi(port)
	bare := strings.TrimSuffix(host, ".")
	if !isPeer(bare) || number > 65535 {
		return nil
	}
	text := prefix + host
	if port != "" {
		text += ":" + port
	}
	return []Reference{{
		Key: v.key, Host: strings.ToLower(bare), Port: number, Scheme: strings.ToLower(scheme), Prefix: prefix, Text: text, Node: v.node, From: v.from,
	}}
}

func (v value) part(part, lead string) []Reference {
	var out []Reference
	add := func(scheme, prefix, host, port string) {
		out = append(out, v.reference(scheme, prefix, host, port)...)
	}
	for _, m := range urlReference.FindAllStringSubmatch(part, -1) {
		if !localSchemes[strings.ToLower(m[1])] {
			add(m[1], m[1]+"://"+m[2], m[3], m[4])
		}
	}
	for _, m := range dsnReference.FindAllStringSubmatch(part, -1) {
		add("", m[1], m[2], m[3])
	}
	for _, m := range kvReference.FindAllStringSubmatch(part, -1) {
		add("", "host=", m[1], "")
	}
	if strings.Contains(part, "://") || len(out) > 0 {
		return out
	}
	trimmed := strings.TrimLeft(part, " ")
	lead += part[:len(part)-len(trimmed)]
	if m := pairReference.FindStringSubmatch(trimmed); m != nil {
		add("", lead+m[1], m[2], m[3])
	} else if m := bareReference.FindStringSubmatch(strings.TrimSpace(part)); m != nil && hostKeys[lastWord(v.key)] {
		add("", lead, m[1], "")
	}
	return out
}

func lastWord(key string) string {
	return key[strings.LastIndexByte(key, '-')+1:]
}

// isPeer says whether a host names something else than this Pod: no loopback, no address, no number.
func isPeer(host string) bool {
	switch strings.ToLower(host) {
	case "localhost", "true", "false", "none", "null", "":
		return false
	}
	return strings.Trim(host, "0123456789.:") != ""
}
