package channel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Keys follows the signed key lists in a store from root to the latest, and gives them in this order. The error wraps a *verify.Refusal: of a list
// that does not follow, or unavailable.
func Keys(ctx context.Context, s store.Store, root *verify.KeyList) ([]*verify.KeyList, error) {
	lists := []*verify.KeyList{root}
	for latest := root; ; {
		object, err := s.Get(ctx, trust.ListKey(latest.Version+1), "")
		if errors.Is(err, store.ErrNotFound) {
			return lists, nil
		}
		if err != nil {
			return nil, refused(verify.Unavailable, err)
		}
		if latest, err = latest.Next(object.Data, verify.CheckSignature); err != nil {
			return nil, err
		}
		lists = append(lists, latest)
	}
}

// Advice is the latest key list that lies in a store, nil where there is none. Nobody has checked it, as there is nothing to check it by: it serves to find
// out before a release that those who follow would refuse it, and never to trust one.
func Advice(ctx context.Context, s store.Store) (*verify.KeyList, error) {
	names, err := s.List(ctx, "keys/")
	if err != nil {
		return nil, err
	}
	var latest uint64
	for _, name := range names {
		if version, err := strconv.ParseUint(strings.TrimPrefix(name, "keys/"), 10, 64); err == nil {
			latest = max(latest, version)
		}
	}
	if latest == 0 {
		return nil, nil
	}
	object, err := s.Get(ctx, trust.ListKey(latest), "")
	if err != nil {
		return nil, err
	}
	list, err := verify.ListIn(object.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", s, trust.ListKey(latest), err)
	}
	return list, nil
}

// Advise leaves a key list that no other introduces in a store for Advice, where none lies there.
func Advise(ctx context.Context, s store.Store, list *verify.KeyList) error {
	_, err := s.Put(ctx, trust.ListKey(list.Version), verify.AppendListFile(nil, &verify.Signed{Body: list.Append(nil)}), "")
	if errors.Is(err, store.ErrChanged) {
		return nil
	}
	return err
}

// Ever is every key that one of the lists has, for reading what was signed in the past; nil of no lists.
func Ever(lists []*verify.KeyList) *verify.KeyList {
	if len(lists) == 0 {
		return nil
	}
	ever := &verify.KeyList{}
	for _, list := range lists {
		for _, key := range list.Keys {
			if !slices.ContainsFunc(ever.Keys, func(k verify.Key) bool { return k.Public == key.Public }) {
				ever.Keys = append(ever.Keys, key)
			}
		}
	}
	return ever
}

// verdict is which key lists accept a release.
type verdict struct {
	version uint64
	by      []bool
	latest  error // the *verify.Refusal by the latest list; nil: it accepts
}

// judge asks each list. Before the first of them there may have been one that had nobody revoked yet.
func judge(lists []*verify.KeyList, envelope []byte, s *verify.Statement) verdict {
	before := *lists[0]
	before.Keys = slices.Clone(before.Keys)
	for i := range before.Keys {
		before.Keys[i].Role &^= verify.Revoked
	}
	v := verdict{version: s.Version}
	for _, list := range append([]*verify.KeyList{&before}, lists...) {
		policy := verify.Policy{Keys: list, Channel: s.Channel, Audience: s.Audience}
		_, v.latest = policy.AcceptAnywhere(envelope, s.NotBefore, verify.CheckSignature)
		var refusal *verify.Refusal
		if errors.As(v.latest, &refusal) && (refusal.Code == verify.Format || refusal.Code == verify.Engine) { // for verifiers older or newer than this one
			v.latest = nil
		}
		v.by = append(v.by, v.latest == nil)
	}
	return v
}

// unaccepted gives the verdicts on releases, the latest of which comes first, that no verifier accepted. No release says which list was in force
// when it was made; but none is accepted any more after one that takes a later list.
func unaccepted(verdicts []verdict) (refused []verdict) {
	inForce := 0
	for _, v := range slices.Backward(verdicts) {
		if i := slices.Index(v.by[inForce:], true); i >= 0 {
			inForce += i
		} else {
			refused = append(refused, v)
		}
	}
	return refused
}
