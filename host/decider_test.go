package host_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
)

// A bundle whose deciders ask for what only the origin knows, in every way in which they can: attributes and segments, a model's score, an
// error, rules without a condition, and variants that not every decision has or that may no longer be served.
const decidersSource = `
bundle: deciders
attributes:
  profile.tier: {type: string, purpose: personalization, at: origin}
  profile.orders: {type: int, purpose: personalization, at: origin}
  cart.value: {type: double, purpose: personalization}
segments:
  regular: profile.orders > 3
  rich: segment("regular") && cart.value > 50.0
deciders:
  tiers: {rules: [{when: 'profile.tier == "gold"', serve: gold}, {when: 'profile.tier == "old"', serve: old}, {when: segment("rich"), serve: summer}]}
  orders: {rules: [{when: 100 / profile.orders > 50, serve: other}, {when: profile.orders > 10, serve: gold}, {serve: summer}]}
  buy: {model: purchase, inputs: [cart.value], rules: [{when: score > 0.8 && profile.tier != "old", serve: gold}, {when: score > 0.5, serve: summer}]}
  silent: {}
decisions:
  hero: &decision
    purpose: personalization
    variants: {plain: p, summer: s, gold: g, old: {value: o, until: 2026-01-01T00:00:00Z}}
    default: plain
    rules:
      - {id: a, when: cart.value > 50.0, defer: {to: tiers, within: 80ms, otherwise: plain}}
      - {id: b, when: cart.value > 20.0, defer: {to: orders, within: 80ms, otherwise: plain}}
      - {id: c, when: cart.value > 10.0, defer: {to: silent, within: 80ms, otherwise: plain}}
      - {id: d, defer: {to: buy, within: 80ms, otherwise: plain}}
  banner:
    purpose: personalization
    variants: {plain: p, other: x, summer: s}
    default: plain
    rules: [{id: a, defer: {to: tiers, within: 80ms, otherwise: plain}}]
`

var decidersContexts = []string{
	`{}`, `{"profile.tier": "gold"}`, `{"profile.tier": "old", "profile.orders": 9, "cart.value": 80}`, `{"profile.tier": "old", "score": 0.9}`,
	`{"profile.orders": 0}`, `{"profile.orders": 1}`, `{"profile.orders": 11, "cart.value": 51}`, `{"profile.orders": 4, "cart.value": 50}`,
	`{"profile.tier": 7, "profile.orders": "many"}`, `{"score": 0.9, "profile.tier": "gold"}`, `{"score": 0.9}`, `{"score": 0.6}`, `{"score": 0.5, "cart.value": 99}`,
}

// A host of the module has its rules' conditions evaluated one after the other, and that comes to what core answers natively: for every decider
// and decision of the corpus's bundles over each of their contexts, and for those above.
func TestDecidersAnswerThroughTheModule(t *testing.T) {
	wasm, err := engine.Compile(context.Background(), module.Wasm, "")
	require.NoError(t, err)
	defer wasm.Close(context.Background())
	var found [2]int // without and with an answer
	ask := func(t *testing.T, data []byte, questions ...[]byte) {
		b, err := core.Load(data)
		require.NoError(t, err)
		if len(b.Deciders) == 0 {
			return
		}
		var faults engine.Faults
		pool, err := wasm.NewPool(data, 1, &faults)
		require.NoError(t, err)
		defer pool.Close()
		schema, c, e := question.NewSchema(b), b.NewContext(), b.NewEvaluator()
		for _, line := range questions {
			var q question.Question
			if schema.ReadJSON(&q, line, time.Unix(0, 0)) != nil {
				continue // a case about what is no question
			}
			for decider := range b.Deciders {
				for decision := range b.Decisions {
					_, ok := c.ReadQuestion(q.Bytes, nil)
					require.True(t, ok)
					native := e.AnswerDeferred(c, uint32(decider), uint32(decision), nil)
					require.Equal(t, native, answerByRules(t, pool, b, &q, decider, decision), "%s: decider %d, decision %d", line, decider, decision)
					found[min(native, 1)]++
				}
			}
			require.Zero(t, faults.Traps.Load())
		}
	}
	files, err := filepath.Glob("../testdata/decide/*/cases.jsonl")
	require.NoError(t, err)
	for _, path := range files {
		loaded, err := bundles.Load(filepath.Dir(path))
		require.NoError(t, err)
		var questions [][]byte
		for _, c := range readCases(t, path) {
			questions = append(questions, c.In)
		}
		ask(t, loaded.Data, questions...)
	}
	require.NotZero(t, found[1], "no decider of the corpus answered")
	var questions [][]byte
	for _, context := range decidersContexts {
		for _, granted := range []string{"", `"personalization"`} {
			for _, year := range []string{"2025", "2026"} {
				questions = append(questions, []byte(`{"context": `+context+`, "consent": {"granted": [`+granted+`]}, "now": "`+year+`-06-01T00:00:00Z"}`))
			}
		}
	}
	before := found
	ask(t, sample.Compile(t, decidersSource), questions...)
	require.Greater(t, found[0], before[0]+100)
	require.Greater(t, found[1], before[1]+50)
}

// answerByRules is how a host of the module answers a deferred decision: the purposes that are granted, from an answer, and then condition after
// condition. Which variants may be served stands in the bundle.
func answerByRules(t *testing.T, pool *engine.Pool, b *core.Bundle, q *question.Question, decider, decision int) uint32 {
	answers, err := pool.Decide(context.Background(), q.Bytes, engine.Answers{})
	require.NoError(t, err)
	for i, evidence := range answers.Consent {
		const first = 1 // behind necessary
		if b.Decisions[decision].Purposes>>(first+i)&1 == 1 && !evidence.Granted() {
			return 0
		}
	}
	d := b.Deciders[decider]
	for _, r := range b.DeciderRules[d.FirstRule : d.FirstRule+d.Rules] {
		if r.Condition > 0 {
			value, err := pool.Evaluate(context.Background(), q.Bytes, r.Condition-1)
			require.NoError(t, err)
			if value.Kind != format.Bool || string(value.JSON) != "true" {
				continue
			}
		}
		variant := b.FindVariant(decision, b.String(r.Variant))
		if variant < 0 {
			return 0
		}
		if schedule := b.Variants[variant].Schedule; schedule > 0 && !b.Schedules[schedule-1].Includes(q.Seconds()) {
			return 0
		}
		return uint32(variant) + 1
	}
	return 0
}
