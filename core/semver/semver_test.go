package semver_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/semver"
)

// ordered are versions, each less than the next: the example of semver.org, and more.
var ordered = []string{"0.0.0-0", "0.0.0", "0.0.1", "0.9.10", "0.10.9", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
	"1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-99999999999999999999999", "1.0.1-a", "1.0.1", "2.0.0", "2.0.2097150-a", "2.0.2097150", "2.0.2097151-a",
	"2.0.2097151", "2.0.2097152", "2.2097152.0-a", "2.2097152.0", "2.2097153.0", "2097151.0.0", "18446744073709551615.0.0"}

func TestOrder(t *testing.T) {
	for i, x := range ordered {
		for j, y := range ordered {
			one, ok := semver.Parse(x)
			require.True(t, ok, x)
			other, ok := semver.Parse(y + "+build.01")
			require.True(t, ok, y)
			require.Equal(t, min(1, max(-1, i-j)), semver.Compare(one, other), "%s %s", x, y)
			for _, m := range markers(t) {
				require.Contains(t, []int{0, min(1, max(-1, i-j))}, cmp.Compare(m.Mark(&one), m.Mark(&other)), "%s %s", x, y)
			}
		}
	}
}

// markers are fit for nothing, for some of the versions, and for all of them.
func markers(t *testing.T) []semver.Marker {
	all := make([]semver.Marker, 4)
	for i := range all {
		for _, s := range ordered[:i*len(ordered)/3] {
			v, ok := semver.Parse(s)
			require.True(t, ok, s)
			all[i].Fit(&v)
		}
	}
	return all
}

func TestMarkTellsOrdinaryVersionsApart(t *testing.T) {
	var m semver.Marker
	mark := func(s string) uint64 {
		v, ok := semver.Parse(s)
		require.True(t, ok, s)
		return m.Mark(&v)
	}
	fit, _ := semver.Parse("6.7.8")
	m.Fit(&fit)
	for _, pair := range [][2]string{{"1.2.3-rc.1", "1.2.3"}, {"1.2.3", "1.2.4-rc.1"}, {"1.2.7", "1.7.0"}, {"0.0.0-0", "0.0.0"}, {"6.7.8", "6.7.15"}, {"6.7.8", "6.8.0"},
		{"5.99.0", "6.0.0"}, {"6.7.99", "6.8.0-rc.1"}} {
		require.Less(t, mark(pair[0]), mark(pair[1]), "%s", pair)
	}
	require.Equal(t, mark("1.2.3+a"), mark("1.2.3+b"))
	require.Less(t, mark("6.99.99"), uint64(1<<12), "as small as it can be, so that buckets are even")
}

func TestNoVersions(t *testing.T) {
	for _, s := range []string{"", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.02.3", "1.2.03", "1.2.3-", "1.2.3+", "1.2.3-01", "1.2.3-a..b", "1.2.3-ä", "1.2.-3", "1.2.3 ",
		" 1.2.3", "a.b.c", "1.2.x", "18446744073709551616.0.0", "1.2.3+a+b", "-1.2.3", "+1.2.3", "1.-2.3"} {
		_, ok := semver.Parse(s)
		require.False(t, ok, s)
	}
}

func TestLongVersions(t *testing.T) {
	longest := "1.2.3-" + strings.Repeat("a", semver.MaxText-len("1.2.3-"))
	_, ok := semver.Parse(longest)
	require.True(t, ok)
	require.Equal(t, longest, string(semver.Normalize(nil, longest)))
	_, ok = semver.Parse(longest + "a")
	require.False(t, ok)
	require.Empty(t, semver.Normalize(nil, longest+"a"))
}

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{"v1.2.3": "1.2.3", "1": "1.0.0", "v1.2": "1.2.0", "01.02.03": "1.2.3", "1.2.003-rc.1+b": "1.2.3-rc.1+b", "000.0.0": "0.0.0",
		"1.2.3": "1.2.3", "1-rc": "", "1.2+b": "", "": ".0.0", "1.2.3-0a": "1.2.3-0a"} {
		require.Equal(t, want, string(semver.Normalize(nil, in)), in)
	}
}
