package question

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

const keyedSource = `
bundle: keyed
targeting_key: session.id
attributes:
  targetingKey: {type: string, purpose: necessary}
  consent.note: {type: string, purpose: necessary}
  plan: {type: string, purpose: necessary}
consent:
  purposes: {personalization: {gpc: denies}}
  jurisdictions: [{modes: {"*": opt_in}}]
decisions:
  a:
    purpose: personalization
    variants: {x: 1}
    rules: [{when: 'session.id == "" || targetingKey == "" || consent.note == "" || plan == ""', serve: x}]
`

func TestEvaluationContexts(t *testing.T) {
	for _, c := range []struct {
		name, context    string
		unit, note, plan string // what rules see
	}{
		{"a targeting key", `{"targetingKey": "s-1"}`, `string:"s-1"`, "absent", "absent"},
		{"none", `{"plan": "gold"}`, "absent", "absent", `string:"gold"`},
		{"null is none", `{"targetingKey": null}`, "absent", "absent", "absent"},
		{"an empty one is none", `{"targetingKey": ""}`, "absent", "absent", "absent"},
		{"the attribute's own name goes before it", `{"session.id": "own", "targetingKey": "s-1"}`, `string:"own"`, "absent", "absent"},
		{"nested too", `{"session": {"id": "own"}, "targetingKey": "s-1"}`, `string:"own"`, "absent", "absent"},
		{"but not null", `{"session.id": null, "targetingKey": "s-1"}`, `string:"s-1"`, "absent", "absent"},
		{"an escaped one", `{"targetingKey": "s\"1"}`, `string:"s\"1"`, "absent", "absent"},
		{"consent nests no attributes", `{"consent": {"note": "x"}}`, "absent", "absent", "absent"},
		{"a dotted name below it is one", `{"consent.note": "x"}`, "absent", `string:"x"`, "absent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := core.Load(sample.Compile(t, keyedSource))
			require.NoError(t, err)
			s := NewSchema(b)
			granting := strings.Replace(c.context, "{", `{"consent": {"granted": ["personalization"]}, `, 1)
			var read, made Question
			require.NoError(t, s.ReadEvaluation(&read, []byte(`{"context": `+granting+`}`), Signals{}, nil, sample.Now))
			require.Equal(t, c.unit, shown(t, s, &read, "session.id"))
			require.Equal(t, c.note, shown(t, s, &read, "consent.note"))
			require.Equal(t, c.plan, shown(t, s, &read, "plan"))

			var values map[string]any
			require.NoError(t, json.Unmarshal([]byte(granting), &values))
			if strings.Contains(c.context, `"consent":`) { // which of the two is there is the last one's to say
				values["consent"] = map[string]any{"note": "x", "granted": []string{"personalization"}}
			}
			require.NoError(t, s.MakeEvaluation(&made, values, nil, sample.Now))
			require.Equal(t, read.Bytes, made.Bytes)
		})
	}
}

func TestEvaluationContextsThatAreNone(t *testing.T) {
	b, err := core.Load(sample.Compile(t, keyedSource))
	require.NoError(t, err)
	s := NewSchema(b)
	for _, c := range []struct {
		name, body, want string
		context          bool // it is the context that is wrong
	}{
		{"nothing", ``, "unexpected end", false},
		{"no JSON", `{"context": {]}`, "byte offset 13", false},
		{"no object", `[]`, "want a JSON object, have an array", false},
		{"no context", `{}`, "the body has none", true},
		{"a context of null", `{"context": null}`, "want an object, have null", true},
		{"a context that is an array", `{"context": []}`, "want an object, have an array", true},
		{"a targeting key that is a number", `{"context": {"targetingKey": 5}}`, "targetingKey: want a string, have a number", true},
		{"consent that is a text", `{"context": {"consent": "yes"}}`, "consent: want an object, have a string", true},
		{"granted that is a text", `{"context": {"consent": {"granted": "all"}}}`, "consent.granted: want an array", true},
		{"too deep", `{"context": {"a": ` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}`, "more than 64 deep", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Question
			err := s.ReadEvaluation(&q, []byte(c.body), Signals{}, nil, sample.Now)
			require.ErrorContains(t, err, c.want)
			if c.context {
				require.ErrorIs(t, err, ErrContext)
			} else {
				require.NotErrorIs(t, err, ErrContext)
			}
		})
	}
	var q Question
	require.ErrorIs(t, s.MakeEvaluation(&q, map[string]any{"targetingKey": 5}, nil, sample.Now), ErrContext)
	require.ErrorIs(t, s.MakeEvaluation(&q, map[string]any{"consent": "yes"}, nil, sample.Now), ErrContext)
	require.ErrorIs(t, s.MakeEvaluation(&q, map[string]any{"consent": make(chan int)}, nil, sample.Now), ErrContext)
}
