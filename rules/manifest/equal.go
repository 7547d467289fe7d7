package manifest

// Equal says whether two nodes decode to the same value: aliases followed, order of mapping entries and styles ignored.
func Equal(a, b *Node) bool {
	return equality{}.of(a, b)
}

// equality holds the results for the collections compared: aliases can lead to one pair by exponentially many ways.
type equality map[[2]*Node]bool

func (e equality) of(a, b *Node) bool {
	a, b = a.Resolve(), b.Resolve()
	switch {
	case a == b:
		return true
	case a == nil || b == nil:
		return a.IsNull() && b.IsNull()
	case a.Kind != b.Kind:
		return false
	case a.Kind == Scalar:
		return a.Value == b.Value && a.Tag == b.Tag
	}
	pair := [2]*Node{a, b}
	same, known := e[pair]
	if !known {
		if a.Kind == Sequence {
			same = e.items(a.Items, b.Items)
		} else {
			same = e.entries(a, b)
		}
		e[pair] = same
	}
	return same
}

func (e equality) items(a, b []*Node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !e.of(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (e equality) entries(a, b *Node) bool {
	others := map[string]*Node{}
	b.Each(func(key string, value *Node) { others[key] = value })
	same, count := true, 0
	a.Each(func(key string, value *Node) {
		count++
		other := others[key]
		same = same && other != nil && e.of(value, other)
	})
	return same && count == len(others)
}
