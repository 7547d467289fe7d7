package picture

import (
	"fmt"
	"strings"
)

// labelRunes is how much of a name is drawn.
const labelRunes = 48

// Mermaid is the picture as a flowchart for GitHub; "" when it is empty. It has no code fence.
func (p Picture) Mermaid() string {
	if p.Empty() {
		return ""
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	p.Before.mermaid(&b, "before", "Before")
	p.After.mermaid(&b, "after", "After")
	b.WriteString("  before ~~~ after\n")
	b.WriteString("  classDef helper stroke-dasharray:4 3\n  classDef found stroke:#bf8700,stroke-width:3px\n  classDef none fill:none,stroke:none\n")
	return b.String()
}

func (s Side) mermaid(b *strings.Builder, id, title string) {
	fmt.Fprintf(b, "  subgraph %s[\"%s\"]\n    direction LR\n", id, title)
	if len(s.Pods) == 0 {
		fmt.Fprintf(b, "    %s_none[\"None of these Pods\"]:::none\n", id)
	}
	node := 0
	for i, pod := range s.Pods {
		fmt.Fprintf(b, "    subgraph %s_pod%d[\"%s\"]\n      direction TB\n", id, i, escape(pod.Name))
		for _, c := range pod.Containers {
			fmt.Fprintf(b, "      %s_%d[\"%s\"]%s\n", id, node, c.mermaid(), c.class())
			node++
		}
		b.WriteString("    end\n")
	}
	for _, e := range s.Edges {
		arrow := "-->"
		if e.Shared {
			arrow = "---"
		}
		fmt.Fprintf(b, "    %s_%d %s|\"%s\"| %s_%d\n", id, e.From, arrow, escape(e.Label), id, e.To)
	}
	b.WriteString("  end\n")
}

func (c Container) mermaid() string {
	if c.More > 0 {
		return fmt.Sprintf("and %d more", c.More)
	}
	return escape(c.Name) + "<br/>" + escape(c.what())
}

// what is a container's role in words.
func (c Container) what() string {
	if c.Native {
		return c.Role + ", native sidecar"
	}
	return c.Role
}

func (c Container) class() string {
	switch {
	case c.Marked:
		return ":::found"
	case c.More == 0 && c.Role != "app":
		return ":::helper"
	}
	return ""
}

// parted takes apart what Mermaid finds in a label even when it is written in numbers: icons (fa:fa-car) and formulas ($$x$$). A
// word joiner has no width.
var parted = strings.NewReplacer("$", "$\u2060", ":fa", ":\u2060fa")

// escape writes foreign text into a quoted label. Beside letters, digits and a few marks in the middle of words every character
// becomes a number, so that it can neither end the label nor mean anything to Mermaid, Markdown or HTML.
func escape(text string) string {
	var b strings.Builder
	runes := []rune(parted.Replace(line(text)))
	for i, r := range runes {
		inside := i > 0 && i+1 < len(runes) && plain(runes[i-1]) && plain(runes[i+1])
		switch {
		case plain(r), r == ' ', r == ',', inside && strings.ContainsRune("-._:/", r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

func plain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
