package main

import (
	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host/follow"
)

// verifier is who accepts releases, as flags say it.
type verifier struct {
	location
	trust, state, audience, name string
	hosts                        bool // it is a host: without a name it has the machine's
}

// flags adds --from, --channel, --trust, --state, --audience and --place.
func (p *verifier) flags(cmd *cobra.Command) {
	p.location.flags(cmd, "from")
	trustFlag(cmd, &p.trust)
	cmd.Flags().StringVar(&p.state, "state", "", "a folder `DIR` to remember in: a start needs no network then")
	cmd.Flags().StringVar(&p.audience, "audience", "", "what this place calls itself: `A`")
	absent := "none, and no\ncandidate is taken"
	if p.hosts {
		absent = "the\nmachine's; an empty one takes none"
	}
	cmd.Flags().StringVar(&p.name, "place", "", "the `NAME` by which this place takes candidates (if absent "+absent+")")
}

// open gives the place's follower.
func (p *verifier) open(cmd *cobra.Command) (*follow.Follower, error) {
	if _, err := p.location.open(cmd, "from"); err != nil {
		return nil, err
	}
	if p.trust == "" {
		return nil, &usageError{cmd.Name() + ": --trust is missing", "usage: " + cmd.UseLine()}
	}
	if p.hosts && !cmd.Flags().Changed("place") {
		p.name = follow.HostName()
	}
	return follow.Place{URL: p.url, Channel: p.channel, Trust: p.trust, State: p.state, Audience: p.audience, Name: p.name}.Open()
}
