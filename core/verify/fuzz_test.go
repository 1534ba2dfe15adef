package verify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// There is one way to write anything, so what is read gives its own bytes when it is written.
func FuzzReadIsWrite(f *testing.F) {
	envelope := exampleEnvelope()
	list := exampleList()
	signed := signedBy(list.Append(nil), newSigner(0), newSigner(1))
	restored := *envelope
	restored.Origin = envelope.Release
	disabling := Statement{Version: 8, Bundle: "a", Channel: "production", Disabled: []string{"banner", "hero"}}
	f.Add(envelope.Append(nil))
	f.Add(restored.Append(nil))
	f.Add(envelope.Release.Body)
	f.Add(disabling.Append(nil))
	f.Add(list.Append(nil))
	f.Add(AppendListFile(nil, &signed))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := ReadEnvelope(data); err == nil {
			require.Equal(t, data, e.Append(nil))
		}
		if s, err := ReadStatement(data); err == nil {
			require.Equal(t, data, s.Append(nil))
		}
		if l, err := ReadKeyList(data); err == nil {
			require.Equal(t, data, l.Append(nil))
		}
		if s, err := readListFile(data); err == nil {
			require.Equal(t, data, AppendListFile(nil, s))
		}
	})
}

// Nobody without the keys finds bytes that are accepted, nor any that panic: signatures are taken for good here, so that all that lies behind them is
// reached, and what is accepted must be the statement's payload.
func FuzzAccept(f *testing.F) {
	envelope := exampleEnvelope().Append(nil)
	policy := Policy{Keys: exampleList(), Channel: "production"}
	next := *policy.Keys
	next.Version, next.Previous = 2, Sum(policy.Keys.Append(nil))
	signed := signedBy(next.Append(nil), newSigner(0), newSigner(1))
	f.Add(AppendPolicy(nil, &policy, 1796083200), envelope)
	f.Add(AppendPolicy(nil, &policy, 1796083200, AppendListFile(nil, &signed)), envelope)
	f.Fuzz(func(t *testing.T, policy, envelope []byte) {
		always := func(*[32]byte, []byte, *[64]byte) bool { return true }
		if release, err := Open(policy, envelope, always); err == nil {
			require.Equal(t, release.Statement.Payload, Sum(release.Payload))
		} else {
			require.NotEmpty(t, err.(*Refusal).Error())
		}
	})
}

func exampleList() *KeyList {
	return &KeyList{Version: 1, Threshold: 1, Channels: []Required{{"production", 1}, {"staging", 2}},
		Keys: []Key{{Public: newSigner(0).public, Name: "anna"}, {Public: newSigner(1).public}, {Public: newSigner(2).public, Role: Recovery}}}
}

func TestEveryCodeHasAName(t *testing.T) {
	seen := map[string]bool{}
	for c := Signature; c < end; c++ {
		require.NotEqual(t, "unknown", c.String())
		require.False(t, seen[c.String()])
		seen[c.String()] = true
		require.NotContains(t, (&Refusal{Code: c}).Error(), "unknown")
	}
	require.Equal(t, "unknown", Code(0).String())
	require.Equal(t, "unknown", end.String())
}
