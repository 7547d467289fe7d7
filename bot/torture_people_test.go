package bot_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/podcheck/podcheck/fixtures/github"
)

// faulty are files that a pull request may change, with what is wrong in them then.
var faulty = map[string]struct {
	rule, conclusion string
	text             func(name string) string
}{
	web:  {"emptydir-unbounded", "neutral", func(name string) string { return unbounded(name, "") }},
	api:  {"port-clash", "failure", func(name string) string { return clash(name, 8080, 8080) }},
	logs: {"log-replay", "neutral", replaying},
}

// branch is a pull request with what its people did to it.
type branch struct {
	repo  *github.Repo
	pull  *github.Pull
	name  string
	wrong map[string]bool // paths with their fault
	heads []string        // pushed, newest last
	asked map[int64]bool  // comments that give commands, and whether a reply is due
	open  bool
	turn  int // which file is made wrong or mended next, where that is not left to chance
}

// people work on pull requests in several repositories of several organisations.
type people struct {
	*world
	random   *rand.Rand
	repos    []*github.Repo
	tips     map[*github.Repo]string // of the default branches
	branches []*branch
}

const (
	organisations = 3
	repositories  = 2 // of each
	pulls         = 4 // of each repository, at most
)

func newPeople(w *world, random *rand.Rand) *people {
	w.Helper()
	p := &people{world: w, random: random, tips: map[*github.Repo]string{}}
	for org := range organisations {
		for n := range repositories {
			name := fmt.Sprintf("org%d/shop%d", org, n)
			repo := value(w.github.CreateRepo(w.Context(), github.NewRepo{Name: name, Files: tree(mainFiles)}))(w.T)
			if err := repo.SetCollaborator("wendy", "write"); err != nil {
				w.Fatal(err)
			}
			p.tips[repo] = value(repo.Commit(w.Context(), "main", github.Commit{Message: "Start", Files: tree(map[string]string{"README.md": name})}))(w.T)
			p.repos = append(p.repos, repo)
		}
	}
	return p
}

// act lets somebody do something.
func (p *people) act() {
	p.Helper()
	if len(p.branches) < organisations*repositories*pulls && (len(p.branches) == 0 || p.random.IntN(3) == 0) {
		p.begin()
		return
	}
	b := p.branches[p.random.IntN(len(p.branches))]
	switch what := p.random.IntN(12); {
	case !b.open:
		p.ok(b.pull.Reopen(p.Context(), "ann"))
		b.open = true
	case what == 0:
		p.ok(b.pull.Close("ann"))
		b.open = false
	case what <= 3:
		p.say(b)
	default:
		p.push(b)
	}
}

// begin opens a pull request.
func (p *people) begin() {
	p.Helper()
	b := &branch{
		repo: p.repos[len(p.branches)%len(p.repos)], name: fmt.Sprint("feature", len(p.branches)),
		wrong: map[string]bool{}, asked: map[int64]bool{}, open: true,
	}
	p.commit(b, "")
	b.pull = value(b.repo.OpenPull(p.Context(), github.NewPull{Head: b.name, Author: "ann"}))(p.T)
	p.branches = append(p.branches, b)
}

func (p *people) push(b *branch) {
	p.Helper()
	from := ""
	if p.random != nil && p.random.IntN(5) == 0 {
		from = p.tips[b.repo] // a push by force
	}
	p.commit(b, from)
}

// commit makes one file wrong or mends it, and changes what is never wrong.
func (p *people) commit(b *branch, from string) {
	p.Helper()
	turn := b.turn
	if p.random != nil {
		turn = p.random.IntN(len(faulty))
	}
	path := slices.Sorted(maps.Keys(faulty))[turn%len(faulty)]
	b.wrong[path] = !b.wrong[path]
	files := map[string]string{"shop/settings.yaml": fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {generation: \"%d\"}\n", len(b.heads))}
	for path, fault := range faulty {
		files[path] = mainFiles[path]
		if b.wrong[path] {
			files[path] = fault.text(mainNames[path])
		}
	}
	change := github.Commit{Message: "Change", Files: tree(files)}
	if from != "" {
		change.From, change.Force = from, true
	}
	b.heads = append(b.heads, value(b.repo.Commit(p.Context(), b.name, change))(p.T))
}

// mainNames are the workloads of mainFiles.
var mainNames = map[string]string{web: "web", api: "api", logs: "logs"}

// say gives a command.
func (p *people) say(b *branch) {
	p.Helper()
	body, reply := "/podcheck", false
	switch p.random.IntN(3) {
	case 0:
		body, reply = "/podcheck help", true
	case 1:
		body, reply = "/podcheck explain port-clash", true
	}
	b.asked[value(b.pull.Comment("wendy", body))(p.T)] = reply
}
