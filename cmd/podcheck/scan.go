package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/report"
	"github.com/podcheck/podcheck/rules/analysis"
)

// configName is the configuration's file name at the root of a repository.
const configName = ".podcheck.yml"

func scanCommand() *cobra.Command {
	var o output
	var at addresses
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
			wanted := load.Wanted{Paths: below(root, settings.Paths), Render: settings.Rendering(at.of(cmd.Context(), args[0])...)}
			state, name, err := load.Files(cmd.Context(), args, cmd.InOrStdin(), wanted, newRenderer())
			if err != nil {
				return err
			}
			text := map[string][]byte{}
			for _, f := range state.Files {
				text[name(f.Path)] = f.Data
			}
			result := review.Scan(state, settings.analysis(time.Now())).Named(name)
			return o.write(cmd, report.Report{Result: result, Scan: true, User: settings.user, Text: func(path string) []byte { return text[path] }}, failOn)
		},
	}
	at.flag(cmd)
	o.flags(cmd)
	return cmd
}

// nearestConfig reads the configuration and the rules of the nearest folder upwards from a path that has either, and returns that
// folder; defaults and "" when there is none.
func nearestConfig(path string) (settings, string, error) {
	defaults := settings{Repository: config.Default()}
	abs, err := filepath.Abs(path)
	if err != nil || path == load.Stdin {
		return defaults, "", err
	}
	for dir := abs; ; dir = filepath.Dir(dir) {
		file := filepath.Join(dir, configName)
		data, err := os.ReadFile(file)
		absent := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
		if err != nil && !absent {
			return settings{}, "", fmt.Errorf("reading the configuration: %w", err)
		}
		own, err := ruleFiles(dir)
		if err != nil && !errors.Is(err, syscall.ENOTDIR) {
			return settings{}, "", err
		}
		if !absent || len(own) > 0 {
			found, err := parseSettings(file, data, own)
			return found, dir, err
		}
		if filepath.Dir(dir) == dir {
			return defaults, "", nil
		}
	}
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
