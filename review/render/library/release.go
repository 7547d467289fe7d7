package library

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// release is a HelmRelease as the chart sees it.
type release struct {
	values      *manifest.Node
	major       int // of the chart's version; 0 when it isn't known, which is read as the newest
	name        string
	namespace   string
	fullname    string
	label       string // app.kubernetes.io/name
	controllers []entry
	services    []entry
	persistence []entry
	configMaps  []entry
	claims      []entry // of persistence, those for which the chart makes a claim
}

// maxReleaseName is beyond what Helm takes; Flux shortens longer names.
const maxReleaseName = 53

func read(o *manifest.Object) (*release, *unread) {
	spec := o.Node.Get("spec")
	if n := spec.Get("valuesFrom"); len(n.Seq()) > 0 {
		return nil, &unread{n, "a part of them comes from elsewhere (spec.valuesFrom)"}
	}
	if n := spec.Get("postRenderers"); len(n.Seq()) > 0 {
		return nil, &unread{n, "the objects are changed afterwards (spec.postRenderers)"}
	}
	r := &release{values: spec.Get("values"), namespace: o.Namespace, name: o.Name}
	if !isMapping(r.values) {
		return nil, &unread{spec, "there are none"}
	}
	version := spec.Get("chart", "spec", "version")
	r.major = major(version.Text())
	if r.major == 1 || !isMapping(r.values.Get("controllers")) {
		return nil, &unread{r.values, "they are not those of app-template 2 to 4"}
	}
	if target := spec.Get("targetNamespace").Text(); target != "" {
		r.namespace, r.name = target, target+"-"+o.Name
	}
	if name := spec.Get("releaseName").Text(); name != "" {
		r.name = name
	}
	if len(r.name) > maxReleaseName || strings.Contains(r.name, "{{") {
		return nil, &unread{o.Node.Get("metadata", "name"), "the name of the release is too long"}
	}
	if !r.names() {
		return nil, &unread{r.values, "their names are templates"}
	}
	r.entries()
	return r, nil
}

var firstNumber = regexp.MustCompile(`[0-9]+`)

// major is that of a version, or of a range; 0 when it says nothing.
func major(version string) int {
	number, err := strconv.Atoi(firstNumber.FindString(version))
	if err != nil {
		return 0
	}
	return number
}

// names works the chart's names out. Source: bjw-s.common.lib.chart.names, and app-template's hardcoded values.
func (r *release) names() bool {
	global := r.values.Get("global")
	label := global.Get("nameOverride").Text()
	if label == "" {
		label = r.name
	}
	full := global.Get("fullnameOverride").Text()
	if full == "" {
		full = r.values.Get("fullnameOverride").Text()
	}
	if full == "" {
		full = r.name
		if !strings.Contains(r.name, label) {
			full = r.name + "-" + label
		}
	}
	r.label, r.fullname = shortened(label), shortened(full)
	return !strings.Contains(label+full, "{{")
}

// maxName is the length of a DNS label.
const maxName = 63

func shortened(name string) string {
	return strings.TrimSuffix(name[:min(len(name), maxName)], "-")
}

func (r *release) entries() {
	r.controllers = enabled(r.values.Get("controllers"))
	r.services = enabled(r.values.Get("service"))
	r.persistence = enabled(r.values.Get("persistence"))
	r.configMaps = enabled(r.values.Get("configMaps"))
	for _, p := range r.persistence {
		if kindOf(p) == claim && p.values.Get("existingClaim").Text() == "" {
			r.claims = append(r.claims, p)
		}
	}
}

// resource is the name of an object that the chart makes of one of several entries; not ok when it is a template. Source:
// bjw-s.common.lib.determineResourceNameFromValues, and the valuesToObject of versions 2 and 3.
func (r *release) resource(e entry, among int) (string, bool) {
	return r.named(e, among, among <= 1)
}

// stored is the name of an object that holds data: a claim, a ConfigMap, a Secret. Versions 2 and 3 put the identifier behind all of them.
func (r *release) stored(e entry, among int) (string, bool) {
	return r.named(e, among, false)
}

// named is a name; plain says whether it is the release's own in versions 2 and 3.
func (r *release) named(e entry, among int, plain bool) (string, bool) {
	name, ok := "", false
	if override := e.values.Get("nameOverride"); r.major == 2 || r.major == 3 || !empty(override) {
		name, ok = r.olderName(e, override, plain)
	} else {
		name, ok = r.newestName(e, among)
	}
	return strings.ToLower(name), ok
}

func (r *release) newestName(e entry, among int) (string, bool) {
	if rename := e.values.Get("forceRename"); !empty(rename) {
		return r.filled(rename.Text())
	}
	name := r.fullname
	if prefix := e.values.Get("prefix"); !empty(prefix) {
		text, ok := r.filled(prefix.Text())
		if !ok {
			return "", false
		}
		if text != name {
			name = text + "-" + name
		}
	}
	if among > 1 || truth(r.values.Get("global", "alwaysAppendIdentifierToResourceName")) {
		if !strings.HasSuffix(name, "-"+e.id) && name != e.id {
			name += "-" + e.id
		}
	}
	if suffix := e.values.Get("suffix"); !empty(suffix) {
		text, ok := r.filled(suffix.Text())
		if !ok {
			return "", false
		}
		if !strings.HasSuffix(name, "-"+text) {
			name += "-" + text
		}
	}
	return name, true
}

func (r *release) olderName(e entry, override *manifest.Node, plain bool) (string, bool) {
	if !empty(override) {
		text, ok := r.filled(override.Text())
		switch {
		case text == r.fullname || text == "-":
			return r.fullname, ok
		default:
			return r.fullname + "-" + text, ok
		}
	}
	if r.major == 2 {
		plain = e.id == "main"
	}
	if plain || truth(e.values.Get("primary")) || r.major == 3 && e.id == r.fullname {
		return r.fullname, true
	}
	return r.fullname + "-" + e.id, true
}

var releaseField = regexp.MustCompile(`\{\{-?\s*\.Release\.(Name|Namespace)\s*-?\}\}`)

// filled is a text with the templates in it filled in; none and not ok when it has others than those of the release's name and namespace.
func (r *release) filled(text string) (string, bool) {
	if !strings.Contains(text, "{{") {
		return text, true
	}
	text = releaseField.ReplaceAllStringFunc(text, func(field string) string {
		if strings.Contains(field, "Namespace") {
			return r.namespace
		}
		return r.name
	})
	if strings.Contains(text, "{{") {
		return "", false
	}
	return text, true
}

// controllerOf is the controller that a Service leads to, "" when it isn't known.
func (r *release) controllerOf(service entry) string {
	if id := service.values.Get("controller").Text(); id != "" {
		return id
	}
	if r.major == 2 {
		return "main"
	}
	if len(r.controllers) == 1 {
		return r.controllers[0].id
	}
	return ""
}

// primaryPort is the port to which probes of a controller go: that of the Service and the port marked as primary, else of the first.
func (r *release) primaryPort(controller string) (entry, bool) {
	var services []entry
	for _, s := range r.services {
		if r.controllerOf(s) == controller {
			services = append(services, s)
		}
	}
	service, ok := primary(services)
	if !ok {
		return entry{}, false
	}
	return primary(enabled(service.values.Get("ports")))
}

func primary(entries []entry) (entry, bool) {
	for i := len(entries) - 1; i >= 0; i-- {
		if !empty(entries[i].values.Get("primary")) {
			return entries[i], true
		}
	}
	if len(entries) == 0 {
		return entry{}, false
	}
	return entries[0], true
}
