package analysis

import (
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// AtWord is the place of a word of a command: where it stands in its scalar, or the scalar when it is not on one line of it.
func AtWord(w pod.Word) Place {
	if w.Node == nil || w.Node.File == nil {
		return Place{}
	}
	return Place{Path: w.Node.File.Path, Span: edit.Within(w.Node, w.Start, w.End)}
}
