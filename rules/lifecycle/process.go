package lifecycle

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// daemons are the programs that well-known images start under another name than their own.
var daemons = map[string][]string{
	"gce-proxy": {"cloud_sql_proxy"}, "docker": {"dockerd"}, "vault": {"vault"}, "proxyv2": {"envoy", "pilot-agent"}, "mysql": {"mysqld"}, "mariadb": {"mariadbd", "mysqld"},
	"mongo": {"mongod"}, "redis": {"redis-server"}, "nginx-unprivileged": {"nginx"}, "httpd": {"httpd"}, "phpfpm": {"php-fpm"},
}

// processes are the names that the processes of a container go by, as people write them: its programs, its image, its own name.
func processes(c *pod.Container) []string {
	image := path.Base(pod.Repository(c.Image))
	names := append([]string{c.Name, image}, daemons[image]...)
	if s := ScriptOf(c); s != nil {
		for _, cmd := range (script{s}).commands() {
			if !tools[cmd.name] {
				names = append(names, cmd.name)
			}
		}
	} else {
		names = append(names, commandOf(c.CommandLine()).name)
	}
	for i, n := range names {
		names[i] = plainName(n)
	}
	return slices.DeleteFunc(names, func(n string) bool { return len(n) < 2 })
}

// tools are programs and builtins that many scripts run in passing, so that their names tell no container from another.
var tools = wordSet(`: [ test true false echo printf sleep cat tail head touch rm mv cp mkdir chmod chown ls date exit return break continue set unset export trap wait
	read let kill pkill killall pgrep pidof ps grep egrep awk sed cut tr sort xargs curl wget nc until sh bash ash dash exec cd source . env inotifywait ln find basename dirname`)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// Signal is a command by which one container sends a signal to processes that it finds by name or in a file.
type Signal struct {
	By     *pod.Container
	To     *pod.Container // whose process is meant; nil when the Pod has none of that name, or it is the container's own
	Text   string         // the command, as written
	Node   *manifest.Node // scalar that holds it
	Script *pod.Script    // that holds it; nil for the container's own command line
	Stmt   *syntax.Stmt   // of Script
}

// Signals returns the signals that a container's scripts and command send to processes of other containers of its Pod.
func Signals(state *analysis.State, c *pod.Container) []Signal {
	if to := reloads(c); to != nil {
		return []Signal{{By: c, To: to, Text: path.Base(pod.Repository(c.Image)), Node: c.Node.Get("image")}}
	}
	if !mayKill(c) {
		return nil
	}
	var out []Signal
	scripts, _ := Scripts(state, c)
	if len(scripts) == 0 {
		cmd := commandOf(c.CommandLine())
		if to := addressee(c, targets(script{}, cmd)); to != nil {
			out = append(out, Signal{By: c, To: to, Text: strings.Join(c.CommandLine(), " "), Node: c.Words()[0]})
		}
		return out
	}
	inline := ScriptOf(c)
	for _, s := range scripts {
		if !strings.Contains(s.Text, "kill") {
			continue
		}
		sc := script{s}
		for _, cmd := range sc.commands() {
			names := targets(sc, cmd)
			if inline == nil || s.Node != inline.Node {
				names = sc.given(names, func() []string { return parameters(state, c, s) })
			}
			to := addressee(c, names)
			if to != nil {
				out = append(out, Signal{By: c, To: to, Text: sc.source(cmd.stmt), Node: s.Node, Script: s, Stmt: cmd.stmt})
			}
		}
	}
	return out
}

// reloads returns the server beside a reloader that signals it when its configuration changes: all that the image does.
func reloads(c *pod.Container) *pod.Container {
	if path.Base(pod.Repository(c.Image)) != "nats-server-config-reloader" {
		return nil
	}
	for _, other := range c.Workload.Running() {
		if path.Base(pod.Repository(other.Image)) == "nats" {
			return other
		}
	}
	return nil
}

// mayKill says whether a look at a container's command shows that it may send signals: itself, or by a script of a ConfigMap.
func mayKill(c *pod.Container) bool {
	return slices.ContainsFunc(c.Words(), func(n *manifest.Node) bool {
		return strings.Contains(n.Text(), "kill") || slices.ContainsFunc(c.Mounts, func(m pod.Mount) bool {
			v := c.Workload.Volume(m.Volume)
			return v != nil && v.Type == "configMap" && m.Path != "" && strings.Contains(n.Text(), m.Path)
		})
	})
}

// parameters are the words behind a script of a ConfigMap where the container calls it: what it sees as $1, $2 and so on.
func parameters(state *analysis.State, c *pod.Container, s *pod.Script) []string {
	lines := [][]string{c.CommandLine()}
	if inline := ScriptOf(c); inline != nil {
		lines = nil
		for _, cmd := range (script{inline}).commands() {
			lines = append(lines, cmd.words)
		}
	}
	for _, line := range lines {
		for i, word := range line {
			if n, _ := configured(state, c, word); n != nil && n.Resolve() == s.Node {
				return line[i+1:]
			}
		}
	}
	return nil
}

// given replaces what a script names by its parameters, directly or through a variable.
func (s script) given(names []string, parameters func() []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name
		variable := strings.Trim(name, "${}")
		if variable == name {
			continue
		}
		syntax.Walk(s.File, func(n syntax.Node) bool {
			if a, ok := n.(*syntax.Assign); ok && a.Name != nil && a.Name.Value == variable && a.Value != nil {
				variable = strings.Trim(s.word(a.Value), "${}")
			}
			return true
		})
		at, err := strconv.Atoi(variable)
		if err != nil {
			continue
		}
		if words := parameters(); at > 0 && at <= len(words) {
			out[i] = words[at-1]
		}
	}
	return out
}

// addressee is the one other container whose process one of the names means.
func addressee(c *pod.Container, names []string) *pod.Container {
	if len(names) == 0 {
		return nil
	}
	own := processes(c)
	var to *pod.Container
	for _, name := range names {
		name = plainName(path.Base(strings.Trim(name, "^$")))
		if slices.Contains(own, name) {
			return nil
		}
		for _, other := range c.Workload.Running() {
			if other == c || !slices.Contains(processes(other), name) {
				continue
			}
			if to != nil && to != other || pod.Repository(other.Image) == pod.Repository(c.Image) {
				return nil // two may be meant, or one that it runs itself
			}
			to = other
		}
	}
	return to
}

// targets names the processes that a command sends a signal to, nil when it sends none: `pkill NAME`, `killall NAME`, and `kill`
// of what `pidof`, `pgrep` or `ps | grep` find, directly or through a variable.
func targets(s script, c command) []string {
	switch c.name {
	case "pkill", "killall":
		return operands(c.args)
	case "kill":
		if s.Script == nil || c.trap {
			return nil
		}
		var out []string
		for _, found := range s.substitutions(c.stmt) {
			out = append(out, s.searched(found)...)
		}
		return out
	}
	return nil
}

// operands are the words of a command that are no flags; the last flag of `-s HUP` takes a word.
func operands(args []string) []string {
	var out []string
	for i, a := range args {
		if strings.HasPrefix(a, "-") || i > 0 && (args[i-1] == "-s" || args[i-1] == "--signal" || args[i-1] == "-u") {
			continue
		}
		out = append(out, strings.Fields(a)...)
	}
	return out
}

// substitutions are the commands in a statement's $(…), and in what the variables that it names were set to.
func (s script) substitutions(stmt *syntax.Stmt) []*syntax.CmdSubst {
	var out []*syntax.CmdSubst
	variables := map[string]bool{}
	syntax.Walk(stmt, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			out = append(out, n)
		case *syntax.ParamExp:
			if n.Param != nil {
				variables[n.Param.Value] = true
			}
		}
		return true
	})
	syntax.Walk(s.File, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && variables[a.Name.Value] && a.Value != nil {
			for _, p := range a.Value.Parts {
				if found, ok := p.(*syntax.CmdSubst); ok {
					out = append(out, found)
				}
			}
		}
		return true
	})
	return out
}

// searched names the processes that a command substitution looks for.
func (s script) searched(found *syntax.CmdSubst) []string {
	var out []string
	for _, c := range s.in(found) {
		switch c.name {
		case "pidof", "pgrep", "grep", "egrep":
			out = append(out, operands(c.args)...)
		}
	}
	return out
}

// looking are programs by which a container looks at the processes around it.
var looking = wordSet("ps pgrep pidof top htop pstree lsof strace gdb nsenter pkill killall kill renice perf py-spy jstack jmap jcmd")

// Looks says whether a container may use the processes of others: it runs a program for that, or names /proc of a process. Certain
// says that the answer is known; what an unknown program does is not.
func Looks(state *analysis.State, c *pod.Container, role pod.Role) (uses, certain bool) {
	scripts, whole := Scripts(state, c)
	for _, s := range scripts {
		for _, cmd := range (script{s}).commands() {
			if looking[cmd.name] || containsPart(cmd.args, "/proc/") {
				return true, true
			}
			whole = whole && (tools[cmd.name] || isServer(cmd.name) || cmd.endless() != "")
		}
	}
	if len(scripts) > 0 {
		return false, whole
	}
	line := c.CommandLine()
	if containsPart(line, "/proc") || looking[commandOf(line).name] {
		return true, true
	}
	return false, serving(role) && !lookers[path.Base(role.Family.Image)]
}

// lookers are helper images that exist to look at or signal the processes of others.
var lookers = wordSet("process-exporter nats-server-config-reloader php-fpm-exporter phpfpm-exporter jolokia cadvisor node-exporter")
