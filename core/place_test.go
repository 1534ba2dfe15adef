package core_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// place is the bucket that a draw puts a unit into.
func place(t *testing.T, hash format.Hash, seed string, key, buckets uint32, unit string) uint32 {
	t.Helper()
	s := newShop()
	r := s.halvesBy(hash, seed)
	s.Draws[0].Key, s.Draws[0].Buckets = key, buckets
	s.Ranges[0].End, s.Ranges[0].Start = 0, 0
	s.Ranges[1].End, s.Ranges[1].Start = buckets, buckets
	s.decide("d", 1, r)
	b := s.load(t)
	c, e := b.NewContext(), b.NewEvaluator()
	c.Grant(1)
	c.Set(session, core.String(unit))
	bucket, _, ok := e.Assign(c, 0, 0)
	require.True(t, ok)
	require.Zero(t, testing.AllocsPerRun(10, func() { e.Assign(c, 0, 0) }))
	return bucket
}

// These buckets are a contract: somebody's visitors are in them.
func TestGoldenBuckets(t *testing.T) {
	for _, c := range []struct {
		hash    format.Hash
		seed    string
		key     uint32
		buckets uint32
		unit    string
		want    uint32
	}{
		{format.HashXX64, "summer-2026", 0, 10000, "visitor-1", 6247},
		{format.HashMurmur3, "", 0, 1 << 24, "test", 0xba6bd213 >> 8}, // published values of the hashes themselves
		{format.HashMurmur3, "te", 0, 1 << 24, "st", 0xba6bd213 >> 8},
		{format.HashMurmur3, "tes", 0x9747b28c, 1 << 24, "t", 0x704b81dc >> 8},
		{format.HashMurmur3Mod, "Hello, ", 0, 1 << 24, "world!", 0xc0363e43 & 0xffffff},
		{format.HashMurmur3Mod, "The quick brown fox jumps", 0x9747b28c, 1 << 24, " over the lazy dog", 0x2fa826cd & 0xffffff},
		{format.HashFNV1a, "bar", 0, 1 << 24, "foo", 0xbf9cf968 & 0xffffff},
		{format.HashFNV1a, "", 0, 10000, "a", 0xe40c292c % 10000},
		{format.HashFNV1aTwice, "foo", 0, 1 << 24, "bar", 0x7f1611}, // of the text 3214735720
		{format.HashFNV1aTwice, "", 0, 1, "anything", 0},
	} {
		require.Equal(t, c.want, place(t, c.hash, c.seed, c.key, c.buckets, c.unit), "%s of %q and %q, %d buckets", c.hash, c.seed, c.unit, c.buckets)
	}
}

// GrowthBook's hash versions 1 and 2 give a fraction in thousandths and in ten thousandths, which its rules compare with a range.
func TestBucketsAreGrowthBooks(t *testing.T) {
	type payload struct {
		Features map[string]struct {
			Rules []struct {
				Range       []float64
				Seed        string
				HashVersion int
			}
		}
	}
	seen := map[int]int{}
	for _, c := range vectors.Lines[struct {
		ID, Group, Feature string
		Payload            payload
		Context            struct{ Attributes map[string]any }
		Expect             struct{ Value any }
	}](t, "growthbook", "cases.jsonl") {
		if c.Group != "hash" || len(c.Payload.Features[c.Feature].Rules) != 1 {
			continue
		}
		rule := c.Payload.Features[c.Feature].Rules[0]
		hash, buckets := format.HashFNV1a, uint32(1000)
		if rule.HashVersion == 2 {
			hash, buckets = format.HashFNV1aTwice, 10000
		}
		bucket := float64(place(t, hash, rule.Seed, 0, buckets, c.Context.Attributes["id"].(string))) / float64(buckets)
		require.Equal(t, c.Expect.Value == true, bucket >= rule.Range[0] && bucket < rule.Range[1], "%s: %v", c.ID, bucket)
		seen[rule.HashVersion]++
	}
	require.NotZero(t, seen[1])
	require.NotZero(t, seen[2])
}

// flagd's fractional operation hashes what its first operand gives, a flag's name and a visitor's as a rule, and scales to the sum of the
// weights.
func TestBucketsAreFlagds(t *testing.T) {
	data, err := os.ReadFile(vectors.Path(t, "flagd", "testkit-flags.json"))
	require.NoError(t, err)
	var definitions struct {
		Flags map[string]struct {
			Targeting struct{ Fractional []json.RawMessage }
		}
	}
	require.NoError(t, json.Unmarshal(data, &definitions))
	seen := 0
	for _, c := range vectors.Lines[struct {
		ID, Flag, Tier, Definitions string
		Context                     map[string]any
		Expect                      struct{ Value any }
	}](t, "flagd", "cases.jsonl") {
		if c.Tier != "core" || c.Definitions != "testkit-flags.json" {
			continue // what flagd does not do yet, which hashes another form of the value
		}
		operands := definitions.Flags[c.Flag].Targeting.Fractional
		if len(operands) < 2 {
			continue
		}
		seed, unit, ok := fractionalUnit(operands[0], c.Flag, c.Context)
		if !ok {
			continue
		}
		var names []string
		var ends []uint32
		total := uint32(0)
		for _, operand := range operands[1:] {
			var share []any
			require.NoError(t, json.Unmarshal(operand, &share))
			name, plain := share[0].(string)
			ok = ok && plain && len(share) == 2
			if ok {
				total += uint32(share[1].(float64))
				names, ends = append(names, name), append(ends, total)
			}
		}
		if !ok {
			continue // a variant whose name is an expression
		}
		bucket := place(t, format.HashMurmur3, seed, 0, total, unit)
		i := 0
		for bucket >= ends[i] {
			i++
		}
		require.Equal(t, c.Expect.Value, names[i], c.ID)
		seen++
	}
	require.GreaterOrEqual(t, seen, 4)
}

// fractionalUnit takes a fractional operation's first operand apart: {"cat": [seed, {"var": path}]} or {"var": path}.
func fractionalUnit(operand json.RawMessage, flag string, context map[string]any) (seed, unit string, ok bool) {
	var parts struct {
		Cat []json.RawMessage
		Var string
	}
	if json.Unmarshal(operand, &parts) != nil {
		return "", "", false
	}
	path := parts.Var
	if len(parts.Cat) == 2 {
		var first, second struct{ Var string }
		if json.Unmarshal(parts.Cat[0], &seed) != nil {
			if json.Unmarshal(parts.Cat[0], &first) != nil || first.Var != "$flagd.flagKey" {
				return "", "", false
			}
			seed = flag
		}
		if json.Unmarshal(parts.Cat[1], &second) != nil {
			return "", "", false
		}
		path = second.Var
	}
	if path == "user.name" {
		context, _ = context["user"].(map[string]any)
		path = "name"
	}
	unit, ok = context[path].(string)
	return seed, unit, ok && unit != ""
}

// Unleash hashes group and visitor with a colon between, rollouts with the seed 0 and variants with one of their own, and takes the rest
// of a division.
func TestBucketsAreUnleashes(t *testing.T) {
	const variantSeed = 86028157
	data, err := os.ReadFile(vectors.Path(t, "unleash", "12-custom-stickiness.json"))
	require.NoError(t, err)
	type visitor struct {
		Properties struct{ CustomField string }
	}
	var suite struct {
		State struct {
			Features []struct {
				Name       string
				Strategies []struct {
					Parameters struct{ Rollout, GroupID string }
				}
				Variants []struct {
					Name   string
					Weight uint32
				}
			}
		}
		Tests []struct {
			Description, ToggleName string
			Context                 visitor
			ExpectedResult          bool
		}
		VariantTests []struct {
			Description, ToggleName string
			Context                 visitor
			ExpectedResult          struct{ Name string }
		}
	}
	require.NoError(t, json.Unmarshal(data, &suite))
	rollouts, variants := 0, 0
	for _, f := range suite.State.Features {
		p := f.Strategies[0].Parameters
		percent, err := strconv.Atoi(p.Rollout)
		require.NoError(t, err)
		for _, c := range suite.Tests {
			if unit := c.Context.Properties.CustomField; c.ToggleName == f.Name && unit != "" {
				require.Equal(t, c.ExpectedResult, place(t, format.HashMurmur3Mod, p.GroupID+":", 0, 100, unit) < uint32(percent), c.Description)
				rollouts++
			}
		}
		total := uint32(0)
		for _, v := range f.Variants {
			total += v.Weight
		}
		for _, c := range suite.VariantTests {
			unit := c.Context.Properties.CustomField
			if c.ToggleName != f.Name || unit == "" || total == 0 {
				continue
			}
			bucket, i, end := place(t, format.HashMurmur3Mod, f.Name+":", variantSeed, total, unit), 0, f.Variants[0].Weight
			for bucket >= end {
				i++
				end += f.Variants[i].Weight
			}
			require.Equal(t, c.ExpectedResult.Name, f.Variants[i].Name, c.Description)
			variants++
		}
	}
	require.GreaterOrEqual(t, rollouts, 4)
	require.GreaterOrEqual(t, variants, 4)
}
