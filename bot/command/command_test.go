package command

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/hostile"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       Name // "" when the comment does not address the bot
		arguments  []string
	}{
		{name: "bare", body: "/podcheck", want: Review},
		{name: "bare with blanks", body: "/podcheck   \r\n", want: Review},
		{name: "review", body: "/podcheck review", want: Review},
		{name: "case does not matter", body: "/PodCheck REVIEW", want: Review},
		{name: "three leading blanks", body: "   /podcheck help", want: Help},
		{name: "four leading blanks are code", body: "    /podcheck help"},
		{name: "a tab is code", body: "\t/podcheck help"},
		{name: "a line further down", body: "Thanks!\n\n/podcheck help\n", want: Help},
		{name: "the first one counts", body: "/podcheck help\n/podcheck review", want: Help},
		{name: "argument", body: "/podcheck explain split-sidecar", want: Explain, arguments: []string{"split-sidecar"}},
		{name: "a reason of many words", body: "/podcheck ignore w00a it  is\tread-only", want: Ignore, arguments: []string{"w00a", "it", "is", "read-only"}},
		{name: "a reason ends with its line", body: "/podcheck ignore w00a once\nand more", want: Ignore, arguments: []string{"w00a", "once"}},
		{name: "explain in a thread", body: "/podcheck explain", want: Explain},
		{name: "ignore in a thread", body: "/podcheck unignore", want: Unignore},
		{name: "other blanks", body: "/podcheck\u00a0help"},
		{name: "no word of its own", body: "/podcheckfix"},
		{name: "with a colon", body: "/podcheck: help"},
		{name: "in the middle of a line", body: "try /podcheck help"},
		{name: "quoted", body: "> /podcheck help"},
		{name: "behind a quote, which goes on with it", body: "> What is this?\n/podcheck help"},
		{name: "behind a quote of two levels", body: "> > What is this?\n/podcheck help"},
		{name: "behind a line that goes on with a quote", body: "> What\nis this?\n/podcheck help"},
		{name: "behind a list in a quote", body: "> - What is this?\n/podcheck help"},
		{name: "behind a quote and a blank line", body: "> What is this?\n\n/podcheck help", want: Help},
		{name: "behind a quote that ends in a blank line", body: "> What is this?\n>\n/podcheck help", want: Help},
		{name: "behind a quote and a list", body: "> What is this?\n- a list\n/podcheck help", want: Help},
		{name: "behind a quoted heading", body: "> # What is this?\n/podcheck help", want: Help},
		{name: "behind a quoted code block", body: "> ```\n> ls\n> ```\n/podcheck help", want: Help},
		{name: "behind an open code block of a quote", body: "> ```\n> ls\n/podcheck help", want: Help},
		{name: "behind a quoted hidden comment", body: "> <!-- a -->\n/podcheck help", want: Help},
		{name: "a code block ends a quote", body: "> What is this?\n```\nls\n```\n/podcheck help", want: Help},
		{name: "in a code block", body: "```\n/podcheck help\n```\n"},
		{name: "in an open code block", body: "~~~~ text\n~~~\n/podcheck help"},
		{name: "behind a code block", body: "```sh\nls\n```\n/podcheck help", want: Help},
		{name: "in a hidden comment", body: "<!--\n/podcheck help\n-->\n"},
		{name: "behind a hidden comment", body: "<!-- a\nb -->\n/podcheck help", want: Help},
		{name: "in the second of two hidden comments", body: "<!-- a\n--> b <!--\n/podcheck help\n-->"},
		{name: "inline code is no block", body: "```ls```\n/podcheck help", want: Help},
		{name: "nothing", body: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok, err := Parse(c.body)
			if err != nil || ok != (c.want != "") || got.Name != c.want || !slices.Equal(got.Arguments, c.arguments) {
				t.Errorf("Parse(%q) = %+v, %v, %v", c.body, got, ok, err)
			}
		})
	}
}

func TestParseSaysWhatIsNearest(t *testing.T) {
	for _, c := range []struct {
		body    string
		nearest Name
		text    string
	}{
		{"/podcheck reveiw", Review, "Did you mean `/podcheck review`?"},
		{"/podcheck HLEP", Help, "Did you mean `/podcheck help`?"},
		{"/podcheck explian split-sidecar", Explain, "Did you mean `/podcheck explain`?"},
		{"/podcheck deploy-everything", "", "`deploy-everything` is no command of Podcheck."},
		{"/podcheck explain a b", "", "is written `/podcheck explain RULE|ID`"},
		{"/podcheck ignore", "", "is written `/podcheck ignore ID|RULE reason…`"},
		{"/podcheck unignore a b", "", "is written `/podcheck unignore ID|RULE`"},
		{"/podcheck ingore w00a x", Ignore, "Did you mean `/podcheck ignore`?"},
		{"/podcheck help me please", "", "is written `/podcheck help`"},
		{"/podcheck `@team`", "", "`@team` is no command"},
	} {
		_, ok, err := Parse(c.body)
		var e *Error
		if !ok || !errors.As(err, &e) || e.Nearest != c.nearest || !strings.Contains(e.Reason, c.text) {
			t.Errorf("Parse(%q): %v, %v", c.body, ok, err)
		}
	}
}

func TestForeignWordsMeanNothing(t *testing.T) {
	for _, text := range hostile.Texts {
		for _, word := range append(strings.Fields(text), text) {
			shown := unknown(word).Reason + " `" + Shown(word) + "`"
			if found := hostile.Markdown(shown, 0); len(found) > 0 {
				t.Errorf("%q has %q", shown, found)
			}
		}
	}
	if found := hostile.Markdown(Markdown(), 0); len(found) > 0 {
		t.Errorf("the table has %q", found)
	}
}

func TestMarkdownListsEveryCommand(t *testing.T) {
	got := Markdown()
	for _, row := range []string{
		"| `/podcheck`, `/podcheck review` | author, write |", "| `/podcheck explain RULE\\|ID` | anyone |", "| `/podcheck ignore ID\\|RULE reason…` | write |", "| `/podcheck help` | anyone |",
	} {
		if !strings.Contains(got, row) {
			t.Errorf("no row %q in\n%s", row, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, body := range []string{"/podcheck", "```\n/podcheck", "<!-- /podcheck -->", "/podcheck \xff`\x00", "~~~\n/podcheck\n~~~\n/podcheck x", "/podcheck ignore a1bc <!-- why",
		"/podcheck unignore a b", "/podcheck explain"} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, ok, err := Parse(body)
		if !ok && (err != nil || got.Name != "") {
			t.Errorf("%+v, %v for a comment that is no command", got, err)
		}
		if n := len(got.Arguments); err == nil && (n < got.Least || got.Most != Many && n > got.Most) {
			t.Errorf("%d arguments of %s", n, got.Name)
		}
		if ok && (err == nil) != (got.Name != "") {
			t.Errorf("%+v with %v", got, err)
		}
		if e := (*Error)(nil); errors.As(err, &e) && len(e.Reason) > 400 {
			t.Errorf("a reply of %d bytes", len(e.Reason))
		}
	})
}
