package object

import (
	"fmt"
	"slices"
	"strings"
)

// maxText bounds what a message takes from one value, in bytes.
const maxText = 200

// Text writes a decoded value for a message: a list as its texts, a mapping as its keys, nothing as "(not set)".
func Text(v any) string {
	var text string
	switch v := v.(type) {
	case nil:
		return "(not set)"
	case string:
		text = v
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		text = strings.Join(keys, ", ")
	case []any:
		var items []string
		for _, item := range v[:min(len(v), maxText)] {
			items = append(items, Text(item))
		}
		text = strings.Join(items, ", ")
	default:
		text = fmt.Sprint(v)
	}
	return cut(strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "?"))
}

func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}
