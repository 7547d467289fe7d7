package pod

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	listenKey   = regexp.MustCompile(`(^|-)(listen|bind|http-address|https-address|web-port|http-port|https-port|listen-port)(-|$)`)
	listenValue = regexp.MustCompile(`^(?:[a-z]+://)?(?:[0-9a-zA-Z.*-]*|\[[0-9a-f:]*\]):(\d{1,5})$`)
)

// Listens returns the TCP ports that a container declares or that its flags and environment tell it to listen on, each once.
func (c *Container) Listens() []int {
	var out []int
	add := func(port int) {
		if port > 0 && port <= 65535 && !slices.Contains(out, port) {
			out = append(out, port)
		}
	}
	for _, p := range c.Ports {
		if p.Protocol == "TCP" {
			add(p.Number)
		}
	}
	told := func(key, value string) {
		if !listenKey.MatchString(flagKey(key)) {
			return
		}
		if m := listenValue.FindStringSubmatch(value); m != nil {
			value = m[1]
		}
		port, _ := strconv.Atoi(value)
		add(port)
	}
	line := c.CommandLine()
	for i, word := range line {
		flag, value, assigned := strings.Cut(word, "=")
		switch {
		case !strings.HasPrefix(word, "-"):
		case assigned:
			told(flag, value)
		case i+1 < len(line):
			told(word, line[i+1])
		}
	}
	for _, e := range c.Env {
		told(e.Name, e.Value.Text())
	}
	return out
}
