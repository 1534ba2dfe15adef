package host_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

const evaluatedSource = `
bundle: evaluated
targeting_key: session.id
attributes: {plan: {type: string, purpose: necessary}}
decisions:
  plain: {purpose: necessary, variants: {a: 1}, default: a, metadata: {team: growth}}
  test:
    purpose: personalization
    variants: {a: 1, b: 2}
    default: a
    rules:
      - {id: gold, when: plan == "gold", serve: b}
      - {id: half, split: {by: session.id, weights: {a: 50, b: 50}, seed: s}}
      - {id: rest, when: plan == "free", serve: b}
  visitors:
    purpose: personalization
    variants: {a: 1, b: 2}
    default: a
    rules: [{id: half, split: {by: visitor.id, weights: {a: 50, b: 50}, seed: s}}]
`

func TestEvaluateSaysWhereTheTargetingKeyIsMissing(t *testing.T) {
	const granted = `"consent": {"granted": ["personalization"]}`
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		h, err := host.New(context.Background(), host.Options{Bundle: sample.Compile(t, evaluatedSource), Engine: engine, Instances: 1})
		require.NoError(t, err)
		defer h.Close(context.Background())
		for _, c := range []struct {
			name, context, decision string
			missing                 bool
		}{
			{"a split is reached", `{` + granted + `}`, "test", true},
			{"also where a later rule answers", `{"plan": "free", ` + granted + `}`, "test", true},
			{"an earlier rule answers", `{"plan": "gold", ` + granted + `}`, "test", false},
			{"there is a key", `{"targetingKey": "s", ` + granted + `}`, "test", false},
			{"the attribute itself is there", `{"session.id": "s", ` + granted + `}`, "test", false},
			{"an empty key is none", `{"targetingKey": "", ` + granted + `}`, "test", true},
			{"there is no consent", `{}`, "test", false},
			{"the split is by something else", `{` + granted + `}`, "visitors", false},
			{"there are no rules", `{}`, "plain", false},
			{"there is no such decision", `{}`, "nobody", false},
		} {
			t.Run(string(engine)+"/"+c.name, func(t *testing.T) {
				result, err := h.EvaluateJSON(context.Background(), []byte(`{"context":`+c.context+`}`), host.Signals{}, []string{c.decision}, time.Now())
				require.NoError(t, err)
				require.Len(t, result.Decisions, 1)
				require.Equal(t, c.missing, result.Decisions[0].NoTargetingKey)
				require.Equal(t, c.decision == "nobody", result.Decisions[0].Unknown)

				var values map[string]any
				require.NoError(t, json.Unmarshal([]byte(c.context), &values))
				same, err := h.Evaluate(context.Background(), values, []string{c.decision})
				require.NoError(t, err)
				require.Equal(t, result, same)
			})
		}
		all, err := h.EvaluateJSON(context.Background(), []byte(`{"context":{}}`), host.Signals{}, nil, time.Now())
		require.NoError(t, err)
		require.Len(t, all.Decisions, 3)
		require.JSONEq(t, `{"team":"growth"}`, string(all.Decisions[0].Metadata))
		require.Empty(t, all.Decisions[1].Metadata)
		_, err = h.EvaluateJSON(context.Background(), []byte(`{}`), host.Signals{}, nil, time.Now())
		require.ErrorIs(t, err, host.ErrContext)
	}
}
