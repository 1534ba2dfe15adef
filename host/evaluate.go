package host

import (
	"context"
	"time"

	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/question"
)

// ErrContext is wrapped by the errors about an evaluation context that cannot be used.
var ErrContext = question.ErrContext

// Evaluate decides for an OpenFeature client: the context is OpenFeature's evaluation context, with targetingKey and consent
// (question.Schema.MakeEvaluation). decisions nil is all. Otherwise it is as Decide; besides, decisions that want a targeting key say so.
func (h *Host) Evaluate(ctx context.Context, evaluation map[string]any, decisions []string) (Result, error) {
	return h.decide(ctx, func(s *question.Schema, into *question.Question) error {
		return s.MakeEvaluation(into, evaluation, decisions, time.Now())
	}, missKeys)
}

// EvaluateJSON is Evaluate for the body of a request of the OpenFeature Remote Evaluation Protocol, {"context":{...}}, at a time. signals are those of the
// request itself, which count beside the context's. Where the body cannot be read there is no result; the error wraps ErrContext where it is JSON, but no context.
func (h *Host) EvaluateJSON(ctx context.Context, body []byte, signals Signals, decisions []string, now time.Time) (Result, error) {
	return h.decide(ctx, func(s *question.Schema, into *question.Question) error {
		return s.ReadEvaluation(into, body, signals, decisions, now)
	}, missKeys)
}

// missKeys marks the decisions that came to a split by the targeting key and found none. An explanation says so; it is asked for only where there is
// no key, and such a split that no earlier rule kept from being reached.
func missKeys(ctx context.Context, l *loaded, r *room, result *Result) {
	if l.key == "" || r.question.Has(l.bundle.FindAttribute(l.key)) {
		return
	}
	answers := r.answers.Decisions
	for i, asked := range r.question.Asked {
		if asked.Index < 0 {
			continue
		}
		answer := answers[0]
		answers = answers[1:]
		split := l.keyed[asked.Index]
		if split == 0 || answer.Reason == core.ReasonConsent || answer.Rule > 0 && answer.Rule < split {
			continue
		}
		d := &result.Decisions[i]
		why, err := l.pool.Explain(ctx, r.question.Bytes, uint32(asked.Index), nil)
		if err != nil {
			return // what was decided stands
		}
		gjson.GetBytes(why, "rules").ForEach(func(_, rule gjson.Result) bool {
			by := rule.Get("split")
			d.NoTargetingKey = rule.Get("outcome").Str == "no unit" && by.Get("by").Str == l.key && by.Get("unit").Str == core.Missing.String()
			return !d.NoTargetingKey
		})
	}
}

// keyed names the attribute that the targeting key fills, if any, and gives of each decision the first of its rules that splits by it: rule+1, or 0.
func keyed(b *core.Bundle) (key string, splits []uint32) {
	attribute := b.About[0].TargetingKey
	if attribute == 0 {
		return "", nil
	}
	for _, d := range b.Decisions {
		first := uint32(0)
		for rule := d.FirstRule; rule < d.FirstRule+d.Rules && first == 0; rule++ {
			if r := &b.Rules[rule]; r.Does() == format.ActionSplit && b.Draws[b.Splits[r.Target].Draw].Unit == attribute-1 {
				first = rule + 1
			}
		}
		splits = append(splits, first)
	}
	return b.String(b.Attributes[attribute-1].Name), splits
}

// metadata gives JSON of a bundle's; nil for none.
func metadata(b *core.Bundle, json format.Str) []byte {
	if text := b.String(json); text != "" {
		return []byte(text)
	}
	return nil
}
