package main

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/bot/config"
)

func serveCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "The bot: takes webhooks and reviews pull requests",
		Long: "Runs the GitHub App's server. Its configuration is one YAML file and environment variables of the same names, which win:\n" +
			"PODCHECK_APP_ID, PODCHECK_PRIVATE_KEY_FILE, PODCHECK_WEBHOOK_SECRET_FILE, PODCHECK_GITHUB_URL, PODCHECK_DATA_DIR, PODCHECK_NATS_URL,\n" +
			"PODCHECK_LISTEN, PODCHECK_ADMIN_LISTEN, PODCHECK_PUBLIC_URL. With the last one, where people reach the bot, each check run leads to\n" +
			"the page of its review.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.LoadServer(file, os.LookupEnv)
			if err != nil {
				return err
			}
			if err := keepMemory(); err != nil {
				return err
			}
			b, err := bot.New(cmd.Context(), settings, slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil)), bot.WithRenderer(newRenderer()))
			if err != nil {
				return err
			}
			return b.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `file`")
	return cmd
}
