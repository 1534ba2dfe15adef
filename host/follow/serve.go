package follow

import (
	"context"
	"fmt"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/store/open"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
)

// Open gives a follower of a channel in the store at a URL (package store/open says which there are), who accepts what the trust file's keys have
// signed and remembers it in the folder state; "" remembers nothing beyond this program's life.
func Open(url, name, trustFile, state string) (*Follower, error) {
	s, err := open.URL(url)
	if err != nil {
		return nil, err
	}
	c, err := channel.Open(s, name)
	if err != nil {
		return nil, err
	}
	keys, err := trust.Read(trustFile)
	if err != nil {
		return nil, err
	}
	verifier, err := trust.Open(verify.Policy{Keys: keys, Channel: name}, state)
	if err != nil {
		return nil, err
	}
	return &Follower{Channel: c, Verifier: verifier}, nil
}

// Serve gives a host that decides by the channel's release: the last good one on disk, or else what the store has. It sets Activate, so
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
		h, err = host.New(ctx, options)
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
