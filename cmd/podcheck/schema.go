package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/review/report"
	"github.com/podcheck/podcheck/rules"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema report|config",
		Short: "The JSON Schema of the JSON output, or of " + configName,
		Long: "Prints a JSON Schema (2020-12). Editors complete " + configName + " from that of config: save it, and name it in the first line as\n" +
			"# yaml-language-server: $schema=FILE",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"report", "config"},
		RunE: func(cmd *cobra.Command, args []string) error {
			text := report.Schema
			if args[0] == "config" {
				finds := map[string]string{}
				for _, r := range rules.Catalogue {
					finds[r.Name] = r.Title
				}
				var err error
				if text, err = config.Schema(finds); err != nil {
					return err
				}
				text = append(text, '\n')
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s", text)
			return err
		},
	}
}
