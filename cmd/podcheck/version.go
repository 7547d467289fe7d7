package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "The version of this program",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version())
			return err
		},
	}
}

// release is the version that a build from files alone is told, with -ldflags "-X main.release=v1.2.3".
var release string

// version is what the build knows: what it was told, the module's version when installed by one, the commit when built in a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "podcheck (unknown build)"
	}
	text := cmp.Or(release, info.Main.Version)
	if text == "" || text == "(devel)" {
		text = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			text += " " + s.Value
		}
	}
	return fmt.Sprintf("podcheck %s %s/%s %s", text, runtime.GOOS, runtime.GOARCH, info.GoVersion)
}
