package host

import (
	"context"
	"errors"
	"time"

	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/question"
)

// ErrContext is wrapped by the errors about an evaluation context that cannot be used.
var ErrContext = question.ErrContext

// Evaluate decides for an OpenFeature client: the context is OpenFeature's evaluation context, with targetingKey and consent
// (question.Schema.MakeEvaluation). decisions nil is all. Otherwise it is as Decide; besides, decisions that want a targeting key say so.
func (h *Host) Evaluate(ctx context.Context, evaluation map[string]any, decisions []string) (Result, error) {
	return h.evaluate(ctx, func(s *question.Schema, into *question.Question) error {
		return s.MakeEvaluation(into, evaluation, decisions, time.Now())
	})
}

// EvaluateJSON is Evaluate for the body of a request of the OpenFeature Remote Evaluation Protocol, {"context":{...}}, at a time. Where it cannot be
// read there is no result; the error wraps ErrContext where it is JSON, but no context.
func (h *Host) EvaluateJSON(ctx context.Context, body []byte, decisions []string, now time.Time) (Result, error) {
	return h.evaluate(ctx, func(s *question.Schema, into *question.Question) error {
		return s.ReadEvaluation(into, body, decisions, now)
	})
}

func (h *Host) evaluate(ctx context.Context, fill filler) (result Result, err error) {
	err = h.ask(fill, func(l *loaded, r *room) error {
		var err error
		r.answers, err = l.pool.Decide(ctx, r.question.Bytes, r.answers)
		result = l.result(&r.question, r.answers, err)
		if err == nil {
			l.missKeys(ctx, r, &result)
		}
		return err
	})
	if errors.Is(err, engine.ErrTrap) {
		err = nil // counted, and said in the result
	}
	return result, err
}

// missKeys marks the decisions that came to a split by the targeting key and found none. An explanation says so; it is asked for only where there is
// no key and such a split.
func (l *loaded) missKeys(ctx context.Context, r *room, result *Result) {
	if l.key == "" || r.question.Has(l.bundle.FindAttribute(l.key)) {
		return
	}
	for i, asked := range r.question.Asked {
		d := &result.Decisions[i]
		if asked.Index < 0 || !l.keyed[asked.Index] || d.Sticky || d.Reason == core.ReasonConsent.String() {
			continue
		}
		why, err := l.pool.Explain(ctx, r.question.Bytes, uint32(asked.Index), nil)
		if err != nil {
			return // what was decided stands
		}
		gjson.GetBytes(why, "rules").ForEach(func(_, rule gjson.Result) bool {
			split := rule.Get("split")
			d.NoTargetingKey = rule.Get("outcome").Str == "no unit" && split.Get("by").Str == l.key && split.Get("unit").Str == core.Missing.String()
			return !d.NoTargetingKey
		})
	}
}

// keyed says of each decision of a bundle whether one of its rules splits by the targeting key, the attribute of that name.
func keyed(b *core.Bundle) (key string, splits []bool) {
	attribute := b.About[0].TargetingKey
	if attribute == 0 {
		return "", nil
	}
	for _, d := range b.Decisions {
		found := false
		for _, r := range b.Rules[d.FirstRule : d.FirstRule+d.Rules] {
			found = found || r.Does() == format.ActionSplit && b.Draws[b.Splits[r.Target].Draw].Unit == attribute-1
		}
		splits = append(splits, found)
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
