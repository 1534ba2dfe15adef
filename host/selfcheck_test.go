package host

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/internal/fake"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/question"
	"github.com/edgewise-dev/edgewise/testdata/signed"
)

const (
	hero = "hero: {purpose: necessary, variants: {a: 1, b: 2}, default: b, rules: [{id: de, when: geo.country == 'DE', serve: a}]}"
	side = "side: {purpose: necessary, variants: {on: true}, default: on}"
)

// checks are questions for hero, and one in ten for side as well.
func checks() (lines [][]byte) {
	for i := range 100 {
		line := `{"context":{"geo.country":"DE"},"decisions":["hero"]}`
		if i%10 == 0 {
			line = `{"context":{"geo.country":"FR"},"decisions":["hero","side"]}`
		}
		lines = append(lines, []byte(line))
	}
	return append(lines, []byte("no question"), []byte(`{"context":{"geo.country":5}}`))
}

func TestSelfCheck(t *testing.T) {
	both := sample.Compile(t, fmt.Sprintf("bundle: shop\ndecisions:\n  %s\n  %s\n", hero, side))
	one := sample.Compile(t, fmt.Sprintf("bundle: shop\ndecisions:\n  %s\n", hero))
	for _, e := range []Engine{Native, Wasm} {
		t.Run(string(e), func(t *testing.T) {
			h, err := New(background, Options{Bundle: both, Engine: e, Instances: 1, SelfCheck: checks()})
			require.NoError(t, err)
			defer h.Close(background)
			err = h.Load(one)
			var failed *SelfCheckError
			require.ErrorAs(t, err, &failed)
			require.EqualError(t, err, "loading a bundle: self-check: 5.0% of the answers to 101 questions are errors, at most 1.0% may be")
			var refusal *verify.Refusal
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, verify.Engine, refusal.Code)
			require.Len(t, h.Bundle().Decisions, 2, "the one before goes on")
			require.Zero(t, h.Tally(), "what the self-check asks is not counted")
			require.NoError(t, h.Load(both))

			atFirst, err := New(background, Options{Bundle: one, Engine: e, Instances: 1, SelfCheck: checks()})
			require.NoError(t, err, "without one before there is nothing to compare with")
			defer atFirst.Close(background)
			require.NoError(t, atFirst.Load(one), "no worse than before")
			require.NoError(t, atFirst.Load(both))
		})
	}
}

func TestSelfCheckFindsTraps(t *testing.T) {
	h, err := New(background, Options{Bundle: sample.Bundle(t), SelfCheck: checks()})
	require.NoError(t, err)
	defer h.Close(background)
	h.module, err = engine.Compile(background, fake.Module(fake.Functions()), "") // it traps at every question
	require.NoError(t, err)
	err = h.Load(sample.Bundle(t))
	var failed *SelfCheckError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, failed.Questions, failed.Traps)
	require.ErrorContains(t, err, "self-check: the engine stopped at")
	_, err = h.Decide(background, Question{})
	require.NoError(t, err, "the engine before goes on")
}

func TestTally(t *testing.T) {
	for _, e := range []Engine{Native, Wasm} {
		t.Run(string(e), func(t *testing.T) {
			bundle := sample.Compile(t, fmt.Sprintf("bundle: shop\ndecisions:\n  %s\n  %s\n", hero, side))
			h, err := New(background, Options{Bundle: bundle, Engine: e, Instances: 2})
			require.NoError(t, err)
			defer h.Close(background)
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() {
					for _, q := range []Question{
						{Context: Context{"geo.country": "DE"}},
						{Context: Context{"geo.country": "FR"}},                                   // hero's default; side has no rules
						{Decisions: []string{"hero", "gone", "lost", "side"}, Context: Context{}}, // two that there are not, and a default
						{Decisions: []string{}},
					} {
						_, err := h.Decide(background, q)
						require.NoError(t, err)
					}
				})
			}
			all.Wait()
			require.Equal(t, Tally{Questions: 6, Errors: 2 * verify.Whole / 2, Defaults: 2 * (verify.Whole/2 + verify.Whole/4)}, h.Tally())
			require.NoError(t, h.Load(bundle))
			require.Zero(t, h.Tally(), "each bundle begins anew")
		})
	}
}

// A bundle that has grown old counts its defaults as before.
func TestTallyOfAStaleBundle(t *testing.T) {
	envelope, policy := signed.Release(t, sample.Compile(t, "bundle: shop\ndecisions:\n  "+hero+"\n  "+side+"\n"), verify.Statement{Version: 1, FreshUntil: sample.Now.Unix() - 1})
	h, err := New(background, Options{Bundle: envelope, Trust: &Trust{Policy: *policy}})
	require.NoError(t, err)
	defer h.Close(background)
	result, err := h.Decide(background, Question{Now: sample.Now, Context: Context{"geo.country": "FR"}})
	require.NoError(t, err)
	require.Equal(t, "STALE", result.Decisions[0].Reason)
	require.Equal(t, Tally{Questions: 1, Defaults: verify.Whole / 2}, h.Tally())
}

func BenchmarkCounting(b *testing.B) {
	var c counts
	h, err := New(background, Options{Bundle: sample.Bundle(b)})
	require.NoError(b, err)
	defer h.Close(background)
	l := h.current.Load()
	var q question.Question
	require.NoError(b, l.schema.ReadJSON(&q, []byte("{}"), sample.Now))
	answers, err := l.pool.Decide(background, q.Bytes, engine.Answers{})
	require.NoError(b, err)
	for b.Loop() {
		c.add(l.bundle, len(q.Asked), answers.Decisions, nil)
	}
}
