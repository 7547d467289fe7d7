package analysis

import (
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// ReadOnly makes a mount read-only, whatever it says of that.
func ReadOnly(m pod.Mount) ([]edit.Edit, error) {
	if value := m.Node.Get("readOnly"); value != nil {
		e, err := edit.ReplaceScalar(value, "true")
		return []edit.Edit{e}, err
	}
	return edit.InsertPair(m.Node, nil, "readOnly", "true\n")
}

// WithReadOnly adds to edits that a mount becomes read-only.
func WithReadOnly(edits []edit.Edit, m pod.Mount) ([]edit.Edit, error) {
	more, err := edit.InsertPair(m.Node, nil, "readOnly", "true\n")
	if err != nil {
		return nil, err
	}
	return edit.Join(edits, more), nil
}
