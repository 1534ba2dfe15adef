package compare

import (
	"context"
	"encoding/json"

	"github.com/open-feature/flagd/core/pkg/evaluator"
	"github.com/open-feature/flagd/core/pkg/logger"
	"github.com/open-feature/flagd/core/pkg/store"
	"github.com/open-feature/flagd/core/pkg/sync"
	"go.uber.org/zap"

	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// flagdRules are the rules of flagd: a flag for each placement, whose variants are the rules.
type flagdRules struct {
	evaluator *evaluator.JSON
	contexts  []map[string]any
	flags     []string // by placement
	decided   []string
}

const noRule = "none"

// LoadFlagd decides with the evaluator of flagd, which reads rules in JsonLogic.
func LoadFlagd(set *workload.Set, contexts []workload.Context) (Decider, error) {
	const from, most = "workload", 1000
	if len(set.Rules) > most {
		return nil, ErrTooMany // it starts for half a minute, and decides for half a second
	}
	log := logger.NewLogger(zap.NewNop(), false)
	flags, err := store.NewStore(log, []string{from})
	if err != nil {
		return nil, err
	}
	d := &flagdRules{evaluator: evaluator.NewJSON(log, flags), decided: make([]string, set.Placements)}
	for placement := range set.Placements {
		d.flags = append(d.flags, workload.Decision(placement))
	}
	definition, err := json.Marshal(flagdDefinition(set))
	if err != nil {
		return nil, err
	}
	if err := d.evaluator.SetState(sync.DataSync{FlagData: string(definition), Source: from}); err != nil {
		return nil, err
	}
	for _, c := range contexts {
		text, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		var values map[string]any
		if err := json.Unmarshal(text, &values); err != nil {
			return nil, err
		}
		d.contexts = append(d.contexts, values)
	}
	return d, nil
}

type object = map[string]any

// flagdDefinition writes the flags as flagd's format has them.
func flagdDefinition(set *workload.Set) object {
	flags := object{}
	for placement := range set.Placements {
		variants := object{noRule: noRule, workload.SplitA: workload.SplitA, workload.SplitB: workload.SplitB}
		var choices []any
		for _, r := range set.Of(placement) {
			var all []any
			for _, c := range r.Conds {
				all = append(all, jsonLogic(c))
			}
			choices = append(choices, object{"and": all}, r.ID)
			variants[r.ID] = r.ID
		}
		if set.Split {
			choices = append(choices, object{"fractional": []any{object{"var": "visitor_id"}, []any{workload.SplitA, 50}, []any{workload.SplitB, 50}}})
		} else {
			choices = append(choices, noRule)
		}
		flags[workload.Decision(placement)] = object{"state": "ENABLED", "variants": variants, "defaultVariant": noRule,
			"targeting": object{"if": choices}}
	}
	return object{"flags": flags}
}

// jsonLogic writes a condition in JsonLogic, with flagd's own operators.
func jsonLogic(c workload.Condition) object {
	attribute := object{"var": c.Attr}
	switch c.Op {
	case "in":
		return object{"in": []any{attribute, c.Value}}
	case "prefix":
		return object{"starts_with": []any{attribute, c.Value}}
	case "semver_gte":
		return object{"sem_ver": []any{attribute, ">=", c.Value}}
	case "between":
		from, to := c.Range()
		return object{"and": []any{object{">=": []any{attribute, from}}, object{"<": []any{attribute, to}}}}
	}
	return object{comparisons[c.Op]: []any{attribute, c.Value}}
}

func (d *flagdRules) Decide(i int) error {
	for placement, flag := range d.flags {
		_, variant, _, _, err := d.evaluator.ResolveStringValue(context.Background(), "", flag, d.contexts[i])
		if err != nil {
			return err
		}
		if variant == noRule {
			variant = ""
		}
		d.decided[placement] = variant
	}
	return nil
}

func (d *flagdRules) Rule(placement int) string { return d.decided[placement] }
