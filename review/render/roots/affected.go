package roots

// Affected returns the roots whose build a change of files can affect, in the order given: those that read, take in or are asked for
// by a changed file, or depend on it for their values and parameters, and those whose object an affected root makes.
func Affected(roots []Root, changed []string) []Root {
	hit := make([]bool, len(roots))
	makers := map[string]bool{} // names of affected roots
	for i := range roots {
		if hit[i] = roots[i].touchedBy(changed); hit[i] {
			makers[roots[i].Name] = true
		}
	}
	for again := true; again; {
		again = false
		for i, r := range roots {
			if !hit[i] && r.object != nil && r.object.Root != "" && makers[r.object.Root] {
				hit[i], again = true, true
				makers[r.Name] = true
			}
		}
	}
	var out []Root
	for i, r := range roots {
		if hit[i] {
			out = append(out, r)
		}
	}
	return out
}

// touchedBy says whether a root depends on any of some files.
func (r Root) touchedBy(changed []string) bool {
	for _, p := range changed {
		if p == r.File || r.Reads != nil && r.Reads(p) || r.depends.has(p) {
			return true
		}
	}
	return false
}
