package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/rules"
)

func rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules",
		Short: "The catalogue",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "RULE\tDEFAULT\tFIX\tFINDS")
			for _, r := range rules.Catalogue {
				level, fix := r.Severity.String(), string(r.Safety)
				if r.Disabled {
					level = "off"
				}
				if fix == "" {
					fix = "none"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, level, fix, r.Title)
			}
			return w.Flush()
		},
	}
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
				return fmt.Errorf("there is no rule %q: did you mean %s? `podcheck rules` lists them all", args[0], rules.Nearest(args[0]))
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(rule.Doc, "\n"))
			return err
		},
	}
}
