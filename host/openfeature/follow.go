package openfeature

import (
	"context"
	"sync"
	"time"

	of "github.com/open-feature/go-sdk/openfeature"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/follow"
)

// life is what a provider does that keeps itself current, from Init to Shutdown.
type life struct {
	follower *follow.Follower
	options  host.Options

	mu      sync.Mutex         // held by Init and Shutdown
	stop    context.CancelFunc // nil before Init and after Shutdown
	running sync.WaitGroup

	// Of whatever runs the follower: one goroutine at a time.
	begun bool
	state string // of what is in service, as follow.Event has it
}

// Follow makes a provider that decides by whatever is current in a channel. Package follow makes the follower, which is the provider's from then on; its
// Report is called as before. What options say of a bundle is filled in.
func Follow(f *follow.Follower, options host.Options) *Provider {
	p := &Provider{events: make(chan of.Event, keptEvents), life: &life{follower: f, options: options}}
	before := f.Report
	f.Report = func(e follow.Event) {
		if before != nil {
			before(e)
		}
		p.hear(e)
	}
	return p
}

// hear tells the SDK what a follower reports. A refusal changes nothing.
func (p *Provider) hear(e follow.Event) {
	if e.Refused != "" {
		return
	}
	before := p.life.state
	p.life.state = e.State
	switch {
	case !p.life.begun: // begin tells of it
	case e.State != "":
		p.tellState(e.State)
	default:
		if before != "" {
			p.tell(of.ProviderReady, "a release is in service")
		}
		p.Changed()
	}
}

func (p *Provider) tellState(state string) {
	switch state {
	case "stale":
		p.tell(of.ProviderStale, "the release is not fresh any more")
	case "expired":
		p.tell(of.ProviderError, "the release has expired: only necessary decisions are made")
	}
}

// Init is InitWithContext without an end.
func (p *Provider) Init(in of.EvaluationContext) error {
	return p.InitWithContext(context.Background(), in)
}

// InitWithContext begins to follow. It returns when there is a release to decide by: from the disk, or from the store, which ctx bounds how long to ask. Where
// there is none, the error says why, and the provider goes on trying until Shutdown. Once more is nothing: a provider may be that of several domains.
func (p *Provider) InitWithContext(ctx context.Context, _ of.EvaluationContext) error {
	l := p.life
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		return nil
	}
	going, stop := context.WithCancel(context.Background())
	l.stop = stop
	h, err := l.follower.Serve(ctx, l.options)
	if err == nil {
		p.begin(h) // that the provider is ready is for the SDK to say
	}
	l.running.Go(func() { p.keep(going) })
	if err != nil {
		return &of.ProviderInitError{ErrorCode: of.GeneralCode, Message: err.Error()}
	}
	return nil
}

// begin decides by a host from now on.
func (p *Provider) begin(h *host.Host) {
	p.host.Store(h)
	p.life.begun = true
	p.tellState(p.life.state)
}

// keep keeps the provider current until ctx ends.
func (p *Provider) keep(ctx context.Context) {
	l := p.life
	for !l.begun {
		interval := l.follower.Interval
		if interval <= 0 {
			interval = follow.Interval
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
		if h, err := l.follower.Serve(ctx, l.options); err == nil {
			p.tell(of.ProviderReady, "there is a release to decide by")
			p.begin(h)
		}
	}
	l.follower.Run(ctx)
}

// Shutdown is ShutdownWithContext without an end.
func (p *Provider) Shutdown() { p.ShutdownWithContext(context.Background()) }

// ShutdownWithContext ends what Init began. ctx bounds how long it waits for decisions that are being made.
func (p *Provider) ShutdownWithContext(ctx context.Context) error {
	l := p.life
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop == nil {
		return nil
	}
	l.stop()
	l.running.Wait()
	l.stop, l.begun = nil, false
	if h := p.host.Swap(nil); h != nil {
		return h.Close(ctx)
	}
	return nil
}
