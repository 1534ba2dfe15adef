package impact_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/impact"
)

// A sample holds each value that a rule compares with, those beside a number, none at all, and consent to each purpose or not.
func TestSample(t *testing.T) {
	name := filepath.Join(t.TempDir(), "shop.yaml")
	require.NoError(t, os.WriteFile(name, []byte(`bundle: shop
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
  items: {type: uint, purpose: necessary}
  tier: {type: string, purpose: necessary, enum: [gold, silver]}
  tags: {type: list(string), purpose: necessary}
  known: {type: bool, purpose: necessary}
decisions:
  hero:
    purpose: personalization
    variants: {a: 1, b: 2}
    default: a
    rules:
      - {when: 'cart.value >= 50.0 && geo.country in ["DE", "FR"]', serve: b}
      - {when: 'items > 0u || "sale" in tags || tier == "gold" || known', serve: b}
      - {split: {by: session.id, weights: {a: 1, b: 1}}}
`), 0o644))
	loaded, err := bundles.Load(name)
	require.NoError(t, err)
	text, err := io.ReadAll(impact.Sample(1, 2000, loaded.Bundle, loaded.Bundle))
	require.NoError(t, err)
	again, err := io.ReadAll(impact.Sample(1, 2000, loaded.Bundle))
	require.NoError(t, err)
	require.Equal(t, string(text), string(again), "the same seed gives the same sample")

	seen, granted, units := map[string]map[string]int{}, map[int]int{}, map[string]bool{}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Len(t, lines, 2000)
	for _, line := range lines {
		var l struct {
			Context map[string]json.RawMessage
			Consent struct{ Granted []string }
		}
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		granted[len(l.Consent.Granted)]++
		units[string(l.Context["session.id"])] = true
		for _, attribute := range []string{"cart.value", "geo.country", "items", "tier", "known"} {
			if seen[attribute] == nil {
				seen[attribute] = map[string]int{}
			}
			seen[attribute][string(l.Context[attribute])]++ // "": absent
		}
	}
	for attribute, values := range map[string][]string{
		"cart.value":  {"", "1", "50", "49", "51"},
		"geo.country": {"", `"other"`, `"DE"`, `"FR"`},
		"items":       {"", "0", "1"},
		"tier":        {"", `"other"`, `"gold"`, `"silver"`},
		"known":       {"", "true", "false"},
	} {
		require.Len(t, seen[attribute], len(values), "%s: %v", attribute, seen[attribute])
		for _, v := range values {
			require.Greater(t, seen[attribute][v], 2000/len(values)/2, "%s: %s", attribute, v)
		}
	}
	require.Len(t, units, 2000)
	require.Greater(t, granted[0], 800)
	require.Greater(t, granted[1], 800)
}
