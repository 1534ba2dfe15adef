package flag_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/flag"
)

func TestFlags(t *testing.T) {
	one := json.RawMessage("1")
	team := json.RawMessage(`{"team":"growth"}`)
	for _, c := range []struct {
		name     string
		decision host.Decision
		version  uint64
		want     flag.Flag
	}{
		{"a reason of OpenFeature's", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "TARGETING_MATCH"}, 0,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "TARGETING_MATCH"}},
		{"with metadata", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "STATIC", Metadata: team}, 0,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "STATIC", Metadata: team}},
		{"of a signed bundle", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "STALE", Stale: true}, 7,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "STALE", Metadata: json.RawMessage(`{"edgewise.version":7}`)}},
		{"consent", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "CONSENT", Metadata: team}, 7,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "DEFAULT", Metadata: json.RawMessage(`{"team":"growth","edgewise.reason":"CONSENT","edgewise.version":7}`)}},
		{"a preview", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "PREVIEW", Metadata: json.RawMessage("{}")}, 0,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "STATIC", Metadata: json.RawMessage(`{"edgewise.reason":"PREVIEW","edgewise.version":0}`)}},
		{"a held-out unit", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "HOLDOUT"}, 0,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "DEFAULT", Metadata: json.RawMessage(`{"edgewise.reason":"HOLDOUT","edgewise.version":0}`)}},
		{"a deferred decision", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "DEFERRED"}, 0,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "DEFAULT", Metadata: json.RawMessage(`{"edgewise.reason":"DEFERRED","edgewise.version":0}`)}},
		{"a code default", host.Decision{Name: "a", Reason: "DEFAULT"}, 0, flag.Flag{Key: "a", Reason: "DEFAULT"}},
		{"the value null", host.Decision{Name: "a", Variant: "same", Value: json.RawMessage("null"), Reason: "STATIC"}, 0,
			flag.Flag{Key: "a", Variant: "same", Reason: "STATIC"}},
		{"an engine that failed", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "ERROR", Error: `no "engine"`}, 0,
			flag.Flag{Key: "a", Variant: "x", Value: one, Reason: "DEFAULT", Metadata: json.RawMessage(`{"edgewise.reason":"ERROR","edgewise.error":"no \"engine\"","edgewise.version":0}`)}},
		{"an unknown name", host.Decision{Name: "a", Reason: "ERROR", Error: `no decision "a"`, Unknown: true}, 7,
			flag.Flag{Key: "a", ErrorCode: "FLAG_NOT_FOUND", Details: `no decision "a"`}},
		{"no targeting key", host.Decision{Name: "a", Variant: "x", Value: one, Reason: "DEFAULT", NoTargetingKey: true}, 7,
			flag.Flag{Key: "a", ErrorCode: "TARGETING_KEY_MISSING", Details: "a split asks for the targeting key, and the context has none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := flag.Of(&c.decision, c.version)
			require.Equal(t, c.want, got)
			require.True(t, got.Metadata == nil || json.Valid(got.Metadata))
		})
	}
}
