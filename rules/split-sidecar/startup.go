package splitsidecar

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// startOrder refuses a helper that needs the app to start: setup containers and the startup probes of native sidecars must succeed
// before the app's container is started, and would wait for it for ever.
func (m *merger) startOrder() []string {
	var out []string
	for _, c := range m.helper.In(pod.InitContainers) {
		if !c.Native && m.callsApp(c) {
			out = append(out, fmt.Sprintf("The setup container %s of %s calls %s, which starts only after it in one Pod.", c.Name, m.helper, m.app))
		}
	}
	for _, c := range m.helper.In(pod.Containers) {
		probe, role := c.Node.Get("startupProbe", "httpGet"), m.roles.Of(c)
		if m.native && role.Kind == pod.Proxy && m.relation == upstream && !probe.IsNull() && (role.Family.Path == "" || probe.Get("path").Text() != role.Family.Path) {
			out = append(out, fmt.Sprintf("The startup probe of %s may ask %s through it, which starts only after it in one Pod.", c.Name, m.app))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// callsApp says whether a container names the app, or a Service of it, in its words: `nc -z app 80` as well as a URL.
func (m *merger) callsApp(c *pod.Container) bool {
	if slices.ContainsFunc(m.toApp, func(l located) bool { return m.owner(l.ref.Node) == c }) {
		return true
	}
	names := []string{regexp.QuoteMeta(m.app.Name())}
	for _, svc := range m.state.Selecting(m.app) {
		names = append(names, regexp.QuoteMeta(svc.Object.Name))
	}
	host := regexp.MustCompile(`(?:^|[^-.\w/])(?:` + strings.Join(names, "|") + `)(?:$|[^-\w/])`)
	return slices.ContainsFunc(c.Texts(), func(n *manifest.Node) bool { return host.MatchString(n.Text()) })
}

// follow makes a container that follows files of the app by descriptor follow their names: it starts before the app has made them.
func (m *merger) follow(c *pod.Container) error {
	for _, t := range pod.Tails(c) {
		text := t.Flag.Node.Text()
		if !m.handedOver(c, t) || t.Flag.End > len(text) || text[t.Flag.Start:t.Flag.End] != t.Flag.Value {
			continue
		}
		edits, err := edit.ReplaceRange(t.Flag.Node, t.Flag.Start, t.Flag.End, t.ByName)
		if err := m.within(c, edits, err); err != nil {
			return err
		}
		m.did("container %s follows its files with tail %s, as it starts before the app makes them", m.nameOf(c), t.ByName)
	}
	return nil
}

// handedOver says whether all files of a tail lie on storage that the app hands over, each with its name.
func (m *merger) handedOver(c *pod.Container, t pod.Tail) bool {
	return len(t.Files) > 0 && !slices.ContainsFunc(t.Files, func(file pod.FileUse) bool {
		mount, ok := c.MountAt(file.Path)
		return !ok || file.Pattern() || !slices.ContainsFunc(m.pair.shared, func(s shared) bool { return s.helper.Name == mount.Volume })
	})
}
