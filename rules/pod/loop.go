package pod

import (
	"github.com/podcheck/podcheck/rules/manifest"
	"mvdan.cc/sh/v3/syntax"
)

// ForEver says whether a loop's condition never ends it: `while true`, `while sleep 5`, `until false`.
func ForEver(loop *syntax.WhileClause) bool { return endless(loop) }

// ParseScript reads a scalar as a shell script that is run as a file, nil for no text and for one that no shell would parse.
func ParseScript(n *manifest.Node) *Script {
	if n.Text() == "" {
		return nil
	}
	return parseScript(n.Resolve())
}
