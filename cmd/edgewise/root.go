package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// The groups of commands in the help.
const (
	groupWrite   = "write"
	groupTry     = "try"
	groupPublish = "publish"
	groupServe   = "serve"
	groupMore    = "more"
)

func newRoot() *cobra.Command {
	cobra.EnableCommandSorting = false // the order below is the order of work
	root := &cobra.Command{
		Use:   "edgewise",
		Short: "Decide at the edge what a visitor should see",
		Long: `Edgewise decides what a visitor should see: from rules that people write, over
data that the visitor consented to, in microseconds, inside a WebAssembly module.

Rules are YAML, in one file or a folder. Wherever a command takes a bundle it may
be such a source, or the file that ` + "`edgewise build`" + ` made of it.`,
		Example: `  edgewise demo                    a day of requests, decided before your eyes
  edgewise init shop               a small bundle to begin with
  edgewise check shop              what is wrong with it, with line and caret
  edgewise explain --bundle shop   why a visitor gets an answer`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(stdout)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(wrongFlag)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.Version = version()
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddGroup(
		&cobra.Group{ID: groupWrite, Title: "Write rules:"},
		&cobra.Group{ID: groupTry, Title: "Try them:"},
		&cobra.Group{ID: groupPublish, Title: "Publish them:"},
		&cobra.Group{ID: groupServe, Title: "Decide with them:"},
		&cobra.Group{ID: groupMore, Title: "Look things up:"})
	root.SetHelpCommand(newHelp(root))
	for _, cmd := range []*cobra.Command{
		newInit(), newCheck(), newTest(), newBuild(), newTypes(),
		newDecide(), newPlan(), newReplay(), newExplain(), newPersonas(), newPreviewLink(), newExpr(), newDemo(),
		newKeys(), newPublish(), newVerify(), newStatus(), newLog(), newDiff(), newImpact(), newPromote(), newRollback(), newCandidate(), newDisable(), newEnable(), newFreeze(), newUnfreeze(), newFollow(),
		newEmbed(),
		newServe(),
		newInspect(), newConsent(), newAttributes(), newVersion(),
	} {
		cmd.DisableFlagsInUseLine = true
		root.AddCommand(cmd)
	}
	return root
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		GroupID: groupMore,
		Short:   "Tell more about a command",
		Long:    "Tells what a command does, with an example and its flags.",
		Args:    arguments("[COMMAND]"),
		RunE: func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return noSuchCommand(root, args)
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
}

// usageTemplate is the part of a command's help that follows its long text.
const usageTemplate = `usage: {{if and .HasAvailableSubCommands (not (eq .CommandPath "edgewise serve"))}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

` + "`{{.CommandPath}} COMMAND --help` tells more about one." + `
{{- end}}
`

// noSuchCommand is what an argument of the bare command is.
func noSuchCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			names = append(names, cmd.Name())
		}
	}
	return &usageError{fmt.Sprintf("no command %q", args[0]), didYouMean(args[0], names, "`edgewise --help` lists the commands")}
}

// wrongFlag is a flag that is not there, or has no such value.
func wrongFlag(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) && strings.Contains(invalid.GetFlag().Value.Type(), "int") {
		return &usageError{fmt.Sprintf("--%s %q: not a number that it can have", invalid.GetFlag().Name, invalid.GetValue()), seeHelp(cmd)}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	_, flag, _ := strings.Cut(err.Error(), "unknown flag: ")
	return &usageError{err.Error(), didYouMean(flag, names, seeHelp(cmd))}
}

func seeHelp(cmd *cobra.Command) string {
	return fmt.Sprintf("`%s --help` shows how it goes", cmd.CommandPath())
}

// didYouMean is a hint that names what is most like a mistyped word, or else another hint.
func didYouMean(word string, candidates []string, otherwise string) string {
	if nearest, ok := source.Nearest(word, candidates); ok {
		return fmt.Sprintf("did you mean %s?", nearest)
	}
	return otherwise
}

// arguments checks how many there are; what names them in order, those in brackets may be left out: "SRC", "[FILE]".
func arguments(what ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(what) {
			return &usageError{fmt.Sprintf("%s: %q is one argument too many", cmd.Name(), args[len(what)]), "usage: " + cmd.UseLine()}
		}
		for i, name := range what {
			if i >= len(args) && !strings.HasPrefix(name, "[") {
				return &usageError{fmt.Sprintf("%s: %s is missing", cmd.Name(), name), "usage: " + cmd.UseLine()}
			}
		}
		return nil
	}
}

// program is how this program is called, for commands to try next.
func program() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/edgewise"
	}
	return "edgewise"
}
