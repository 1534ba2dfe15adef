package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/host"
)

// engineHelp is what each command that evaluates something says of --engine.
const engineHelp = `Both engines give the same answers, byte for byte: native, the ordinary one, is
compiled into this program and starts at once; wasm is the WebAssembly module that
runs at the edge.`

// engineFlag adds the flag --engine.
func engineFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "engine", string(host.Native), "what decides, the `ENGINE` native or wasm")
}

// parseEngine reads the value of --engine.
func parseEngine(name string) (host.Engine, error) {
	switch e := host.Engine(name); e {
	case host.Native, host.Wasm:
		return e, nil
	}
	return "", &usageError{fmt.Sprintf("--engine %s: no such engine", name), "the engines are native and wasm"}
}

// startHost makes a host that decides with a bundle.
func startHost(cmd *cobra.Command, bundle *bundles.Loaded, engineName string) (*host.Host, error) {
	engine, err := parseEngine(engineName)
	if err != nil {
		return nil, err
	}
	options, err := hostOptions(bundle)
	if err != nil {
		return nil, err
	}
	options.Engine, options.Instances = engine, 1
	return host.New(cmd.Context(), options)
}

// nowFlag adds the flag --now.
func nowFlag(cmd *cobra.Command, now *string) {
	cmd.Flags().StringVar(now, "now", "", "the `TIME` to decide for, as 2026-12-01T08:00:00Z (if absent\nthe clock's; a line's own \"now\" goes before both)")
}

// parseNow reads the value of --now; the zero time, which stands for the clock's, where there is none.
func parseNow(cmd *cobra.Command, value string) (time.Time, error) {
	if !cmd.Flags().Changed("now") {
		return time.Time{}, nil
	}
	seconds, nanos, ok := text.ParseTimestamp(value)
	if !ok {
		return time.Time{}, &usageError{fmt.Sprintf("--now %q: not a time", value), "write it as RFC 3339 has it: 2026-12-01T08:00:00Z"}
	}
	return time.Unix(seconds, int64(nanos)), nil
}

// looksTyped says whether an argument looks like an expression or JSON rather than the name of a file.
func looksTyped(arg string) bool { return strings.ContainsAny(arg, "{}[]()\"'<>=+*&|?! ") }

// input opens the file that a command reads lines from: the first argument, or standard input without one or for "-".
func input(args []string) (io.ReadCloser, error) {
	if len(args) > 0 && args[0] != "-" {
		f, err := os.Open(args[0])
		if errors.Is(err, fs.ErrNotExist) && looksTyped(args[0]) {
			return nil, &hinted{err, "FILE is the name of a file: pipe what it would hold into `edgewise COMMAND ...`, one JSON object a line"}
		}
		return f, err
	}
	if term.IsTerminal(os.Stdin) {
		fmt.Fprintln(os.Stderr, "reading from the terminal: one JSON object a line, Ctrl-D at the end")
	}
	return io.NopCloser(os.Stdin), nil
}
