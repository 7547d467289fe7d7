package edit

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// insertFlowItem adds items to a flow sequence on one line.
func insertFlowItem(seq *manifest.Node, index int, items []Block) ([]Edit, error) {
	if !isFlow(seq) || seq.Kind != manifest.Sequence || index < 0 || index > len(seq.Items) {
		return nil, refuse(seq, "the sequence has no place %d", index)
	}
	var parts []string
	for _, item := range items {
		n, err := parseBlock(item)
		if err != nil {
			return nil, refuse(seq, "what is to be added is not YAML")
		}
		s, err := flowText(seq, n)
		if err != nil {
			return nil, err
		}
		parts = append(parts, s)
	}
	return joinFlow(seq, seq.Items, index, strings.Join(parts, ", ")), nil
}

// insertFlowPairs adds the pairs of a parsed mapping to a flow mapping on one line.
func insertFlowPairs(m *manifest.Node, after []string, added *manifest.Node) ([]Edit, error) {
	if !isFlow(m) || m.Kind != manifest.Mapping {
		return nil, refuse(m, "this is not a mapping")
	}
	joined, err := flowPairs(m, added)
	if err != nil {
		return nil, err
	}
	var present []*manifest.Node
	index := len(m.Pairs)
	for i, p := range m.Pairs {
		present = append(present, p.Value)
		if len(after) > 0 && p.Key == predecessor(m, after).Key {
			index = i + 1
		}
	}
	return joinFlow(m, present, index, joined), nil
}

// flowPairs writes the pairs of a parsed mapping for a flow mapping.
func flowPairs(m, added *manifest.Node) (string, error) {
	var parts []string
	for _, p := range added.Pairs {
		key, err := flowText(m, p.Key)
		if err != nil {
			return "", err
		}
		value, err := flowText(m, p.Value)
		if err != nil {
			return "", err
		}
		parts = append(parts, key+": "+value)
	}
	return strings.Join(parts, ", "), nil
}

// joinFlow puts text before the member at index of a flow collection; index 0 is only used for empty ones and sequences.
func joinFlow(n *manifest.Node, members []*manifest.Node, index int, joined string) []Edit {
	switch {
	case len(members) == 0:
		return []Edit{{n.File.Path, n.Span.Start.Offset + 1, n.Span.End.Offset - 1, joined}}
	case index == 0:
		at := members[0].Span.Start.Offset
		return []Edit{{n.File.Path, at, at, joined + ", "}}
	}
	at := members[index-1].Span.End.Offset
	return []Edit{{n.File.Path, at, at, ", " + joined}}
}

// flowText writes a parsed node for use in a flow collection: JSON in a JSON document, else scalars and flow collections
// on one line.
func flowText(in, n *manifest.Node) (string, error) {
	switch {
	case isJSON(in):
		return canonical(n), nil
	case isFlow(n) && !overLines(n):
		return source(n), nil
	case n.Kind != manifest.Scalar:
		return "", refuse(in, "a block of lines does not fit into a flow collection")
	case n.Tag == "!!str":
		return quote(n.Value, n.Style, true), nil
	case n.IsNull():
		return "null", nil
	}
	return n.Value, nil
}

// removeFlow takes members out of a flow collection on one line, which has count of them; span gives a member's range.
func removeFlow(n *manifest.Node, count int, indexes []int, span func(i int) (int, int)) []Edit {
	if len(indexes) == count {
		return []Edit{{n.File.Path, n.Span.Start.Offset + 1, n.Span.End.Offset - 1, ""}}
	}
	var edits []Edit
	for i := 0; i < len(indexes); {
		first := indexes[i]
		for i++; i < len(indexes) && indexes[i] == indexes[i-1]+1; i++ {
		}
		start, _ := span(first)
		_, end := span(indexes[i-1])
		if first == 0 {
			end, _ = span(indexes[i-1] + 1)
		} else {
			_, start = span(first - 1)
		}
		edits = append(edits, Edit{n.File.Path, start, end, ""})
	}
	return edits
}
