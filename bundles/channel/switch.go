package channel

import (
	"fmt"
	"slices"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// switched gives the decisions that a release switches off. What is switched off stays so through later releases, until Enable or until the bundle
// has no such decision any more: whoever releases rules need not know of an emergency. With a rollback comes besides what was off then.
func switched(before *verify.Statement, release Release, bundle *format.Bundle) (off []string, err error) {
	if before != nil {
		off = slices.DeleteFunc(slices.Clone(before.Disabled), func(name string) bool { return bundle.FindDecision(name) < 0 })
	}
	for _, name := range release.Switches {
		at, found := slices.BinarySearch(off, name)
		switch {
		case release.Action == Rollback && (found || bundle.FindDecision(name) < 0):
		case bundle.FindDecision(name) < 0:
			return nil, fmt.Errorf("%s has no decision %q", bundle.Name(), name)
		case release.Action == Enable && !found:
			return nil, fmt.Errorf("%s is not switched off", name)
		case release.Action == Enable:
			off = slices.Delete(off, at, at+1)
		case found:
			return nil, fmt.Errorf("%s is switched off already", name)
		default:
			off = slices.Insert(off, at, name)
		}
	}
	if len(off) > verify.MaxDisabled {
		return nil, fmt.Errorf("%d decisions would be switched off, the limit is %d: roll back instead", len(off), verify.MaxDisabled)
	}
	return off, nil
}
