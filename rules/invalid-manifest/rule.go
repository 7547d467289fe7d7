// Package invalidmanifest reports documents that Kubernetes would refuse before it looked at what they mean.
//
// It reports only what is certain: what does not parse, what the API server's own name checks refuse. Objects of API groups
// that are not Kubernetes' own have their own rules for names and are left alone, as are placeholders that some tool fills in.
package invalidmanifest

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "invalid-manifest",
	Title:    "A document that does not parse, has duplicate keys, or has a name that Kubernetes refuses",
	Severity: analysis.Error,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	subject := subjects()
	for _, f := range p.State.Files {
		for _, problem := range f.Problems {
			if problem.Kind == manifest.Invalid {
				p.Report(analysis.Finding{
					Message: sentence(problem.Message), Object: analysis.Ref(problem.Object), Subject: subject(f, problem),
					Place: analysis.Place{Path: f.Path, Span: problem.Span},
				})
				brokenName(p, f, problem)
			}
		}
	}
	partial := map[*manifest.Object]bool{}
	for _, w := range p.State.Workloads {
		partial[w.Object] = w.Partial
		podNames(p, w)
	}
	for _, o := range p.State.Objects {
		if !partial[o] && o.Node.Get("$patch") == nil { // the name of a kustomize patch need not name anything
			objectName(p, o)
		}
	}
	return nil
}

// sentence makes a problem's words a sentence.
func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:] + "."
}

var lineNumber = regexp.MustCompile(`line \d+`)

// subjects tells the problems of a file apart without lines: the file, the words, and a count where both are the same.
func subjects() func(f *manifest.File, problem manifest.Problem) string {
	seen := map[string]int{}
	return func(f *manifest.File, problem manifest.Problem) string {
		subject := f.Path + " " + lineNumber.ReplaceAllString(problem.Message, "line")
		seen[subject]++
		if n := seen[subject]; n > 1 {
			subject += " #" + strconv.Itoa(n)
		}
		return subject
	}
}

// brokenName checks the name of a document that does not parse: it is refused as well once the document does.
func brokenName(p *analysis.Pass, f *manifest.File, problem manifest.Problem) {
	o := problem.Object
	if o != nil && !slices.ContainsFunc(f.Objects, func(known *manifest.Object) bool { return known.Document == o.Document || known == o }) {
		objectName(p, o)
	}
}

func objectName(p *analysis.Pass, o *manifest.Object) {
	n := o.Node.Get("metadata", "name")
	name := n.Text()
	if n.Resolve() == nil || n.Resolve().Kind != manifest.Scalar || name == "" || n.Encrypted() || placeholder(name) {
		return
	}
	if refused := refusedObjectName(o, name); refused != "" {
		p.Report(analysis.Finding{
			Message: fmt.Sprintf("Kubernetes refuses the name %q: %s.", name, refused),
			Object:  analysis.Ref(o), Subject: "metadata.name", Place: analysis.At(n),
		})
	}
}

// podNames checks what is named within a Pod: containers and volumes, valid and once each.
func podNames(p *analysis.Pass, w *pod.Workload) {
	seen := map[string]*manifest.Node{}
	for _, c := range w.Containers {
		n := c.Node.Get("name")
		check(p, w, n, c.Name, "container", seen)
	}
	seen = map[string]*manifest.Node{}
	for _, v := range w.Volumes {
		if !v.Template {
			check(p, w, v.Node.Get("name"), v.Name, "volume", seen)
		}
	}
}

func check(p *analysis.Pass, w *pod.Workload, n *manifest.Node, name, what string, seen map[string]*manifest.Node) {
	if n == nil || name == "" || n.Encrypted() || placeholder(name) {
		return
	}
	finding := analysis.Finding{Object: analysis.Ref(w.Object), Subject: what + " " + name, Place: analysis.At(n)}
	if what == "container" {
		finding.Container = name
	}
	if first := seen[name]; first != nil {
		if w.Partial {
			return
		}
		finding.Message = fmt.Sprintf("Two %ss of this Pod are named %q; Kubernetes refuses the second.", what, name)
		finding.Evidence = []analysis.Evidence{{Text: "the first one of that name", Place: analysis.At(first)}}
		p.Report(finding)
		return
	}
	seen[name] = n
	if refused := label(name); refused != "" {
		finding.Message = fmt.Sprintf("Kubernetes refuses the %s name %q: %s.", what, name, refused)
		p.Report(finding)
	}
}

// placeholder says whether a name holds something that a tool or a person fills in before Kubernetes sees it: ${NAME}, <NAME>,
// @NAME@, #NAME#, __NAME__, a name all in capitals, or a part of it that is a word for what goes there.
func placeholder(name string) bool {
	if strings.ContainsAny(name, "${}<>%@#") || strings.Contains(name, "__") || strings.ToUpper(name) == name && strings.Contains(name, "_") {
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '.' }), func(part string) bool {
		return slices.Contains(standIns, part)
	})
}

// standIns are words that stand for a value when they are written in capitals. PROD, DB or V2 are mistakes, not stand-ins.
var standIns = []string{
	"NAME", "HOSTNAME", "NODENAME", "USERNAME", "USER", "NAMESPACE", "PROJECT", "TENANT", "CLUSTER", "REGION", "ENV", "ENVIRONMENT", "BRANCH",
	"COMMIT", "SHA", "TAG", "VERSION", "RELEASE", "ID", "UID", "UUID", "INDEX", "NUMBER", "DATE", "TIMESTAMP", "DOMAIN", "PREFIX", "SUFFIX",
	"PLACEHOLDER", "CHANGEME", "REPLACEME", "TODO", "YOUR", "XXX", "XXXX",
}
