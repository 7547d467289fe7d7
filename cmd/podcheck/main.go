// Command podcheck reviews Kubernetes manifests for faults between containers, objects and commits: on a laptop, in a pipeline,
// and as a GitHub App.
//
// This package wires and parses arguments; whatever decides something is below it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/review/report"
)

// The exit codes, which scripts rely on.
const (
	exitFindings   = 1 // findings at or above the threshold
	exitUsage      = 2 // wrong usage, or input that could not be read at all
	exitIncomplete = 3 // analysed, but something could not be parsed or rendered
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// exitError ends the program with a code; its message, when there is one, goes to standard error.
type exitError struct {
	code    int
	message string
}

func (e *exitError) Error() string { return e.message }

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var exit *exitError
	if errors.As(err, &exit) {
		if exit.message != "" {
			fmt.Fprintln(stderr, report.Terminal(exit.message))
		}
		return exit.code
	}
	fmt.Fprintln(stderr, report.Terminal("podcheck: "+err.Error()))
	return exitUsage
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "podcheck",
		Short:         "Review Kubernetes manifests for faults between containers, objects and commits",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(demoCommand(), reviewCommand(), scanCommand(), fixCommand(), rulesCommand(), explainCommand(), configCommand(), schemaCommand(), serveCommand(), deadCommand(), replayCommand(), renderCommand(), versionCommand())
	return root
}
