package picture

import (
	"fmt"
	"html"
	"strings"
)

// Measures of the drawing, in pixels at its natural size, which fits a phone of 360 pixels.
const (
	width    = 308
	rowHigh  = 44
	rowGap   = 6
	headHigh = 30
	podGap   = 16
	podPad   = 8
	laneWide = 18
	lanes    = 4 // further edges share these
	badge    = 8
)

// SVG is one side as an image for a page whose style sheet gives its classes colours: pod, name, box, helper, found, role, edge, arrow
// and badge. Edges bear their number in Sentences. "" for a side without Pods.
func (s Side) SVG() string {
	if len(s.Pods) == 0 {
		return ""
	}
	d := drawing{lanes: min(len(s.Edges), lanes), used: map[int]int{}}
	d.right = width - 1
	if d.lanes > 0 {
		d.right = width - badge - 2 - laneWide*d.lanes
	}
	for _, p := range s.Pods {
		d.pod(p)
	}
	for i, e := range s.Edges {
		d.edge(i, e)
	}
	high := d.y - podGap + 1
	return fmt.Sprintf(`<svg viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">%s</svg>`,
		width, high, width, high, html.EscapeString(s.words()), d.b.String())
}

// drawing is an SVG in the making, from top to bottom.
type drawing struct {
	b     strings.Builder
	y     int
	right int         // edge of the Pods
	lanes int         // beside them
	rows  []int       // middle of each container
	used  map[int]int // edges that touch a container
}

func (d *drawing) pod(p Pod) {
	high := headHigh + len(p.Containers)*(rowHigh+rowGap) + podPad - rowGap
	fmt.Fprintf(&d.b, `<rect class="pod" x="1" y="%d" width="%d" height="%d" rx="6"/>`, d.y+1, d.right-1, high-1)
	d.text("name", podPad+2, d.y+20, p.Name, d.right-2*podPad)
	y := d.y + headHigh
	for _, c := range p.Containers {
		d.container(c, y)
		d.rows = append(d.rows, y+rowHigh/2)
		y += rowHigh + rowGap
	}
	d.y += high + podGap
}

func (d *drawing) container(c Container, y int) {
	class := "box"
	if c.More == 0 && c.Role != "app" {
		class += " helper"
	}
	if c.Marked {
		class += " found"
	}
	fmt.Fprintf(&d.b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="4"/>`, class, podPad+1, y, d.right-2*podPad-1, rowHigh)
	if c.More > 0 {
		d.text("role", 2*podPad+1, y+rowHigh/2+4, c.mermaid(), d.right-4*podPad)
		return
	}
	d.text("title", 2*podPad+1, y+18, c.Name, d.right-4*podPad)
	d.text("role", 2*podPad+1, y+35, c.what(), d.right-4*podPad)
}

// text writes foreign text, cut to what fits: a letter of the page's font takes about eight pixels, one of a role seven.
func (d *drawing) text(class string, x, y int, text string, room int) {
	letter := 8
	if class == "role" {
		letter = 7
	}
	fmt.Fprintf(&d.b, `<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, html.EscapeString(cut(line(text), room/letter)))
}

// edge leads from the right side of one container to that of another through a lane beside the Pods, with its number on it.
func (d *drawing) edge(i int, e Edge) {
	x := d.right + laneWide*(i%d.lanes) + laneWide - 2
	from, to := d.touch(e.From), d.touch(e.To)
	end := d.right - podPad
	tip := end
	if !e.Shared {
		tip += 5
	}
	fmt.Fprintf(&d.b, `<path class="edge" d="M%d %dH%dV%dH%d"/>`, end, from, x, to, tip)
	if !e.Shared {
		fmt.Fprintf(&d.b, `<path class="arrow" d="M%d %dl8 -4v8z"/>`, end, to)
	}
	middle := (from + to) / 2
	fmt.Fprintf(&d.b, `<circle class="badge" cx="%d" cy="%d" r="%d"/><text class="number" x="%d" y="%d">%d</text>`, x, middle, badge, x, middle+4, i+1)
}

// touch is where the next edge touches a container, a little below the one before.
func (d *drawing) touch(container int) int {
	n := d.used[container]
	d.used[container]++
	return d.rows[container] + (n%4)*7 - 10
}

// Sentences say what each edge means, in their order.
func (s Side) Sentences() []string {
	all := s.containers()
	var out []string
	for _, e := range s.Edges {
		from, to := line(all[e.From].Name), line(all[e.To].Name)
		if e.Shared {
			out = append(out, fmt.Sprintf("%s and %s share %s", from, to, line(e.Label)))
		} else {
			out = append(out, fmt.Sprintf("%s reaches %s at %s", from, to, line(e.Label)))
		}
	}
	return out
}

// words say for those who do not see the drawing what it shows beside its edges.
func (s Side) words() string {
	var pods []string
	for _, p := range s.Pods {
		var names []string
		for _, c := range p.Containers {
			if c.More > 0 {
				names = append(names, c.mermaid())
			} else {
				names = append(names, fmt.Sprintf("%s (%s)", line(c.Name), c.what()))
			}
		}
		pods = append(pods, line(p.Name)+" with "+strings.Join(names, ", "))
	}
	return strings.Join(pods, "; ")
}
