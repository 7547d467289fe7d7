package deploy_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const operating = "../docs/operating.md"

// section is the text below a heading, up to the next one.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, after, ok := strings.Cut(read(t, operating), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("%s has no section %s", operating, heading)
	}
	text, _, _ := strings.Cut(after, "\n## ")
	return text
}

// source is the text of the Go files below a folder, without tests.
func source(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	if err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

var (
	firstCell = regexp.MustCompile(`(?m)^\| (` + "`[^|]*`" + `) \|`)
	code      = regexp.MustCompile("`([^`]+)`")
)

// TestSettingsAreDocumented: every setting of the server has its row, with its name in the file.
func TestSettingsAreDocumented(t *testing.T) {
	text := section(t, "Installing")
	config := read(t, "../bot/config/server.go")
	for name := range variables() {
		row := regexp.MustCompile("(?m)^\\| `" + name + "` \\| `([a-zA-Z]+)` \\|").FindStringSubmatch(text)
		if row == nil || !strings.Contains(config, "`json:\""+row[1]+"\" env:\""+name+"\"`") {
			t.Errorf("the row of %s is %v", name, row)
		}
	}
}

// TestMessagesAreLogged, and metrics kept, as the documentation says.
func TestMessagesAreLogged(t *testing.T) {
	bot := source(t, "../bot")
	for _, heading := range []string{"The log", "Metrics"} {
		rows := firstCell.FindAllStringSubmatch(section(t, heading), -1)
		if len(rows) < 3 {
			t.Errorf("%s has %d rows", heading, len(rows))
		}
		for _, row := range rows {
			for _, name := range code.FindAllStringSubmatch(row[1], -1) {
				if !strings.Contains(bot, `"`+strings.TrimSuffix(name[1], "…")) {
					t.Errorf("%s: no source has %q", heading, name[1])
				}
			}
		}
	}
}

// TestCommandsOfTheDocumentationExist, with their flags.
func TestCommandsOfTheDocumentationExist(t *testing.T) {
	for _, file := range []string{operating, "compose.md", "chart/podcheck/README.md", "chart/podcheck/templates/NOTES.txt"} {
		for _, line := range regexp.MustCompile(`podcheck (dead|serve)( [a-z]+)?[^\n`+"`"+`]*`).FindAllStringSubmatch(read(t, file), -1) {
			args := append(strings.Fields(line[1]+line[2]), "--help")
			help, exit := podcheck(t, ".", args...)
			if exit != 0 || !strings.Contains(help, "podcheck "+line[1]+strings.TrimRight(line[2], " ")) {
				t.Errorf("%s: %s: %s", file, line[0], help)
			}
			for _, flag := range regexp.MustCompile(`--[a-z]+`).FindAllString(line[0], -1) {
				if !strings.Contains(help, flag+" ") {
					t.Errorf("%s: %s has no %s", file, line[0], flag)
				}
			}
		}
	}
}

// TestLinksLeadSomewhere within the repository.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, file := range []string{operating, "compose.md", "chart/podcheck/README.md", "action/README.md"} {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, file), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), link[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}
