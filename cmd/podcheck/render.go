package main

import (
	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/review/render/engine"
)

// renderName is what the hidden command is called by.
const renderName = "render"

// renderCommand is the child that builds kustomizations and charts; podcheck starts itself with it. It gives up for good what it does
// not need, so it can't be run as part of another command.
func renderCommand() *cobra.Command {
	return &cobra.Command{
		Use:    renderName,
		Short:  "Build one kustomization or chart, as a child of podcheck",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := engine.Confine(); err != nil {
				return err
			}
			return engine.Serve(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
