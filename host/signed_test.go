package host_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

func TestLoadSigned(t *testing.T) {
	ctx := context.Background()
	signer, _, err := sign.Generate()
	require.NoError(t, err)
	keys := &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: signer.Public()}}}
	bundle := sample.Compile(t, "bundle: shop\ndecisions: {hero: {purpose: necessary, variants: {a: 1}, default: a}}\n")
	release := func(version uint64) []byte {
		begins := sample.Now.Unix()
		envelope, err := sign.Release(bundle, verify.Statement{Version: version, Channel: "production", NotBefore: begins, FreshUntil: begins + 3600, Expires: begins + 7200}, nil, signer)
		require.NoError(t, err)
		return envelope
	}
	trust := host.Trust{Policy: verify.Policy{Keys: keys, Channel: "production"}, At: sample.Now.Unix()}
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		t.Run(string(engine), func(t *testing.T) {
			h, err := host.New(ctx, host.Options{Bundle: release(2), Trust: &trust, Engine: engine, Instances: 2})
			require.NoError(t, err)
			defer h.Close(ctx)
			answer := func(after time.Duration) string {
				result, err := h.Decide(ctx, host.Question{Now: sample.Now.Add(after)})
				require.NoError(t, err)
				return string(result.AppendJSON(nil))
			}
			require.Equal(t, `{"decisions":{"hero":{"variant":"a","value":1,"reason":"STATIC"}},"consent":{},"bundle":{"name":"shop","version":2}}`, answer(0))
			require.Equal(t, `{"decisions":{"hero":{"variant":"a","value":1,"reason":"STALE","stale":true}},"consent":{},"bundle":{"name":"shop","version":2}}`, answer(time.Hour))

			after := trust
			after.Policy.Accepted = verify.Mark{Version: 2, Payload: verify.Sum(bundle), Time: trust.At}
			var refusal *verify.Refusal
			require.ErrorAs(t, h.LoadSigned(release(1), after), &refusal)
			require.Equal(t, verify.Version, refusal.Code)
			require.ErrorAs(t, h.LoadSigned(bundle, after), &refusal)
			require.Equal(t, verify.Torn, refusal.Code)
			require.Contains(t, answer(0), `"version":2`)
			require.NoError(t, h.LoadSigned(release(3), after))
			require.Contains(t, answer(0), `"version":3`)
			require.Zero(t, h.Faults())
		})
	}
	_, err = host.New(ctx, host.Options{Bundle: release(1)})
	var refusal *format.Refusal
	require.ErrorAs(t, err, &refusal, "an envelope is no bundle: who it is by was not asked")
}

func TestOnlyAnUnsignedBundleIsTriedOutAsExpired(t *testing.T) {
	ctx := context.Background()
	bundle := sample.Compile(t, "bundle: shop\ndecisions: {hero: {purpose: analytics, variants: {a: 1, b: 2}, default: a, rules: [{id: all, serve: b}]}}\n")
	h, err := host.New(ctx, host.Options{Bundle: bundle, Expired: true})
	require.NoError(t, err)
	defer h.Close(ctx)
	result, err := h.Decide(ctx, host.Question{Now: time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), Consent: host.Signals{Granted: []string{"analytics"}}})
	require.NoError(t, err)
	require.Equal(t, "STALE", result.Decisions[0].Reason)
	require.Equal(t, "a", result.Decisions[0].Variant)
	_, err = host.New(ctx, host.Options{Bundle: bundle, Expired: true, Engine: host.Wasm})
	require.ErrorContains(t, err, "only natively")
}
