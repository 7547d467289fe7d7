package review

import "strings"

// Unapplied lists, in Markdown, what was wanted and not applied, with reasons; "" when there is nothing.
func Unapplied(left []Left) string {
	var lines []string
	for i := range left {
		lines = append(lines, named(&left[i].Finding)+": "+sentence(cutRunes(left[i].Reason, sentenceRunes)))
	}
	return list(lines, rowsShown)
}

// FoldedPatch is a patch as a comment shows it: folded, in a fence that nothing in it can close, with how to apply it. What it is
// given must be fit to be seen, see MendShown. One that a comment can't hold is not cut, because half a change is a wrong one: then
// the text says why, and whole is false.
func FoldedPatch(patch string) (text string, whole bool) {
	text = patchBlock(&Finding{Patch: patch})
	return text, strings.HasPrefix(text, "<details>")
}
