package github

import (
	"errors"
	"net/http"
	"testing"

	double "github.com/podcheck/podcheck/fixtures/github"
)

// commitConfig commits a version of a configuration to main, or deletes it with nil, and returns the commit.
func (w *world) commitConfig(repo *double.Repo, path string, text []byte) string {
	w.Helper()
	return value(repo.Commit(w.Context(), "main", double.Commit{Message: "Configure", Files: map[string][]byte{path: text}}))(w.T)
}

func TestVersionsOfTheConfigurationComeInOneRead(t *testing.T) {
	w := newWorld(t)
	first := w.commitConfig(w.repo, ".podcheck.yml", []byte("version: 1\n"))
	w.commitConfig(w.repo, "other.yaml", []byte("a: 1\n"))
	gone := w.commitConfig(w.repo, ".podcheck.yml", nil)
	binary := w.commitConfig(w.repo, ".podcheck.yml", []byte{0, 1})
	last := w.commitConfig(w.repo, ".podcheck.yml", []byte("version: 2\n"))
	s := w.read()
	w.commitConfig(w.repo, ".podcheck.yml", []byte("version: 1 # after the read\n"))
	w.github.ResetRequests()
	got := value(w.client.Configurations(t.Context(), s))(t)
	if counts := w.github.Counts(); counts != (double.Counts{Reads: 1}) {
		t.Errorf("took %+v", counts)
	}
	if len(got) != 4 || got[0] != (Version{last, File{Text: "version: 2\n", Found: true}}) || got[1].Commit != binary || got[1].Err == nil ||
		got[2] != (Version{Commit: gone}) || got[3] != (Version{first, File{Text: "version: 1\n", Found: true}}) {
		t.Errorf("versions %+v", got)
	}
}

func TestVersionsOfTheOrganisationsConfiguration(t *testing.T) {
	w := newWorld(t)
	org := value(w.github.CreateRepo(t.Context(), double.NewRepo{Name: "acme/.github", Files: map[string][]byte{"podcheck.yml": []byte("version: 1\n")}}))(t)
	last := w.commitConfig(org, "podcheck.yml", []byte("broken"))
	got := value(w.client.OrganisationConfigurations(t.Context(), w.read()))(t)
	if len(got) != 2 || got[0].Commit != last || got[0].Text != "broken" || got[1].Text != "version: 1\n" {
		t.Errorf("versions %+v", got)
	}
}

func TestMergeGroupReadsVersionsOfItsBranch(t *testing.T) {
	w := newWorld(t)
	w.commitConfig(w.repo, ".podcheck.yml", []byte("version: 1\n"))
	s := value(w.client.ReadMerge(t.Context(), name, "main", w.pull.HeadSHA(), 0))(t)
	if got := value(w.client.Configurations(t.Context(), s))(t); len(got) != 1 || got[0].Text != "version: 1\n" {
		t.Errorf("versions %+v", got)
	}
}

func TestOutageOfTheHistoryIsNotAnAbsentHistory(t *testing.T) {
	w := newWorld(t)
	s := w.read()
	w.github.Inject(double.Match{Contains: "query Configuration"}, double.ServerError(http.StatusBadGateway), readAttempts)
	var down *Unavailable
	if got, err := w.client.Configurations(t.Context(), s); !errors.As(err, &down) {
		t.Errorf("versions %+v, %v", got, err)
	}
}
