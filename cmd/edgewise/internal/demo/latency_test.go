package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantilesAreRightToThreePercent(t *testing.T) {
	var l latencies
	for n := range 100000 {
		l.add(time.Duration(n+1) * time.Nanosecond)
	}
	for _, q := range []float64{0.001, 0.5, 0.99, 0.999} {
		require.InEpsilon(t, q*100000, float64(l.quantile(q)), 0.035, "p%g", 100*q)
	}
}

func TestEachPartBeginsWhereItSays(t *testing.T) {
	before := -1
	for _, n := range []uint64{0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 1000, 1 << 20, 1<<40 + 12345, 1 << 62} {
		index := fineIndex(n)
		require.Greater(t, index, before-1)
		require.LessOrEqual(t, fineStart(index), n)
		require.Greater(t, fineStart(index+1), n)
		before = index
	}
}

func TestRowsShareAllOfIt(t *testing.T) {
	var l latencies
	for _, d := range []time.Duration{0, 99, 100, 1499, time.Hour} {
		l.add(d)
	}
	shares := l.percents()
	require.InDelta(t, 100, sum(shares), 1e-9)
	require.InDelta(t, 40, shares[0], 1e-9, "below the first edge")
	require.InDelta(t, 20, shares[1], 1e-9, "an edge begins its row")
	require.InDelta(t, 20, shares[len(shares)-1], 1e-9, "slower than all")

	require.Zero(t, new(latencies).quantile(0.5))
	require.Zero(t, sum(new(latencies).percents()))
}
