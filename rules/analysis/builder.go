package analysis

import "slices"

// Builders returns the kustomizations that take a file in, directly or through others, by path.
func (s *State) Builders(file string) []Kustomization {
	users := reach(s.graph().users, []string{file})
	return slices.DeleteFunc(s.Kustomizations(), func(k Kustomization) bool { return !users[k.Dir] })
}

// Roots are those of some kustomizations that no other one takes in: what is deployed.
func (s *State) Roots(among []Kustomization) []Kustomization {
	users := s.graph().users
	return slices.DeleteFunc(slices.Clone(among), func(k Kustomization) bool { return len(users[k.Dir]) > 0 })
}
