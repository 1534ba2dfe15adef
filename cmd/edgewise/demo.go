package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/examples"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/demo"
)

func newDemo() *cobra.Command {
	var o demo.Options
	var bundle string
	cmd := &cobra.Command{
		Use:     "demo [--bundle BUNDLE] [--log FILE]",
		GroupID: groupTry,
		Short:   "Decide a day of requests before your eyes",
		Long: `Decides a day of requests, natively and inside the WebAssembly module side by
side, and shows what came out, how long it took and, for three answers, why.

Without --log the day is made up: visitors of a small shop, with and without
consent, and crawlers. With --log it is your own: an access log as nginx and Apache
httpd write it (Combined Log Format), or JSON, one request a line:

  {"method":"GET","url":"/shop?q=x","headers":[["Cookie","cart=80"]],
   "client_ip":"192.0.2.7","time":"2026-11-20T09:00:00Z"}

Lines that are no requests are counted and shown. Two cookies are read that only
the demo knows: demo-session is session.id, and demo-consent lists what the visitor
consented to: personalization,analytics.`,
		Example: `  edgewise demo
  edgewise demo --log /var/log/nginx/access.log
  zcat access.log.*.gz | edgewise demo --log -
  edgewise demo --bundle shop --requests 50000`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && o.Log == "" {
				return &usageError{fmt.Sprintf("demo: %q is one argument too many", args[0]), "if it is an access log: edgewise demo --log " + quoted(args[0])}
			}
			return arguments()(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkDemo(cmd, &o); err != nil {
				return err
			}
			var err error
			if o.Bundle, err = demoBundle(cmd.Context(), bundle); err != nil {
				return err
			}
			o.Out, o.Try = stdout, tryNext(bundle, o.Log)
			return demo.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVarP(&bundle, "bundle", "b", "", bundleUsage+" (if absent an example shop's)")
	cmd.Flags().StringVar(&o.Log, "log", "", "the access log to read, a `FILE` or - for standard input\n(if absent one is made up)")
	cmd.Flags().IntVar(&o.Requests, "requests", 0, "make up so many, `N`, or read so many of the log at most\n(if absent 5000, or all)")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 7, "what requests are made up from: the same `SEED` gives the\nsame day")
	cmd.Flags().StringVar(&o.Write, "write-log", "", "keep the log that is made up in this `FILE`")
	return cmd
}

func checkDemo(cmd *cobra.Command, o *demo.Options) error {
	switch {
	case o.Requests < 0 || cmd.Flags().Changed("requests") && o.Requests == 0:
		return &usageError{"--requests: want at least 1", ""}
	case o.Log != "" && o.Write != "":
		return &usageError{"--write-log: with --log there is no log to make up", "leave one of them out"}
	case o.Log != "" && cmd.Flags().Changed("seed"):
		return &usageError{"--seed: with --log there is no log to make up", "leave one of them out"}
	case o.Log != "" && o.Log != "-":
		_, err := os.Stat(o.Log) // before anything is shown
		return err
	}
	return nil
}

// demoBundle loads the bundle at a path, or the example.
func demoBundle(ctx context.Context, path string) (*bundles.Loaded, error) {
	if path != "" {
		return load(ctx, path)
	}
	src, err := examples.Storefront()
	if err != nil {
		return nil, explainLoad("storefront", err)
	}
	loaded, err := bundles.Compile(src)
	var faults source.Faults
	if errors.As(err, &faults) {
		return nil, &faulty{"storefront", faults}
	}
	return loaded, err
}

// tryNext is what to do after a demo.
func tryNext(bundle, log string) []demo.Try {
	edgewise := program()
	var next []demo.Try
	own := bundle == ""
	if own {
		bundle = "shop"
		next = append(next, demo.Try{What: "write rules of your own", Command: edgewise + " init shop"})
	}
	next = append(next, demo.Try{What: "see mistakes with line and caret", Command: edgewise + " check " + quoted(bundle)})
	if own {
		next = append(next, demo.Try{What: "see why a visitor gets an answer", Command: edgewise + " explain --bundle shop --persona returning"})
	}
	if log == "" || log == "-" {
		log = "access.log"
	}
	return append(next, demo.Try{What: "decide the log of your own site",
		Command: edgewise + " demo --bundle " + quoted(bundle) + " --log " + quoted(log)})
}
