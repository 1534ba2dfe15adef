package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/host/consentdump"
)

func newConsent() *cobra.Command {
	var show, kind string
	cmd := &cobra.Command{
		Use:     "consent [--show STRING [--kind KIND]] [FILE]",
		GroupID: groupMore,
		Short:   "Show what a consent string says",
		Long: `Reads consent strings from FILE or standard input, one JSON object a line, and
prints all that each says, in order. A kind is tcf, gpp or usp (US Privacy):

  {"kind":"usp","string":"1YNN"}
  {"Version":1,"Notice":"Y","OptOutSale":"N","LspaCovered":"N"}

A malformed string is {"error":"..."}. A line that is no such object is answered
with {"line":N,"error":"..."}, the rest go on, and the exit status is 1.

With --show it says in words what one string holds, field by field, or a consent
manager's cookie, given as NAME=VALUE, or the header "Sec-GPC: 1". What is shown is
what is written: whether it may be relied on is for a policy to say.`,
		Example: `  edgewise consent strings.jsonl
  edgewise consent --show DBABLA~BVQqAAAAAAKA.QA
  edgewise consent --show 'OptanonConsent=interactionCount=1&groups=C0001:1,C0002:0'`,
		Args: arguments("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("show") {
				return showConsent(show, kind, args)
			}
			if kind != "" {
				return &usageError{"--kind without --show: a line names its own kind", "usage: " + cmd.UseLine()}
			}
			in, err := input(args)
			if err != nil {
				return err
			}
			defer in.Close()
			return answerLines(in, consentdump.Answer)
		},
	}
	cmd.Flags().StringVar(&show, "show", "", "say in words what `STRING` holds")
	cmd.Flags().StringVar(&kind, "kind", "", "the `KIND` of STRING: tcf, gpp, usp, gpc, or how a cookie is\nwritten: onetrust, cookiebot, cookieyes, wp_consent or\ngoogle_consent (as it begins, if absent)")
	return cmd
}

// showConsent prints what a string says, for people.
func showConsent(s, kind string, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Sprintf("--show STRING and a file: %s would not be read", args[0]), "leave one of them out"}
	}
	s = strings.TrimSpace(s)
	k := consentdump.Kind(kind)
	switch {
	case kind == "":
		whole := s
		k, s = consentdump.Guess(s)
		if name, value, ok := strings.Cut(whole, "="); ok && s == whole && strings.Trim(value, "=") != "" {
			known := consentdump.Names()
			return &usageError{fmt.Sprintf("no consent manager that is known here has a cookie %q", name),
				didYouMean(name, known, "the cookies are "+strings.Join(known, ", ")+"; of another name, give the value with --kind")}
		}
	case !slices.Contains(consentdump.Kinds, k):
		var names []string
		for _, known := range consentdump.Kinds {
			names = append(names, string(known))
		}
		return &usageError{fmt.Sprintf("--kind %s: no such kind", kind), didYouMean(kind, names, "the kinds are "+strings.Join(names, ", "))}
	}
	page, err := consentdump.Explain(k, s)
	if err != nil {
		return &hinted{err, "a malformed string says nothing: its visitor is treated like one who sends none"}
	}
	style := term.StyleOf(os.Stdout)
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, " ") { // a heading, or nothing
			line = style.Bold(line)
		}
		if _, err := fmt.Println(line); err != nil {
			return err
		}
	}
	return nil
}
