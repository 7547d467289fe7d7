package analysis

import "github.com/bmatcuk/doublestar/v4"

// DefaultKubernetes is the target version when none is configured (minor of 1.x).
const DefaultKubernetes = 33

// Config is what a repository decides about the analysis. The zero value is the default.
type Config struct {
	Kubernetes int // minor of the target version 1.x; 0 means DefaultKubernetes
	Rules      map[string]Level
	Overrides  []Override
	Helpers    []Helper
	Ignores    []Ignore
	User       []*Rule // of the repository itself, beside the catalogue
}

// Level is a configured level of a rule: On keeps the rule's own severity.
type Level struct {
	On       bool
	Severity Severity // Off with On false turns the rule off
}

// Override changes levels for paths; the last one that matches wins.
type Override struct {
	Paths []string // globs with **
	Rules map[string]Level
}

// Helper adds an image to the helper table.
type Helper struct {
	Image    string            // repository without tag
	Role     string            // a helper kind
	Requests map[string]string // resource name to quantity
}

// Ignore leaves findings out of the verdict; they are still counted and listed. An end date is the loader's matter: rules have
// no clock, and an ignore that has ended is not in the Config.
type Ignore struct {
	Rule      string
	Paths     []string
	Object    string // Kind/name with glob
	Container string
	Reason    string
}

// Target is the minor of the target Kubernetes version.
func (c *Config) Target() int {
	if c == nil || c.Kubernetes == 0 {
		return DefaultKubernetes
	}
	return c.Kubernetes
}

// Severity is the level at which a rule's finding counts at a path; own is what the rule itself gives it. Off means not at all.
func (c *Config) Severity(rule *Rule, own Severity, path string) Severity {
	level, configured := c.Rules[rule.Name]
	for _, o := range c.Overrides {
		if l, ok := o.Rules[rule.Name]; ok && matchAny(o.Paths, path) {
			level, configured = l, true
		}
	}
	switch {
	case !configured && rule.Disabled:
		return Off
	case !configured || level.On:
		return own
	}
	return level.Severity
}

// IgnoreReason says why the configuration ignores a finding; "" when it doesn't.
func (c *Config) IgnoreReason(f Finding) string {
	for _, i := range c.Ignores {
		if i.matches(f) {
			return i.Reason
		}
	}
	return ""
}

func (i Ignore) matches(f Finding) bool {
	if i.Rule != "" && i.Rule != f.Rule || i.Container != "" && i.Container != f.Container {
		return false
	}
	if i.Object != "" && !matchAny([]string{i.Object}, f.Object.String()) {
		return false
	}
	return len(i.Paths) == 0 || matchAny(i.Paths, f.Place.Path)
}

func matchAny(globs []string, text string) bool {
	for _, g := range globs {
		if ok, _ := doublestar.Match(g, text); ok {
			return true
		}
	}
	return false
}
