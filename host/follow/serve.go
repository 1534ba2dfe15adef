package follow

import (
	"context"
	"fmt"
	"os"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/store/open"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
)

// Place is who follows what.
type Place struct {
	URL      string // of the store (package store/open says which there are)
	Channel  string
	Trust    string // the file of the keys whose signatures count
	State    string // the folder to remember in; "": nothing is remembered beyond this program's life
	Audience string // what the place calls itself; "": it accepts what is for everybody
	Name     string // the place's own, which says when it takes a candidate; "": never
}

// Open gives a follower of a channel for a host that is named as the machine is: see Place.
func Open(url, name, trustFile, state string) (*Follower, error) {
	return Place{URL: url, Channel: name, Trust: trustFile, State: state, Name: HostName()}.Open()
}

// HostName is the name of this machine; "" where it has none.
func HostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// Open gives the place's follower.
func (p Place) Open() (*Follower, error) {
	s, err := open.URL(p.URL)
	if err != nil {
		return nil, err
	}
	c, err := channel.Open(s, p.Channel)
	if err != nil {
		return nil, err
	}
	keys, err := trust.Read(p.Trust)
	if err != nil {
		return nil, err
	}
	verifier, err := trust.Open(verify.Policy{Keys: keys, Channel: p.Channel, Audience: p.Audience, Place: p.Name}, p.State)
	if err != nil {
		return nil, err
	}
	return &Follower{Channel: c, Verifier: verifier}, nil
}

// Serve gives a host that decides by the channel's release: what Start finds, or else what the store has. It sets Activate, so
// that Run, which is to be called next, puts each later release in service there. options.Bundle and options.Trust are filled in; the host verifies for
// itself once more. The error says why there is nothing to serve, and wraps a *verify.Refusal where that is the reason.
func (f *Follower) Serve(ctx context.Context, options host.Options) (*host.Host, error) {
	var h *host.Host
	var failed error
	f.Activate = func(a *trust.Accepted) (err error) {
		by := host.Trust{Policy: f.Verifier.Policy(), At: f.now().Unix()}
		if h != nil {
			return h.LoadSigned(a.Envelope, by)
		}
		options.Bundle, options.Trust = a.Envelope, &by
		if h, err = host.New(ctx, options); err == nil {
			f.tally = h.Tally
		}
		return err
	}
	f.refused = func(err error) { failed = err }
	defer func() { f.refused = nil }()
	if f.Start(); h == nil {
		f.Poll(ctx)
	}
	switch {
	case h != nil:
		return h, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("nothing to serve: %w", failed)
}
