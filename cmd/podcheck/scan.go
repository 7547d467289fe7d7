package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/report"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
)

// configName is the configuration's file name at the root of a repository.
const configName = ".podcheck.yml"

func scanCommand() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:   "scan PATH...",
		Short: "Every finding of one state: files, folders, - for standard input",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, root, err := nearestConfig(args[0])
			if err != nil {
				return err
			}
			failOn, err := o.threshold(analysis.Severity(settings.Review.FailOn))
			if err != nil {
				return err
			}
			state, err := load.Files(args, cmd.InOrStdin(), below(root, settings.Paths))
			if err != nil {
				return err
			}
			cfg := settings.Analysis(time.Now())
			return o.write(cmd, report.Report{Result: review.Scan(state, &cfg), Scan: true}, failOn)
		},
	}
	o.flags(cmd)
	return cmd
}

// nearestConfig reads the configuration of the nearest folder upwards from a path, and returns that folder; defaults and ""
// when there is none.
func nearestConfig(path string) (config.Repository, string, error) {
	abs, err := filepath.Abs(path)
	if err != nil || path == load.Stdin {
		return config.Default(), "", err
	}
	for dir := abs; ; dir = filepath.Dir(dir) {
		file := filepath.Join(dir, configName)
		data, err := os.ReadFile(file)
		if err == nil {
			settings, err := parseConfig(file, data)
			return settings, dir, err
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return config.Repository{}, "", fmt.Errorf("reading the configuration: %w", err)
		}
		if filepath.Dir(dir) == dir {
			return config.Default(), "", nil
		}
	}
}

// parseConfig reads a configuration strictly: on a laptop a mistake in it is the user's to mend first.
func parseConfig(path string, data []byte) (config.Repository, error) {
	settings, problems := config.ParseRepository(path, data, rules.Names())
	if len(problems) == 0 {
		return settings, nil
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.Error()
	}
	return settings, errors.New(strings.Join(lines, "\n"))
}

// below makes a configuration's paths, which count from its own folder, match paths as the user wrote them.
func below(root string, paths config.Paths) load.Paths {
	if root == "" {
		return nil
	}
	return func(p string) bool {
		abs, err := filepath.Abs(p)
		if err != nil {
			return true
		}
		rel, err := filepath.Rel(root, abs)
		return err != nil || paths.Matches(filepath.ToSlash(rel))
	}
}
