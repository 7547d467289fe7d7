package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/review/report"
	"github.com/podcheck/podcheck/rules"
)

func rulesCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "The catalogue, and the rules of the repository around this folder",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, _, err := nearestConfig(".")
			if err != nil {
				return err
			}
			return report.WriteCatalogue(cmd.OutOrStdout(), format, slices.Concat(rules.Catalogue, settings.user))
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "output format: "+strings.Join(report.CatalogueFormats(), ", "))
	return cmd
}

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "explain RULE",
		Short:     "The documentation of one rule",
		Args:      cobra.ExactArgs(1),
		ValidArgs: rules.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			rule := rules.Find(args[0])
			if rule == nil {
				settings, _, err := nearestConfig(".")
				if err != nil {
					return err
				}
				rule = settings.find(args[0])
			}
			if rule == nil {
				return fmt.Errorf("there is no rule %q: did you mean %s? `podcheck rules` lists them all", args[0], rules.Nearest(args[0]))
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(rule.Doc, "\n"))
			return err
		},
	}
}
