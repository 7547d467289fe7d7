package bot_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
)

// livesVariable asks for more random lives, or for the one life of a seed: "100" or "seed=17".
const livesVariable = "PODCHECK_TEST_LIVES"

const (
	lives      = 6 // half a minute with the race detector on two cores; `make lives` plays more
	livesShort = 4
	lanes      = 4 // lives at once, each lane with a GitHub of its own
)

// TestLifeOfAPullRequest plays the life of one pull request in order, every delivery once, with all requests held against
// GitHub's documents; and then again and again with deliveries duplicated, reordered, delayed and lost, and with a bot that dies at
// random requests. After each step the same must be seen, down to the text of each comment.
func TestLifeOfAPullRequest(t *testing.T) {
	t.Parallel()
	calm := newLife(newWorld(t, tree(mainFiles)), nil, contract.Transport(t, http.DefaultTransport))
	calm.play(steps, nil)
	if t.Failed() {
		return
	}
	for name, seeds := range seedsByLane() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			for _, seed := range seeds {
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
					w.again(t, fmt.Sprint("shop", seed), mainFiles, rand.New(rand.NewPCG(seed, 7)), http.DefaultTransport).play(steps, calm.bodies)
				})
			}
		})
	}
}

// seedsByLane shares the seeds out.
func seedsByLane() map[string][]uint64 {
	n, out := lives, map[string][]uint64{}
	if testing.Short() {
		n = livesShort
	}
	if text, one := os.Getenv(livesVariable), uint64(0); text != "" {
		if _, err := fmt.Sscanf(text, "seed=%d", &one); err == nil {
			return map[string][]uint64{"lane 0": {one}}
		}
		if more, err := strconv.Atoi(text); err == nil {
			n = more
		}
	}
	for seed := range uint64(n) {
		lane := fmt.Sprint("lane ", seed%lanes)
		out[lane] = append(out[lane], seed)
	}
	return out
}

// life is one pull request from its opening to its merge, with the bot that looks at it.
type life struct {
	*world
	pull   *github.Pull
	ledger *ledger
	bot    *mortal
	dir    string
	next   http.RoundTripper
	chaos  *rand.Rand // nil: every delivery arrives once and in order

	ours  map[string]string // the files of the branch
	heads []string          // of the branch, newest last
	asked []int64           // comments that give commands

	newest *github.Delivery // of the pull request itself
	mail   mail
	bodies [][]string // of the comments after each step
}

// again is a life in the same GitHub, with a repository of its own.
func (w *world) again(t *testing.T, name string, files map[string]string, chaos *rand.Rand, next http.RoundTripper) *life {
	t.Helper()
	other := &world{T: t, github: w.github, log: w.log}
	other.repo = value(w.github.CreateRepo(t.Context(), github.NewRepo{Name: "acme/" + name, Files: tree(files)}))(t)
	return newLife(other, chaos, next)
}

// newLife prepares a repository.
func newLife(w *world, chaos *rand.Rand, next http.RoundTripper) *life {
	w.Helper()
	l := &life{world: w, ledger: &ledger{}, ours: map[string]string{}, chaos: chaos, mail: mail{random: chaos}, next: next, dir: w.TempDir()}
	for login, right := range map[string]string{"wendy": "write", "rita": "read"} {
		l.ok(w.repo.SetCollaborator(login, right))
	}
	l.commit("release", github.Commit{})
	l.bot = w.startMortal(l.dir, l.ledger, next)
	w.Cleanup(func() {
		if w.Failed() {
			w.Log(l.ledger.String())
		}
	})
	return l
}

// play plays the steps. Where bodies are given, the comments must have them after each step.
func (l *life) play(steps []step, bodies [][]string) {
	l.Helper()
	defer func() { l.bot.end() }()
	for i, s := range steps {
		s.do(l)
		if slices.Contains(passing, s.name) && l.chaos != nil && l.chaos.IntN(3) > 0 {
			l.bodies = append(l.bodies, nil)
			continue
		}
		l.settle()
		if got := l.state(); got != s.want {
			l.Errorf("after %q:%s\nwant:%s", s.name, got, s.want)
		}
		l.bodies = append(l.bodies, l.texts())
		if bodies != nil && !slices.Equal(l.bodies[i], bodies[i]) {
			l.Fatalf("after %q the comments say\n%q\nand should say\n%q", s.name, l.bodies[i], bodies[i])
		}
	}
}

func (l *life) commit(branch string, c github.Commit) string {
	l.Helper()
	c.Message = "Change"
	return value(l.repo.Commit(l.Context(), branch, c))(l.T)
}

// push commits files to the branch of the pull request.
func (l *life) push(files map[string]string) {
	l.Helper()
	maps.Copy(l.ours, files)
	l.heads = append(l.heads, l.commit("feature", github.Commit{Files: tree(files)}))
}

// rebase moves the default branch on and the branch of the pull request onto it.
func (l *life) rebase(files map[string]string) {
	l.Helper()
	onto := l.commit("main", github.Commit{Files: tree(files)})
	l.heads = append(l.heads, l.commit("feature", github.Commit{From: onto, Force: true, Files: tree(l.ours)}))
}

// rewind pushes the commit before the newest one by force.
func (l *life) rewind() {
	l.Helper()
	l.heads = l.heads[:len(l.heads)-1]
	l.ok(l.repo.Reset(l.Context(), "feature", l.heads[len(l.heads)-1]))
}

// say gives a command.
func (l *life) say(body string) {
	l.Helper()
	l.asked = append(l.asked, value(l.pull.Comment("wendy", body))(l.T))
}

// comment is the id of our comment on a file.
func (l *life) comment(path string) int64 {
	l.Helper()
	all := l.pull.ReviewComments()
	at := slices.IndexFunc(all, func(c github.PostedComment) bool { return c.Path == path && !c.Reply })
	if at < 0 {
		l.Fatalf("no comment on %s", path)
	}
	return all[at].ID
}
