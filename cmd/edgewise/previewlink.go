package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	edgepreview "github.com/edgewise-dev/edgewise/edge/preview"
	"github.com/edgewise-dev/edgewise/host/preview"
)

// secretVariable is the environment variable that holds the site's secret where no flag names a file.
const secretVariable = "EDGEWISE_SECRET"

func newPreviewLink() *cobra.Command {
	var bundle, persona, life, to, secretFile, now string
	var force []string
	cmd := &cobra.Command{
		Use:     "preview-link --bundle BUNDLE [--persona NAME] [--force D=V]... [--expires D] [--url URL] [--secret-file FILE]",
		GroupID: groupTry,
		Short:   "Make a link that shows the site as somebody else would see it",
		Long: `Makes a link to a site that shows whoever follows it certain answers, or all that a
persona of the rules is answered, with what that persona consented to. Edge nodes that have
the same secret take it until it expires. What it shows is marked, kept by no cache and
counted nowhere, and nothing is kept of whoever looks. Clicks stay in the preview;
` + "`?edgewise-preview=off`" + ` ends it.

The secret is in hexadecimal digits, in a file or in the environment variable
` + secretVariable + `.`,
		Example: `  edgewise preview-link -b shop --persona returning --secret-file site.secret --url https://shop.example/
  edgewise preview-link -b shop --force hero=summer --force greeting=hallo --expires 2d --url https://shop.example/sale`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			link, err := linkOf(cmd, force, life, now)
			if err != nil {
				return err
			}
			secret, err := readSecret(secretFile)
			if err != nil {
				return err
			}
			loaded, err := loadFlag(cmd, bundle)
			if err != nil {
				return err
			}
			if persona != "" {
				if link.Persona, err = findPersona(loaded, persona); err != nil {
					return err
				}
			}
			b, err := core.Load(loaded.Data)
			if err != nil {
				return err
			}
			token, err := link.Token(b, secret)
			if err != nil {
				return fmt.Errorf("preview-link: %w", err)
			}
			whole, err := preview.Add(to, token)
			if err != nil {
				return &usageError{fmt.Sprintf("--url: %v", err), "write it as in https://shop.example/sale"}
			}
			fmt.Fprintln(stdout, whole)
			return nil
		},
	}
	bundleFlag(cmd, &bundle)
	cmd.Flags().StringVar(&persona, "persona", "", "show what this persona of the rules is answered, a `NAME`")
	cmd.Flags().StringArrayVar(&force, "force", nil, "let a decision answer a variant, `D=V`; several times")
	cmd.Flags().StringVar(&life, "expires", "1h", "for how long the link is good: a duration `D`, at most 7d")
	cmd.Flags().StringVar(&to, "url", "", "the `URL` to show (if absent, only its query is printed)")
	cmd.Flags().StringVar(&secretFile, "secret-file", "", "the `FILE` with the site's secret (if absent, "+secretVariable+" holds it)")
	nowFlag(cmd, &now)
	return cmd
}

// linkOf makes of the flags what the link shows.
func linkOf(cmd *cobra.Command, force []string, life, now string) (*preview.Link, error) {
	link := &preview.Link{}
	for _, text := range force {
		decision, variant, ok := strings.Cut(text, "=")
		if !ok {
			return nil, &usageError{fmt.Sprintf("--force %q: no answer", text), "write the decision and its variant: --force hero=gold"}
		}
		link.Forced = append(link.Forced, edgepreview.Forced{Decision: decision, Variant: variant})
	}
	millis, ok := source.ParseDuration(life)
	if !ok {
		return nil, &usageError{fmt.Sprintf("--expires %q: not a duration", life), source.DurationHint}
	}
	if link.Life = time.Duration(millis) * time.Millisecond; link.Life > preview.MaxLife {
		return nil, &usageError{fmt.Sprintf("--expires %s: longer than 7d", life), "a link is sent on, and nobody knows where it ends up: make another one when it is over"}
	}
	var err error
	if link.Now, err = parseNow(cmd, now); link.Now.IsZero() {
		link.Now = time.Now()
	}
	return link, err
}

// readSecret reads a secret in hexadecimal digits from a file or, without a name, from the environment.
func readSecret(file string) ([]byte, error) {
	text, from := []byte(os.Getenv(secretVariable)), secretVariable
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
		from = file
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, &usageError{"preview-link: no secret", "name a file with --secret-file, or set " + secretVariable}
	}
	secret := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(secret, text); err != nil {
		return nil, &hinted{fmt.Errorf("%s: no secret in hexadecimal digits", from), "make one with: openssl rand -hex 32"}
	}
	return secret, nil
}

// findPersona gives a persona of the rules as a line of `edgewise decide`.
func findPersona(loaded *bundles.Loaded, name string) ([]byte, error) {
	if loaded.Source == nil {
		return nil, &hinted{errors.New("a compiled bundle has no personas"), "give the folder or the file of the rules"}
	}
	var names []string
	for i := range loaded.Source.Personas {
		p := &loaded.Source.Personas[i]
		if p.Name.Value == name {
			return personaLine(p), nil
		}
		names = append(names, p.Name.Value)
	}
	otherwise := "describe one under personas:"
	if len(names) > 0 {
		otherwise = "there are " + strings.Join(names, ", ")
	}
	return nil, &usageError{fmt.Sprintf("--persona: the rules have no persona %q", name), didYouMean(name, names, otherwise)}
}
