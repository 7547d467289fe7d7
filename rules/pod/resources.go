package pod

import (
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Request returns what a container requests of a resource: its request, else its limit, which Kubernetes takes for the request.
// Nil when it declares neither.
func (c *Container) Request(resource string) *manifest.Node {
	for _, field := range []string{"requests", "limits"} {
		if n := c.Node.Get("resources", field, resource); !n.IsNull() {
			return n
		}
	}
	return nil
}

// DeclaresResources says whether a container declares requests or limits of any resource.
func (c *Container) DeclaresResources() bool {
	return len(c.Node.Get("resources", "requests").Keys())+len(c.Node.Get("resources", "limits").Keys()) > 0
}

// suffixes of quantities, longest first. Source: API conventions, "Quantity".
var suffixes = []struct {
	text   string
	factor float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"Pi", 1 << 50}, {"Ei", 1 << 60},
	{"n", 1e-9}, {"u", 1e-6}, {"m", 1e-3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18}, {"", 1},
}

// Quantity reads a quantity such as 250m or 64Mi in its base unit: cores, bytes. False for text that is none.
func Quantity(text string) (float64, bool) {
	for _, s := range suffixes {
		if number, ok := strings.CutSuffix(text, s.text); ok {
			v, err := strconv.ParseFloat(number, 64)
			return v * s.factor, err == nil && v >= 0 && v*s.factor < 1e24
		}
	}
	return 0, false
}
