package edit

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// insertFlowItem adds items to a flow sequence on one line.
func insertFlowItem(seq *manifest.Node, index int, items []*manifest.Node) ([]Edit, error) {
	if !bracketed(seq) || seq.Kind != manifest.Sequence || index < 0 || index > len(seq.Items) {
		return nil, refuse(seq, "the sequence has no place %d", index)
	}
	joined, err := flowItems(seq, items)
	if err != nil {
		return nil, err
	}
	return joinFlow(seq, seq.Items, index, joined), nil
}

// bracketed says whether a node is a flow collection that is written as one: not an entry `a: b` of a flow sequence.
func bracketed(n *manifest.Node) bool {
	return isFlow(n) && strings.IndexAny(source(n), "[{") == 0
}

// insertFlowPairs adds the pairs of a parsed mapping to a flow mapping on one line.
func insertFlowPairs(m *manifest.Node, after []string, added *manifest.Node) ([]Edit, error) {
	if !bracketed(m) || m.Kind != manifest.Mapping {
		return nil, refuse(m, "this is not a mapping in braces")
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
func flowPairs(in, added *manifest.Node) (string, error) {
	var parts []string
	for _, p := range added.Pairs {
		key, err := flowText(in, p.Key)
		if err != nil {
			return "", err
		}
		value, err := flowText(in, p.Value)
		if err != nil {
			return "", err
		}
		parts = append(parts, key+": "+value)
	}
	return strings.Join(parts, ", "), nil
}

// flowItems writes parsed nodes for a flow sequence.
func flowItems(in *manifest.Node, items []*manifest.Node) (string, error) {
	var parts []string
	for _, n := range items {
		s, err := flowText(in, n)
		if err != nil {
			return "", err
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", "), nil
}

// joinFlow puts text before the member at index of a flow collection; index 0 is only used for empty ones and sequences.
func joinFlow(n *manifest.Node, members []*manifest.Node, index int, joined string) []Edit {
	switch {
	case len(members) == 0:
		return []Edit{put(n, n.Span.Start.Offset+1, n.Span.End.Offset-1, joined)}
	case index == 0:
		at := members[0].Span.Start.Offset
		return []Edit{put(n, at, at, joined+", ")}
	}
	at := members[index-1].Span.End.Offset
	return []Edit{put(n, at, at, ", "+joined)}
}

// flowText writes a parsed node for use in a flow collection on one line: JSON in a JSON document, else as it stands or quoted,
// block collections in brackets. What would not decode to the same there is refused, and so are comments.
func flowText(in, n *manifest.Node) (string, error) {
	if n.File != nil && len(remarks(n.File)) > 0 {
		return "", refuse(in, "a comment does not fit into a flow collection on one line")
	}
	ways := []string{source(n)}
	switch {
	case isJSON(in):
		ways = []string{canonical(n)}
	case n.Kind == manifest.Mapping && n.Style == manifest.Block:
		s, err := flowPairs(in, n)
		if err != nil {
			return "", err
		}
		ways = []string{"{" + s + "}"}
	case n.Kind == manifest.Sequence && n.Style == manifest.Block:
		s, err := flowItems(in, n.Items)
		if err != nil {
			return "", err
		}
		ways = []string{"[" + s + "]"}
	case n.IsNull():
		ways = []string{"null"}
	case n.Tag == "!!str":
		ways = append(ways, quote(n.Value, n.Style, true))
	}
	for _, s := range ways {
		if strings.Contains(s, "\n") {
			continue
		}
		if back, err := parseBlock(Block("{a: " + s + "}\n")); err == nil && len(back.Pairs) == 1 && (digests{}).equal(back.Pairs[0].Value, n) {
			return s, nil
		}
	}
	return "", refuse(in, "what is to be added would not read the same in this flow collection")
}

// removeFlow takes members out of a flow collection on one line, which has count of them; span gives a member's range.
func removeFlow(n *manifest.Node, count int, indexes []int, span func(i int) (int, int)) []Edit {
	if len(indexes) == count {
		return []Edit{put(n, n.Span.Start.Offset+1, n.Span.End.Offset-1, "")}
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
		edits = append(edits, put(n, start, end, ""))
	}
	return edits
}
