package compile

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// weightsOf gives the weight of each of the decision's variants, 0 where a split's weights do not name it. It is not ok where they are
// all 0 or their sum does not fit 64 bits.
func weightsOf(d *source.Decision, written []source.Weight) (weights []uint64, ok bool) {
	weights = make([]uint64, len(d.Variants))
	sum, carry := uint64(0), uint64(0)
	for _, w := range written {
		weights[variantIndex(d, w.Variant.Value)] += w.Millionth
		var over uint64
		sum, over = bits.Add64(sum, w.Millionth, 0)
		carry |= over
	}
	return weights, sum > 0 && carry == 0
}

// shares divides buckets in the ratio of weights, whose sum is not 0 and fits 64 bits. Each weight gets the whole buckets that are due to it;
// those left over go one each to the largest remainders, of equal ones to the earlier.
func shares(weights []uint64, buckets uint32) []uint32 {
	sum := uint64(0)
	for _, w := range weights {
		sum += w
	}
	shares, remainders, order := make([]uint32, len(weights)), make([]uint64, len(weights)), make([]int, len(weights))
	left := buckets
	for i, w := range weights {
		high, low := bits.Mul64(w, uint64(buckets))
		share, remainder := bits.Div64(high, low, sum)
		shares[i], remainders[i], order[i] = uint32(share), remainder, i
		left -= uint32(share)
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(remainders[j], remainders[i]) })
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares
}
