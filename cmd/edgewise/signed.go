package main

import (
	"slices"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
)

// hostOptions are with what a host decides by a bundle. A release is decided as its statement says: with its version, as fresh as it is, and with
// decisions switched off. As nobody asks here who has signed it, it is signed anew with a key that is known to this host alone: a host, and the module
// within it, take statements only so.
func hostOptions(l *bundles.Loaded) (host.Options, error) {
	if l.Statement == nil {
		return host.Options{Bundle: l.Data}, nil
	}
	signer, _, err := sign.Generate()
	if err != nil {
		return host.Options{}, err
	}
	s := *l.Statement
	s.Ramp = verify.Ramp{} // here a candidate is decided by, wherever its ramp has come to
	envelope, err := sign.Release(l.Data, s, nil, signer)
	if err != nil {
		return host.Options{}, err
	}
	keys := &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: signer.Public()}}}
	trust := host.Trust{Policy: verify.Policy{Keys: keys, Channel: s.Channel, Audience: s.Audience}, At: s.NotBefore}
	return host.Options{Bundle: envelope, Trust: &trust}, nil
}

// switchOff shows in a bundle what a statement switches off. Its bytes stay as they are.
func switchOff(b *format.Bundle, decisions []string) *format.Bundle {
	off := *b
	off.Decisions = slices.Clone(b.Decisions)
	for _, name := range decisions {
		if i := off.FindDecision(name); i >= 0 {
			off.Decisions[i].Flags |= format.DecisionDisabled
		}
	}
	return &off
}

// switchedAlike gives both sides of a comparison as they decide for good: however old a release is, and with what the first of them switches off, which
// stays so when the second is published over it.
func switchedAlike(before, after *bundles.Loaded) (*bundles.Loaded, *bundles.Loaded) {
	forGood := func(l *bundles.Loaded, disabled []string) *bundles.Loaded {
		return &bundles.Loaded{Data: l.Data, Bundle: switchOff(l.Bundle, disabled), Source: l.Source,
			Statement: &verify.Statement{Version: 1, Channel: "impact", Disabled: disabled}}
	}
	if before.Statement == nil {
		return before, after
	}
	disabled := before.Statement.Disabled
	if after.Statement != nil {
		return forGood(before, disabled), forGood(after, after.Statement.Disabled)
	}
	return forGood(before, disabled), forGood(after, slices.DeleteFunc(slices.Clone(disabled), func(name string) bool { return after.Bundle.FindDecision(name) < 0 }))
}
