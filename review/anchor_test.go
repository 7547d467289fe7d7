package review

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

func at(path string, start, end int) analysis.Place {
	return analysis.Place{Path: path, Span: manifest.Span{Start: manifest.Pos{Line: start, Column: 3}, End: manifest.Pos{Line: end, Column: 9}}}
}

// lines11to30 is a diff of added and context lines: hunks 1-5 and 11-13, as sampleDiff; a neighbour of the second at 14-40,
// where 20-39 are added.
func anchorDiff(t *testing.T) *changes {
	t.Helper()
	long := "@@ -15,2 +14,27 @@\n a\n b\n c\n d\n e\n f\n" + strings.Repeat("+new\n", 20) + " z\n"
	long = strings.Replace(long, "-15,2", "-15,7", 1)
	c, err := parseDiff([]byte(strings.Replace(sampleDiff, " thirteen\n", " thirteen\n"+long, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMayComment(t *testing.T) {
	c := anchorDiff(t)
	for name, test := range map[string]struct {
		path       string
		start, end int
		want       string
	}{
		"added lines":                         {"web.yaml", 2, 3, "2-3"},
		"context line":                        {"web.yaml", 5, 5, "0-5"},
		"whole hunk":                          {"web.yaml", 1, 5, "1-5"},
		"leaves the hunk: its added lines":    {"web.yaml", 1, 8, "2-3"},
		"leaves the hunk, only context in it": {"web.yaml", 5, 8, "0-5"},
		"starts above the hunk":               {"web.yaml", 7, 12, "0-11"},
		"between hunks":                       {"web.yaml", 6, 10, "none"},
		"behind all":                          {"web.yaml", 41, 50, "none"},
		"neighbouring hunks are apart":        {"web.yaml", 13, 14, "0-13"},
		"long: first added line":              {"web.yaml", 14, 40, "0-20"},
		"long, few lines of it added":         {"web.yaml", 36, 60, "36-39"},
		"removed file":                        {"gone.yaml", 1, 1, "none"},
		"pure rename":                         {"new name.yaml", 1, 1, "none"},
		"file outside the diff":               {"x.yaml", 1, 1, "none"},
		"unknown line":                        {"web.yaml", 0, 0, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			got := "none"
			if a, ok := c.mayComment(test.path, test.start, test.end); ok {
				got = fmt.Sprintf("%d-%d", a.StartLine, a.Line)
			}
			if got != test.want {
				t.Errorf("lines %d-%d: comment at %s, want %s", test.start, test.end, got, test.want)
			}
		})
	}
}

func TestFindAnchorFallsBack(t *testing.T) {
	c := anchorDiff(t)
	outside := at("other.yaml", 3, 3)
	for name, test := range map[string]struct {
		finding analysis.Finding
		want    string
	}{
		"its place":               {analysis.Finding{Place: at("web.yaml", 3, 3), Anchors: []analysis.Place{at("ä.yaml", 1, 1)}}, "web.yaml 0-3"},
		"an anchor of its own":    {analysis.Finding{Place: outside, Anchors: []analysis.Place{outside, at("ä.yaml", 1, 2)}}, "ä.yaml 1-2"},
		"evidence that changed":   {analysis.Finding{Place: outside, Evidence: []analysis.Evidence{{Place: at("web.yaml", 5, 5)}, {Place: at("web.yaml", 3, 3)}}}, "web.yaml 0-3"},
		"beside deleted lines":    {analysis.Finding{Place: outside, Evidence: []analysis.Evidence{{Place: at("web.yaml", 11, 11)}}}, "web.yaml 0-11"},
		"a partner that changed":  {analysis.Finding{Place: outside, Related: []analysis.Related{{Place: at("ä.yaml", 2, 2)}}}, "ä.yaml 0-2"},
		"the file as a whole":     {analysis.Finding{Place: at("web.yaml", 8, 8)}, "web.yaml 0-0"},
		"a partner's file":        {analysis.Finding{Place: outside, Related: []analysis.Related{{Place: at("new name.yaml", 2, 2)}}}, "new name.yaml 0-0"},
		"nothing of it":           {analysis.Finding{Place: outside}, "none"},
		"a span up to a new line": {analysis.Finding{Place: analysis.Place{Path: "web.yaml", Span: manifest.Span{Start: manifest.Pos{Line: 2, Column: 1}, End: manifest.Pos{Line: 3, Column: 1}}}}, "web.yaml 0-2"},
	} {
		t.Run(name, func(t *testing.T) {
			got := "none"
			if a, ok := findAnchor(c, &test.finding); ok {
				got = fmt.Sprintf("%s %d-%d", a.Path, a.StartLine, a.Line)
			}
			if got != test.want {
				t.Errorf("comment at %s, want %s", got, test.want)
			}
		})
	}
}

// rightSide is a second reading of a diff, by its text alone: for each file the number of the hunk that each new line is in,
// and the lines that have deleted lines directly above.
type rightSide map[string]struct{ hunk, cut map[int]int }

var hunkHeader = regexp.MustCompile(`^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@`)

func readRightSide(diff string) rightSide {
	out, path, line, number := rightSide{}, "", 0, 0
	for text := range strings.Lines(diff) {
		switch m := hunkHeader.FindStringSubmatch(text); {
		case strings.HasPrefix(text, "+++ "):
			path = strings.TrimPrefix(strings.TrimSpace(text[4:]), "b/")
			out[path] = struct{ hunk, cut map[int]int }{map[int]int{}, map[int]int{}}
		case strings.HasPrefix(text, "--- ") || strings.HasPrefix(text, "diff "):
		case m != nil:
			line, _ = strconv.Atoi(m[1])
			number++
		case text[0] == '-':
			out[path].cut[line]++
		case text[0] == '+' || text[0] == ' ':
			out[path].hunk[line] = number
			line++
		}
	}
	return out
}

// accepts is GitHub's rule for a comment on lines: all on the new side of one hunk.
func (r rightSide) accepts(path string, start, line int) bool {
	if start == 0 {
		start = line
	}
	hunks := r[path].hunk
	for n := start; n <= line; n++ {
		if hunks[n] == 0 || hunks[n] != hunks[start] {
			return false
		}
	}
	return start <= line
}

func TestAnchorsAreLinesOfOneHunk(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		before := randomLines(random, random.IntN(60))
		after := mutate(random, before)
		text := string(diff(t, tree{"f": join2(before)}, tree{"f": join2(after)}))
		c, err := parseDiff([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		right := readRightSide(text)
		start := 1 + random.IntN(len(after)+3)
		end := start + random.IntN(20)
		a, ok := c.mayComment("f", start, end)
		if ok && !right.accepts("f", a.StartLine, a.Line) {
			t.Fatalf("lines %d-%d: GitHub refuses %d-%d of\n%s", start, end, a.StartLine, a.Line, text)
		}
		if ok && (a.Line < start || a.Line > end || a.StartLine != 0 && a.StartLine < start) {
			t.Fatalf("lines %d-%d: the comment stands at %d-%d", start, end, a.StartLine, a.Line)
		}
		for n := start; n <= end && !ok; n++ {
			if right.accepts("f", 0, n) {
				t.Fatalf("lines %d-%d: line %d could be commented on in\n%s", start, end, n, text)
			}
		}
	}
}

func join2(lines []string) string { return strings.Join(lines, "") }

func randomLines(random *rand.Rand, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = strings.Repeat(" ", 2*random.IntN(3)) + string(rune('a'+random.IntN(6))) + "\n"
	}
	return lines
}

// mutate replaces, removes and inserts some runs of lines, and now and then the last line break.
func mutate(random *rand.Rand, lines []string) []string {
	out := append([]string{}, lines...)
	for range 1 + random.IntN(4) {
		from := random.IntN(len(out) + 1)
		to := min(len(out), from+random.IntN(4))
		out = append(append(append([]string{}, out[:from]...), randomLines(random, random.IntN(5))...), out[to:]...)
	}
	if n := len(out); n > 0 && random.IntN(5) == 0 {
		out[n-1] = strings.TrimSuffix(out[n-1], "\n")
	}
	return out
}
