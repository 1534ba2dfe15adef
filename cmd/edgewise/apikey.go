package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/host/apikey"
)

func newAPIKey() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "apikey",
		GroupID: groupServe,
		Short:   "Make the API keys of those who may ask",
		Long: `An API key lets a program ask ` + "`edgewise serve`" + `, as a bearer token or in the header
X-API-Key. (` + "`edgewise keys`" + ` are others: they sign releases.)`,
		Example: `  edgewise serve apikey new --keys api.keys --name checkout --scope server`,
		Args:    noSuchCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddGroup(&cobra.Group{ID: groupServe, Title: "Commands:"})
	sub := newAPIKeyNew()
	sub.DisableFlagsInUseLine = true
	cmd.AddCommand(sub)
	return cmd
}

func newAPIKeyNew() *cobra.Command {
	var file, scope, expires string
	var e apikey.Entry
	cmd := &cobra.Command{
		Use:     "new --keys FILE --name WHO --scope server|page [--decision NAME]... [--rate N] [--expires D]",
		GroupID: groupServe,
		Short:   "Make an API key",
		Long: `Makes a key, adds what has to be known of it to FILE, which is made where it is missing,
and prints it, once: the file holds a hash of it, and nothing can give it again.

  {"name":"checkout","id":"4fgh2k7q","key":"edgewise_4fgh2k7q_..."}

A server that runs takes it from then on, within a second; the key of a line that is taken out
of the file ends as soon. A key of the scope server may ask for every decision. One of the
scope page is for pages and apps, where whoever looks finds it: it gives no decision whose
visibility is server.`,
		Example: `  edgewise serve apikey new --keys api.keys --name checkout --scope server
  edgewise serve apikey new --keys api.keys --name web --scope page --rate 50 --decision 'shop.*'`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, flag := range []struct{ name, value string }{{"keys", file}, {"name", e.Name}, {"scope", scope}} {
				if flag.value == "" {
					return &usageError{"apikey new: --" + flag.name + " is missing", "usage: " + cmd.UseLine()}
				}
			}
			if e.Scope = apikey.Scope(scope); e.Scope != apikey.Server && e.Scope != apikey.Page {
				return &usageError{fmt.Sprintf("--scope %s: no such scope", scope), "the scopes are server and page"}
			}
			if expires != "" {
				millis, ok := source.ParseDuration(expires)
				if !ok {
					return &usageError{fmt.Sprintf("--expires %q: not a duration", expires), source.DurationHint}
				}
				e.Expires = time.Now().Add(time.Duration(millis) * time.Millisecond).UTC().Truncate(time.Second)
			}
			made, key := apikey.New(e)
			if err := apikey.Append(file, made); err != nil {
				return err
			}
			return printJSON(stdout, struct {
				Name string `json:"name"`
				ID   string `json:"id"`
				Key  string `json:"key"`
			}{made.Name, made.ID, key})
		},
	}
	cmd.Flags().StringVar(&file, "keys", "", "the `FILE` that the server reads")
	cmd.Flags().StringVar(&e.Name, "name", "", "`WHO` has the key, for people and logs")
	cmd.Flags().StringVar(&scope, "scope", "", "whose program it is for, the `SCOPE` server or page")
	cmd.Flags().StringSliceVar(&e.Decisions, "decision", nil, "the `NAME` of a decision that it may ask for, * being any run of\ncharacters; may be given several times (if absent all)")
	cmd.Flags().Float64Var(&e.Rate, "rate", 0, "how many requests a second it may make: `N` (if absent, as the\nserver says)")
	cmd.Flags().StringVar(&expires, "expires", "", "after how long it ends: a duration `D`, as 90d (if absent never)")
	return cmd
}
