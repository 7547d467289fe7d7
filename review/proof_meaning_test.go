package review_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What the fix of a rule may change of what the manifests decode to, as paths within an object. What is not named here must
// be the same; edit.Verify holds each edit to what it means, and this holds each rule to what it says of itself.
const anyContainer = `spec.*\b(initC|c|ephemeralC)ontainers\[[^]]*\]`

var may = map[string]*regexp.Regexp{
	"hpa-sidecar-metric": regexp.MustCompile(`^(apiVersion$|spec\.(metrics|targetCPUUtilizationPercentage))`),
	"vpa-sidecar-policy": regexp.MustCompile(`^spec\.resourcePolicy\b`),
	"sidecar-resources":  regexp.MustCompile(`^` + anyContainer + `\.resources\b`),
	"sidecar-probe":      regexp.MustCompile(`^` + anyContainer + `\.(startup|readiness|liveness)Probe\b`),
	"unshared-volume":    regexp.MustCompile(`^(` + anyContainer + `\.volumeMounts\b|spec.*\bvolumes\b)`),
	"path-mismatch":      regexp.MustCompile(`^` + anyContainer + `\.(command|args|volumeMounts|env)\b`),
	"mount-overlap":      regexp.MustCompile(`^` + anyContainer + `\.(volumeMounts\[.*\]\.subPath$|command|args)\b`),
	"reader-writable":    regexp.MustCompile(`^` + anyContainer + `\.volumeMounts\[.*\]\.readOnly$`),
	"emptydir-unbounded": regexp.MustCompile(`^spec.*\bvolumes\[.*\]\.emptyDir(\.sizeLimit)?$`),
	"log-replay":         regexp.MustCompile(`^` + anyContainer + `\.(command|args)\b`),
	"tail-follow":        regexp.MustCompile(`^` + anyContainer + `\.(command|args)\b`),
	"process-namespace":  regexp.MustCompile(`^spec.*\bshareProcessNamespace$`),
	"default-container":  regexp.MustCompile(`^(spec\.(.*\.)?template\.)?metadata\.annotations\b`),
	"native-sidecar":     regexp.MustCompile(`^spec.*\b(containers\[#\]|containers\[[^]]*\]\.(restartPolicy|startupProbe\b.*)|initContainers)$`),
	"sidecar-order":      regexp.MustCompile(`^spec.*\b(containers\[#\]|containers\[[^]]*\]\.(restartPolicy|startupProbe|command|args|lifecycle)\b.*|initContainers)$`),
	"job-sidecar":        regexp.MustCompile(`^spec.*\b(containers\[#\]|containers\[[^]]*\]\.(restartPolicy|startupProbe|command|args|lifecycle)\b.*|initContainers|volumes|shareProcessNamespace)$`),
	"split-sidecar":      regexp.MustCompile(``),
}

// moves are the rules whose fixes move a container from one list of its Pod to the other.
var moves = []string{"job-sidecar", "native-sidecar", "sidecar-order"}

// differences says what changed of the decoded objects that the fix of a rule has no business with.
func differences(before, after map[string][]byte, rule string) []string {
	allowed := may[rule]
	if allowed == nil {
		return []string{"the proof does not know what this rule may change"}
	}
	var wrong []string
	for _, p := range slices.Sorted(maps.Keys(before)) {
		if bytes.Equal(before[p], after[p]) {
			continue
		}
		if after[p] == nil && rule != "split-sidecar" {
			wrong = append(wrong, "removes "+p)
		}
		was, err := objects(before[p])
		if err != nil {
			continue // text that nobody reads
		}
		is, err := objects(after[p])
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s can't be read: %v", p, err))
			continue
		}
		wrong = append(wrong, compared(was, is, allowed, slices.Contains(moves, rule))...)
	}
	if w, i := images(before), images(after); !slices.Equal(w, i) && rule != "job-sidecar" {
		wrong = append(wrong, fmt.Sprintf("the images are %v and were %v", i, w))
	}
	return wrong
}

func compared(was, is []map[string]any, allowed *regexp.Regexp, moving bool) []string {
	if allowed.String() == "" {
		return nil
	}
	if len(was) != len(is) {
		return []string{fmt.Sprintf("%d documents became %d", len(was), len(is))}
	}
	var wrong []string
	for i := range was {
		old, fresh := leaves(was[i], moving), leaves(is[i], moving)
		if moving {
			forgetController(old, fresh)
		}
		for _, at := range slices.Sorted(maps.Keys(joinedKeys(old, fresh))) {
			if old[at] != fresh[at] && !allowed.MatchString(at) {
				wrong = append(wrong, fmt.Sprintf("changes %s from %s to %s", at, old[at], fresh[at]))
			}
		}
	}
	return wrong
}

// forgetController takes out of a Pod before the one container that is there for a workaround and goes with it, and the volumes
// that go with that container.
func forgetController(old, fresh map[string]string) {
	for at := range old {
		m := gone.FindStringSubmatch(at)
		if m == nil || fresh[m[1]+".name"] != "" || strings.HasSuffix(m[1], "[#]") {
			continue
		}
		delete(old, at)
		delete(old, m[2]+"volumes[#]")
		delete(fresh, m[2]+"volumes[#]")
	}
}

var gone = regexp.MustCompile(`^((spec\.(?:.*\.)?)(?:containers|volumes)\[[^]]*\])`)

func joinedKeys(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// objects are the documents of a file in order, items of Lists instead of the List.
func objects(data []byte) ([]map[string]any, error) {
	var out []map[string]any
	d := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var v any
		switch err := d.Decode(&v); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		out = append(out, items(v)...)
	}
}

func items(v any) []map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	list, ok := m["items"].([]any)
	if !ok || m["kind"] != "List" {
		return []map[string]any{m}
	}
	var out []map[string]any
	for _, item := range list {
		out = append(out, items(item)...)
	}
	return out
}

// leaves are the scalars of an object by their paths. Items that have a name go by it, and their order stands under [#].
// Moving: one list of containers, whichever they are in.
func leaves(v any, moving bool) map[string]string {
	out := map[string]string{}
	var below func(at string, v any)
	below = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if len(v) == 0 {
				out[at] = "{}"
			}
			for key, child := range v {
				if moving && key == "initContainers" {
					key = "containers"
				}
				below(strings.TrimPrefix(at+"."+key, "."), child)
			}
		case []any:
			if len(v) == 0 {
				out[at] = "[]"
			}
			var order []string
			for i, child := range v {
				name := nameOf(v, i)
				order = append(order, name)
				below(at+"["+name+"]", child)
			}
			out[at+"[#]"] += strings.Join(order, " ")
		default:
			text, _ := json.Marshal(v)
			out[at] = string(text)
		}
	}
	below("", v)
	return out
}

func nameOf(list []any, i int) string {
	for _, key := range []string{"name", "mountPath", "containerName"} {
		mine, ok := named(list[i], key)
		if !ok {
			continue
		}
		for j := range list {
			if other, _ := named(list[j], key); other == mine && j != i {
				ok = false
			}
		}
		if ok && !(key == "name" && isMount(list[i])) {
			return mine
		}
	}
	return fmt.Sprint(i)
}

func named(v any, key string) (string, bool) {
	m, _ := v.(map[string]any)
	s, ok := m[key].(string)
	return s, ok
}

func isMount(v any) bool {
	_, ok := named(v, "mountPath")
	return ok
}

// images are those of all containers of a tree: no fix starts another one, or one more, or one less.
func images(tree map[string][]byte) []string {
	var out []string
	for p, data := range tree {
		if ext := path.Ext(p); ext != ".yaml" && ext != ".yml" && ext != ".json" {
			continue
		}
		read, err := objects(data)
		if err != nil {
			continue
		}
		for _, o := range read {
			for at, text := range leaves(o, true) {
				if strings.HasSuffix(at, "].image") {
					out = append(out, text)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
