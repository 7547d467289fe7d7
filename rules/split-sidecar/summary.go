package splitsidecar

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/pod"
)

// summary says in at most five lines what the app gains and loses, with the numbers of this case.
func (m *merger) summary() []string {
	names := make([]string, 0, 1)
	for _, c := range m.helper.In(pod.Containers) {
		names = append(names, m.nameOf(c))
	}
	where := "the Pod"
	if m.many() {
		where = "each of the " + m.podsOf(m.app)
		if most := m.most(m.app); most == unbounded || most > m.count(m.app) {
			where = "each Pod (" + m.podsOf(m.app) + ")"
		}
	}
	own := "a Pod"
	if m.most(m.helper) != 1 {
		own = m.podsOf(m.helper)
	}
	lines := []string{fmt.Sprintf("%s runs in %s of %s instead of in %s of its own, and starts, stops and is scheduled with it.", strings.Join(names, ", "), where, m.app, own)}
	for _, line := range []string{m.sums(), m.reach()} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	lines = append(lines, m.changes...)
	if look := m.mentions(); look != "" {
		lines = append(lines[:min(len(lines), 4)], look)
	}
	if !m.native {
		lines = append(lines, fmt.Sprintf("Below Kubernetes 1.%d it is a plain container: it starts and stops in no certain order.", nativeSince))
	}
	return lines[:min(len(lines), 5)]
}

// reach says how both talk, and what others no longer reach.
func (m *merger) reach() string {
	switch closed := strings.Join(m.closed, ", "); {
	case closed != "": // then the app was its one client
		return fmt.Sprintf("They talk over localhost; %s is no longer open to the cluster.", closed)
	case len(m.toApp)+len(m.toHelper) > 0:
		return "They talk over localhost: no network hop, and nothing in between to resolve or to fail."
	}
	return ""
}

// sums says what each Pod of the app requests before and after.
func (m *merger) sums() string {
	var before, after []string
	for _, resource := range resources {
		if len(m.requested[resource]) == 0 {
			continue
		}
		have := m.requestedBy(m.app, resource)
		was, known := total(resource, have)
		is, valid := total(resource, append(have, m.requested[resource]...))
		if !known || !valid {
			continue
		}
		after = append(after, resource+" "+is)
		if len(have) > 0 {
			before = append(before, resource+" "+was)
		}
	}
	switch {
	case len(after) == 0:
		return ""
	case len(before) == 0:
		before = []string{"nothing"}
	}
	return fmt.Sprintf("Each Pod of %s requests %s instead of %s.", m.app, strings.Join(after, ", "), strings.Join(before, ", "))
}

func (m *merger) requestedBy(w *pod.Workload, resource string) []string {
	var out []string
	for _, c := range w.Running() {
		if n := c.Request(resource); n != nil {
			out = append(out, n.Text())
		}
	}
	return out
}

// total adds quantities up, and writes the sum in millicores or in bytes with a unit of two's powers.
func total(resource string, quantities []string) (string, bool) {
	sum := 0.0
	for _, q := range quantities {
		v, ok := pod.Quantity(q)
		if !ok {
			return "", false
		}
		sum += v
	}
	if len(quantities) == 1 {
		return quantities[0], true
	}
	if resource == "cpu" {
		if milli := math.Round(sum * 1000); math.Mod(milli, 1000) != 0 {
			return strconv.FormatFloat(milli, 'f', -1, 64) + "m", true
		}
		return strconv.FormatFloat(math.Round(sum*1000)/1000, 'f', -1, 64), true
	}
	for _, unit := range slices.Backward([]struct {
		name string
		size float64
	}{{"", 1}, {"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}}) {
		if sum != 0 && math.Mod(sum, unit.size) == 0 {
			return strconv.FormatFloat(sum/unit.size, 'f', -1, 64) + unit.name, true
		}
	}
	return strconv.FormatFloat(math.Round(sum), 'f', -1, 64), true
}
