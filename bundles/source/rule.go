package source

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var serveOrSplit = schema{"oneOf": []schema{{"required": []string{"serve"}}, {"required": []string{"split"}}, {"required": []string{"defer"}}}}

var ruleKeys = keys[Rule]{what: "a rule", rules: serveOrSplit, rows: []key[Rule]{
	{"id", "Its name in answers and explanations. Without one it is made of the decision's name and the rule's number.", nameSchema,
		func(r *reader, n *yaml.Node, rule *Rule) { rule.ID = r.name(n, "id") }},
	{"when", "The condition, in CEL. Without one the rule always matches.", conditionSchema,
		func(r *reader, n *yaml.Node, rule *Rule) { rule.When = r.condition(n, "when") }},
	{"serve", "The variant to answer.", nameSchema,
		func(r *reader, n *yaml.Node, rule *Rule) { rule.Serve = r.name(n, "serve") }},
	{"split", "Divides visitors among variants by weight, each visitor always alike.", splitKeys.schema(), readSplit},
	{"from", "The rule matches from this time on: RFC 3339, whole seconds, such as 2026-12-01T00:00:00Z.", timeSchema,
		func(r *reader, n *yaml.Node, rule *Rule) { rule.From, rule.FromUnix = r.time(n, "from") }},
	{"until", "The rule matches before this time: RFC 3339, whole seconds, such as 2027-01-01T00:00:00Z.", timeSchema,
		func(r *reader, n *yaml.Node, rule *Rule) { rule.Until, rule.UntilUnix = r.time(n, "until") }},
	{"defer", "Hands the decision over to a decider at the origin.", deferKeys.schema(), readDefer},
}}

func readRuleList(r *reader, n *yaml.Node, key string) (rules []Rule) {
	for _, item := range r.items(n, key) {
		rule := Rule{Pos: r.page.clamp(item.Line, item.Column)}
		before := len(r.faults)
		readKeys(r, item, ruleKeys, &rule)
		if len(r.faults) == before {
			checkRule(r, item, &rule)
		}
		rules = append(rules, rule)
	}
	return rules
}

// checkRule looks at how the keys of a rule fit together.
func checkRule(r *reader, n *yaml.Node, rule *Rule) {
	switch rule.Actions() {
	case 1:
	case 0:
		r.fault(n, "a rule needs serve, split or defer", "add serve: VARIANT")
	default:
		r.fault(n, "a rule has only one of serve, split and defer", "make two rules of it")
	}
	if rule.From.Present() && rule.Until.Present() && rule.FromUnix >= rule.UntilUnix {
		r.add(Fault{Pos: rule.Until.Pos, Length: rule.Until.Length(), Message: "until is not after from: the rule never matches"})
	}
}

// Actions is how many of Serve, Split and Defer the rule has. It should be one.
func (rule *Rule) Actions() int {
	count := 0
	for _, there := range []bool{rule.Serve.Present(), rule.Split != nil, rule.Defer != nil} {
		if there {
			count++
		}
	}
	return count
}

// rfc3339 is stricter than package time, which takes a comma for a point and hours of one digit.
var rfc3339 = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([Zz]|[-+][0-9]{2}:[0-9]{2})$`)

// time reads a time in whole seconds, of CEL's years 1 to 9999. It gives the text and the seconds since 1970.
func (r *reader) time(n *yaml.Node, key string) (Text, int64) {
	t := r.text(n, key)
	if !t.Present() {
		return Text{}, 0
	}
	value, err := time.Parse(time.RFC3339, strings.ToUpper(t.Value))
	if err != nil || !rfc3339.MatchString(t.Value) || value.UTC().Year() < 1 || value.UTC().Year() > 9999 {
		r.fault(n, fmt.Sprintf("%s is not a time", shortQuote(t.Value)), "write RFC 3339 in whole seconds, with a zone: 2026-12-01T00:00:00Z")
		return Text{}, 0
	}
	return t, value.Unix()
}
