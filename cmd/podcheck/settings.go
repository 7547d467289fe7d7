package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/user"
)

// settings are the configuration of a repository and its own rules.
type settings struct {
	config.Repository
	user []*analysis.Rule
}

// analysis is what the settings say to the rule engine.
func (s settings) analysis(now time.Time) *analysis.Config {
	out := s.Analysis(now)
	out.User = s.user
	return &out
}

// find returns the repository's own rule of that name, nil if there is none.
func (s settings) find(name string) *analysis.Rule {
	for _, rule := range s.user {
		if rule.Name == name {
			return rule
		}
	}
	return nil
}

// parseSettings reads a configuration, nil for none, and rules strictly: on a laptop a mistake in them is the user's to mend first.
func parseSettings(name string, data []byte, own map[string][]byte) (settings, error) {
	out, mistakes := checkSettings(name, data, own)
	if len(mistakes) > 0 {
		return out, errors.New(strings.Join(mistakes, "\n"))
	}
	return out, nil
}

// checkSettings is parseSettings with one text for each mistake.
func checkSettings(name string, data []byte, own map[string][]byte) (settings, []string) {
	loaded, wrong := user.Load(own, rules.Names()...)
	out := settings{Repository: config.Default(), user: loaded}
	known := rules.Names()
	for _, rule := range loaded {
		known = append(known, rule.Name)
	}
	if len(wrong) > 0 {
		known = nil // any name: it may be that of a rule that did not load
	}
	var mistakes []string
	for _, p := range wrong {
		mistakes = append(mistakes, user.Describe(p))
	}
	if data != nil {
		var problems []config.Problem
		out.Repository, problems = config.ParseRepository(name, data, known)
		for _, p := range problems {
			mistakes = append(mistakes, p.Error())
		}
	}
	return out, mistakes
}

// ruleFiles reads the files with rules below a folder; none when it has no such folder.
func ruleFiles(root string) (map[string][]byte, error) {
	entries, err := os.ReadDir(filepath.Join(root, user.Folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the rules: %w", err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		name := path.Join(user.Folder, e.Name())
		if !e.Type().IsRegular() || !user.Is(name) {
			continue
		}
		if files[name], err = os.ReadFile(filepath.Join(root, name)); err != nil {
			return nil, fmt.Errorf("reading the rules: %w", err)
		}
	}
	return files, nil
}
