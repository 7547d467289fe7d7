package analysis

import (
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// WithReadOnly adds to edits that a mount becomes read-only.
func WithReadOnly(edits []edit.Edit, m pod.Mount) ([]edit.Edit, error) {
	more, err := edit.InsertPair(m.Node, nil, "readOnly", "true\n")
	if err != nil {
		return nil, err
	}
	return edit.Join(edits, more), nil
}
