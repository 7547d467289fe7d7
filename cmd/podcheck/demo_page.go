package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/podcheck/podcheck/fixtures/stage"
)

// showPage says where to look at a play as a page, which the bot serves: there until ctx ends, or in a file.
func showPage(ctx context.Context, out io.Writer, play stage.Play, keep bool) error {
	heading(out, "The same as a page")
	if keep {
		fmt.Fprintf(out, "%s\nInterrupt to end.\n", play.Check.DetailsURL)
		<-ctx.Done()
		return nil
	}
	f, err := os.CreateTemp("", "podcheck-demo-"+play.Pull.Name+"-*.html")
	if err != nil {
		return fmt.Errorf("writing the page of the review: %w", err)
	}
	if _, err := f.Write(play.Page); err != nil {
		return fmt.Errorf("writing the page of the review: %w", errors.Join(err, f.Close()))
	}
	fmt.Fprintln(out, f.Name())
	return f.Close()
}
