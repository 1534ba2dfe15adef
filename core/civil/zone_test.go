package civil_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/civil"
)

func zone(words ...int64) civil.Zone {
	var table []byte
	for _, w := range words {
		table = binary.LittleEndian.AppendUint64(table, uint64(w))
	}
	return civil.Zone(table)
}

const (
	always    = -1 << 63                              // from the beginning on, offset 0
	lastMarch = 3 | 5<<4 | 0<<7 | 3600<<10 | 3600<<30 // last Sunday in March at 1, then an hour ahead
	octoberAt = 10 | 5<<4 | 0<<7 | 7200<<10 | 0<<30   // last Sunday in October at 2, then none
	noMonth   = octoberAt &^ 15
)

func TestZoneOffset(t *testing.T) {
	changed := zone(0, always, 1000<<20|3600, 2000<<20|(-3600&0xfffff))
	require.True(t, changed.Check())
	for at, want := range map[int64]int{civil.MinSeconds: 0, 999: 0, 1000: 3600, 1999: 3600, 2000: -3600, civil.MaxSeconds: -3600} {
		require.Equal(t, want, changed.Offset(at), at)
	}
	ruled := zone(2, lastMarch, octoberAt, always)
	require.True(t, ruled.Check())
	for _, c := range []struct {
		at   int64
		want int
	}{
		{civil.Seconds(2026, 3, 29, 0, 59, 59), 0}, {civil.Seconds(2026, 3, 29, 1, 0, 0), 3600},
		{civil.Seconds(2026, 10, 25, 0, 59, 59), 3600}, {civil.Seconds(2026, 10, 25, 1, 0, 0), 0},
		{civil.MinSeconds, 0}, {civil.MaxSeconds, 0},
	} {
		require.Equal(t, c.want, ruled.Offset(c.at))
	}
}

func TestZoneCheck(t *testing.T) {
	for name, z := range map[string]civil.Zone{
		"empty":             "",
		"part of a number":  zone(0, always)[1:],
		"no transition":     zone(0),
		"one rule":          zone(1, lastMarch, always),
		"rules only":        zone(2, lastMarch, octoberAt),
		"rules without end": zone(-1, always),
		"a month 0":         zone(2, lastMarch, noMonth, always),
		"begins too late":   zone(0, (civil.MinSeconds+1)<<20),
		"out of order":      zone(0, always, 5<<20, 4<<20),
		"twice at one time": zone(0, always, 5<<20, 5<<20|1),
	} {
		require.False(t, z.Check(), name)
	}
}
