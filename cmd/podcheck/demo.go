package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/fixtures"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// demoFixture is what the demonstration plays when no fixture is named.
const demoFixture = "shipper-one-file"

func demoCommand() *cobra.Command {
	var name string
	var list, verbose, keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The main job on this machine, with a double of GitHub and the real bot",
		Long: "Starts a double of GitHub and the bot with its embedded queue, opens a pull request made from a fixture, delivers the signed\n" +
			"webhook over HTTP, and prints what the bot posted. Nothing leaves this machine. Exit code 0 only if the review is the fixture's.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list {
				return listFixtures(cmd.OutOrStdout())
			}
			pull, err := fixtures.Load(name)
			if err != nil {
				return err
			}
			log := slog.New(slog.DiscardHandler)
			if verbose {
				log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			}
			play, err := stage.Run(cmd.Context(), pull, log, func(ctx context.Context, play stage.Play) error {
				show(cmd.OutOrStdout(), play)
				return showPage(ctx, cmd.OutOrStdout(), play, keep)
			}, bot.WithRenderer(newRenderer()))
			if err != nil {
				return err
			}
			if differences := play.Differences(); len(differences) > 0 {
				return &exitError{exitFindings, "podcheck: the review is not the fixture's: " + strings.Join(differences, "; ")}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "fixture", demoFixture, "the pull request to play")
	cmd.Flags().BoolVar(&list, "list", false, "list the pull requests that can be played")
	cmd.Flags().BoolVar(&keep, "keep", false, "stay up and serve the page of the review until interrupted")
	cmd.Flags().BoolVar(&verbose, "verbose", false, "print the bot's log")
	return cmd
}

func listFixtures(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, name := range fixtures.Names() {
		p, err := fixtures.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\n", name, p.About)
	}
	return w.Flush()
}

var marker = regexp.MustCompile(`(?s)\n*<!--.*?-->\n*`)

// show prints a play in the order in which it happened.
func show(w io.Writer, p stage.Play) {
	fmt.Fprintf(w, "Opened      %s\n            %s: %s\n", p.URL, p.Pull.Name, p.Pull.About)
	fmt.Fprintf(w, "Delivered   %s.%s, signed: %d, after %s\n", p.Delivery.Event, p.Delivery.Action, p.Delivery.Status, p.Delivery.Duration.Round(time.Millisecond))
	fmt.Fprintf(w, "Reviewed    in %s, with %d read and %d writes of GitHub's API\n", p.Took.Round(time.Millisecond), p.Requests.Reads, p.Requests.Writes)
	for _, r := range p.Reviews {
		heading(w, "Review by "+r.Author)
		fmt.Fprintln(w, strings.TrimSpace(marker.ReplaceAllString(r.Body, "")))
	}
	for _, c := range p.Comments {
		heading(w, "Comment on "+place(c))
		fmt.Fprintln(w, strings.TrimSpace(marker.ReplaceAllString(c.Body, "")))
	}
	heading(w, fmt.Sprintf("Check run %s: %s, %q", p.Check.Name, p.Check.Conclusion, p.Check.Title))
	fmt.Fprintln(w, strings.TrimSpace(p.Check.Summary))
	heading(w, "After pressing what is offered")
	if p.Tree == nil {
		fmt.Fprintln(w, "Nothing is offered to press.")
	}
	for _, path := range slices.Sorted(maps.Keys(p.Pull.After)) {
		switch after, stays := p.Tree[path]; {
		case p.Tree == nil || bytes.Equal(after, p.Pull.After[path]):
		case !stays:
			fmt.Fprintf(w, "%s is removed\n", path)
		case bytes.Equal(after, p.Pull.Fixed[path]):
			fmt.Fprintf(w, "%s changes, and is as expected to the byte\n", path)
		default:
			fmt.Fprintf(w, "%s changes, and is NOT as expected\n", path)
		}
	}
}

func heading(w io.Writer, text string) {
	fmt.Fprintf(w, "\n── %s %s\n\n", text, strings.Repeat("─", max(3, 96-len([]rune(text)))))
}

func place(c github.PostedComment) string {
	switch {
	case c.Line == 0:
		return c.Path
	case c.StartLine == 0:
		return fmt.Sprintf("%s, line %d", c.Path, c.Line)
	}
	return fmt.Sprintf("%s, lines %d to %d", c.Path, c.StartLine, c.Line)
}
