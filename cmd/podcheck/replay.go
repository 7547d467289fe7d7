package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/hook"
)

func replayCommand() *cobra.Command {
	var url, event, secretFile string
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Sign a stored webhook payload and deliver it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("reading the payload: %w", err)
			}
			if event == "" {
				if event, err = hook.EventOf(body); err != nil {
					return fmt.Errorf("%s: %w", args[0], err)
				}
			}
			secrets, err := config.WebhookSecrets(secretFile)
			if err != nil {
				return err
			}
			return deliver(cmd, url, event, body, secrets[0])
		},
	}
	cmd.Flags().StringVar(&url, "url", "", "where the webhook is taken, as in http://127.0.0.1:8080/webhook")
	cmd.Flags().StringVar(&event, "event", "", "event `name` (default: what the payload looks like)")
	cmd.Flags().StringVar(&secretFile, "secret-file", os.Getenv("PODCHECK_WEBHOOK_SECRET_FILE"), "`file` with the webhook secret (default: $PODCHECK_WEBHOOK_SECRET_FILE)")
	if err := cmd.MarkFlagRequired("url"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func deliver(cmd *cobra.Command, url, event string, body, secret []byte) (err error) {
	req, err := hook.NewRequest(cmd.Context(), url, event, body, secret)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("delivering the payload: %w", err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s\n", event, resp.Status, strings.TrimSpace(string(answer)))
	if resp.StatusCode >= 300 {
		return &exitError{code: exitFindings}
	}
	return nil
}
