package review

import (
	"strings"
	"testing"
)

func TestProseLeavesNothingToGitHub(t *testing.T) {
	for in, want := range map[string]string{
		"Deployment/web and the claim shop-logs, read by 2 replicas.": "`Deployment/web` and the claim shop-logs, read by 2 replicas.",
		"mounts /var/log (read-only)":                                 "mounts `/var/log` (read-only)",
		"asks `tail -n +1 -F` to follow":                              "asks `tail -n +1 -F` to follow",
		"ping @octocat now":                                           "ping `@octocat` now",
		"see #1, octo/repo#2 and GH-3":                                "see `#1`, `octo/repo#2` and `GH-3`",
		"commit 0123456789abcdef0123456789abcdef01234567":             "commit `0123456789abcdef0123456789abcdef01234567`",
		"visit http://evil.example or www.evil.example":               "visit `http://evil.example` or `www.evil.example`",
		"[click](http://evil.example) ![x](y)":                        "`[click](http://evil.example`) `![x](y`)",
		"<img src=x> <!-- hidden":                                     "`<img` `src=x>` `<!--` hidden",
		"**bold** _it_ ~~no~~":                                        "`**bold**` `_it_` `~~no~~`",
		"&lt;b&gt;":                                                   "`&lt;b&gt`;",
		"a\n\n# heading":                                              "a `#` heading",
		"- item":                                                      "`-` item",
		"1. item":                                                     "`1.` item",
		"it is 1. item - fine":                                        "it is 1. item - fine",
		"an odd ` tick":                                               "an odd `tick`",
		"right\u202eleft\x1b[31m\x00":                                 "`rightleft[31m`",
		"\\`x":                                                        "`\\``x`",
		"":                                                            "",
		":tada: yes":                                                  "`:tada`: yes",
		"50 % of 3 → 4":                                               "50 % of 3 → 4",
	} {
		if got := prose(in); got != want {
			t.Errorf("prose(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestCodeHoldsEverything(t *testing.T) {
	for in, want := range map[string]string{
		"web":            "`web`",
		"":               "",
		"a`b":            "``a`b``",
		"```":            "```` ``` ````",
		"x\n\ny":         "`x y`",
		"<b>@me</b>":     "`<b>@me</b>`",
		"a\u202eb\u200b": "`ab`",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFenceIsLongerThanItsContent(t *testing.T) {
	for _, text := range []string{"", "x", "```\n", "a ````` b\n````\n"} {
		body := "above\n" + fenced("suggestion", text) + "below\n"
		blocks := suggestionBlocks(body)
		if len(blocks) != 1 || strings.TrimSuffix(string(blocks[0]), "\n") != strings.TrimSuffix(text, "\n") {
			t.Errorf("%q came back as %q", text, blocks)
		}
	}
}

func TestCutClosesFences(t *testing.T) {
	text := "intro\n\n````diff\n" + strings.Repeat("+line ```\n", 200)
	got := cut(text, 1000)
	if len(got) > 1000 || !strings.Contains(got, "\n````\n\n\n…") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-100:])
	}
	if cut("short", 1000) != "short" {
		t.Error("short text was changed")
	}
}
