// Package openfeature is a provider for the OpenFeature SDK for Go that decides in process, by a host.
//
// Reach for NewProvider with a host, or for Follow, where the host is to be kept current with a channel, and give the provider to the SDK:
//
//	openfeature.SetProviderAndWait(provider.Follow(follower, host.Options{}))
//
// Flags are decisions. The evaluation context has attributes by name, nested or with dots, the targeting key, and consent, whatever marshals to
// {"granted":["personalization"],"tcf":"C..."}; package flag says what answers say. Clients may be used by several goroutines at once.
//
// # Events
//
// A provider that follows a channel is READY once it has something to decide by, STALE when that is not fresh any more, and in ERROR when it has expired, or
// when there is nothing yet: it goes on trying. (The SDK's SetProvider listens to a provider that begins so, SetProviderAndWait does not.) After each release it says
// CONFIGURATION_CHANGED. In every state but the last it answers.
package openfeature

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"

	of "github.com/open-feature/go-sdk/openfeature"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/flag"
)

// Provider decides for OpenFeature's clients.
type Provider struct {
	host   atomic.Pointer[host.Host]
	events chan of.Event
	life   *life // nil: the host is the caller's
}

// keptEvents is how many events wait for the SDK. Where there is no room the newest is dropped: nobody listens.
const keptEvents = 64

var (
	_ of.FeatureProvider          = (*Provider)(nil)
	_ of.ContextAwareStateHandler = (*Provider)(nil)
	_ of.EventHandler             = (*Provider)(nil)
)

// NewProvider makes a provider that decides by a host. The host stays the caller's, who calls Changed after loading another bundle, and closes it.
func NewProvider(h *host.Host) *Provider {
	p := &Provider{events: make(chan of.Event, keptEvents)}
	p.host.Store(h)
	return p
}

// Changed tells the SDK that the host decides by another bundle.
func (p *Provider) Changed() { p.tell(of.ProviderConfigChange, "another bundle is in service") }

// Metadata names the provider.
func (p *Provider) Metadata() of.Metadata { return of.Metadata{Name: "edgewise"} }

// Hooks are none.
func (p *Provider) Hooks() []of.Hook { return nil }

// EventChannel gives the provider's events.
func (p *Provider) EventChannel() <-chan of.Event { return p.events }

func (p *Provider) tell(what of.EventType, message string) {
	select {
	case p.events <- of.Event{ProviderName: p.Metadata().Name, EventType: what, ProviderEventDetails: of.ProviderEventDetails{Message: message}}:
	default:
	}
}

// BooleanEvaluation answers with a bool.
func (p *Provider) BooleanEvaluation(ctx context.Context, key string, otherwise bool, in of.FlattenedContext) of.BoolResolutionDetail {
	return resolve(ctx, p, key, otherwise, in, (*host.Decision).Boolean)
}

// StringEvaluation answers with a string.
func (p *Provider) StringEvaluation(ctx context.Context, key string, otherwise string, in of.FlattenedContext) of.StringResolutionDetail {
	return resolve(ctx, p, key, otherwise, in, (*host.Decision).Text)
}

// FloatEvaluation answers with a number.
func (p *Provider) FloatEvaluation(ctx context.Context, key string, otherwise float64, in of.FlattenedContext) of.FloatResolutionDetail {
	return resolve(ctx, p, key, otherwise, in, (*host.Decision).Float)
}

// IntEvaluation answers with a number that is whole, as 5 and 5.0 are.
func (p *Provider) IntEvaluation(ctx context.Context, key string, otherwise int64, in of.FlattenedContext) of.IntResolutionDetail {
	return resolve(ctx, p, key, otherwise, in, (*host.Decision).Int)
}

// ObjectEvaluation answers with a map[string]any.
func (p *Provider) ObjectEvaluation(ctx context.Context, key string, otherwise any, in of.FlattenedContext) of.InterfaceResolutionDetail {
	return resolve(ctx, p, key, otherwise, in, func(d *host.Decision) (any, bool) {
		value, ok := d.Object()
		return value, ok
	})
}

// resolve answers with a flag's value, as read reads it.
func resolve[T any](ctx context.Context, p *Provider, key string, otherwise T, in of.FlattenedContext, read func(*host.Decision) (T, bool)) of.GenericResolutionDetail[T] {
	answer := of.GenericResolutionDetail[T]{Value: otherwise}
	h := p.host.Load()
	if h == nil {
		return failed(answer, of.NewProviderNotReadyResolutionError("there is nothing to decide by yet"))
	}
	result, err := h.Evaluate(ctx, in, []string{key})
	switch {
	case errors.Is(err, host.ErrContext):
		return failed(answer, of.NewInvalidContextResolutionError(err.Error()))
	case err != nil && len(result.Decisions) == 0:
		return failed(answer, of.NewGeneralResolutionError(err.Error()))
	}
	f := flag.Of(&result.Decisions[0], result.Version)
	switch f.ErrorCode {
	case flag.NotFound:
		return failed(answer, of.NewFlagNotFoundResolutionError("flag "+key+" not found"))
	case flag.TargetingKeyMissing:
		return failed(answer, of.NewTargetingKeyMissingResolutionError(f.Details))
	}
	if f.Value != nil {
		value, ok := read(&result.Decisions[0])
		if !ok {
			return failed(answer, of.NewTypeMismatchResolutionError("the value of "+key+" has another type"))
		}
		answer.Value = value
	}
	answer.Reason, answer.Variant, answer.FlagMetadata = of.Reason(f.Reason), f.Variant, metadata(f.Metadata)
	return answer
}

func failed[T any](answer of.GenericResolutionDetail[T], err of.ResolutionError) of.GenericResolutionDetail[T] {
	answer.Reason, answer.ResolutionError = of.ErrorReason, err
	return answer
}

// metadata reads flag metadata. Whole numbers are int64, as the SDK's GetInt wants them.
func metadata(text json.RawMessage) of.FlagMetadata {
	if len(text) == 0 {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	all := of.FlagMetadata{}
	if decoder.Decode(&all) != nil {
		return nil // a bundle's metadata are JSON
	}
	for name, value := range all {
		number, is := value.(json.Number)
		if !is {
			continue
		}
		if n, err := number.Int64(); err == nil {
			all[name] = n
		} else if f, err := number.Float64(); err == nil {
			all[name] = f
		}
	}
	return all
}
