package config

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

func sorted(words []string) []string {
	out := slices.Clone(words)
	slices.Sort(out)
	return out
}

// Version is the version of the configuration's format.
type Version int

// UnmarshalText accepts the one version there is.
func (v *Version) UnmarshalText(text []byte) error {
	if string(text) != "1" {
		return fmt.Errorf("%q is no version of the format: write 1", text)
	}
	*v = 1
	return nil
}

// KubernetesVersion is the minor of a version 1.x.
type KubernetesVersion int

// The oldest and the newest minor that may be asked for; the newest leaves room for clusters ahead of this program.
const (
	oldestMinor = 16
	newestMinor = 60
)

// UnmarshalText reads "1.33", with or without a leading v. It sees the text as written, so that an unquoted 1.30 stays 1.30.
func (v *KubernetesVersion) UnmarshalText(text []byte) error {
	major, minor, ok := strings.Cut(strings.TrimPrefix(string(text), "v"), ".")
	n, err := strconv.Atoi(minor)
	switch {
	case ok && major == "1" && err == nil && n >= 1 && n <= 9 && len(minor) == 1 && n*10 >= oldestMinor && n*10 <= newestMinor:
		return fmt.Errorf("%q is not supported: did you mean \"1.%d\"?", text, n*10)
	case !ok || major != "1" || err != nil || len(minor) != 2 || n < oldestMinor || n > newestMinor:
		return fmt.Errorf("%q is no supported Kubernetes version: write one from \"1.%d\" to \"1.%d\"", text, oldestMinor, newestMinor)
	}
	*v = KubernetesVersion(n)
	return nil
}

// Level is the level of a rule.
type Level analysis.Level

// UnmarshalText reads off, on, notice, warning or error.
func (l *Level) UnmarshalText(text []byte) error {
	if string(text) == "on" {
		*l = Level{On: true}
		return nil
	}
	severity, err := analysis.ParseSeverity(string(text))
	if err != nil {
		levels := []string{"off", "on", "notice", "warning", "error"}
		if meant := nearest(string(text), levels); meant != "" {
			return fmt.Errorf("%q is no level: did you mean %s?", text, meant)
		}
		return fmt.Errorf("%q is no level: use %s", text, list(levels))
	}
	*l = Level{Severity: severity}
	return nil
}

// Threshold is the severity from which on a check run fails.
type Threshold analysis.Severity

// Never is above every severity.
const Never = Threshold(analysis.Error + 1)

// UnmarshalText reads error, warning, notice or never.
func (t *Threshold) UnmarshalText(text []byte) error {
	if string(text) == "never" {
		*t = Never
		return nil
	}
	severity, err := analysis.ParseSeverity(string(text))
	if err != nil || severity == analysis.Off {
		return fmt.Errorf("%q is no threshold: use error, warning, notice or never", text)
	}
	*t = Threshold(severity)
	return nil
}

// Glob is a pattern of paths from the root of the repository; ** matches any number of folders.
type Glob string

// UnmarshalText refuses patterns that could never match a path.
func (g *Glob) UnmarshalText(text []byte) error {
	pattern := string(text)
	switch {
	case pattern == "":
		return errors.New("an empty pattern matches nothing: write ** for everything")
	case strings.HasPrefix(pattern, "!"):
		return fmt.Errorf("%q: a pattern can't be negated: use paths.exclude", pattern)
	case strings.HasPrefix(pattern, "/"), strings.HasPrefix(pattern, "./"):
		return fmt.Errorf("%q: patterns start at the root of the repository: write %s", pattern, strings.TrimLeft(pattern, "./"))
	case slices.Contains(strings.Split(pattern, "/"), ".."):
		return fmt.Errorf("%q: a pattern can't lead out of the repository", pattern)
	case strings.HasSuffix(pattern, "/"):
		return fmt.Errorf("%q matches no file: write %s**", pattern, pattern)
	case !doublestar.ValidatePattern(pattern):
		return fmt.Errorf("%q is no valid pattern: check its brackets and braces", pattern)
	}
	*g = Glob(pattern)
	return nil
}

// Comments is the number of inline comments that a review may have.
type Comments int

// UnmarshalText reads a number from 1 to 100.
func (c *Comments) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 || n > 100 {
		return fmt.Errorf("%q: write a whole number from 1 to 100", text)
	}
	*c = Comments(n)
	return nil
}

// roles are the kinds of helpers that an image can be given.
var roles = []string{
	string(pod.LogShipper), string(pod.MetricsExporter), string(pod.Proxy), string(pod.ConfigSync),
	string(pod.FileWatcher), string(pod.Backup), string(pod.Adapter), string(pod.PrivateService),
}

// Role is the kind of a helper.
type Role string

// UnmarshalText reads a kind of helper.
func (r *Role) UnmarshalText(text []byte) error {
	if !slices.Contains(roles, string(text)) {
		if meant := nearest(string(text), roles); meant != "" {
			return fmt.Errorf("%q is no role of a helper: did you mean %s?", text, meant)
		}
		return fmt.Errorf("%q is no role of a helper: use %s", text, list(roles))
	}
	*r = Role(text)
	return nil
}

// quantity is the grammar of Kubernetes' resource.Quantity without a sign.
var quantity = regexp.MustCompile(`^([0-9]+(\.[0-9]*)?|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?[0-9]+)?$`)

// Quantity is an amount of a resource, such as 10m or 32Mi.
type Quantity string

// UnmarshalText reads a quantity as Kubernetes does.
func (q *Quantity) UnmarshalText(text []byte) error {
	if !quantity.Match(text) {
		return fmt.Errorf("%q is no quantity: write one like 10m or 32Mi", text)
	}
	*q = Quantity(text)
	return nil
}

// ObjectPattern names objects as Kind/name; both may hold * and ?.
type ObjectPattern string

// UnmarshalText reads Kind/name.
func (o *ObjectPattern) UnmarshalText(text []byte) error {
	kind, name, ok := strings.Cut(string(text), "/")
	_, err := path.Match(string(text), "")
	if !ok || kind == "" || name == "" || strings.Contains(name, "/") || err != nil {
		return fmt.Errorf("%q names no object: write Kind/name, such as Deployment/old-*", text)
	}
	*o = ObjectPattern(text)
	return nil
}

// Date is a day.
type Date struct {
	Day time.Time // its first moment, UTC; zero: no date
}

// UnmarshalText reads a day as 2027-03-31.
func (d *Date) UnmarshalText(text []byte) error {
	day, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is no date: write one like 2027-03-31", text)
	}
	d.Day = day
	return nil
}

// Duration is a length of time.
type Duration time.Duration

// UnmarshalText reads a positive duration as 5m or 90s.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v <= 0 {
		return fmt.Errorf("%q is no duration: write one like 5m or 90s", text)
	}
	*d = Duration(v)
	return nil
}
