package cel

import (
	"reflect"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/object"
)

// message is a text with placeholders: what stands between {{ and }} is an expression.
type message []part

type part struct {
	text    string
	program *program // nil: the text itself
}

func (m message) uses(variable string) bool {
	for _, p := range m {
		if p.program.uses(variable) {
			return true
		}
	}
	return false
}

// message compiles a message.
func (c compiler) message(n *manifest.Node) message {
	var out message
	rest, offset := n.Text(), 0
	for {
		before, after, found := strings.Cut(rest, "{{")
		out = append(out, part{text: before})
		if !found {
			return out
		}
		inner, tail, closed := strings.Cut(after, "}}")
		if !closed {
			c.r.Fail(n, "the message has {{ without }}")
			return nil
		}
		at := offset + len(before) + len("{{")
		if p, _ := c.compile(n, inner, within{at}); p != nil {
			out = append(out, part{program: p})
		}
		offset = at + len(inner) + len("}}")
		rest = tail
	}
}

// say fills the placeholders in. One that fails, as a field that this object lacks does, is "(not set)".
func (m message) say(variables map[string]any, spend func(*cel.EvalDetails)) string {
	var b strings.Builder
	for _, p := range m {
		if p.program == nil {
			b.WriteString(p.text)
			continue
		}
		out, details, err := p.program.program.Eval(variables)
		spend(details)
		if err != nil {
			b.WriteString(object.Text(nil))
			continue
		}
		b.WriteString(object.Text(native(out)))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// native turns what CEL computed into plain values.
func native(v ref.Val) any {
	if plain, err := v.ConvertToNative(reflect.TypeFor[*structpb.Value]()); err == nil {
		return plain.(*structpb.Value).AsInterface()
	}
	return v.Value()
}
