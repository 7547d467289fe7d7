package report

import (
	"bufio"
	"fmt"
	"io"

	"github.com/podcheck/podcheck/review"
)

// WriteMended prints what was mended and what was left, a line for each, and the sums.
func WriteMended(w io.Writer, m *review.Mended, color bool) error {
	buffer := bufio.NewWriter(w)
	p := &printer{w: buffer, color: color}
	for i := range m.Applied {
		f := &m.Applied[i]
		p.line("%s: %s %s %s: %s %s", p.paint(bold, place(f.Place, false)), p.paint(green, "fixed"), f.Rule, f.Object.String(),
			f.Fix.Description, p.paint(dim, "["+f.ID+"]"))
	}
	for i := range m.Left {
		l := &m.Left[i]
		p.line("%s: %s %s %s: %s %s", p.paint(bold, place(l.Finding.Place, false)), p.paint(yellow, "left"), l.Finding.Rule,
			l.Finding.Object.String(), l.Reason, p.paint(dim, "["+l.Finding.ID+"]"))
	}
	p.line("%s", p.paint(bold, mendedVerdict(m)))
	if p.err == nil {
		p.err = buffer.Flush()
	}
	if p.err != nil {
		return fmt.Errorf("writing what was mended: %w", p.err)
	}
	return nil
}

func mendedVerdict(m *review.Mended) string {
	switch {
	case len(m.Applied)+len(m.Left) == 0:
		return "nothing to fix"
	case len(m.Applied) == 0:
		return fmt.Sprintf("%d left", len(m.Left))
	}
	return fmt.Sprintf("%d fixed in %s, %d left", len(m.Applied), plural(len(m.Changed), "file"), len(m.Left))
}
