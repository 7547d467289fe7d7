// Package analysis holds the core types of the rule engine: a rule is a value; a pass gives it one state of a repository; it
// reports findings that carry a span, evidence, related places and a fix as byte edits.
//
// It stands below the rules and the catalogue (package rules) so that each rule is a folder that imports nothing but the
// floors beneath it. It knows no GitHub, no git and no files on disk.
package analysis

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Severity says how bad a finding is; the order is off < notice < warning < error.
type Severity int

// Error breaks or blocks, Warning will hurt, Notice is advice. Off is a level of configuration only.
const (
	Off Severity = iota
	Notice
	Warning
	Error
)

var severityNames = [...]string{"off", "notice", "warning", "error"}

func (s Severity) String() string {
	if s < 0 || int(s) >= len(severityNames) {
		return fmt.Sprintf("severity(%d)", int(s))
	}
	return severityNames[s]
}

// ParseSeverity reads off, notice, warning or error.
func ParseSeverity(text string) (Severity, error) {
	for i, name := range severityNames {
		if name == text {
			return Severity(i), nil
		}
	}
	return Off, fmt.Errorf("%q is no severity: use off, notice, warning or error", text)
}

// Safety says what applying a fix does to behaviour.
type Safety string

// SafetyNone is the safety of a rule without fixes.
const (
	Safe       Safety = "safe"   // behaviour the same, or what was plainly meant
	Review     Safety = "review" // behaviour changes as described
	SafetyNone Safety = ""
)

// Rule is one entry of the catalogue.
type Rule struct {
	Name     string   // kebab-case, a promise to users
	Title    string   // one line: what it finds
	Severity Severity // default level
	Disabled bool     // off unless the configuration turns it on
	Safety   Safety   // of its fixes
	Doc      string   // doc.md: What it does, Why, Bad, Good, Fix safety, When not to use it, References
	Run      func(*Pass) error
}

// Pass is one run of one rule over one state.
type Pass struct {
	Rule   *Rule
	State  *State
	Config *Config
	Roles  *Roles
	Report func(Finding)
}

// Object names a Kubernetes object in reports. Kind and Name are empty when they could not be read.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
	Root       string `json:"-"` // that renders it; no part of what people call it
	Part       string `json:"-"` // see manifest.Object
}

// Ref returns the reported name of a manifest object: what a person finds in the files. Several roots of rendering may deploy it under
// other names.
func Ref(o *manifest.Object) Object {
	if o == nil {
		return Object{}
	}
	written := o.Written()
	if written == nil {
		written = o
	}
	return Object{APIVersion: written.APIVersion, Kind: written.Kind, Namespace: written.Namespace, Name: written.Name, Root: o.Root, Part: o.Part}
}

// String is Kind/name, as kubectl writes it; empty for an unknown object.
func (o Object) String() string {
	if o.Kind == "" && o.Name == "" {
		return ""
	}
	return o.Kind + "/" + o.Name
}

// Place is a range of a file.
type Place struct {
	Path      string
	Span      manifest.Span
	Precision manifest.Precision // of a rendered node; zero is exact
}

// At is the place of a node.
func At(n *manifest.Node) Place {
	if n == nil || n.File == nil {
		return Place{}
	}
	return Place{Path: n.File.Path, Span: n.Span, Precision: n.Precision()}
}

// AtImage is the place of a container's image in the file that has the container. An overlay that gives it another tag, a mirror's name
// or a newer version has its own place for that, and the container remains where it is.
func AtImage(c *pod.Container) Place {
	image := c.Node.Get("image")
	if written := c.Node.Written().Get("image"); written != nil && image != nil && image.File != c.Node.File {
		return At(written)
	}
	return At(image)
}

// Evidence is one reason why a rule fired.
type Evidence struct {
	Text  string
	Place Place
}

// Related is another object that takes part in a finding.
type Related struct {
	Object Object
	Place  Place
}

// Finding is one fault of one state.
type Finding struct {
	Rule      string
	Severity  Severity
	Message   string // one sentence
	Object    Object
	Container string // "" when the fault is the object's
	Subject   string // what else tells two findings of one container apart: a volume, a port; never a line
	Place     Place  // the smallest span that shows the fault
	Evidence  []Evidence
	Related   []Related
	Anchors   []Place // further places to comment on, best first, when Place isn't in the diff
	Ignored   string  // why it is ignored; "" when it is not
	Fix       *Fix
	Covers    []Finding // of the same cause, left out because this one stands for them
	Roots     []string  // that render the fault, if any do, by name
}

// Fix is how a finding can be mended. Obstacles say why it can't be done mechanically; then there are no Edits.
type Fix struct {
	Safety      Safety
	Description string   // imperative sentence
	Changes     []string // what changes for whoever presses the button: at most five lines with this case's numbers
	Steps       []string // what was done, one line a transformation
	Obstacles   []string // sentences
	Edits       []edit.Edit
}
