// Package cel makes rules of CEL expressions (Common Expression Language) that users write.
//
// A rule's expression says what must hold, as in a ValidatingAdmissionPolicy: a workload, or a container when the rule speaks of
// containers, for which it is false is a finding. An expression that fails (a missing key without has()) is neither: the rule
// goes on, and reports the first failure as its error.
//
// Invariants: an expression that may cost too much is refused when it is loaded, and whatever one costs in the end is bounded by a
// limit for each evaluation and a budget for each run; field paths exist in the Kubernetes API. Rules are values that may be
// used by several goroutines at once.
package cel

import (
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"github.com/podcheck/podcheck/rules/user/strict"
)

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// Roles are the roles of containers that a match can ask for.
var roles = []string{
	string(pod.App), string(pod.Setup), string(pod.LogShipper), string(pod.MetricsExporter), string(pod.Proxy),
	string(pod.ConfigSync), string(pod.FileWatcher), string(pod.Backup), string(pod.Adapter), string(pod.PrivateService),
}

// rule is a loaded rule.
type rule struct {
	match      match
	expression *program
	message    message
	budget     uint64 // that one run may cost
	containers bool   // evaluated for each container, not for each workload
}

// Load reads a rule; nil when the reader has found anything wrong.
func Load(r *strict.Reader, root *manifest.Node) *analysis.Rule { return load(r, root, standard) }

func load(r *strict.Reader, root *manifest.Node, l limits) *analysis.Rule {
	m, ok := r.Mapping(root, "the rule", "name", "severity", "match", "expression", "message", "documentation")
	if !ok {
		return nil
	}
	out := &analysis.Rule{Name: m.Required("name"), Severity: severity(r, m)}
	if out.Name != "" && !validName.MatchString(out.Name) {
		r.Fail(m.Get("name"), "the name %q must be lower-case letters, digits and dashes, at most 63", out.Name)
	}
	u := &rule{match: readMatch(r, m), budget: l.run}
	c := compiler{r, u.match.kinds, l}
	if m.Required("expression") != "" {
		u.expression = c.condition(m.Get("expression"))
	}
	if m.Required("message") != "" {
		u.message = c.message(m.Get("message"))
	}
	documentation := strings.TrimSpace(m.Text("documentation"))
	if r.Failed() {
		return nil
	}
	u.containers = len(u.match.roles) > 0 || u.expression.uses("container") || u.message.uses("container")
	out.Title = title(documentation, m.Text("message"))
	out.Doc = document(out.Name, documentation, u.expression.text)
	out.Run = u.run
	return out
}

func severity(r *strict.Reader, m strict.Mapping) analysis.Severity {
	if !m.Has("severity") {
		return analysis.Warning
	}
	text := m.OneOf("severity", "notice", "warning", "error")
	s, _ := analysis.ParseSeverity(text)
	return s
}

// title is the first line of the documentation, or the message as it is written.
func title(documentation, message string) string {
	line, _, _ := strings.Cut(documentation, "\n")
	line = strings.TrimSpace(strings.TrimLeft(line, "# "))
	if line == "" {
		line = strings.Join(strings.Fields(message), " ")
	}
	return strings.TrimSuffix(line, ".")
}

func document(name, documentation, expression string) string {
	doc := "# " + name + "\n\n"
	if documentation != "" {
		doc += documentation + "\n\n"
	}
	return doc + "## Expression\n\n```cel\n" + strings.TrimSpace(expression) + "\n```\n"
}

// match says which workloads and containers a rule looks at; what is not given matches everything.
type match struct {
	kinds      []string
	roles      []string
	namespaces []string // globs
	paths      []string // globs
}

func readMatch(r *strict.Reader, m strict.Mapping) match {
	if !m.Has("match") {
		return match{}
	}
	in, ok := r.Mapping(m.Get("match"), "match", "kinds", "roles", "namespaces", "paths")
	if !ok {
		return match{}
	}
	out := match{kinds: in.Texts("kinds"), roles: in.Texts("roles"), namespaces: in.Texts("namespaces"), paths: in.Texts("paths")}
	for i, kind := range out.kinds {
		r.Word(in.Items("kinds")[i], "kind of workload", kind, workloadKinds())
	}
	for i, role := range out.roles {
		r.Word(in.Items("roles")[i], "role", role, roles)
	}
	for _, key := range []string{"namespaces", "paths"} {
		for _, n := range in.Items(key) {
			if !doublestar.ValidatePattern(n.Text()) {
				r.Fail(n, "%q is no glob", n.Text())
			}
		}
	}
	return out
}

func workloadKinds() []string {
	return []string{
		"Pod", "ReplicationController", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob",
		"Rollout", "Service", "DeploymentConfig", "ScaledJob",
	}
}
