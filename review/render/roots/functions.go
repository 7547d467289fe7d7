package roots

import (
	"fmt"
	"reflect"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

// refused are functions of sprig that ApplicationSets don't get: Argo CD leaves some out, some look at the environment, the clock or
// chance, and some can take for ever.
var refused = strings.Fields(`
	env expandenv getHostByName
	ago date date_in_zone date_modify dateInZone dateModify duration durationRound htmlDate htmlDateInZone must_date_modify mustDateModify
	mustToDate now toDate unixEpoch
	randAlphaNum randAlpha randAscii randNumeric randInt randBytes shuffle uuidv4
	bcrypt htpasswd genPrivateKey derivePassword buildCustomCert genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey
	genSignedCert genSignedCertWithKey encryptAES decryptAES
	add1f addf subf divf mulf
	uniq mustUniq without mustWithout wrapWith osBase osClean osDir osExt osIsAbs`)

// guarded returns the functions of templates, each with its cost counted before and its result measured after.
func (t *templates) guarded() template.FuncMap {
	functions := sprig.TxtFuncMap()
	for _, name := range refused {
		delete(functions, name)
	}
	functions["normalize"] = normalized
	functions["slugify"] = slug
	functions["toYaml"] = toYaml
	functions["fromYaml"] = fromYaml
	functions["fromYamlArray"] = fromYamlArray
	functions["print"] = fmt.Sprint
	functions["println"] = fmt.Sprintln
	functions["printf"] = fmt.Sprintf
	functions["html"] = template.HTMLEscaper
	functions["js"] = template.JSEscaper
	functions["urlquery"] = template.URLQueryEscaper
	for name, function := range functions {
		functions[name] = t.guard(name, function)
	}
	return functions
}

// guard wraps a function. A panic becomes an error of the template.
func (t *templates) guard(name string, function any) any {
	in := reflect.ValueOf(function)
	return reflect.MakeFunc(in.Type(), func(args []reflect.Value) []reflect.Value {
		t.spend(1 + t.cost(name, args))
		var out []reflect.Value
		if in.Type().IsVariadic() {
			out = in.CallSlice(args)
		} else {
			out = in.Call(args)
		}
		t.spend(size(out[0]))
		return out
	}).Interface()
}

// maxNumber bounds numbers that say how often something is done.
const maxNumber = 10_000

// cost is what a call can take beyond the size of its result, or how large that can get.
func (t *templates) cost(name string, args []reflect.Value) int {
	total := 0
	for _, arg := range args {
		total += size(arg)
	}
	text := func(i int) string { return args[i].String() }
	switch {
	case name == "repeat", name == "indent", name == "nindent":
		return total + bounded(args[0])*(total+1)
	case name == "until", name == "untilStep":
		for _, arg := range args {
			total += bounded(arg)
		}
	case name == "seq":
		for i := range args[0].Len() {
			total += 8 * bounded(args[0].Index(i))
		}
	case name == "replace":
		return total + (strings.Count(text(2), text(0))+1)*len(text(1))
	case name == "join":
		return total + size(args[0])*(size(args[1])+1)
	case strings.Contains(strings.ToLower(name), "regex"):
		return total + 64*(len(text(0))+1)*(total+1)
	case strings.HasPrefix(name, "fromYaml") && strings.Contains(text(0), "*"):
		return total + 400_000 // so many values can aliases stand for before the reader refuses them
	case name == "printf":
		return total * formats(text(0))
	case strings.HasPrefix(name, "toPretty"), strings.HasPrefix(name, "mustToPretty"):
		return total * 8
	}
	return total
}

// bounded returns a number of times, at least 0.
func bounded(v reflect.Value) int {
	n := v.Int()
	if n > maxNumber || n < -maxNumber {
		panic(errSteps)
	}
	return int(max(n, -n))
}

// formats counts the verbs of a format. Widths could be of any size.
func formats(format string) int {
	digits := 0
	for _, c := range format {
		if c < '0' || c > '9' {
			digits = 0
		} else if digits++; digits > 3 {
			panic(errOutput)
		}
		if c == '*' {
			panic(errOutput)
		}
	}
	return 1 + strings.Count(format, "%")
}

// maxSize is how large one value can be, in bytes of text and in entries.
const maxSize = 128 << 10

// size measures a value with all that is in it. It panics on one that is too large, as one that holds itself is.
func size(v reflect.Value) int {
	total := 0
	measure(v, &total)
	return total
}

func measure(v reflect.Value, total *int) {
	if *total++; *total > maxSize {
		panic(errOutput)
	}
	switch v.Kind() {
	case reflect.String:
		*total += v.Len()
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			measure(v.Elem(), total)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			measure(v.Index(i), total)
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			measure(entries.Key(), total)
			measure(entries.Value(), total)
		}
	}
	if *total > maxSize {
		panic(errOutput)
	}
}

// slug makes a part of an address of a text, as Argo CD does: of at most so many bytes (50), cut between words if asked to.
func slug(args ...any) string {
	limit, smart := 50, false
	for _, arg := range args[:max(len(args)-1, 0)] {
		switch a := arg.(type) {
		case int:
			limit = a
		case bool:
			smart = a
		}
	}
	if len(args) == 0 {
		return ""
	}
	text := strings.ReplaceAll(normalized(fmt.Sprint(args[len(args)-1])), ".", "-")
	if len(text) <= limit || limit < 0 {
		return text
	}
	cut := text[:limit]
	if i := strings.LastIndex(cut, "-"); smart && i > 0 && text[limit] != '-' {
		cut = cut[:i]
	}
	return strings.Trim(cut, "-")
}

func toYaml(value any) (string, error) {
	out, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(out), "\n"), err
}

func fromYaml(text string) (out map[string]any, err error) {
	err = yaml.Unmarshal([]byte(text), &out)
	return out, err
}

func fromYamlArray(text string) (out []any, err error) {
	err = yaml.Unmarshal([]byte(text), &out)
	return out, err
}
