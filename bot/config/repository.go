package config

import (
	"slices"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/podcheck/podcheck/review/render"
	"github.com/podcheck/podcheck/rules/analysis"
)

// RuleName is the name of a rule in the catalogue, or of a rule of the user's.
type RuleName string

// Repository is `.podcheck.yml`.
type Repository struct {
	Version    Version            `json:"version"`
	Kubernetes KubernetesVersion  `json:"kubernetes"` // target version; decides native sidecars
	Paths      Paths              `json:"paths"`
	Rules      map[RuleName]Level `json:"rules"`
	Overrides  []Override         `json:"overrides"` // the last one that matches wins
	Helpers    []Helper           `json:"helpers"`
	Ignore     []Ignore           `json:"ignore"`
	Render     Render             `json:"render"`
	Review     Review             `json:"review"`
}

// Paths says which files are looked at: those that an include matches and no exclude does.
type Paths struct {
	Include []Glob `json:"include"`
	Exclude []Glob `json:"exclude"`
}

// Override changes levels of rules for paths.
type Override struct {
	Paths []Glob             `json:"paths"`
	Rules map[RuleName]Level `json:"rules"`
}

// Helper adds an image to the helper table.
type Helper struct {
	Image    string              `json:"image"` // repository without tag
	Role     Role                `json:"role"`
	Requests map[string]Quantity `json:"requests"`
}

// Ignore leaves findings out of the verdict. What is not given matches everything.
type Ignore struct {
	Rule      RuleName      `json:"rule"`
	Paths     []Glob        `json:"paths"`
	Object    ObjectPattern `json:"object"`
	Container string        `json:"container"`
	Reason    string        `json:"reason"`
	Until     Date          `json:"until"` // the last day that it holds, UTC; zero: no end
}

// Render says what is rendered before the analysis.
type Render struct {
	Kustomize bool `json:"kustomize"`
	Helm      bool `json:"helm"`
	ArgoCD    bool `json:"argocd"`
	Flux      bool `json:"flux"`
}

// Review is about what is posted.
type Review struct {
	Comments Comments  `json:"comments"` // at most so many inline comments
	FailOn   Threshold `json:"failOn"`
	Drafts   bool      `json:"drafts"` // comment on drafts, too
	Picture  bool      `json:"picture"`
}

// Default is the configuration of a repository without one.
func Default() Repository {
	return Repository{
		Version:    1,
		Kubernetes: analysis.DefaultKubernetes,
		Paths:      Paths{Include: []Glob{"**"}},
		Render:     Render{Kustomize: true, Helm: true, ArgoCD: true, Flux: true},
		Review:     Review{Comments: 20, FailOn: Threshold(analysis.Error), Picture: true},
	}
}

// ParseRepository reads `.podcheck.yml` over the defaults. known are the names of the rules that may be configured; path is
// for the problems. A field or entry with a problem counts as absent, everything else as written.
func ParseRepository(path string, data []byte, known []string) (Repository, []Problem) {
	r := Default()
	problems := decode(path, data, &r, known)
	if len(r.Paths.Include) == 0 {
		r.Paths.Include = Default().Paths.Include
	}
	return r, problems
}

// Analysis is what the configuration says to the rule engine at the given time: an ignore holds to the end of its last day.
func (r Repository) Analysis(now time.Time) analysis.Config {
	c := analysis.Config{Kubernetes: int(r.Kubernetes), Rules: levels(r.Rules)}
	for _, o := range r.Overrides {
		c.Overrides = append(c.Overrides, analysis.Override{Paths: texts(o.Paths), Rules: levels(o.Rules)})
	}
	for _, h := range r.Helpers {
		requests := make(map[string]string, len(h.Requests))
		for resource, amount := range h.Requests {
			requests[resource] = string(amount)
		}
		c.Helpers = append(c.Helpers, analysis.Helper{Image: h.Image, Role: string(h.Role), Requests: requests})
	}
	for _, i := range r.Ignore {
		if i.ended(now) {
			continue
		}
		c.Ignores = append(c.Ignores, analysis.Ignore{
			Rule: string(i.Rule), Paths: texts(i.Paths), Object: string(i.Object), Container: i.Container, Reason: i.Reason,
		})
	}
	return c
}

// ended: the last day that it holds is over.
func (i Ignore) ended(now time.Time) bool {
	end := i.Until.Day
	return !end.IsZero() && !now.Before(end.AddDate(0, 0, 1))
}

// Rendering is what is rendered, of a repository with these addresses.
func (r Repository) Rendering(urls ...string) render.Options {
	return render.Options{
		Kustomize: r.Render.Kustomize, Helm: r.Render.Helm, ArgoCD: r.Render.ArgoCD, Flux: r.Render.Flux,
		Kubernetes: int(r.Kubernetes), URLs: urls,
	}
}

// Ended are the ignores whose last day is over at the given time.
func (r Repository) Ended(now time.Time) []Ignore {
	var ended []Ignore
	for _, i := range r.Ignore {
		if i.ended(now) {
			ended = append(ended, i)
		}
	}
	return ended
}

func levels(rules map[RuleName]Level) map[string]analysis.Level {
	out := make(map[string]analysis.Level, len(rules))
	for name, level := range rules {
		out[string(name)] = analysis.Level(level)
	}
	return out
}

func texts(globs []Glob) []string {
	var out []string
	for _, g := range globs {
		out = append(out, string(g))
	}
	return out
}

// Matches says whether the file at path, slash-separated from the root, is to be looked at.
func (p Paths) Matches(path string) bool {
	return matchAny(p.Include, path) && !matchAny(p.Exclude, path)
}

func matchAny(globs []Glob, path string) bool {
	return slices.ContainsFunc(globs, func(g Glob) bool { return doublestar.MatchUnvalidated(string(g), path) })
}

func (*Repository) missing(given func(string) bool) string {
	if !given("version") {
		return "version is missing: add the line version: 1"
	}
	return ""
}

func (*Override) missing(given func(string) bool) string {
	if !given("paths") || !given("rules") {
		return "an override needs paths and rules"
	}
	return ""
}

func (*Helper) missing(given func(string) bool) string {
	if !given("image") || !given("role") {
		return "a helper needs image and role"
	}
	return ""
}

func (*Ignore) missing(given func(string) bool) string {
	if !given("reason") {
		return "an ignore needs a reason: say why in a few words, whoever reads it later will ask"
	}
	if !given("rule") && !given("paths") && !given("object") {
		return "an ignore needs a rule, paths or an object: it would ignore everything"
	}
	return ""
}
