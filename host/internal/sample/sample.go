// Package sample is a bundle with something of everything, and random contexts for it, for tests.
package sample

import (
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
)

//go:embed sample.yaml
var text string

// Bundle compiles the sample bundle.
func Bundle(t testing.TB) []byte { return Compile(t, text) }

// Compile compiles a bundle's source.
func Compile(t testing.TB, text string) []byte {
	t.Helper()
	src, err := source.Parse(source.File{Name: "sample.yaml", Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := bundles.Compile(src)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Data
}

// Now is when the sample's scheduled rule holds.
var Now = time.Date(2026, 12, 24, 17, 30, 0, 0, time.UTC)

// Context makes a random context for the sample bundle, and the purposes granted with it. Values are mostly, but not always, of the
// type that is declared.
func Context(random *rand.Rand) (context map[string]any, granted []string) {
	words := []any{"DE", "de", "mobile", "desktop", "winter", "shoes", "", "ü€\U0001f600", "test", "AAAA", "\xff", "1.5s", "2026-01-02T03:04:05Z"}
	one := func(choices ...any) any { return choices[random.IntN(len(choices))] }
	context = map[string]any{}
	for _, a := range []struct {
		name  string
		value any
	}{
		{"device.class", one("mobile", "desktop", "tablet", 3)},
		{"geo.country", one(words...)},
		{"request.language", one("de", "DE-de", "en", nil)},
		{"request.languages", one([]any{"en", "de-AT"}, []string{"fr"}, []any{}, []any{1}, "de")},
		{"session.id", fmt.Sprint("s-", random.IntN(1000))},
		{"cart.value", one(80, 12.5, 50.0, "50", math.Copysign(0, -1), 1e300)},
		{"cart.items", one([]any{"shoes"}, []string{"hat", "shoes"}, []any{}, []any{nil})},
		{"cart.count", one(0, 1, 20, 5.5, int64(9223372036854775807), uint64(1<<63))},
		{"stock", one(map[string]any{"a": 1, "b": 9}, map[string]any{}, map[string]any{"a": "x"}, []any{})},
		{"nights", one(0, 1, 2, 3, 9, -1)},
		{"since", one(Now, Now.Add(-time.Hour), "2026-12-24T18:30:00.5+01:00", "yesterday")},
		{"visit", one(time.Minute, 2*time.Minute, "1h", "95s", 95)},
		{"token", one([]byte("test"), []byte{}, []byte{0xff, 0, 1, 2}, "dGVzdA==", "!")},
		{"anything", one(5, 5.0, "5", nil, true, []any{map[string]any{"a": nil}}, map[string]any{"x": 1})},
		{"matrix", one([]any{[]any{4}, []any{1, 5}}, []any{}, []any{[]any{}}, []any{1})},
		{"season", one("winter", "summer", "monsoon")},
		{"unknown", one(1, "2")},
	} {
		if random.IntN(4) > 0 {
			context[a.name] = a.value
		}
	}
	for _, purpose := range []string{"personalization", "analytics", "advertising"} {
		if random.IntN(3) > 0 {
			granted = append(granted, purpose)
		}
	}
	return context, granted
}
