// Package config reads what people write down: `.podcheck.yml`, with which a repository steers its analysis, and the
// configuration of the server.
//
// Invariants: reading is strict, and each problem has its line and says what to do; text counts as it is written (`1.30` is
// not 1.3, `off` is not false); in `.podcheck.yml` a problem costs the field or entry that it is about and no other; errors
// never show a secret.
//
// It knows no GitHub API. Whoever reads `.podcheck.yml` must take it from the base branch.
package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is a mistake in a configuration file.
type Problem struct {
	Path         string
	Line, Column int // 1-based
	Message      string
}

// Error is the problem as compilers print one: path:line:column: message.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.Path, p.Line, p.Column, p.Message)
}

// inOrder sorts problems as they stand in the file.
func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return problems
}

// joined is one error for all problems, nil for none.
func joined(problems []Problem) error {
	var all []error
	for _, p := range problems {
		all = append(all, p)
	}
	return errors.Join(all...)
}

// list writes words as a sentence would: a, b or c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
