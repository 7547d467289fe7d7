package pod

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"
)

// Kind is what a container is for.
type Kind string

// The kinds of a container. An App does the work; Setup is an ordinary init container; the others help an app.
const (
	App             Kind = "app"
	Setup           Kind = "setup"
	LogShipper      Kind = "log-shipper"
	MetricsExporter Kind = "metrics-exporter"
	Proxy           Kind = "proxy"
	ConfigSync      Kind = "config-sync"
	FileWatcher     Kind = "file-watcher"
	Backup          Kind = "backup"
	Adapter         Kind = "adapter"
	PrivateService  Kind = "service"
)

// Indefinite is a kind with its article: "a proxy", "an adapter".
func (k Kind) Indefinite() string {
	if k != "" && strings.ContainsRune("aeiou", rune(k[0])) {
		return "an " + string(k)
	}
	return "a " + string(k)
}

// Family is one row of the helper table.
type Family struct {
	Image    string            `json:"image"`
	Role     Kind              `json:"role"`
	Weak     bool              `json:"weak,omitempty"`
	With     string            `json:"with,omitempty"` // the word of its command that gives it the role
	Central  bool              `json:"central,omitempty"`
	Port     int               `json:"port,omitempty"`
	Path     string            `json:"path,omitempty"`
	Requests map[string]string `json:"requests,omitempty"`
}

type helperTable struct {
	Kinds map[Kind]struct {
		Requests map[string]string `json:"requests"`
	} `json:"kinds"`
	Families []Family `json:"families"`
}

//go:embed helpers.yaml
var helpersYAML []byte

// table is the built-in helper table. It is part of the program, so that an error in it is a defect of the build.
var table = sync.OnceValue(func() helperTable {
	var t helperTable
	if err := yaml.UnmarshalStrict(helpersYAML, &t); err != nil {
		panic(fmt.Sprintf("helpers.yaml: %v", err))
	}
	for i, f := range t.Families {
		if f.Requests == nil {
			t.Families[i].Requests = t.Kinds[f.Role].Requests
		}
	}
	return t
})

// FamilyOf returns the row of the helper table for an image; the longest name wins. Additional rows go before the table's.
func FamilyOf(image string, additional []Family) (Family, bool) {
	repository := Repository(image)
	for _, rows := range [][]Family{additional, table().Families} {
		best := -1
		for i, f := range rows {
			if inFamily(repository, f.Image) && (best < 0 || len(f.Image) > len(rows[best].Image)) {
				best = i
			}
		}
		if best >= 0 {
			return rows[best], true
		}
	}
	return Family{}, false
}

// Requests returns what a helper of that kind needs when nothing else is known.
func Requests(kind Kind) map[string]string {
	return table().Kinds[kind].Requests
}
