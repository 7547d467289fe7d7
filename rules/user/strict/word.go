package strict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest is the word that a misspelt one most likely means; "" when none is near.
func Nearest(word string, words []string) string {
	if len(word) > 100 {
		return ""
	}
	best, distance := "", 1+len(word)/2
	sorted := slices.Sorted(slices.Values(words))
	for _, w := range sorted {
		d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(w))
		if d < distance {
			best, distance = w, d
		}
	}
	return best
}

// DidYouMean is the end of an error: the nearest word, or all of a few when none is near.
func DidYouMean(word string, words []string) string {
	if near := Nearest(word, words); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	switch {
	case len(words) == 0:
		return "; there is none"
	case len(words) == 1:
		return "; there is only " + words[0]
	case len(words) <= 15:
		return "; there are " + strings.Join(words, ", ")
	}
	return ""
}

// Distance is how many letters differ between two words.
func Distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }
