package edit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Patch returns the difference of two states as text that `git apply` takes. after holds the changed files only, as Apply
// returns them: nil stands for a file that goes.
func Patch(before, after map[string][]byte) (string, error) {
	var out strings.Builder
	for _, path := range slices.Sorted(maps.Keys(after)) {
		old, present := before[path]
		fresh := after[path]
		if present && fresh != nil && bytes.Equal(old, fresh) {
			continue
		}
		writeHeader(&out, path, present, fresh != nil)
		if err := writeHunks(&out, string(old), string(fresh)); err != nil {
			return "", fmt.Errorf("write the patch of %s: %w", path, err)
		}
	}
	return out.String(), nil
}

func writeHeader(out *strings.Builder, path string, before, after bool) {
	a, b := "a/"+path, "b/"+path
	fmt.Fprintf(out, "diff --git %s %s\n", pathText(a), pathText(b))
	switch {
	case !before:
		fmt.Fprintf(out, "new file mode 100644\n--- /dev/null\n+++ %s\n", labelText(b))
	case !after:
		fmt.Fprintf(out, "deleted file mode 100644\n--- %s\n+++ /dev/null\n", labelText(a))
	default:
		fmt.Fprintf(out, "--- %s\n+++ %s\n", labelText(a), labelText(b))
	}
}

// pathText quotes a path the way git does.
func pathText(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		return path
	}
	var out strings.Builder
	for _, b := range []byte(path) {
		switch {
		case b == '"' || b == '\\':
			out.WriteByte('\\')
			out.WriteByte(b)
		case b < ' ' || b == 0x7f:
			fmt.Fprintf(&out, `\%03o`, b)
		default:
			out.WriteByte(b)
		}
	}
	return `"` + out.String() + `"`
}

// labelText ends a path with a blank in it with a tab, as git and GNU patch need to see where it ends.
func labelText(path string) string {
	if s := pathText(path); s != path || !strings.Contains(path, " ") {
		return s
	}
	return path + "\t"
}

// writeHunks writes the hunks with line numbers of its own: the library's new-side numbers drift where hunks are joined.
func writeHunks(out *strings.Builder, old, fresh string) error {
	diff, err := udiff.ToUnifiedDiff("", "", old, udiff.Lines(old, fresh), udiff.DefaultContextLines)
	if err != nil {
		return err
	}
	drift := 0
	for _, h := range diff.Hunks {
		var body strings.Builder
		removed, added := 0, 0
		for _, l := range h.Lines {
			mark := " "
			switch l.Kind {
			case udiff.Delete:
				mark, removed = "-", removed+1
			case udiff.Insert:
				mark, added = "+", added+1
			default:
				removed, added = removed+1, added+1
			}
			body.WriteString(mark + l.Content)
			if !strings.HasSuffix(l.Content, "\n") {
				body.WriteString("\n\\ No newline at end of file\n")
			}
		}
		fmt.Fprintf(out, "@@ -%s +%s @@\n%s", hunkRange(h.FromLine, removed), hunkRange(h.FromLine+drift, added), body.String())
		drift += added - removed
	}
	return nil
}

// hunkRange writes a start line and a count; a range without lines names the line before it.
func hunkRange(start, count int) string {
	if count == 0 {
		start--
	}
	return fmt.Sprintf("%d,%d", start, count)
}
