package ruletest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// explanation is what core's Evaluator.Explain writes, as far as a test needs it.
type explanation struct {
	Decision string `json:"decision"`
	Reason   string `json:"reason"`
	Rule     string `json:"rule"`
	Purposes []struct {
		Purpose string `json:"purpose"`
		Granted bool   `json:"granted"`
	} `json:"purposes"`
	Rules  []explainedRule `json:"rules"`
	Before []explainedRule `json:"before_consent"`
}

type explainedRule struct {
	Rule    string `json:"rule"`
	When    string `json:"when"`
	Result  *bool  `json:"result"`
	Outcome string `json:"outcome"`
	Error   string `json:"error"`
	ErrorAt string `json:"error_at"`
	Reads   []struct {
		Attribute string          `json:"attribute"`
		State     string          `json:"state"`
		Value     json.RawMessage `json:"value"`
	} `json:"reads"`
	Split *struct {
		By      string  `json:"by"`
		Buckets uint32  `json:"buckets"`
		Bucket  *uint32 `json:"bucket"`
		Unit    string  `json:"unit"`
		Variant string  `json:"variant"`
	} `json:"split"`
}

// mostReasons is how many of the rules that could have given the expected answer are explained.
const mostReasons = 3

// because says in a few lines why an answer is not the expected one: what became of the rules that would have given that, and which rule
// decided instead.
func (s *Suite) because(e *source.Expectation, why *explanation, hasTime bool) []string {
	d := s.decision(e.Decision.Value)
	if why == nil || d == nil {
		return nil
	}
	switch why.Reason {
	case "DISABLED":
		return []string{"the decision is switched off"}
	case "CONSENT":
		var missing []string
		for _, p := range why.Purposes {
			if !p.Granted {
				missing = append(missing, p.Purpose)
			}
		}
		what := "no rule was tried: "
		if len(d.BeforeConsent) > 0 {
			what = "only the rules under before_consent were tried: "
		}
		return []string{what + strings.Join(missing, ", ") + " is not consented to"}
	case "HOLDOUT":
		return []string{"no rule was tried: the visitor is held out"}
	case "PREVIEW":
		return []string{"no rule was tried: the case has a preview"}
	case "SPLIT":
		if why.Rule == "" {
			return []string{"no rule was tried: the visitor keeps the sticky variant"}
		}
	}
	var lines []string
	for i := range why.Rules {
		r := &why.Rules[i]
		rule := ruleOf(d, r.Rule)
		if rule == nil || r.Rule == why.Rule || len(lines) == mostReasons || !leadsTo(rule, e) {
			continue
		}
		lines = append(lines, s.about(rule, r, why.Rule, hasTime))
	}
	for i := range why.Rules {
		if r := &why.Rules[i]; r.Rule == why.Rule {
			lines = append(lines, fmt.Sprintf("rule %s%s decided%s%s", r.Rule, s.place(ruleOf(d, r.Rule)), r.reads(), r.bucket()))
		}
	}
	if why.Rule == "" && len(why.Rules) > 0 && len(lines) == 0 {
		lines = append(lines, "no rule matched")
	}
	return lines
}

// leadsTo says whether a rule can give the expected answer.
func leadsTo(rule *source.Rule, e *source.Expectation) bool {
	switch {
	case e.Rule.Present():
		return rule.ID.Value == e.Rule.Value
	case !e.Variant.Present():
		return false
	case rule.Defer != nil:
		return rule.Defer.Otherwise.Value == e.Variant.Value
	case rule.Split != nil:
		return slices.ContainsFunc(rule.Split.Weights, func(w source.Weight) bool { return w.Variant.Value == e.Variant.Value })
	}
	return rule.Serve.Value == e.Variant.Value
}

// about says what became of a rule that did not decide.
func (s *Suite) about(rule *source.Rule, r *explainedRule, winner string, hasTime bool) string {
	begin := fmt.Sprintf("rule %s%s ", r.Rule, s.place(rule))
	switch r.Outcome {
	case "not reached":
		return begin + fmt.Sprintf("was not reached: rule %s comes before it", winner)
	case "not in schedule":
		if !hasTime {
			return begin + "is not in its schedule: the case has no now, and is decided for " + noTime
		}
		return begin + "is not in its schedule"
	case "variant over":
		return begin + "did not match, since its variant may no longer be served"
	case "outside its slots":
		return begin + "did not match, since the visitor is outside the decision's slots of its group"
	case "no unit":
		by := ""
		if r.Split != nil {
			by = ": " + r.Split.By + " is " + r.Split.Unit
		}
		return begin + "has no unit to split by" + by
	case "error":
		cause := r.Error
		if r.ErrorAt != "" {
			cause = r.ErrorAt + " is " + strings.Replace(cause, "no value", "absent", 1)
		}
		return begin + "did not match, since " + cause
	}
	return begin + "did not match" + r.reads()
}

// reads says what a rule's condition read: ": cart.value is 80".
func (r *explainedRule) reads() string {
	var all []string
	for _, read := range r.Reads {
		if read.State == "present" {
			all = append(all, read.Attribute+" is "+string(read.Value))
		} else {
			all = append(all, read.Attribute+" is "+read.State)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, ", ")
}

func (r *explainedRule) bucket() string {
	if r.Split == nil || r.Split.Bucket == nil {
		return ""
	}
	return fmt.Sprintf("; bucket %d of %d", *r.Split.Bucket, r.Split.Buckets)
}

func (s *Suite) place(rule *source.Rule) string {
	if rule == nil {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", rule.Pos.File, rule.Pos.Line)
}
