package channel

import (
	"cmp"
	"context"
	"fmt"

	"github.com/edgewise-dev/edgewise/core/verify"
)

// maxForks is how many records of one number are looked at. Whoever can write the store can add as many as he likes that nobody trusted has signed.
const maxForks = 16

// checkLatest says whether anything has followed a head. Where it was put back, what is released upon it would get a version that places have seen, and
// they would refuse it: an emergency would be thought dealt with.
func (c *Channel) checkLatest(ctx context.Context, head *Record, release Release) error {
	later, err := c.Store.List(ctx, fmt.Sprintf("%s%012d-", c.log(), head.Sequence+1))
	if err != nil {
		return err
	}
	keys := cmp.Or(release.Ever, release.Keys, keysOf(release))
	for _, key := range later[:min(len(later), maxForks)] {
		object, err := c.Store.Get(ctx, key, "")
		if err != nil {
			return err
		}
		record, err := ReadRecord(object.Data)
		if err != nil || record.Channel != c.Name || c.logged(record) != key || checkSignatures(keys, record) != nil {
			continue
		}
		if is, err := c.Head(ctx, ""); err != nil || is.Digest != head.Digest {
			return c.raced(record)
		}
		return fmt.Errorf("%s: its head is number %d, and number %d is in the log: somebody has put it back: copy the last record of %s to %s, then look at `edgewise log --verify`",
			c, head.Sequence, record.Sequence, c.log(), c.head())
	}
	return nil
}

// keysOf are the keys of those who sign a release.
func keysOf(release Release) *verify.KeyList {
	list := &verify.KeyList{}
	for _, signer := range release.Signers {
		list.Keys = append(list.Keys, verify.Key{Public: signer.Public()})
	}
	return list
}
