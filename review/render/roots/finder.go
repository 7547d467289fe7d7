package roots

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Limits that bound what a hostile repository can cost. No repository of people comes near them.
const (
	maxRoots = 5_000
	maxTaken = 1_000_000  // files that all roots take in or read together
	maxWork  = 20_000_000 // steps: a path looked at, a node copied
	maxText  = 32 << 20   // bytes of YAML written or read within objects
)

// finder is one run of Find.
type finder struct {
	tree           *tree
	addresses      map[string]bool   // of this repository
	reduced        map[string]string // addresses by the URLs that were met
	kustomizations map[string]*kustomization
	charts         map[string]*chart
	objects        []*manifest.Object
	named          map[string][]*manifest.Object // by group, kind and name
	usedFolders    map[string]bool               // kustomizations that an Application or a Flux Kustomization builds
	usedCharts     map[string]bool
	taken          int                               // files that roots have so far
	work           int                               // steps left
	text           int                               // bytes left
	embeddings     map[*manifest.Node]*manifest.Node // YAML in text, by its scalar
	decoded        map[string]any                    // content of files of parameters
	generated      int                               // Applications that ApplicationSets made
	templates      *templates

	roots     []Root
	unseen    []manifest.Problem
	libraries []*manifest.Object
}

func newFinder(repo Repository) *finder {
	f := &finder{
		tree: newTree(repo), addresses: map[string]bool{}, reduced: map[string]string{},
		kustomizations: map[string]*kustomization{}, charts: map[string]*chart{},
		named: map[string][]*manifest.Object{}, usedFolders: map[string]bool{}, usedCharts: map[string]bool{},
		work: maxWork, text: maxText, embeddings: map[*manifest.Node]*manifest.Node{}, decoded: map[string]any{},
	}
	for _, url := range repo.URLs {
		if a := address(url); a != "" {
			f.addresses[a] = true
		}
	}
	f.objects = f.tree.objects(repo.Objects)
	return f
}

// skip tells what is not followed, at a node of a file or at an object.
func (f *finder) skip(at *manifest.Node, o *manifest.Object, format string, args ...any) {
	if at == nil || at.File == nil {
		at = nameOf(o)
	}
	p := manifest.Problem{Kind: manifest.NotAnalysed, Message: oneLine(fmt.Sprintf(format, args...)), Object: o}
	if at != nil && at.File != nil {
		p.Path, p.Span = at.File.Path, at.Span
	} else if o != nil && o.File != nil {
		p.Path = o.File.Path
	}
	if p.Span.Start.Line == 0 {
		p.Span.Start = manifest.Pos{Line: 1, Column: 1}
		p.Span.End = p.Span.Start
	}
	f.unseen = append(f.unseen, p)
}

// spend counts steps. Whoever loops over what a file says asks spent before each round.
func (f *finder) spend(steps int) { f.work -= steps }

func (f *finder) spent() bool { return f.work < 0 || f.text < 0 || f.taken > maxTaken }

// enough tells that an object is not followed because the repository asks for too much; false while there is work left.
func (f *finder) enough(o *manifest.Object) bool {
	if f.spent() {
		f.skip(nil, o, "%s is not followed: the repository asks for too much", labelOf(o))
	}
	return f.spent()
}

// add keeps a root, unless there are too many.
func (f *finder) add(r Root) {
	r.Reads, r.tree = r.reads.has, f.tree
	if f.taken += len(r.Takes); len(f.roots) < maxRoots && !f.spent() {
		f.roots = append(f.roots, r)
		return
	}
	f.unseen = append(f.unseen, manifest.Problem{Kind: manifest.NotAnalysed, Path: r.File, Span: r.Place.Span, Object: r.object,
		Message: fmt.Sprintf("%s is not rendered: the repository asks for more than %d builds, or for too much in them", r.Name, maxRoots)})
}

// maxMessage is how many bytes of a message are told.
const maxMessage = 400

// oneLine makes foreign text fit into a sentence.
func oneLine(text string) string {
	text = strings.Join(strings.FieldsFunc(text, unicode.IsControl), " ")
	if len(text) > maxMessage {
		text = text[:maxMessage] + "…"
	}
	return strings.ToValidUTF8(text, "")
}

// nameOf is the node that names an object, else the object's own.
func nameOf(o *manifest.Object) *manifest.Node {
	if o == nil {
		return nil
	}
	if n := o.Node.Get("metadata", "name"); n != nil && n.File != nil {
		return n
	}
	return o.Node
}

// placeOf is where an object has its name.
func placeOf(o *manifest.Object) analysis.Place {
	return analysis.At(nameOf(o))
}
