package invalidmanifest

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// refusedObjectName says why the API server refuses an object's name; "" when it takes it.
// Source: k8s.io/apimachinery/pkg/api/validation and the ValidateName of each kind's strategy.
func refusedObjectName(o *manifest.Object, name string) string {
	group := pod.Group(o.APIVersion)
	switch {
	case !builtIn(group):
		return ""
	case group == "rbac.authorization.k8s.io":
		return pathSegment(name)
	case group == "" && (o.Kind == "Service" || o.Kind == "Namespace"):
		return label(name)
	case group == "apiregistration.k8s.io" || group == "certificates.k8s.io" || group == "flowcontrol.apiserver.k8s.io" || group == "apiextensions.k8s.io":
		return pathSegment(name)
	}
	return subdomain(name)
}

// builtInGroups are the API groups of Kubernetes itself that are written without a domain.
var builtInGroups = map[string]bool{"": true, "apps": true, "batch": true, "autoscaling": true, "policy": true, "extensions": true}

func builtIn(group string) bool {
	if builtInGroups[group] {
		return true
	}
	switch group {
	case "networking.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
		"admissionregistration.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io", "flowcontrol.apiserver.k8s.io", "apiextensions.k8s.io", "node.k8s.io":
		return true
	}
	return false
}

// label is an RFC 1123 label: at most 63 lower-case letters, digits and dashes, beginning and ending with a letter or digit.
func label(name string) string {
	if len(name) > 63 {
		return "it is longer than 63 characters"
	}
	if strings.Contains(name, ".") {
		return "it may not contain a dot"
	}
	return subdomain(name)
}

// subdomain is an RFC 1123 subdomain: labels joined by dots, at most 253 characters.
func subdomain(name string) string {
	if len(name) > 253 {
		return "it is longer than 253 characters"
	}
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '.':
		case r >= 'A' && r <= 'Z':
			return "it may not contain upper-case letters"
		case r == ' ':
			return "it may not contain a space"
		case r == '_':
			return "it may not contain an underscore"
		default:
			return "it may contain only lower-case letters, digits, dashes and dots"
		}
	}
	for _, part := range strings.Split(name, ".") {
		if part == "" || strings.HasPrefix(part, "-") || strings.HasSuffix(part, "-") {
			return "each part must begin and end with a letter or digit"
		}
	}
	return ""
}

// pathSegment is what can stand in a URL path: nearly everything.
func pathSegment(name string) string {
	if name == "." || name == ".." || strings.ContainsAny(name, "/%") {
		return "it may not be . or .., nor contain / or %"
	}
	return ""
}
