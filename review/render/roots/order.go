package roots

import "slices"

// First returns the roots to build before the others: those whose asking object no other of them takes in, and so may change on its way
// to the cluster. Where all wait for each other, it returns them all.
//
// Once these are built and Find is called with what they gave, the others are there again as they are deployed.
func First(roots []Root) []Root {
	takers := takersOf(roots)
	var out []Root
	for i, r := range roots {
		if !slices.ContainsFunc(takers[r.File], func(j int) bool { return j != i }) {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return roots
	}
	return out
}

// Makers returns the roots of all that take in the objects which ask for chosen ones, and those that take in theirs, in the order given
// and without the chosen ones. Without them, what a chosen root is asked for is known only as it is written.
func Makers(all, chosen []Root) []Root {
	takers := takersOf(all)
	is := map[string]bool{} // names of chosen roots
	for _, r := range chosen {
		is[r.Name] = true
	}
	made := map[int]bool{}
	for next := slices.Clone(chosen); len(next) > 0; next = next[1:] {
		for _, i := range takers[next[0].File] {
			if !made[i] && !is[all[i].Name] {
				made[i] = true
				next = append(next, all[i])
			}
		}
	}
	var out []Root
	for i, r := range all {
		if made[i] {
			out = append(out, r)
		}
	}
	return out
}

// takersOf are the indexes of the roots that take in the files which ask for roots.
func takersOf(roots []Root) map[string][]int {
	asking := map[string]bool{}
	for _, r := range roots {
		asking[r.File] = asking[r.File] || r.object != nil
	}
	out := map[string][]int{}
	for i, r := range roots {
		for _, p := range r.Takes {
			if asking[p] {
				out[p] = append(out[p], i)
			}
		}
	}
	return out
}
