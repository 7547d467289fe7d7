package review_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/edit"
)

// diff is one that the state could have come with: every file added, or a few lines of each changed, so that suggestions are
// held to narrow hunks.
func (p *prover) diff() []byte {
	dice := rand.New(rand.NewPCG(seed(), p.job.turn))
	before, after := map[string][]byte{}, map[string][]byte{}
	for _, path := range slices.Sorted(maps.Keys(p.job.files)) {
		data := p.job.files[path]
		if len(data) == 0 {
			continue
		}
		after[path] = data
		if p.job.turn%2 == 1 {
			before[path] = fewer(dice, data)
		}
	}
	patch, err := edit.Patch(before, after)
	if err != nil {
		p.t.Errorf("%s: %v", p.job.name, err)
	}
	return []byte(patch)
}

// fewer is the text without a few of its lines, and with a few more.
func fewer(dice *rand.Rand, data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		switch dice.IntN(12) {
		case 0:
		case 1:
			out = append(append(out, line...), "was: here\n"...)
		default:
			out = append(out, line...)
		}
	}
	return out
}

// posted: what the comments offer is the fix. Suggestions stand in the diff and, committed as GitHub commits them, give the
// tree of the edits; so does the patch.
func (p *prover) posted(f *review.Finding, comments []review.Comment) {
	want, err := spliced(p.job.files, f.Fix.Edits)
	if err != nil {
		return // said already
	}
	var own []github.PostedComment
	suggested := false
	for _, c := range comments {
		if key := c.Keys[0]; key == f.Key || strings.HasPrefix(key, f.Key+"#") {
			own = append(own, github.PostedComment{Path: c.Path, StartLine: c.StartLine, Line: c.Line, Body: c.Body})
			suggested = suggested || strings.Contains(c.Body, "```suggestion\n")
		}
	}
	switch {
	case suggested:
		p.out.ways = append(p.out.ways, map[bool]string{true: "one suggestion", false: "several suggestions"}[len(own) == 1])
		p.suggested(f, own, want)
	case f.Patch == "":
		p.out.ways = append(p.out.ways, "no text")
	default:
		p.out.ways = append(p.out.ways, "patch")
	}
	if f.Patch != "" {
		p.patched(f, want)
	}
}

func (p *prover) suggested(f *review.Finding, comments []github.PostedComment, want map[string][]byte) {
	for _, c := range comments {
		if !p.inHunk(c) {
			p.fault(f, "the suggestion at %s:%d-%d is not in one hunk", c.Path, c.StartLine, c.Line)
		}
	}
	got, err := github.CommitSuggestions(p.job.files, comments)
	if err != nil {
		p.fault(f, "%v", err)
		return
	}
	if !same(got, want) {
		p.fault(f, "the suggestions give another tree than the edits:%s", unlike(want, got))
	}
}

func (p *prover) inHunk(c github.PostedComment) bool {
	files, _, err := gitdiff.Parse(bytes.NewReader(p.diff()))
	if err != nil {
		return false
	}
	start := c.StartLine
	if start == 0 {
		start = c.Line
	}
	for _, file := range files {
		for _, h := range file.TextFragments {
			if file.NewName == c.Path && int(h.NewPosition) <= start && start <= c.Line && c.Line < int(h.NewPosition+h.NewLines) {
				return true
			}
		}
	}
	return false
}

// patched applies the patch with git itself in a long run, and now and then; and always with a library that did not write it.
func (p *prover) patched(f *review.Finding, want map[string][]byte) {
	got, err := applied(p.job.files, f.Patch)
	if err != nil {
		p.fault(f, "the patch does not apply: %v", err)
	} else if !same(got, want) {
		p.fault(f, "the patch gives another tree than the edits:%s", unlike(want, got))
	}
	if !longRun() && p.job.turn%4 != 0 {
		return
	}
	got, err = gitApplied(p.t.Context(), p.job.files, f)
	if err != nil {
		p.fault(f, "%v", err)
	} else if want := pathsIn(want, f); !same(got, want) {
		p.fault(f, "git apply gives another tree than the edits:%s", unlike(want, got))
	}
}

func applied(files map[string][]byte, patch string) (map[string][]byte, error) {
	parsed, _, err := gitdiff.Parse(strings.NewReader(patch))
	if err != nil {
		return nil, err
	}
	out := maps.Clone(files)
	for _, file := range parsed {
		var text bytes.Buffer
		if err := gitdiff.Apply(&text, bytes.NewReader(files[file.OldName]), file); err != nil {
			return nil, err
		}
		if out[file.OldName] = text.Bytes(); file.IsDelete {
			delete(out, file.OldName)
		}
	}
	return out, nil
}

func pathsIn(tree map[string][]byte, f *review.Finding) map[string][]byte {
	out := map[string][]byte{}
	for _, e := range f.Fix.Edits {
		if data, ok := tree[e.Path]; ok {
			out[e.Path] = data
		}
	}
	return out
}

// gitApplied are the files of the edits after a real `git apply`.
func gitApplied(ctx context.Context, files map[string][]byte, f *review.Finding) (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "podcheck-proof-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for path, data := range pathsIn(files, f) {
		name := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, "git", "apply", "--whitespace=nowarn", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(f.Patch)
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("git apply: %w: %s", err, bytes.TrimSpace(out))
	}
	got := map[string][]byte{}
	for path := range pathsIn(files, f) {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		switch {
		case err == nil:
			got[path] = data
		case !os.IsNotExist(err):
			return nil, err
		}
	}
	return got, nil
}

// unlike shows the first file that differs.
func unlike(want, got map[string][]byte) string {
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if !bytes.Equal(want[path], got[path]) {
			return fmt.Sprintf(" %s\nwant %q\ngot  %q", path, want[path], got[path])
		}
	}
	return " a file that should be gone"
}
