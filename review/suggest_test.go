package review

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/edit"
)

// replaceText is an edit of the one place where a file holds some text.
func replaceText(t *testing.T, files tree, path, old, text string) edit.Edit {
	t.Helper()
	start := strings.Index(files[path], old)
	if start < 0 || strings.Count(files[path], old) != 1 {
		t.Fatalf("%s holds %q %d times", path, old, strings.Count(files[path], old))
	}
	return edit.Edit{Path: path, Start: start, End: start + len(old), New: text}
}

const numbered = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n"

func TestSuggestLowersEdits(t *testing.T) {
	grown := strings.NewReplacer("three\n", "three!\n", "eleven\n", "eleven!\n").Replace(numbered)
	for name, test := range map[string]struct {
		before, after tree
		edits         [][3]string // path, old, new
		want          []string
	}{
		"within a line":                        {tree{"f": numbered}, tree{"f": grown}, [][3]string{{"f", "ee!", "ee"}}, []string{"f 3-3 three|"}},
		"two lines, one suggestion":            {tree{"f": numbered}, tree{"f": grown}, [][3]string{{"f", "three!", "3"}, {"f", "five", "5"}}, []string{"f 3-5 3|four|5|"}},
		"two hunks, two suggestions":           {tree{"f": numbered}, tree{"f": grown}, [][3]string{{"f", "three!", "3"}, {"f", "twelve", "12"}}, []string{"f 3-3 3|", "f 12-12 12|"}},
		"line outside of every hunk":           {tree{"f": numbered}, tree{"f": grown}, [][3]string{{"f", "three!", "3"}, {"f", "seven", "7"}}, nil},
		"file outside of the diff":             {tree{"f": numbered, "g": "x\n"}, tree{"f": grown, "g": "x\n"}, [][3]string{{"f", "three!", "3"}, {"g", "x", "y"}}, nil},
		"inserted lines stand on a neighbour":  {tree{"f": numbered}, tree{"f": grown}, [][3]string{{"f", "four\n", "four\nand more\n"}}, []string{"f 4-4 four|and more|"}},
		"inserted above the first line":        {tree{}, tree{"f": "a\nb\n"}, [][3]string{{"f", "a\n", "top\na\n"}}, []string{"f 1-1 top|a|"}},
		"removed lines":                        {tree{"f": numbered}, tree{"f": grown}, [][3]string{{"f", "four\nfive\n", ""}}, []string{"f 4-5 "}},
		"last line":                            {tree{}, tree{"f": "a\nb\n"}, [][3]string{{"f", "b\n", "c\n"}}, []string{"f 2-2 c|"}},
		"appended":                             {tree{}, tree{"f": "a\nb\n"}, [][3]string{{"f", "b\n", "b\nc\n"}}, []string{"f 2-2 b|c|"}},
		"last line without a break":            {tree{}, tree{"f": "a\nb"}, [][3]string{{"f", "b", "c"}}, nil},
		"above a last line without a break":    {tree{}, tree{"f": "a\nb"}, [][3]string{{"f", "a", "c"}}, []string{"f 1-1 c|"}},
		"final break removed":                  {tree{}, tree{"f": "a\nb\n"}, [][3]string{{"f", "b\n", "b"}}, nil},
		"whole file":                           {tree{}, tree{"f": "a\nb\n"}, [][3]string{{"f", "a\nb\n", ""}}, nil},
		"CRLF":                                 {tree{}, tree{"f": "a\r\nb\r\n"}, [][3]string{{"f", "b", "c"}}, nil},
		"lines joined":                         {tree{}, tree{"f": "a\nb\nc\n"}, [][3]string{{"f", "a\nb", "ab"}}, []string{"f 1-2 ab|"}},
		"a line break removed":                 {tree{}, tree{"f": "a\nb\nc\n"}, [][3]string{{"f", "a\n", "a"}}, []string{"f 1-2 ab|"}},
		"a final break added":                  {tree{}, tree{"f": "a\nb"}, [][3]string{{"f", "b", "b\n"}}, nil},
		"CRLF lines removed":                   {tree{}, tree{"f": "a\r\nb\r\n"}, [][3]string{{"f", "a\r\n", ""}}, nil},
		"a blank line alone stands on another": {tree{}, tree{"f": "a\nb\nc\n"}, [][3]string{{"f", "b\n", "\n"}}, []string{"f 1-2 a||"}},
		"a control character":                  {tree{}, tree{"f": "a\nb\n"}, [][3]string{{"f", "b", "c\x07"}}, nil},
		"nothing changes":                      {tree{}, tree{"f": "a\nb\n"}, [][3]string{{"f", "b", "b"}}, nil},
		"across deleted lines": {
			tree{"f": numbered}, tree{"f": strings.Replace(numbered, "five\n", "", 1)},
			[][3]string{{"f", "four", "4"}, {"f", "six", "6"}}, []string{"f 4-4 4|", "f 5-5 6|"},
		},
		"one change across deleted lines": {
			tree{"f": numbered}, tree{"f": strings.Replace(numbered, "five\n", "", 1)},
			[][3]string{{"f", "four\nsix", "4\n6"}}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var edits []edit.Edit
			for _, e := range test.edits {
				edits = append(edits, replaceText(t, test.after, e[0], e[1], e[2]))
			}
			c, err := parseDiff(diff(t, test.before, test.after))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range suggest(c, test.after.bytes(), edits) {
				got = append(got, fmt.Sprintf("%s %d-%d %s", s.Path, s.Start, s.End, strings.ReplaceAll(string(s.New), "\n", "|")))
			}
			expectLines(t, got, test.want...)
		})
	}
}

// Whatever the change and the fix: suggestions stand where GitHub takes them, hold no deleted line, never overlap, and give the
// fix to the byte.
func TestSuggestionsAreExactlyTheFix(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	single, several := 0, 0
	for range 3000 {
		before := randomLines(random, random.IntN(40))
		files := tree{"f": join2(mutate(random, before))}
		text := string(diff(t, tree{"f": join2(before)}, files))
		edits := randomEdits(random, files["f"])
		want, err := edit.Apply(files.bytes(), edits)
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseDiff([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all := suggest(c, files.bytes(), edits)
		if len(all) == 0 {
			continue
		}
		got, err := ApplySuggestions(files.bytes(), asComments(all))
		if err != nil {
			t.Fatalf("%v\nedits %v\nof %q\n%s", err, edits, files["f"], text)
		}
		if data, ok := want["f"]; ok && !bytes.Equal(got["f"], data) {
			t.Fatalf("got  %q\nwant %q\nedits %v\nof   %q\nsuggestions %v", got["f"], data, edits, files["f"], all)
		}
		checkPlaces(t, text, all)
		if len(all) == 1 {
			single++
		} else {
			several++
		}
	}
	if single < 300 || several < 60 {
		t.Errorf("%d single suggestions and %d sets are too few to say anything", single, several)
	}
}

func checkPlaces(t *testing.T, diff string, all []suggestion) {
	t.Helper()
	right := readRightSide(diff)
	for _, s := range all {
		if !right.accepts(s.Path, s.Start, s.End) {
			t.Fatalf("GitHub refuses %d-%d of\n%s", s.Start, s.End, diff)
		}
		for n := s.Start + 1; n <= s.End; n++ {
			if right[s.Path].cut[n] > 0 {
				t.Fatalf("the suggestion %d-%d spans deleted lines of\n%s", s.Start, s.End, diff)
			}
		}
	}
}

func asComments(all []suggestion) []Comment {
	var out []Comment
	for _, s := range all {
		a := lineAnchor(s.Path, s.Start, s.End)
		out = append(out, Comment{Path: s.Path, StartLine: a.StartLine, Line: a.Line, Body: "text\n\n" + fenced("suggestion", string(s.New)) + "\nmore\n"})
	}
	return out
}

// randomEdits are one to three edits apart from each other, of whole lines and of pieces.
func randomEdits(random *rand.Rand, text string) []edit.Edit {
	var out []edit.Edit
	at := 0
	for range 1 + random.IntN(3) {
		if at > len(text) {
			break
		}
		start := at + random.IntN(len(text)-at+1)
		end := min(len(text), start+random.IntN(6))
		if random.IntN(2) == 0 { // whole lines
			start = strings.LastIndex(text[:start], "\n") + 1
			if next := strings.Index(text[end:], "\n"); next >= 0 {
				end += next + 1
			}
			if start < at {
				break
			}
		}
		text := []string{"", "x", "y: `z`\n", "\n", "```\nq\n```\n", " "}[random.IntN(6)]
		out = append(out, edit.Edit{Path: "f", Start: start, End: end, New: text})
		at = end + 1
	}
	return out
}

func TestApplySuggestions(t *testing.T) {
	files := map[string][]byte{"f": []byte("a\nb\nc\nd\n")}
	comment := func(start, line int, body string) Comment {
		return Comment{Path: "f", StartLine: start, Line: line, Body: body}
	}
	for name, test := range map[string]struct {
		comments []Comment
		want     string
		err      string
	}{
		"none":                   {[]Comment{comment(0, 1, "words")}, "a\nb\nc\nd\n", ""},
		"one line":               {[]Comment{comment(0, 2, "```suggestion\nB\n```\n")}, "a\nB\nc\nd\n", ""},
		"a batch":                {[]Comment{comment(0, 4, "```suggestion\nD\n```"), comment(1, 2, "```suggestion\nA\n```\n")}, "A\nc\nD\n", ""},
		"lines removed":          {[]Comment{comment(2, 3, "```suggestion\n```\n")}, "a\nd\n", ""},
		"a longer fence":         {[]Comment{comment(0, 1, "````suggestion\n```\n````\n")}, "```\nb\nc\nd\n", ""},
		"text of a patch":        {[]Comment{comment(0, 1, "````diff\n```suggestion\nX\n```\n````\n")}, "a\nb\nc\nd\n", ""},
		"the same line twice":    {[]Comment{comment(0, 2, "```suggestion\nB\n```"), comment(1, 2, "```suggestion\nA\n```\n")}, "", "another one replaces"},
		"lines that aren't":      {[]Comment{comment(4, 5, "```suggestion\nB\n```")}, "", "the file has 4 lines"},
		"a comment on the file":  {[]Comment{comment(0, 0, "```suggestion\nB\n```")}, "", "the file has 4 lines"},
		"two in one comment":     {[]Comment{comment(0, 1, "```suggestion\nB\n```\n```suggestion\nB\n```")}, "", "2 suggestions"},
		"a fence without an end": {[]Comment{comment(0, 1, "```suggestion\nB\n")}, "a\nb\nc\nd\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ApplySuggestions(files, test.comments)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || string(got["f"]) != test.want {
				t.Errorf("got %q and %v, want %q", got["f"], err, test.want)
			}
		})
	}
}

// Two hunks without a line between them are two for GitHub: no suggestion spans both.
func TestNeighbouringHunksAreTwo(t *testing.T) {
	text := "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n one\n-2\n+two\n three\n@@ -4,3 +4,3 @@\n four\n-5\n+five\n six\n"
	c, err := parseDiff([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	files := tree{"f": numbered}
	var got []string
	for _, s := range suggest(c, files.bytes(), []edit.Edit{replaceText(t, files, "f", "three", "3"), replaceText(t, files, "f", "four", "4")}) {
		got = append(got, fmt.Sprintf("%d-%d %s", s.Start, s.End, strings.ReplaceAll(string(s.New), "\n", "|")))
	}
	expectLines(t, got, "3-3 3|", "4-4 4|")
	if s := suggest(c, files.bytes(), []edit.Edit{replaceText(t, files, "f", "three\nfour\n", "34\n")}); s != nil {
		t.Errorf("a suggestion across the hunks: %+v", s)
	}
}
