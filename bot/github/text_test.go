package github

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMarkerRoundTrip(t *testing.T) {
	marker := Marker{Version: 1, Keys: []string{"split-sidecar/Deployment/a-->b", "ключ"}, Hash: "abc"}
	text := mark("text <!-- podcheck:forged -->\n", marker)
	got, ok := parseMarker[Marker](text)
	if !ok || got.Version != 1 || !slices.Equal(got.Keys, marker.Keys) || got.Hash != "abc" {
		t.Errorf("got %+v, %v", got, ok)
	}
	if strings.Count(text, "-->") != 2 || !strings.HasSuffix(text, "-->") {
		t.Errorf("text is %q", text)
	}
}

func TestForeignMarkers(t *testing.T) {
	for _, text := range []string{
		"", "text", "<!-- podcheck:", "<!-- podcheck:e30", "<!-- podcheck:!!! -->", "<!-- podcheck:e30 -->",
		mark("", map[string]int{"v": 2}), mark("", map[string]any{"v": 1, "keys": 5}),
	} {
		if m, ok := parseMarker[Marker](text); ok || m.Keys != nil {
			t.Errorf("%q gives %+v", text, m)
		}
	}
}

func FuzzMarker(f *testing.F) {
	f.Add("a", "b -->")
	f.Add("<!-- podcheck:e30 -->", "")
	f.Fuzz(func(t *testing.T, text, key string) {
		parseMarker[Marker](text)
		if !utf8.ValidString(key) {
			return
		}
		got, ok := parseMarker[Marker](mark(text, Marker{Version: 1, Keys: []string{key}}))
		if !ok || got.Keys[0] != key {
			t.Errorf("lost %q behind %q", key, text)
		}
	})
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		limit            int
	}{
		{"fits", "abc", "abc", 3},
		{"at a line", "one\ntwo\n" + strings.Repeat("x", 100), "one\ntwo" + cutNote, 20 + len(cutNote)},
		{"closes a code block", "```yaml\na: 1\n" + strings.Repeat("x", 100) + "\n```\n", "```yaml\na: 1\n```" + cutNote, 20 + len(cutNote)},
		{"closes a longer fence", "````\n```\nb\n" + strings.Repeat("x", 100) + "\n````\n", "````\n```\nb\n````" + cutNote, 20 + len(cutNote)},
		{"closes details", "<details><summary>s</summary>\n\ntext\n" + strings.Repeat("x", 100) + "\n</details>\n",
			"<details><summary>s</summary>\n\ntext\n\n</details>" + cutNote, 60 + len(cutNote)},
		{"one long line", strings.Repeat("é", 100), strings.Repeat("é", 10) + cutNote, 21 + len(cutNote)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := shorten(c.text, c.limit); got != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func FuzzShorten(f *testing.F) {
	f.Add("```\na\n<details>\n", 70)
	f.Add("<details>\n~~~\n</details>\n~~~\n", 90)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 300 + limit%1000
		if limit < 300 {
			limit = 300
		}
		got := shorten(text, limit)
		if len(got) > limit {
			t.Errorf("%d bytes of %d", len(got), limit)
		}
		if len(text) <= limit {
			if got != text {
				t.Error("changed although it fits")
			}
			return
		}
		var n nesting
		for line := range strings.Lines(strings.TrimSuffix(got, cutNote)) {
			n.read(line)
		}
		if n.fence != "" || n.details != 0 {
			t.Errorf("left open: %+v in %q", n, got)
		}
	})
}

func TestDocumentHasOneFieldAMutation(t *testing.T) {
	text, variables := document([]mutation{resolveThread("T1"), editComment("C1", "body")})
	want := "mutation Update($i0: ResolveReviewThreadInput!, $i1: UpdatePullRequestReviewCommentInput!) {\n" +
		"  m0: resolveReviewThread(input: $i0) { thread { id } }\n" +
		"  m1: updatePullRequestReviewComment(input: $i1) { pullRequestReviewComment { id } }\n}\n"
	if text != want || len(variables) != 2 || variables["i1"].(map[string]any)["body"] != "body" {
		t.Errorf("got %s with %v", text, variables)
	}
}
