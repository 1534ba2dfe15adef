package openfeature_test

import (
	"context"
	"errors"
	"testing"

	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	provider "github.com/edgewise-dev/edgewise/host/openfeature"
	"github.com/edgewise-dev/edgewise/testdata/openfeature"
)

// client is an SDK's client of a host's provider.
func client(t *testing.T, bundle []byte) *of.Client {
	h, err := host.New(context.Background(), host.Options{Bundle: bundle})
	require.NoError(t, err)
	require.NoError(t, of.SetNamedProviderAndWait(t.Name(), provider.NewProvider(h)))
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	return of.NewClient(t.Name())
}

// The scenarios of OpenFeature's specification, through its SDK.
func TestSpecificationScenarios(t *testing.T) {
	cases := openfeature.Cases(t)
	c := client(t, openfeature.Bundle(t))
	for _, scenario := range cases {
		t.Run(scenario.ID, func(t *testing.T) {
			require.Empty(t, scenario.Expect.Problem(openfeature.Resolve(c, scenario)))
		})
	}
}

const source = `
bundle: shop
targeting_key: session.id
attributes: {plan: {type: string, purpose: necessary}, cart.items: {type: list(string), purpose: personalization}}
decisions:
  hero:
    purpose: personalization
    metadata: {team: growth, weight: 0.5, rank: 3, on: true}
    variants: {plain: /plain.html, gold: /gold.html, hats: /hats.html}
    default: plain
    rules: [{id: gold, when: plan == "gold", serve: gold}, {id: hats, when: '"hat" in cart.items', serve: hats}]
  test:
    purpose: personalization
    variants: {a: 1, b: 2}
    default: a
    rules: [{id: half, split: {by: session.id, weights: {a: 50, b: 50}, seed: s}}]
  code: {purpose: necessary, variants: {a: 1}, rules: [{id: gold, when: plan == "gold", serve: a}]}
  half: {purpose: necessary, variants: {a: 0.5}, default: a}
  whole: {purpose: necessary, variants: {a: 5.0}, default: a}
  large: {purpose: necessary, variants: {a: 9007199254740992}, default: a}
`

func TestAnswersInTheSDKsWords(t *testing.T) {
	ctx := context.Background()
	c := client(t, sample.Compile(t, source))
	consent := map[string]any{"granted": []string{"personalization"}}
	context := func(values map[string]any) of.EvaluationContext { return of.NewEvaluationContext("s-1", values) }

	hero, err := c.StringValueDetails(ctx, "hero", "x", context(map[string]any{"plan": "gold", "consent": consent}))
	require.NoError(t, err)
	require.Equal(t, "/gold.html", hero.Value)
	require.Equal(t, of.TargetingMatchReason, hero.Reason)
	require.Equal(t, of.FlagMetadata{"team": "growth", "weight": 0.5, "rank": int64(3), "on": true}, hero.FlagMetadata)

	hero, err = c.StringValueDetails(ctx, "hero", "x", context(map[string]any{"cart": map[string]any{"items": []string{"hat"}}, "consent": consent}))
	require.NoError(t, err)
	require.Equal(t, "hats", hero.Variant, "nested, and a list")

	hero, err = c.StringValueDetails(ctx, "hero", "x", context(map[string]any{"plan": "gold"}))
	require.NoError(t, err)
	require.Equal(t, "/plain.html", hero.Value)
	require.Equal(t, of.DefaultReason, hero.Reason)
	require.Equal(t, "CONSENT", hero.FlagMetadata["edgewise.reason"])
	require.Equal(t, int64(0), hero.FlagMetadata["edgewise.version"])

	split, err := c.IntValueDetails(ctx, "test", 0, context(map[string]any{"consent": consent}))
	require.NoError(t, err)
	require.Equal(t, of.SplitReason, split.Reason)
	require.Equal(t, int64(2), split.Value)
	split, err = c.IntValueDetails(ctx, "test", 7, of.NewEvaluationContext("", map[string]any{"consent": consent}))
	require.Error(t, err)
	require.Equal(t, of.TargetingKeyMissingCode, split.ErrorCode)
	require.Equal(t, int64(7), split.Value)

	code, err := c.IntValueDetails(ctx, "code", 7, of.EvaluationContext{})
	require.NoError(t, err)
	require.Equal(t, int64(7), code.Value)
	require.Equal(t, of.DefaultReason, code.Reason)
	require.Empty(t, code.Variant)

	_, err = c.IntValueDetails(ctx, "half", 7, of.EvaluationContext{})
	require.ErrorContains(t, err, string(of.TypeMismatchCode))
	whole, err := c.IntValue(ctx, "whole", 7, of.EvaluationContext{})
	require.NoError(t, err)
	require.Equal(t, int64(5), whole)
	float, err := c.FloatValue(ctx, "large", 7, of.EvaluationContext{})
	require.NoError(t, err)
	require.Equal(t, float64(1<<53), float)
	large, err := c.IntValue(ctx, "large", 7, of.EvaluationContext{})
	require.NoError(t, err)
	require.Equal(t, int64(1<<53), large)

	bad, err := c.StringValueDetails(ctx, "hero", "x", context(map[string]any{"consent": "yes"}))
	require.Error(t, err)
	require.Equal(t, of.InvalidContextCode, bad.ErrorCode)
	require.Equal(t, "x", bad.Value)
	gone, err := c.BooleanValueDetails(ctx, "nobody", true, of.EvaluationContext{})
	require.Error(t, err)
	require.Equal(t, of.FlagNotFoundCode, gone.ErrorCode)
	require.True(t, gone.Value)
}

// A host that is closed leaves the declared defaults, which say what they are.
func TestClosedHosts(t *testing.T) {
	h, err := host.New(context.Background(), host.Options{Bundle: sample.Compile(t, source)})
	require.NoError(t, err)
	p := provider.NewProvider(h)
	require.NoError(t, h.Close(context.Background()))
	answer := p.FloatEvaluation(context.Background(), "half", 7, nil)
	require.NoError(t, answer.Error())
	require.Equal(t, 0.5, answer.Value)
	require.Equal(t, of.DefaultReason, answer.Reason)
	require.Equal(t, "ERROR", answer.FlagMetadata["edgewise.reason"])
	p.Changed()
	require.Equal(t, of.ProviderConfigChange, (<-p.EventChannel()).EventType)
	require.NoError(t, errors.Join(p.Init(of.EvaluationContext{}), p.ShutdownWithContext(context.Background())), "the host is the caller's")
}
