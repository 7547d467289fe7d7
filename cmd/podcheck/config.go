package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/rules/user"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Works with " + configName,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() }, // a command that does nothing takes any argument
	}
	cmd.AddCommand(configCheckCommand())
	return cmd
}

func configCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a " + configName + " and the rules in " + user.Folder + " beside it strictly",
		Long:  "Prints each mistake with its line and what was probably meant. Exit codes: 0 no mistake, 1 mistakes, 2 the file could not be read.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("reading the configuration: %w", err)
			}
			own, err := ruleFiles(filepath.Dir(args[0]))
			if err != nil {
				return err
			}
			_, mistakes := checkSettings(args[0], data, own)
			for _, text := range mistakes {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), text); err != nil {
					return err
				}
			}
			if len(mistakes) > 0 {
				return &exitError{exitFindings, fmt.Sprintf("podcheck: %d mistake(s) in %s", len(mistakes), args[0])}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: no mistakes\n", args[0])
			return err
		},
	}
}
