package main

import (
	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host/follow"
)

// verifier is who accepts releases, as flags say it.
type verifier struct {
	location
	trust, state, audience, name string
}

// flags adds --from, --channel, --trust, --state, --audience and --place; name is the place's unless it is given.
func (p *verifier) flags(cmd *cobra.Command, name string) {
	p.location.flags(cmd, "from")
	trustFlag(cmd, &p.trust)
	cmd.Flags().StringVar(&p.state, "state", "", "a folder `DIR` to remember in")
	cmd.Flags().StringVar(&p.audience, "audience", "", "what this place calls itself: `A`")
	cmd.Flags().StringVar(&p.name, "place", name, "the `NAME` of this place, which says when it takes a candidate; without one\nit takes none")
}

// open gives the place's follower.
func (p *verifier) open(cmd *cobra.Command) (*follow.Follower, error) {
	if _, err := p.location.open(cmd, "from"); err != nil {
		return nil, err
	}
	if p.trust == "" {
		return nil, &usageError{cmd.Name() + ": --trust is missing", "usage: " + cmd.UseLine()}
	}
	return follow.Place{URL: p.url, Channel: p.channel, Trust: p.trust, State: p.state, Audience: p.audience, Name: p.name}.Open()
}
