package bot_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// tenant is an organisation with a repository of the same files as the other's, and some of its own.
type tenant struct {
	*world
	pull *github.Pull
}

// theirs are names that only the first organisation has.
const theirs = "quetzal"

// own are files that would have to do with the common ones, were they in one repository: a second workload of the same names, a
// Service that the common one names, a rule, a configuration, values of Secrets, and what a kustomization takes in.
var own = map[string]string{
	"apps/quetzal/deployment.yaml": clash("quetzal", 8080, 8080),
	"apps/quetzal/service.yaml":    "apiVersion: v1\nkind: Service\nmetadata: {name: quetzal-metrics}\nspec: {selector: {app: web}, ports: [{port: 8080}]}\n",
	"apps/quetzal/secret.yaml":     "apiVersion: v1\nkind: Secret\nmetadata: {name: quetzal}\nstringData: {password: quetzal-hunter2}\n",
	"apps/web/kustomization.yaml":  "resources: [web.yaml]\nnamePrefix: quetzal-\nconfigMapGenerator: [{name: settings, literals: [owner=quetzal]}]\n",
	".podcheck/rules/quetzal.yaml": "name: quetzal-rule\nmatch: {paths: [\"apps/extra/**\"]}\nexpression: \"false\"\nmessage: says quetzal\n",
	".podcheck.yml":                "version: 1\nrules: {default-container: warning}\nignore: [{rule: port-clash, object: \"*/none\", reason: \"quetzal says so\"}]\n",
}

// common is in both repositories, with the same object ids.
var common = map[string]string{"apps/web/web.yaml": plain("web"), "apps/api/api.yaml": plain("api"), "apps/web/kustomization.yaml": "resources: [web.yaml]\n"}

// changed is what both pull requests do to it.
var changed = map[string]string{"apps/web/web.yaml": replaying("web"), "apps/api/api.yaml": clash("api", 8080, 8080), "apps/extra/extra.yaml": plain("extra")}

func newTenant(w *world, name string, more map[string]string) tenant {
	w.Helper()
	t := tenant{world: &world{T: w.T, github: w.github, log: w.log}}
	files := maps.Clone(common)
	maps.Copy(files, more)
	t.repo = value(w.github.CreateRepo(w.Context(), github.NewRepo{Name: name, Files: tree(files), Private: true}))(w.T)
	return t
}

// goes opens the pull request, and has it looked at, talked to and repaired.
func (t *tenant) goes() {
	t.Helper()
	after := maps.Clone(common)
	maps.Copy(after, changed)
	value(t.repo.Commit(t.Context(), "feature", github.Commit{Message: "Change", Files: stage.Change(tree(common), tree(after))}))(t.T)
	t.pull = value(t.repo.OpenPull(t.Context(), github.NewPull{Head: "feature", Author: "ann", Title: "Change"}))(t.T)
	t.deliver()
	t.checked(t.pull.HeadSHA())
	if err := t.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	t.say(t.pull, "wendy", "/podcheck explain "+t.idOf(t.pull, "port-clash"))
	t.say(t.pull, "wendy", "/podcheck ignore "+t.idOf(t.pull, "port-clash")+" both are meant")
}

var (
	numbers = regexp.MustCompile(`\b[0-9a-f]{7,40}\b|\d+`)
	markers = regexp.MustCompile(`<!-- podcheck:([0-9A-Za-z_-]+) -->`)
)

// comparable are the lines of a text without numbers, which ids and times are.
func comparable(text string) []string {
	text = markers.ReplaceAllStringFunc(text, func(marker string) string {
		inside, _ := base64.RawURLEncoding.DecodeString(markers.FindStringSubmatch(marker)[1])
		return string(inside)
	})
	return strings.Split(numbers.ReplaceAllString(text, "#"), "\n")
}

// texts are all texts of the pull request and of its pages.
func (t *tenant) texts(b running) string {
	t.Helper()
	var all []string
	for _, c := range t.pull.ReviewComments() {
		all = append(all, c.Path, c.Body)
	}
	for _, c := range t.pull.Comments() {
		all = append(all, c.Body)
	}
	for _, r := range t.pull.Reviews() {
		all = append(all, r.Body)
	}
	for _, run := range t.repo.CheckRuns(t.pull.HeadSHA()) {
		all = append(all, run.Title, run.Summary, run.Text, fmt.Sprint(run.Annotations))
		_, html := get(t.T, strings.Replace(run.DetailsURL, publicURL, "http://"+b.Addr().String(), 1))
		said, posted, _ := strings.Cut(html, "What was posted")
		all = append(all, said)
		if strings.Contains(posted, theirs) {
			t.Errorf("the page tells of what was posted elsewhere: %s", posted)
		}
	}
	return strings.Join(all, "\n")
}

// TestInstallationsAreApart has two organisations with the same files. What is said to the second is, to the letter, what it is told when it is
// alone, although the bot knows, and keeps parsed and rendered, the files of the first.
func TestInstallationsAreApart(t *testing.T) {
	t.Parallel()
	told := map[bool][]string{}
	for _, beside := range []bool{false, true} {
		w := newWorld(t, map[string][]byte{"a.yaml": []byte("a: 1\n")})
		c := settings(w.github, t.TempDir())
		c.PublicURL = publicURL
		b := w.run(c)
		first := newTenant(w, "zebra/shop", own)
		second := newTenant(w, "rival/shop", nil)
		if beside {
			first.goes()
			if text := first.texts(b); !strings.Contains(text, theirs) || !strings.Contains(text, "quetzal-rule") {
				t.Fatalf("the first one is told nothing of its own: %s", text)
			}
		}
		second.goes()
		text := second.texts(b)
		for _, word := range []string{theirs, "zebra", "hunter2"} {
			if strings.Contains(text, word) {
				t.Errorf("the second is told of %q: %s", word, text)
			}
		}
		told[beside] = comparable(text)
	}
	if len(told[true]) != len(told[false]) {
		t.Fatalf("beside another the second is told %d lines, and alone %d", len(told[true]), len(told[false]))
	}
	for i, line := range told[false] {
		if told[true][i] != line {
			t.Errorf("beside another the second is told %q, and alone %q", told[true][i], line)
		}
	}
}

// TestPagesOfOthersAreNotFound asks for pages with addresses that are made from what somebody knows who has a page of their own.
func TestPagesOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string][]byte{"a.yaml": []byte("a: 1\n")})
	c := settings(w.github, t.TempDir())
	c.PublicURL = publicURL
	b := w.run(c)
	first, second := newTenant(w, "zebra/shop", nil), newTenant(w, "rival/shop", nil)
	first.goes()
	second.goes()
	address := func(o tenant) string { return o.checked(o.pull.HeadSHA()).DetailsURL }
	mine, other := address(second), address(first)
	token := mine[strings.LastIndex(mine, "/")+1:]
	if len(token) != 43 || mine == other {
		t.Fatalf("the pages are at %s and %s", mine, other)
	}
	guesses := []string{token[:42], strings.ToLower(token), strings.ToUpper(token), "page-" + token, "key", "pages", token + "/../" + first.pull.HeadSHA(), first.pull.HeadSHA()}
	for _, name := range []string{
		fmt.Sprintf("%d/%d/%s", first.repo.ID(), first.pull.Number(), first.pull.HeadSHA()),
		fmt.Sprintf("%s/%d/%s", first.repo.Name(), first.pull.Number(), first.pull.HeadSHA()),
	} {
		raw := value(base64.RawURLEncoding.DecodeString(token))(t)
		for _, key := range [][]byte{nil, raw, []byte(token), []byte(secret), make([]byte, sha256.Size)} {
			sum := hmac.New(sha256.New, key)
			sum.Write([]byte(name))
			guesses = append(guesses, base64.RawURLEncoding.EncodeToString(sum.Sum(nil)))
		}
	}
	for _, guess := range guesses {
		r := value(http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.Addr().String()+"/reviews/"+guess, nil))(t)
		if code, text := answerTo(r); code != http.StatusNotFound {
			t.Errorf("%s is answered with %d %s", guess, code, text)
		}
	}
}
