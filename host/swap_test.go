package host_test

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

var swaps = flag.Int("swaps", 100, "how many bundles TestSwappingSignedBundles puts in service with each engine; scripts/faults asks for 1,000")

// While two goroutines decide without a pause, signed bundles of ever higher versions take each other's place. No answer fails, none is of two
// bundles, and no goroutine sees a version after a higher one. With -v it prints the counts.
func TestSwappingSignedBundles(t *testing.T) {
	signer, _, err := sign.Generate()
	require.NoError(t, err)
	policy := verify.Policy{Keys: &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: signer.Public()}}}, Channel: "production"}
	now := sample.Now.Unix()
	// Every decision serves the same number, and the number stands in the bundle's name.
	const payloads, decisions, workers = 20, 50, 2
	var bundles [payloads][]byte
	for n := range bundles {
		text := fmt.Sprintf("bundle: b%d\ndecisions:\n", n)
		for d := range decisions {
			text += fmt.Sprintf("  d%d: {purpose: necessary, variants: {n: %d, other: -1}, default: other, rules: [{id: r, when: geo.country != 'X', serve: n}]}\n", d, n)
		}
		bundles[n] = sample.Compile(t, text)
	}
	release := func(version int) []byte {
		s := verify.Statement{Version: uint64(version), Channel: "production", NotBefore: now, FreshUntil: now + 3600, Expires: now + 7200}
		envelope, err := sign.Release(bundles[version%payloads], s, nil, signer)
		require.NoError(t, err)
		return envelope
	}
	end := 1 + *swaps
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		t.Run(string(engine), func(t *testing.T) {
			ctx := context.Background()
			version := 1
			h, err := host.New(ctx, host.Options{Bundle: release(version), Trust: &host.Trust{Policy: policy, At: now}, Engine: engine, Instances: workers})
			require.NoError(t, err)
			defer h.Close(ctx)
			var deciding sync.WaitGroup
			var answers atomic.Uint64
			stop := make(chan struct{})
			for range workers {
				deciding.Go(func() {
					last := uint64(0)
					for {
						select {
						case <-stop:
							return
						default:
						}
						result, err := h.Decide(ctx, host.Question{Now: sample.Now, Context: host.Context{"geo.country": "DE"}})
						if fault := whole(result, decisions, payloads); err != nil || fault != "" || result.Version < last {
							t.Errorf("version %d after %d: %s, %v", result.Version, last, fault, err)
							return
						}
						last = result.Version
						answers.Add(1)
					}
				})
			}
			started := time.Now()
			for version < end {
				trust := host.Trust{Policy: policy, At: now}
				trust.Policy.Accepted = verify.Mark{Version: uint64(version), Payload: verify.Sum(bundles[version%payloads]), Time: now}
				version++
				require.NoError(t, h.LoadSigned(release(version), trust))
			}
			close(stop)
			deciding.Wait()
			require.Zero(t, h.Faults())
			require.NotZero(t, answers.Load())
			result, err := h.Decide(ctx, host.Question{Now: sample.Now})
			require.NoError(t, err)
			require.EqualValues(t, version, result.Version)
			t.Logf("%d swaps in %s, meanwhile %d answers of %d decisions by %d goroutines: none failed, none was of two bundles, no version went down",
				version-1, time.Since(started).Round(time.Millisecond), answers.Load(), decisions, workers)
		})
	}
}

// whole says what of an answer is not of the one bundle that it names.
func whole(r host.Result, decisions, payloads int) string {
	want := fmt.Sprint(r.Version % uint64(payloads))
	if r.Bundle != "b"+want || len(r.Decisions) != decisions {
		return fmt.Sprintf("%d decisions of bundle %s", len(r.Decisions), r.Bundle)
	}
	for _, d := range r.Decisions {
		if string(d.Value) != want || d.Reason != "TARGETING_MATCH" {
			return fmt.Sprintf("%s of bundle %s is %s, %s", d.Name, r.Bundle, d.Value, d.Reason)
		}
	}
	return ""
}
