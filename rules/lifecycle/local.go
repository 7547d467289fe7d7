package lifecycle

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Dial is a place where a container names a port of its own Pod.
type Dial struct {
	Port int
	Text string // as written
	From string // where it stands, for people: "the environment variable DOCKER_HOST"
	Node *manifest.Node
}

// loopback matches localhost and a port, however they are put together: `localhost:80`, `nc -z 127.0.0.1 80`, `/dev/tcp/localhost/80`.
var (
	loopback     = regexp.MustCompile(`(?:^|[^\w.-])(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]| +(?:-p +|--port[ =])?)(\d{2,5})\b`)
	loopbackHost = regexp.MustCompile(`^(?:[a-z]+://)?(?:localhost|127\.0\.0\.1|\[::1\])/?$`)
	portFlag     = regexp.MustCompile(`^(?:-p|-P|--port)$`)
	hostFlag     = regexp.MustCompile(`^(?:-h|--host|--hostname)$`)
)

// Dials lists the ports of its own Pod that a container's command, script and literal environment name, those that it serves itself
// left out.
func Dials(c *pod.Container) []Dial {
	var out []Dial
	own := Serves(c)
	add := func(port, text, from string, n *manifest.Node) {
		number, _ := strconv.Atoi(port)
		known := func(d Dial) bool { return d.Port == number && d.Node == n }
		if number > 0 && number <= 65535 && !slices.Contains(own, number) && !slices.ContainsFunc(out, known) {
			out = append(out, Dial{number, text, from, n})
		}
	}
	for _, n := range c.Words() {
		for _, m := range loopback.FindAllStringSubmatch(c.Expand(n.Text()), -1) {
			add(m[1], strings.TrimSpace(m[0]), "the command", n)
		}
	}
	dialsByFlags(c, add)
	for _, e := range c.Env {
		for _, m := range loopback.FindAllStringSubmatch(c.Expand(e.Value.Text()), -1) {
			add(m[1], strings.TrimSpace(m[0]), "the environment variable "+e.Name, e.Value)
		}
		if loopbackHost.MatchString(e.Value.Text()) {
			if port := portBeside(c, e.Name); port != nil {
				add(port.Text(), e.Value.Text()+" and port "+port.Text(), "the environment variable "+e.Name, e.Value)
			}
		}
	}
	return out
}

// dialsByFlags reads `-h localhost -p 5432` in a script or command.
func dialsByFlags(c *pod.Container, add func(port, text, from string, n *manifest.Node)) {
	lines := [][]string{c.CommandLine()}
	node := (*manifest.Node)(nil)
	if words := c.Words(); len(words) > 0 {
		node = words[0]
	}
	if s := ScriptOf(c); s != nil {
		lines, node = nil, s.Node
		for _, cmd := range (script{s}).commands() {
			lines = append(lines, cmd.args)
		}
	}
	for _, line := range lines {
		if port := portOf(line); port != "" && isClient(line) {
			add(port, "localhost and port "+port, "the command", node)
		}
	}
}

// portOf is the value of a command line's port flag.
func portOf(line []string) string {
	for i, word := range line {
		flag, value, assigned := strings.Cut(word, "=")
		if !assigned && i+1 < len(line) {
			value = line[i+1]
		}
		if portFlag.MatchString(flag) {
			return value
		}
	}
	return ""
}

// portBeside is the variable that gives the port to one that gives the host: DB_HOST and DB_PORT.
func portBeside(c *pod.Container, name string) *manifest.Node {
	for _, suffix := range []string{"HOST", "HOSTNAME", "HOSTADDR", "ADDRESS", "ADDR", "SERVER"} {
		stem, ok := strings.CutSuffix(name, suffix)
		if !ok {
			continue
		}
		for _, e := range c.Env {
			if e.Name == stem+"PORT" && e.Value != nil {
				return e.Value
			}
		}
	}
	return nil
}

// defaultPorts are the ports that servers take when nothing else is said. Sources: their documentation.
var defaultPorts = map[string][]int{
	"docker": {2375, 2376}, "dind": {2375, 2376}, "redis": {6379}, "valkey": {6379}, "postgres": {5432}, "postgresql": {5432}, "mysql": {3306}, "mariadb": {3306}, "mongo": {27017},
	"memcached": {11211}, "rabbitmq": {5672}, "nats": {4222}, "pgbouncer": {6432}, "vault": {8100, 8200}, "cloud-sql-proxy": {5432, 3306, 1433},
	"alloydb-auth-proxy": {5432}, "elasticsearch": {9200}, "opensearch": {9200}, "localstack": {4566}, "mailhog": {1025, 8025}, "mailpit": {1025, 8025}, "aws-sigv4-proxy": {8080},
}

// servedPort matches arguments that give a proxy its port in forms of its own: `-instances=a:b:c=tcp:5432`, `--port=5432`,
// `--local-port 5432`, `TCP-LISTEN:5432`.
var servedPort = regexp.MustCompile(`(?:=tcp:(?:[\d.]+:)?|^--?(?:local-|listen-)?port=|TCP4?-LISTEN:)(\d{2,5})\b`)

// Serves lists the TCP ports that a container listens on, as far as it declares them, is told them, or has them by default.
func Serves(c *pod.Container) []int {
	ports := c.Listens()
	line := c.CommandLine()
	if isClient(line) {
		return ports
	}
	told := len(c.Ports) > 0
	for i, word := range line {
		for _, m := range servedPort.FindAllStringSubmatch(word, -1) {
			port, _ := strconv.Atoi(m[1])
			ports, told = append(ports, port), true
		}
		if (word == "--port" || word == "-p" || word == "--local-port") && i+1 < len(line) {
			port, _ := strconv.Atoi(line[i+1])
			ports, told = append(ports, port), true
		}
	}
	image := path.Base(pod.Repository(c.Image))
	if !told && (image != "docker" || strings.Contains(c.Image, "dind")) {
		ports = append(ports, defaultPorts[image]...)
	}
	return slices.DeleteFunc(ports, func(p int) bool { return p == 0 })
}

// isClient says whether a command line names localhost as the host to call, so that its port is that one's.
func isClient(line []string) bool {
	for i, word := range line {
		flag, value, assigned := strings.Cut(word, "=")
		if !assigned && i+1 < len(line) {
			value = line[i+1]
		}
		if hostFlag.MatchString(flag) && loopbackHost.MatchString(value) {
			return true
		}
	}
	return false
}

// DialsTo returns where a container names a port that another container of its Pod serves.
func DialsTo(c, server *pod.Container) []Dial {
	ports := Serves(server)
	return slices.DeleteFunc(Dials(c), func(d Dial) bool { return !slices.Contains(ports, d.Port) })
}
