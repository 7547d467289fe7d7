package review_test

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// comments of a tree.
type comments struct {
	all   []comment
	count map[string]int // by text
	lines map[string]int // every line without its comment and its dash
	docs  map[string]bool
}

// comment is one of them, and the line that it speaks of: the one that it stands behind or above.
type comment struct {
	text, line string
	doc        string // the object of its document
	loose      bool   // something commented out, or apart from its line
}

// lostComments are those that went without need. What stands behind a line or directly above it goes with this line alone;
// anything else, and what speaks of a part of the Pod as a whole or of the object's name, also with its document.
func lostComments(was, is comments) []string {
	may := map[string]bool{}
	for _, c := range was.all {
		if is.lines[c.line] < was.lines[c.line] || c.loose && !is.docs[c.doc] {
			may[c.text] = true
		}
	}
	var lost []string
	for _, c := range was.all {
		if is.count[c.text] < was.count[c.text] && !may[c.text] {
			lost = append(lost, fmt.Sprintf("loses the comment %q on %q", c.text, c.line))
		}
	}
	return lost
}

func commentsOf(tree map[string][]byte) comments {
	c := comments{count: map[string]int{}, lines: map[string]int{}, docs: map[string]bool{}}
	for path, data := range tree {
		for i, piece := range pieces(data) {
			doc := fmt.Sprint(path, i)
			if read, err := objects(piece); err == nil && len(read) > 0 {
				doc = ""
				for _, o := range read {
					doc += objectName(o)
				}
			}
			c.docs[doc] = true
			c.document(doc, piece)
		}
	}
	return c
}

// objectName tells documents apart; a List without one of its objects is another one.
func objectName(o map[string]any) string {
	m, _ := o["metadata"].(map[string]any)
	return fmt.Sprintf("%v/%v/%v", o["kind"], m["namespace"], m["name"])
}

var nameLine = regexp.MustCompile(`^"?name"?: *["']?([^"' ]+)["']?$`)

var dashes = regexp.MustCompile(`^(- +)+`)

var commentedOut = regexp.MustCompile(`^#\s*(- .*|[a-z][\w./-]*:(\s.*)?)$`)

func (c *comments) document(doc string, data []byte) {
	var waiting []comment
	last := ""
	within := containerLines(data)
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		content, text := cutComment(strings.TrimSpace(line))
		content = dashes.ReplaceAllString(content, "")
		if commentedOut.MatchString(text) {
			for i := range waiting {
				waiting[i].loose = true
			}
		}
		if text != "" {
			waiting = append(waiting, comment{text: text, doc: doc, loose: commentedOut.MatchString(text)})
		}
		switch {
		case content == "" && text != "":
		case content == "" || content == "...":
			for i := range waiting {
				waiting[i].loose = true
			}
		default:
			c.lines[content]++
			for i := range waiting {
				waiting[i].loose = waiting[i].loose || !within[number] && strings.HasSuffix(content, ":") // a part of the Pod as a whole
			}
			c.note(waiting, content)
			waiting, last = nil, content
		}
	}
	c.note(waiting, last)
}

// containerLines are the lines of a document that its containers have.
func containerLines(data []byte) map[int]bool {
	var doc yaml.Node
	lines := map[int]bool{}
	if yaml.Unmarshal(data, &doc) != nil {
		return lines
	}
	var below func(n *yaml.Node, within bool)
	below = func(n *yaml.Node, within bool) {
		lines[n.Line] = lines[n.Line] || within
		for i, child := range n.Content {
			list := n.Kind == yaml.MappingNode && i%2 == 1 && strings.HasSuffix(strings.ToLower(n.Content[i-1].Value), "containers")
			below(child, within || list)
		}
	}
	below(&doc, false)
	return lines
}

func (c *comments) note(waiting []comment, line string) {
	for _, w := range waiting {
		w.line = line
		w.loose = w.loose || line == "" || ownName(w.doc, line)
		c.count[w.text]++
		c.all = append(c.all, w)
	}
}

func ownName(doc, line string) bool {
	m := nameLine.FindStringSubmatch(line)
	return m != nil && strings.HasSuffix(doc, "/"+m[1])
}

// cutComment cuts a line at the # that begins a comment; one within quotes does not.
func cutComment(line string) (content, comment string) {
	if strings.HasPrefix(line, "#") {
		return "", line
	}
	at := strings.LastIndex(line, " #")
	if at < 0 || strings.ContainsAny(line[at:], `"'`) {
		return line, ""
	}
	return strings.TrimRight(line[:at], " "), line[at+1:]
}
