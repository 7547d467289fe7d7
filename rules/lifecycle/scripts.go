package lifecycle

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"mvdan.cc/sh/v3/syntax"
)

// maxContainers and maxScript bound what is compared and parsed: no Pod that runs has as many containers, and no script that a
// person wrote is as long.
const (
	maxContainers = 40
	maxScript     = 256 << 10 // bytes
)

// Workloads lists the workloads of a state whose containers can be compared with each other: more than one, not more than any Pod
// that runs has, and all of them, which a patch does not say.
func Workloads(state *analysis.State) []*pod.Workload {
	patches := sync.OnceValue(state.Patches)
	var out []*pod.Workload
	for _, w := range state.Workloads {
		if n := len(w.Containers); n > 1 && n <= maxContainers && !w.Partial && !patches().Unknown(w) {
			out = append(out, w)
		}
	}
	return out
}

// ScriptOf returns the script in a container's command, nil if it has none, one that no shell would parse, or one of a length that
// no person wrote.
func ScriptOf(c *pod.Container) *pod.Script {
	for _, n := range c.Words() {
		if len(n.Text()) > maxScript {
			return nil
		}
	}
	return pod.ScriptOf(c)
}

// Scripts returns what a container runs as shell text: the script in its command first, then those of ConfigMaps that its command
// or that script names by path. Whole says that nothing else runs: no program but those, and no script that the state lacks.
func Scripts(state *analysis.State, c *pod.Container) (list []*pod.Script, whole bool) {
	inline := ScriptOf(c)
	whole = len(c.Words()) > 0
	words := c.CommandLine()
	if inline != nil {
		list, words = append(list, inline), script{inline}.words()
	}
	for _, word := range words {
		if !strings.HasPrefix(word, "/") {
			continue
		}
		switch n, mounted := configured(state, c, word); {
		case n != nil && len(n.Text()) <= maxScript:
			if s := pod.ParseScript(n); s != nil {
				list = append(list, s)
				continue
			}
			whole = false
		case mounted:
			whole = false
		}
	}
	return list, whole && len(list) > 0
}

// words are the words of a script, quotes removed.
func (s script) words() []string {
	var out []string
	syntax.Walk(s.File, func(n syntax.Node) bool {
		if w, ok := n.(*syntax.Word); ok {
			out = append(out, s.word(w))
		}
		return true
	})
	return out
}

// configured returns the text of a file that a container sees through a ConfigMap volume, nil when the state lacks it. Mounted
// says that the path lies in a volume at all.
func configured(state *analysis.State, c *pod.Container, file string) (n *manifest.Node, mounted bool) {
	m, ok := c.MountAt(file)
	if !ok {
		return nil, false
	}
	v := c.Workload.Volume(m.Volume)
	if v == nil || v.Type != "configMap" {
		return nil, true
	}
	key := m.InVolume(file)
	for _, item := range v.Source.Get("items").Seq() {
		if path.Clean(item.Get("path").Text()) == key {
			key = item.Get("key").Text()
		}
	}
	name := v.Source.Get("name").Text()
	at := slices.IndexFunc(state.Objects, func(o *manifest.Object) bool {
		return o.Kind == "ConfigMap" && o.Name == name && name != "" && state.Near(c.Workload.Object, o) == analysis.Together
	})
	if at < 0 {
		return nil, true
	}
	if n = state.Objects[at].Node.Get("data", key); n.Encrypted() {
		return nil, true
	}
	return n, true
}
