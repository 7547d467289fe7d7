// Package command is the grammar of `/podcheck` in the conversation of a pull request: one table that parses, says who may do
// what, prints the help and finds the nearest command for an unknown word.
//
// It is pure. A command counts when a line of the comment starts with it, outside of code blocks, quotes and HTML comments; the
// first such line is the command of the comment. The table holds what the bot can do and nothing else, so the help is true.
//
// It imports nothing of Podcheck.
package command

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// Prefix is the word that addresses the bot.
const Prefix = "/podcheck"

// Name is a command's word.
type Name string

// The commands.
const (
	Review   Name = "review"
	Fix      Name = "fix"
	Ignore   Name = "ignore"
	Unignore Name = "unignore"
	Explain  Name = "explain"
	Help     Name = "help"
)

// Right is what somebody must have to give a command.
type Right int

const (
	// Anyone who can comment.
	Anyone Right = iota
	// AuthorOrWrite: the author of the pull request, or write access to the repository.
	AuthorOrWrite
	// Write access to the repository.
	Write
)

func (r Right) String() string {
	switch r {
	case AuthorOrWrite:
		return "author, write"
	case Write:
		return "write"
	default:
		return "anyone"
	}
}

// Entry is one row of the table.
type Entry struct {
	Name        Name
	Usage       string // arguments as people write them
	Bare        bool   // the prefix alone means this command
	Least, Most int    // how many words must and may follow; Most is Many when there is no bound
	Right       Right
	Does        string
}

// Many is Entry.Most of a command that takes any number of words.
const Many = -1

// Table is every command, in the order of the help.
var Table = []Entry{
	{Name: Review, Bare: true, Right: AuthorOrWrite, Does: "looks again at the pull request as it is"},
	{Name: Fix, Usage: "[ID…|safe|all]", Most: Many, Right: Write, Does: "commits the verified fixes to the head branch as one commit; on a fork, replies with the patch"},
	{Name: Ignore, Usage: "ID|RULE reason…", Least: 1, Most: Many, Right: Write, Does: "ignores a finding or a rule in this pull request"},
	{Name: Unignore, Usage: "ID|RULE", Most: 1, Right: Write, Does: "takes that back"},
	{Name: Explain, Usage: "RULE|ID", Most: 1, Right: Anyone, Does: "shows the documentation of a rule, or the evidence of a finding"},
	{Name: Help, Right: Anyone, Does: "shows this table"},
}

// Command is what a comment asks for.
type Command struct {
	Entry
	Arguments []string
}

// Error says why a line that addresses the bot is no command, in a sentence for the person who wrote it.
type Error struct {
	Word    string // the word that is not known; "" when the arguments are wrong
	Nearest Name   // "" when nothing is near
	Reason  string
}

func (e *Error) Error() string { return e.Reason }

// Parse finds the command of a comment. It answers false when the comment does not address the bot, and an *Error when it does
// with something that is no command.
func Parse(body string) (Command, bool, error) {
	line, ok := firstLine(body)
	if !ok {
		return Command{}, false, nil
	}
	words := strings.Fields(line)[1:]
	entry, rest, found := lookUp(words)
	if !found {
		return Command{}, true, unknown(words[0])
	}
	if len(rest) < entry.Least || entry.Most != Many && len(rest) > entry.Most {
		return Command{}, true, &Error{Reason: entry.HowWritten()}
	}
	return Command{Entry: entry, Arguments: rest}, true, nil
}

func lookUp(words []string) (Entry, []string, bool) {
	for _, e := range Table {
		if len(words) == 0 && e.Bare {
			return e, nil, true
		}
		if len(words) > 0 && strings.EqualFold(words[0], string(e.Name)) {
			return e, words[1:], true
		}
	}
	return Entry{}, nil, false
}

// farthest is the greatest edit distance at which a word is still taken for a misspelt command.
const farthest = 3

func unknown(word string) *Error {
	word = Shown(word)
	names := make([]string, len(Table))
	for i, entry := range Table {
		names[i] = string(entry.Name)
	}
	e := &Error{Word: word, Nearest: Name(Nearest(word, names))}
	e.Reason = fmt.Sprintf("`%s` is no command of Podcheck.", word)
	if e.Nearest != "" {
		e.Reason = fmt.Sprintf("`%s` is no command of Podcheck. Did you mean `%s %s`?", word, Prefix, e.Nearest)
	}
	return e
}

// Nearest is the name that a word is probably a misspelling of, "" when none is near.
func Nearest(word string, names []string) string {
	nearest, best := "", farthest+1
	for _, name := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), name); d < best && d < len(name) {
			best, nearest = d, name
		}
	}
	return nearest
}

// Shown is a foreign word as it may stand in backticks of a reply: short, and without characters that end the code or that nobody
// sees.
func Shown(word string) string {
	word = strings.Map(func(r rune) rune {
		if r == '`' || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.C, r) {
			return -1
		}
		return r
	}, word)
	switch runes := []rune(word); {
	case len(runes) == 0:
		return "…"
	case len(runes) > 40:
		return string(runes[:40]) + "…"
	}
	return word
}

func (e Entry) written() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", Prefix, e.Name, e.Usage))
}

// HowWritten is the sentence for somebody who wrote the command in another way.
func (e Entry) HowWritten() string {
	return fmt.Sprintf("`%s` is written `%s`.", e.Name, e.written())
}

// Markdown is the table as people read it.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| command | who | does |\n|---|---|---|\n")
	for _, e := range Table {
		written := "`" + strings.ReplaceAll(e.written(), "|", `\|`) + "`" // a bar would end the cell, even in code
		if e.Bare {
			written = "`" + Prefix + "`, " + written
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", written, e.Right, e.Does)
	}
	return b.String()
}
