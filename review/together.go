package review

// beside is the index of the comment on the same lines by the same rule that can speak of a finding too, -1 when there is none:
// what can't be changed for people is said once where it stands, however many findings it makes.
func (w *writer) beside(comments []Comment, together map[int][]*Finding, f *Finding) int {
	a, ok := findAnchor(w.diff, &f.Finding)
	if !ok || f.HasEdits() {
		return -1
	}
	for i, c := range comments {
		if together[i] != nil && c.Rule == f.Rule && c.Path == a.Path && c.StartLine == a.StartLine && c.Line == a.Line {
			return i
		}
	}
	return -1
}

// HasEdits says whether a finding comes with a change, which is shown beside it.
func (f *Finding) HasEdits() bool { return f.Fix != nil && len(f.Fix.Edits) > 0 }

// join lets a comment on the first of findings speak of the others too.
func (w *writer) join(c *Comment, findings []*Finding) {
	if len(findings) < 2 {
		return
	}
	for _, f := range findings[1:] {
		c.Keys = append(c.Keys, f.Key)
	}
	c.Body = w.body(findings[0], "", "", findings[1:]...)
}
