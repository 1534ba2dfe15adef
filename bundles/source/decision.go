package source

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

var decisionKeys = keys[Decision]{what: "a decision", rules: schema{"required": []string{"purpose", "variants"}}, rows: []key[Decision]{
	{"purpose", "Why it decides: necessary, or what a visitor must have consented to before its rules run. " +
		"One, or a list of which all must be granted.", oneOrMore(nameSchema), readPurposes},
	{"objective", "What the decision is meant to achieve, for people.", textSchema,
		func(r *reader, n *yaml.Node, d *Decision) { d.Objective = r.text(n, "objective") }},
	{"disabled", "true: answers its default, reason DISABLED, and runs no rule.", booleanSchema,
		func(r *reader, n *yaml.Node, d *Decision) { d.Disabled = r.boolean(n, "disabled") }},
	{"variants", "The possible answers: a value each, or {value: ...}. A mapping with the key value is the long form.",
		variantsSchema, readVariants},
	{"default", "The variant where no rule matches or consent is missing. Absent or null: the default in the caller's code, without a value from here.",
		schema{"type": []string{"string", "null"}, "pattern": Name},
		func(r *reader, n *yaml.Node, d *Decision) {
			if scalarOf(n) != scalarNull {
				d.Default = r.name(n, "default")
			}
		}},
	{"rules", "Conditions and what they lead to. The first rule that matches decides.", listOf(ruleKeys.schema()),
		func(r *reader, n *yaml.Node, d *Decision) { d.Rules = readRuleList(r, n, "rules") }},
	{"measure", "How its success is measured: the event that counts, and those that must not suffer.", measureKeys.schema(), readMeasure},
	{"owner", "Who answers for the decision: a team or an address.", textSchema,
		func(r *reader, n *yaml.Node, d *Decision) { d.Owner = r.text(n, "owner") }},
	{"review_by", "The day by which somebody looks at it again: 2027-02-01.", schema{"type": "string", "format": "date"}, readReviewBy},
	{"grain", "How much of a page it decides: page, component or element.", schema{"enum": []string{"page", "component", "element"}},
		func(r *reader, n *yaml.Node, d *Decision) {
			d.Grain = r.oneOf(n, "grain", "page", "component", "element")
		}},
	{"tags", "What it is about, for people and reports: {stage: consideration}.", tagsSchema,
		func(r *reader, n *yaml.Node, d *Decision) { d.Tags = r.tags(n, "tags") }},
	{"metadata", "Names and scalars that OpenFeature clients get with the flag.", metadataSchema,
		func(r *reader, n *yaml.Node, d *Decision) { d.Metadata = r.scalars(n, "metadata") }},
	{"visibility", "server: stays between edge and origin. page (the default): the page may see the answer. browser: the rules may go there too.",
		schema{"enum": []string{"server", "page", "browser"}},
		func(r *reader, n *yaml.Node, d *Decision) {
			d.Visible = r.oneOf(n, "visibility", "server", "page", "browser")
		}},
	{"before_consent", "Rules for visitors who have not consented, over necessary attributes only. Without them: the default.",
		listOf(ruleKeys.schema()), func(r *reader, n *yaml.Node, d *Decision) { d.BeforeConsent = readRuleList(r, n, "before_consent") }},
	{"act", "Makes the decision act on the request: rewrite, {redirect: 302}, backend or {header: NAME}.", actSchema, readAct},
	{"sensitive", "true: may not read what visitors can write themselves, such as cookies, the path and headers.", booleanSchema,
		func(r *reader, n *yaml.Node, d *Decision) { d.Sensitive = r.boolean(n, "sensitive") }},
	{"holdout", "The holdout whose units always get the default, by its name under holdouts.", nameSchema,
		func(r *reader, n *yaml.Node, d *Decision) { d.Holdout = r.name(n, "holdout") }},
	{"group", "The slots that it takes in a group: its splits match only units in these.", slotsKeys.schema(), readSlots},
	{"sticky", "true: a visitor keeps what was served once, while the variant exists and consent lasts. {hold: 7d}: at least so long.",
		schema{"anyOf": []schema{booleanSchema, stickyKeys.schema()}}, readSticky},
}}

func readDecisions(r *reader, n *yaml.Node, b *Bundle) {
	r.entries(n, "decisions", func(name Text, key, value *yaml.Node) {
		if !r.once("decision "+name.Value, key) {
			return
		}
		d := Decision{Name: name}
		before := len(r.faults)
		readKeys(r, value, decisionKeys, &d)
		if len(r.faults) == before {
			if len(d.Purposes) == 0 {
				r.fault(key, fmt.Sprintf("decision %s has no purpose", name.Value), "add purpose: necessary, or what a visitor must consent to")
			}
			if len(d.Variants) == 0 {
				r.fault(key, fmt.Sprintf("decision %s has no variants", name.Value), "add variants: {NAME: VALUE}")
			}
		}
		nameRules(r, &d)
		b.Decisions = append(b.Decisions, d)
	})
}

func readPurposes(r *reader, n *yaml.Node, d *Decision) {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.fault(n, "purpose is empty", "write purpose: necessary where no consent is needed")
		return
	}
	d.Purposes = r.texts(n, "purpose", r.name)
}

// nameRules gives the rules without id one, made of the decision's name and the rule's number from 1, and sees that ids differ. A split
// without seed gets the decision's name as seed, so that all splits of a decision sort a unit alike.
func nameRules(r *reader, d *Decision) {
	taken := make(map[string]bool, len(d.Rules))
	for i := range len(d.Rules) + len(d.BeforeConsent) {
		rule, made := (*Rule)(nil), ""
		if i < len(d.Rules) {
			rule, made = &d.Rules[i], fmt.Sprintf("%s.%d", d.Name.Value, i+1)
		} else {
			i -= len(d.Rules)
			rule, made = &d.BeforeConsent[i], fmt.Sprintf("%s.before_consent.%d", d.Name.Value, i+1)
		}
		if !rule.ID.Present() {
			rule.ID = Text{Value: made, Pos: rule.Pos}
		}
		if taken[rule.ID.Value] {
			r.add(Fault{Pos: rule.ID.Pos, Length: rule.ID.Length(), Message: fmt.Sprintf("decision %s has two rules with id %s", d.Name.Value, rule.ID.Value),
				Hint: "answers name the rule that decided: each needs its own id"})
		}
		taken[rule.ID.Value] = true
		if rule.Split != nil && !rule.Split.Seed.Present() {
			rule.Split.Seed = Text{Value: d.Name.Value, Pos: rule.Split.Pos}
		}
	}
}
