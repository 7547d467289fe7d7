package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/web"
	"github.com/podcheck/podcheck/review/report"
)

// maxShown is how much of a reason a line of the table has, in characters.
const maxShown = 100

func deadCommand() *cobra.Command {
	var port adminPort
	cmd := &cobra.Command{
		Use:   "dead",
		Short: "What a running bot gave up on: list it, try it again",
		Long: "Asks the admin port of a running bot for dead letters: what failed as often as it may. A dead letter goes by itself when a newer\n" +
			"push of its pull request is reviewed. Exit codes: 0 done, 2 not.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }, // a command that does nothing takes any argument
	}
	cmd.PersistentFlags().StringVar(&port.url, "admin", "", "`URL` of the admin port (default: PODCHECK_ADMIN_LISTEN, the configuration's adminListen, or http://127.0.0.1:9090)")
	cmd.PersistentFlags().StringVar(&port.file, "config", "", "configuration `file` of the bot")
	cmd.AddCommand(deadListCommand(&port), deadRetryCommand(&port))
	return cmd
}

// adminPort are the flags that say where the bot is.
type adminPort struct{ url, file string }

func (p *adminPort) operator() (web.Operator, error) {
	if p.url != "" {
		if !strings.Contains(p.url, "://") {
			return web.Operator{URL: "http://" + p.url}, nil
		}
		return web.Operator{URL: p.url}, nil
	}
	listen, err := config.AdminListen(p.file, os.LookupEnv)
	if err != nil {
		return web.Operator{}, err
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return web.Operator{}, fmt.Errorf("the admin port: %w", err)
	}
	// Who listens on every address listens on this one.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return web.Operator{URL: "http://" + net.JoinHostPort(host, port)}, nil
}

func deadListCommand(port *adminPort) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "What failed for good, oldest first, and why",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format %q: use text or json", format)
			}
			operator, err := port.operator()
			if err != nil {
				return err
			}
			letters, err := operator.DeadLetters(cmd.Context())
			if err != nil {
				return where(err)
			}
			if format == "json" {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				encoder.SetEscapeHTML(false)
				return encoder.Encode(letters)
			}
			if len(letters) == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "Nothing is dead.")
				return err
			}
			fmt.Fprintln(cmd.ErrOrStderr(), "`podcheck dead retry KEY...` or `--all` tries again; `--format json` has the whole reasons and the deliveries.")
			return writeDead(cmd.OutOrStdout(), letters, time.Now())
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "output format: text, json")
	return cmd
}

// where says what to do when the bot can't be asked.
func where(err error) error {
	if errors.Is(err, web.ErrNoBot) {
		return fmt.Errorf("%w\nRun this where the bot runs, or name its admin port with --admin URL", err)
	}
	return err
}

// writeDead writes a table, one line a dead letter.
func writeDead(out io.Writer, letters []web.DeadLetter, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tWHAT\tPULL REQUEST\tATTEMPTS\tFAILED\tREASON")
	for _, l := range letters {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\n", line(l.Key), what(l.Kind), line(subject(l)), l.Attempts, ago(now.Sub(l.Time)), shorten(line(l.Reason)))
	}
	return table.Flush()
}

func what(kind queue.Kind) string {
	switch kind {
	case queue.KindPull:
		return "review"
	case queue.KindMerge:
		return "merge group"
	default:
		return line(string(kind))
	}
}

func subject(l web.DeadLetter) string {
	if l.Pull == 0 {
		return l.Repository
	}
	return fmt.Sprintf("%s#%d", l.Repository, l.Pull)
}

// line makes one of text that others wrote.
func line(text string) string {
	return report.Terminal(strings.Join(strings.Fields(text), " "))
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return strings.TrimRight(string(runes[:maxShown-1]), " ") + "…"
	}
	return text
}

// ago is a time in the largest unit that tells enough.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm ago", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", d/time.Hour)
	default:
		return fmt.Sprintf("%dd ago", d/(24*time.Hour))
	}
}

func deadRetryCommand(port *adminPort) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "retry KEY... | --all",
		Short: "Queue dead letters again, with all their attempts",
		Args: func(_ *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return errors.New("name the keys that `podcheck dead list` shows, or use --all")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			operator, err := port.operator()
			if err != nil {
				return err
			}
			if all {
				args, err = operator.RetryAll(cmd.Context())
			} else {
				args, err = retry(cmd, operator, args)
			}
			if len(args) == 0 && err == nil {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "Nothing is dead.")
			}
			for _, key := range args {
				fmt.Fprintln(cmd.OutOrStdout(), line(key)+" is queued again")
			}
			return where(err)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all of them")
	return cmd
}

// retry tries each key and returns those that are queued again.
func retry(cmd *cobra.Command, operator web.Operator, keys []string) (done []string, err error) {
	for _, key := range keys {
		if failed := operator.Retry(cmd.Context(), key); failed != nil {
			err = errors.Join(err, failed)
			if errors.Is(failed, web.ErrNoBot) {
				break // nor will it for the next one
			}
			continue
		}
		done = append(done, key)
	}
	return done, err
}
