package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/module"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: groupMore,
		Short:   "Say which version this is",
		Long: `Says which version this is, which format of compiled bundles it reads and writes,
and how large the module is that it carries.`,
		Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(stdout, "edgewise %s\nbundle format %d\nmodule %s\n%s %s/%s\n", version(), format.Version,
				plural(len(module.Wasm), "byte"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version is the release that this was built from, or else the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return "commit " + setting.Value[:12]
		}
	}
	return "development"
}
