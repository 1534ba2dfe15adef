package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge/fastly"
)

func newEmbed() *cobra.Command {
	var p location
	var out, trustFile, audience string
	cmd := &cobra.Command{
		Use:     "embed SRC|--from URL --channel NAME --trust FILE [--audience A] -o FILE",
		GroupID: groupPublish,
		Short:   "Write what is built into an edge service",
		Long: `Writes the file that scripts/build-fastly builds into an edge service.

With --from it holds whose releases of the channel the service accepts, none older than
the current one, which is verified and goes in too: the service decides by it until the
store can be read. The service follows the keys' rotations in the store from there.

With SRC it holds that bundle alone. The service looks into no store then: other rules are
another build.

` + storeHelp,
		Example: `  edgewise embed shop -o site.edgewise
  edgewise embed --from shop-rules --channel production --trust shop.trust -o site.edgewise`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || (len(args) == 1) == (p.url != "") {
				return &usageError{"embed: SRC, or --from URL", "usage: edgewise embed SRC -o FILE"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return &usageError{"embed: -o FILE is missing", "usage: " + cmd.UseLine()}
			}
			var site fastly.Site
			if len(args) == 1 {
				loaded, err := load(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				site.Bundle = loaded.Data
			} else {
				c, err := p.open(cmd, "from")
				if err != nil {
					return err
				}
				if trustFile == "" {
					return &usageError{"embed: --trust is missing", "usage: " + cmd.UseLine()}
				}
				if site, err = siteOf(cmd.Context(), c, trustFile, audience); err != nil {
					return err
				}
			}
			if err := replaceFile(out, site.Append(nil)); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s: %d bytes of policy, %d of bundle\n", out, len(site.Policy), len(site.Bundle))
			return nil
		},
	}
	p.flags(cmd, "from")
	trustFlag(cmd, &trustFile)
	cmd.Flags().StringVar(&audience, "audience", "", "what the service calls itself: `A`")
	cmd.Flags().StringVarP(&out, "out", "o", "", "the `FILE` to write")
	return cmd
}

// siteOf is what a service needs that follows a channel.
func siteOf(ctx context.Context, c *channel.Channel, trustFile, audience string) (fastly.Site, error) {
	root, err := trust.Read(trustFile)
	if err != nil {
		return fastly.Site{}, err
	}
	lists, err := channel.Keys(ctx, c.Store, root)
	if err != nil {
		return fastly.Site{}, err
	}
	head, err := c.Head(ctx, "")
	if err != nil {
		return fastly.Site{}, err
	}
	envelope, err := c.Envelope(ctx, head)
	if err != nil {
		return fastly.Site{}, err
	}
	policy := verify.Policy{Keys: lists[len(lists)-1], Channel: c.Name, Audience: audience}
	_, release, err := policy.Load(envelope, time.Now().Unix())
	if err != nil {
		return fastly.Site{}, err
	}
	if release.Statement.Candidate() {
		return fastly.Site{}, errors.New("what is current is a candidate, which not every place takes: embed what is for all")
	}
	policy.Bundle, policy.Floor = release.Statement.Bundle, release.Statement.Version
	return fastly.Site{Policy: verify.AppendPolicy(nil, &policy, 0), Bundle: envelope}, nil
}
