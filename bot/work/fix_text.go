package work

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/review"
)

// maxSubject is how long GitHub shows the first line of a commit message whole.
const maxSubject = 72

// commitMessage lists the findings that a commit fixes. Names come from manifests, and a commit message can close issues, skip
// workflows and ping people: only characters that object names are made of get in.
func commitMessage(applied []review.Finding) string {
	subject := fmt.Sprintf("Fix %d findings of Podcheck", len(applied))
	if len(applied) == 1 {
		subject = "Fix " + plainName(applied[0].Rule)
		if object := plainName(applied[0].Object.String()); object != "" && len(subject)+len(" in ")+len(object) <= maxSubject {
			subject += " in " + object
		}
	}
	var b strings.Builder
	b.WriteString(subject + "\n\n")
	for _, f := range applied {
		fmt.Fprintf(&b, "- %s\n", strings.Join(strings.Fields(fmt.Sprintf("%s %s (%s)", plainName(f.Rule), plainName(qualified(&f)), f.ID)), " "))
	}
	return b.String()
}

// qualified is the object with its namespace.
func qualified(f *review.Finding) string {
	if f.Object.Namespace == "" || f.Object.Name == "" {
		return f.Object.String()
	}
	return f.Object.Kind + "/" + f.Object.Namespace + "/" + f.Object.Name
}

const maxName = 200

func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-._/", r):
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), maxName)]
}

// rest says what was not done: what did not hold, and fixes that were not asked for.
func (f *fixes) rest() string {
	var parts []string
	if listed := review.Unapplied(f.mended.Left); listed != "" {
		parts = append(parts, "Not applied:\n"+listed)
	}
	if listed := review.List(f.chosen.rest); listed != "" && f.choice.bare {
		parts = append(parts, fmt.Sprintf("These change behaviour, so they wait for `%s %s %s` or for their ID:\n%s", command.Prefix, command.Fix, wordAll, listed))
	}
	return strings.Join(parts, "\n")
}

// nothing says why there is nothing to commit.
func (f *fixes) nothing() string {
	text := "Nothing was committed: the pull request introduces nothing that has a fix."
	switch {
	case len(f.mended.Left) > 0:
		text = "Nothing was committed."
	case len(f.chosen.rest) > 0:
		text = "Nothing was committed: no fix here is safe to apply unread."
	case f.introduced == 0:
		text = "Nothing was committed: the pull request introduces nothing that Podcheck finds."
	}
	return joined(text, f.rest())
}

// patchText is the answer on a fork.
func (f *fixes) patchText() string {
	patch, whole := review.FoldedPatch(f.patch)
	if !whole {
		patch += fmt.Sprintf("\nIn a clone, `podcheck fix --review` makes it. For a part of it, give IDs: `%s %s ID`.", command.Prefix, command.Fix)
	}
	return joined("This pull request comes from a fork, where Podcheck can't commit. This is what it would commit:\n"+review.List(f.mended.Applied), patch, f.rest())
}

func refusedText(refused *github.Refused) string {
	text := fmt.Sprintf("Nothing was committed, because GitHub refused it: `%s`", strings.ReplaceAll(refused.Message, "`", ""))
	if refused.Status == http.StatusForbidden {
		text += "\n\nThe App needs write access to the contents of this repository. Whoever administers it can grant that in the App's settings."
	}
	return text
}

const (
	notOpenText = "The pull request is closed, so nothing is committed."
	movedText   = "The branch moved while the fixes were made, so nothing was committed. The new head is reviewed; after that, ask again."
	olderText   = "The branch has moved since that check run, so nothing was committed. Use the button of the newer one."
	branchText  = "The branch of this pull request was deleted, so there is nothing to commit to."
	pathText    = "Nothing was committed: a file to change has a name that GitHub's API can't write. In a clone, `podcheck fix` can."
	noFileText  = "Nothing was committed: in the place of a file to change there is a symbolic link or a submodule."
)

func joined(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}
