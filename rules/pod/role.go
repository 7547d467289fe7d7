package pod

import (
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Role is what a container is for, and why that is believed.
type Role struct {
	Kind     Kind
	Central  bool // serves the cluster or many workloads
	Family   Family
	Evidence []RoleEvidence // for Kind, strongest first
}

// RoleEvidence is one reason for a role.
type RoleEvidence struct {
	Kind   Kind
	Weight int
	Text   string
	Node   *manifest.Node
}

// Helper says whether the container helps an app.
func (r Role) Helper() bool { return r.Kind != App && r.Kind != Setup }

// decisive is the sum of weights from which a container counts as a helper: one image that does nothing else, or a command
// that does nothing else, or two weaker signs.
const decisive = 4

// RoleOf sums the evidence for each kind. Unknown images without other evidence are apps; ordinary init containers are setup.
func RoleOf(c *Container, additional []Family) Role {
	if c.Section == InitContainers && !c.Native {
		return Role{Kind: Setup}
	}
	family, known := FamilyOf(c.Image, additional)
	known = known && (family.With == "" || slices.Contains(c.CommandLine(), family.With))
	var all []RoleEvidence
	if known {
		all = append(all, familyEvidence(c, family))
	}
	all = append(all, imageEvidence(c, known)...)
	all = append(all, commandEvidence(c)...)
	all = append(all, nameEvidence(c)...)
	sums := map[Kind]int{}
	for _, e := range all {
		sums[e.Kind] += e.Weight
	}
	best, sum := App, decisive-1
	for _, k := range []Kind{LogShipper, MetricsExporter, Proxy, ConfigSync, FileWatcher, Backup, Adapter, PrivateService} {
		if sums[k] > sum {
			best, sum = k, sums[k]
		}
	}
	role := Role{Kind: best}
	if best == App {
		return role
	}
	if known && family.Role == best {
		role.Family, role.Central = family, family.Central
	}
	for _, e := range all {
		if e.Kind == best {
			role.Evidence = append(role.Evidence, e)
		}
	}
	slices.SortStableFunc(role.Evidence, func(a, b RoleEvidence) int { return b.Weight - a.Weight })
	return role
}

func familyEvidence(c *Container, f Family) RoleEvidence {
	weight := 5
	if f.Weak {
		weight = 2
	}
	return RoleEvidence{f.Role, weight, "image " + lastSegment(c.Image) + " is a known " + string(f.Role), c.Node.Get("image")}
}

func lastSegment(image string) string {
	repository := Repository(image)
	return repository[strings.LastIndexByte(repository, '/')+1:]
}

// imageEvidence reads the words of an image name that the table doesn't list: nearly every `*-exporter` image is one.
func imageEvidence(c *Container, known bool) []RoleEvidence {
	if known {
		return nil
	}
	words := Words(lastSegment(c.Image))
	if len(words) > 1 && words[len(words)-1] == "exporter" {
		return []RoleEvidence{{MetricsExporter, 4, "its image name ends in exporter", c.Node.Get("image")}}
	}
	return nil
}

// commandSigns are what helpers do, as it stands in their commands and flags.
var commandSigns = []struct {
	pattern *regexp.Regexp
	kind    Kind
	weight  int
	text    string
}{
	{regexp.MustCompile(`^(exec\s+)?tail\s+(-\S+\s+|\+?\d+\s+)*(-\S*[fF]|--follow\S*)\b`), LogShipper, 4, "does nothing but follow a file"},
	{regexp.MustCompile(`\binotifywait\b`), FileWatcher, 4, "waits for file changes"},
	{regexp.MustCompile(`^--?(upstream|upstream-url|proxy-upstream|forward-to)=`), Proxy, 3, "has an upstream"},
	{regexp.MustCompile(`^--?redis\.addr\b`), MetricsExporter, 4, "reads metrics of a Redis"},
	{regexp.MustCompile(`^--?(es\.uri|mysqld\.address|kafka\.server|mongodb\.uri|memcached\.address|nginx\.scrape-uri|scrape_uri)\b`), MetricsExporter, 4, "reads metrics of another server"},
}

func commandEvidence(c *Container) []RoleEvidence {
	var out []RoleEvidence
	words := c.Words()
	for _, sign := range commandSigns {
		for _, n := range words {
			text := strings.TrimSpace(c.Expand(n.Text()))
			if text != "" && sign.pattern.MatchString(text) && !idles(text) {
				out = append(out, RoleEvidence{sign.kind, sign.weight, "its command " + sign.text, n})
				break
			}
		}
	}
	return append(out, followEvidence(c)...)
}

var (
	redirection = regexp.MustCompile(`\d*>>?&?\s*\S+`)
	nothing     = regexp.MustCompile(`(^|\s)/dev/null\b`)
)

// idles says whether a command follows nothing but /dev/null, which keeps a container alive and ships no log.
func idles(text string) bool { return nothing.MatchString(redirection.ReplaceAllString(text, "")) }

// followEvidence finds `tail -f` written as separate words, and shell loops that only print files.
func followEvidence(c *Container) []RoleEvidence {
	words := c.Words()
	for i, n := range words {
		if n.Text() == "tail" && i == 0 && len(words) > 1 && !slices.ContainsFunc(words, func(w *manifest.Node) bool { return w.Text() == "/dev/null" }) {
			for _, rest := range words[1:] {
				if t := rest.Text(); t == "-f" || t == "-F" || strings.HasPrefix(t, "--follow") || strings.HasPrefix(t, "-n+1f") {
					return []RoleEvidence{{LogShipper, 4, "its command does nothing but follow a file", n}}
				}
			}
		}
	}
	if script := ScriptOf(c); script != nil {
		for _, loop := range script.CatLoops() {
			if loop.Plain && strings.TrimSpace(script.Text) == script.Text[loop.Start:loop.End] {
				return []RoleEvidence{{LogShipper, 4, "its command does nothing but print files again and again", script.Node}}
			}
		}
	}
	return nil
}

// nameWords are words of container and object names that hint at a role.
var nameWords = map[string]struct {
	kind   Kind
	weight int
}{
	"exporter":   {MetricsExporter, 2},
	"shipper":    {LogShipper, 2},
	"logshipper": {LogShipper, 2},
	"logger":     {LogShipper, 1},
	"logging":    {LogShipper, 1},
	"log":        {LogShipper, 1},
	"logs":       {LogShipper, 1},
	"fluentd":    {LogShipper, 2},
	"fluentbit":  {LogShipper, 2},
	"filebeat":   {LogShipper, 2},
	"promtail":   {LogShipper, 2},
	"proxy":      {Proxy, 2},
	"ambassador": {Proxy, 1},
	"sidecar":    {"", 1},
	"watcher":    {FileWatcher, 2},
	"reloader":   {ConfigSync, 2},
	"backup":     {Backup, 2},
	"adapter":    {Adapter, 2},
}

// nameEvidence reads whole words of the container's name; the object's name counts only where the container's says nothing,
// and never beyond 2 for one kind: names lie.
func nameEvidence(c *Container) []RoleEvidence {
	best := map[Kind]RoleEvidence{}
	var order []Kind
	for _, named := range []struct {
		node *manifest.Node
		what string
	}{{c.Node.Get("name"), "container"}, {objectName(c), "object"}} {
		for _, word := range Words(named.node.Text()) {
			sign, ok := nameWords[word]
			if !ok || sign.kind == "" {
				continue
			}
			if old, seen := best[sign.kind]; !seen || old.Weight < sign.weight {
				if !seen {
					order = append(order, sign.kind)
				}
				best[sign.kind] = RoleEvidence{sign.kind, sign.weight, "its " + named.what + " name has the word " + word, named.node}
			}
		}
	}
	var out []RoleEvidence
	for _, k := range order {
		out = append(out, best[k])
	}
	return out
}

// objectName is the workload's name, for Pods of one container: in others it names the app.
func objectName(c *Container) *manifest.Node {
	if c.Workload == nil || len(c.Workload.In(Containers)) != 1 {
		return nil
	}
	return c.Workload.Object.Node.Get("metadata", "name")
}
