package channel

import (
	"context"
	"errors"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Keys follows the signed key lists in a store from root to the latest. ever is that list and every key that it or one before it had, for reading
// what was signed in the past. The error wraps a *verify.Refusal: of a list that does not follow, or unavailable.
func Keys(ctx context.Context, s store.Store, root *verify.KeyList) (latest, ever *verify.KeyList, err error) {
	latest, ever = root, &verify.KeyList{Keys: slices.Clone(root.Keys)}
	for {
		object, err := s.Get(ctx, trust.ListKey(latest.Version+1), "")
		if errors.Is(err, store.ErrNotFound) {
			return latest, ever, nil
		}
		if err != nil {
			return nil, nil, refused(verify.Unavailable, err)
		}
		if latest, err = latest.Next(object.Data, verify.CheckSignature); err != nil {
			return nil, nil, err
		}
		for _, key := range latest.Keys {
			if !slices.ContainsFunc(ever.Keys, func(k verify.Key) bool { return k.Public == key.Public }) {
				ever.Keys = append(ever.Keys, key)
			}
		}
	}
}
