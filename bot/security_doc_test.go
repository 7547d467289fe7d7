package bot_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest    = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	declaredTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
)

// TestSecurityNamesItsTests holds that every line of SECURITY.md that somebody could try is shown by a test, and that this exists.
func TestSecurityNamesItsTests(t *testing.T) {
	declared := map[string]bool{}
	for _, dir := range []string{"../bot", "../cmd", "../review", "../rules"} {
		if err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, found := range declaredTest.FindAllSubmatch(data, -1) {
				declared[string(found[1])] = true
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	lines, tested := strings.Split(string(value(os.ReadFile("../SECURITY.md"))(t)), "\n"), false
	for i, line := range lines {
		named := namedTest.FindAllStringSubmatch(line, -1)
		for _, name := range named {
			if !declared[name[1]] {
				t.Errorf("SECURITY.md, line %d: there is no %s", i+1, name[1])
			}
		}
		if !strings.HasPrefix(line, "|") {
			tested = false
		}
		if tested && !strings.HasPrefix(line, "|---") && len(named) == 0 {
			t.Errorf("SECURITY.md, line %d: no test shows it", i+1)
		}
		tested = tested || strings.HasSuffix(line, "| test |")
	}
}
