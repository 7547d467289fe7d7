package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	gogithub "github.com/google/go-github/v60/github"
)

var (
	// ErrBranchGone: the head branch was deleted.
	ErrBranchGone = errors.New("the head branch does not exist any more")
	// ErrPath: a path that the API can't write, because JSON holds nothing but UTF-8.
	ErrPath = errors.New("the path is not UTF-8")
)

// Refused is a write that GitHub does not take, and will not take when it is repeated: the branch is protected, or the App
// may not write to the repository's contents.
type Refused struct {
	Status  int
	Message string // GitHub's, on one line
}

func (e *Refused) Error() string { return fmt.Sprintf("GitHub answers %d: %s", e.Status, e.Message) }

// Commit is one commit to put on a head branch.
type Commit struct {
	Message string // without trailers
	Command string // which led to it, unique within the repository
	For     Actor  // who gave the command
	Files   []CommitFile
}

// CommitFile is a file of a commit.
type CommitFile struct {
	Path string
	Mode string // 100644 or 100755
	Data []byte // nil removes the file
}

// AddCommit puts a commit on top of the head that was read, and never on top of another one. Nobody is named as its author, so
// that it is the App's and GitHub signs it.
//
// It fails with ErrHeadMoved, ErrBranchGone, ErrPath, *Refused, what fence returned, *RetryAfter, *Unavailable, or what GitHub says.
// After *Unavailable the commit may be there: read the branch before repeating.
func (c *Client) AddCommit(ctx context.Context, s *Snapshot, b *Branch, commit Commit, fence Fence) error {
	if b.Name == "" {
		return ErrBranchGone
	}
	if b.Head != s.HeadSHA {
		return explain(ctx, ErrHeadMoved, "commit to %s", b.Name)
	}
	w := committer{client: c, snapshot: s, branch: b.Name, command: commit.Command, fence: fence}
	tree, err := w.tree(ctx, b.tree, commit.Files)
	if err != nil {
		return err
	}
	sha, err := w.commit(ctx, tree, commit.text(c.app.noreplyHost()))
	if err != nil {
		return err
	}
	if err := w.advance(ctx, sha); err != nil {
		return err
	}
	c.trace(s.place(), nil, showsPush(s.HeadSHA))
	return nil
}

// text is the whole message.
func (c Commit) text(noreplyHost string) string {
	text := strings.TrimSpace(c.Message) + "\n\n" + commandTrailer + c.Command + "\n"
	if c.For.ID != 0 && c.For.Login != "" {
		text += fmt.Sprintf("Co-authored-by: %s <%d+%s@users.noreply.%s>\n", c.For.Login, c.For.ID, c.For.Login, noreplyHost)
	}
	return text
}

// noreplyHost is the host in the addresses that GitHub gives its users for commits: github.com or the Enterprise Server's.
// The API of github.com and of its tenants has a host of its own; that of an Enterprise Server has a path.
func (a *App) noreplyHost() string {
	host := a.base.Hostname()
	if strings.Trim(a.base.Path, "/") == "" {
		host = strings.TrimPrefix(host, "api.")
	}
	return host
}

// committer writes one commit.
type committer struct {
	client   *Client
	snapshot *Snapshot
	branch   string
	command  string
	fence    Fence
}

func (w committer) tree(ctx context.Context, base string, files []CommitFile) (string, error) {
	var entries []*gogithub.TreeEntry
	for _, f := range files {
		if !utf8.ValidString(f.Path) {
			return "", fmt.Errorf("commit %q: %w", f.Path, ErrPath)
		}
		entry := &gogithub.TreeEntry{Path: &f.Path, Mode: &f.Mode, Type: gogithub.String("blob")}
		switch {
		case f.Data == nil: // a null sha removes the path
		case utf8.Valid(f.Data):
			entry.Content = gogithub.String(string(f.Data))
		default:
			sha, err := w.blob(ctx, f)
			if err != nil {
				return "", err
			}
			entry.SHA = &sha
		}
		entries = append(entries, entry)
	}
	var tree *gogithub.Tree
	err := w.write(ctx, func(ctx context.Context, owner, repo string) (err error) {
		tree, _, err = w.client.rest.Git.CreateTree(ctx, owner, repo, base, entries)
		return err
	})
	return tree.GetSHA(), explain(ctx, refused(err), "write the tree of a commit to %s", w.branch)
}

// blob writes a file that JSON can't hold as text.
func (w committer) blob(ctx context.Context, f CommitFile) (string, error) {
	content := base64.StdEncoding.EncodeToString(f.Data)
	var blob *gogithub.Blob
	err := w.write(ctx, func(ctx context.Context, owner, repo string) (err error) {
		blob, _, err = w.client.rest.Git.CreateBlob(ctx, owner, repo, &gogithub.Blob{Content: &content, Encoding: gogithub.String("base64")})
		return err
	})
	return blob.GetSHA(), explain(ctx, refused(err), "write %s", f.Path)
}

func (w committer) commit(ctx context.Context, tree, message string) (string, error) {
	var made *gogithub.Commit
	err := w.write(ctx, func(ctx context.Context, owner, repo string) (err error) {
		made, _, err = w.client.rest.Git.CreateCommit(ctx, owner, repo, &gogithub.Commit{
			Message: &message, Tree: &gogithub.Tree{SHA: &tree}, Parents: []*gogithub.Commit{{SHA: &w.snapshot.HeadSHA}},
		}, nil)
		return err
	})
	return made.GetSHA(), explain(ctx, refused(err), "write a commit to %s", w.branch)
}

// advance moves the branch on to the commit. The branch is read just before: a fast-forward check alone would let the commit
// bring back a head that somebody has just taken away.
func (w committer) advance(ctx context.Context, sha string) error {
	tip, err := w.tip(ctx)
	if err != nil {
		return err
	}
	if tip != w.snapshot.HeadSHA {
		return w.moved(ctx, tip)
	}
	ref := "refs/heads/" + w.branch
	err = w.write(ctx, func(ctx context.Context, owner, repo string) error {
		_, _, err := w.client.rest.Git.UpdateRef(ctx, owner, repo, &gogithub.Reference{Ref: &ref, Object: &gogithub.GitObject{SHA: &sha}}, false)
		return err
	})
	var answer *gogithub.ErrorResponse
	switch {
	case isUnprocessable(err) && errors.As(err, &answer) && says(answer, "fast forward"):
		tip, err := w.tip(ctx)
		if err != nil {
			return err
		}
		return w.moved(ctx, tip)
	case isUnprocessable(err) && errors.As(err, &answer) && says(answer, "reference does not exist"):
		return explain(ctx, ErrBranchGone, "move %s", w.branch)
	}
	return explain(ctx, refused(err), "move %s to %s", w.branch, sha)
}

// tip asks git itself, which knows of a push before the rest of GitHub does.
func (w committer) tip(ctx context.Context) (string, error) {
	s := w.snapshot
	ref, _, err := w.client.rest.Git.GetRef(ctx, s.Repo.Owner, s.Repo.Name, "heads/"+w.branch)
	if errors.Is(missing(err), ErrGone) {
		return "", explain(ctx, ErrBranchGone, "read the tip of %s", w.branch)
	}
	return ref.GetObject().GetSHA(), explain(ctx, err, "read the tip of %s", w.branch)
}

// ancestors is how far the history of a branch that has moved is searched for a commit of ours.
const ancestors = 10

// moved tells a push of somebody's from a commit of the same command whose answer was lost, and which the read before did not
// know of yet: then there is nothing left to do.
func (w committer) moved(ctx context.Context, tip string) error {
	s := w.snapshot
	for sha, i := tip, 0; sha != s.HeadSHA && i < ancestors; i++ {
		commit, _, err := w.client.rest.Git.GetCommit(ctx, s.Repo.Owner, s.Repo.Name, sha)
		if err != nil {
			return explain(ctx, err, "read the commit %s", sha)
		}
		if leadsBack(commit.GetMessage(), w.command) {
			return nil
		}
		if len(commit.Parents) == 0 {
			break
		}
		sha = commit.Parents[0].GetSHA()
	}
	return explain(ctx, ErrHeadMoved, "%s is at %s, and should be at %s", w.branch, tip, s.HeadSHA)
}

func (w committer) write(ctx context.Context, send func(ctx context.Context, owner, repo string) error) error {
	return w.client.write(ctx, w.fence, func(ctx context.Context) error { return send(ctx, w.snapshot.Repo.Owner, w.snapshot.Repo.Name) })
}

// maxRefusalText is how much of GitHub's reason is passed on.
const maxRefusalText = 300

// refused turns an answer that repeating does not change into *Refused.
func refused(err error) error {
	var answer *gogithub.ErrorResponse
	switch code := status(err); code {
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		errors.As(err, &answer)
		return &Refused{Status: code, Message: cutRunes(strings.Join(strings.Fields(answer.Message), " "), maxRefusalText)}
	}
	return err
}
