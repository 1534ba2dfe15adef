package ruletest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// Generated is a case that was made for a rule that no case had tried.
type Generated struct {
	Decision, Rule string
	YAML           string // an item of a test file's list; "" where no visitor was found
	Pos            source.Pos
}

// Generate looks for a visitor for each rule that no case of this suite had decide, once they have run. It tries the values that the
// conditions mention, and those beside them; what it does not find may exist all the same. It finds the same visitors each time.
func (s *Suite) Generate() ([]Generated, error) {
	var all []Generated
	for _, c := range s.order {
		if c.Matched {
			continue
		}
		g := Generated{Decision: c.Decision, Rule: c.Rule, Pos: c.Pos}
		v, a, err := s.search(c)
		if err != nil {
			return nil, err
		}
		if v != nil {
			g.YAML = caseOf(c, v, a)
		}
		all = append(all, g)
	}
	return all, nil
}

// The most visitors that are tried for a rule, in each of its searches: some 20 ms.
const mostVisitors = 2000

// search finds a visitor for whom a rule decides, knowing as little of them as possible; nil where it finds none.
func (s *Suite) search(c *Covered) (*visitor, answer, error) {
	var purposes []string
	for _, p := range c.decision.Purposes {
		purposes = append(purposes, p.Value)
	}
	everything := s.anyone(noTime).Consent
	// First what each attribute is compared with in the rule's condition, then whatever that mentions, then the same of the rules before it.
	for _, from := range []func() *facts{
		func() *facts { return s.mentioned(ownCondition(c)...) },
		func() *facts { return s.mentioned(ownCondition(c)...).mixed() },
		func() *facts { return s.mentioned(conditionsBefore(c)...) },
	} {
		for _, consent := range []json.RawMessage{nil, everything} {
			v := &visitor{Consent: consent, Decisions: []string{c.Decision}}
			switch {
			case c.before && consent == nil:
				v.consentTo(nil)
			case c.before:
				v.Consent = json.RawMessage(switchedOff)
			case consent == nil:
				v.consentTo(slices.DeleteFunc(slices.Clone(purposes), func(p string) bool { return p == attribute.Necessary }))
			}
			found, a, err := s.searchAmong(s.domains(from(), c.rule), v, c)
			if err != nil || found {
				return v, a, err
			}
		}
	}
	return nil, answer{}, nil
}

// switchedOff is the consent of a visitor who said no on the site itself, which holds wherever the visitor is.
const switchedOff = `{"cookies":{"` + policy.OffCookie + `":"` + policy.OffValue + `"}}`

// mixed are the same facts without what stands beside what.
func (f *facts) mixed() *facts {
	return &facts{attributes: f.attributes, texts: f.texts, numbers: f.numbers}
}

func ownCondition(c *Covered) []string { return []string{c.rule.When.Value} }

// mostBefore bounds how many of the rules before one are looked at: those right before it are most like it.
const mostBefore = 40

// conditionsBefore are a rule's condition and those that must not match for it to decide.
func conditionsBefore(c *Covered) []string {
	all := ownCondition(c)
	end := slices.IndexFunc(c.siblings, func(r source.Rule) bool { return r.ID.Value == c.Rule })
	for i := end - 1; i >= max(0, end-mostBefore); i-- {
		all = append(all, c.siblings[i].When.Value)
	}
	return all
}

// domain is what an attribute may be. The time is the domain "now".
type domain struct {
	name   string
	values []string // JSON; "" for absent
}

const nowAttribute = "now"

// searchAmong tries all visitors there are, or so many of them, and says whether v has become one for whom the rule decides.
func (s *Suite) searchAmong(domains []domain, v *visitor, c *Covered) (bool, answer, error) {
	total := 1
	for _, d := range domains {
		if total *= len(d.values); total > mostVisitors {
			break
		}
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same visitors each time
	for try := range min(total, mostVisitors) {
		v.Context, v.Now = map[string]json.RawMessage{}, noTime
		rest := try
		for _, d := range domains {
			i := rest % len(d.values)
			if rest /= len(d.values); total > mostVisitors {
				i = random.IntN(len(d.values))
			}
			v.set(d.name, d.values[i])
		}
		won, a, err := s.decides(v, c)
		if err != nil {
			return false, a, err
		}
		if won {
			a, err = s.reduce(v, c, a)
			return true, a, err
		}
	}
	return false, answer{}, nil
}

func (v *visitor) set(name, value string) {
	switch {
	case value == "":
	case name == nowAttribute:
		v.Now = strings.Trim(value, `"`)
	default:
		v.Context[name] = json.RawMessage(value)
	}
}

func (s *Suite) decides(v *visitor, c *Covered) (bool, answer, error) {
	line := v.line()
	answers, _, err := s.decide("", line)
	a := answers[c.Decision]
	if err != nil || !c.before {
		return err == nil && a.Rule == c.Rule, a, err
	}
	explained, err := s.explain("", line) // answers before consent name no rule
	if err != nil {
		return false, a, err
	}
	return slices.ContainsFunc(explained[c.Decision].Before, func(r explainedRule) bool {
		return r.Rule == c.Rule && r.Outcome == "matched"
	}), a, nil
}

// reduce takes from a visitor all that the rule does not need to decide.
func (s *Suite) reduce(v *visitor, c *Covered, a answer) (answer, error) {
	for _, name := range slices.Sorted(maps.Keys(v.Context)) {
		value := v.Context[name]
		delete(v.Context, name)
		won, without, err := s.decides(v, c)
		switch {
		case err != nil:
			return a, err
		case won:
			a = without
		default:
			v.Context[name] = value
		}
	}
	return a, nil
}

// domains are the values to try for all attributes that are mentioned, and for the unit and the time of a rule.
func (s *Suite) domains(f *facts, rule *source.Rule) []domain {
	var all []domain
	for _, name := range f.attributes {
		if name != nowAttribute && (rule.Split == nil || name != rule.Split.By.Value) {
			from := f
			if beside := f.beside[name]; beside != nil {
				from = beside
			}
			all = append(all, domain{name, distinct(append(s.values(name, from), ""))})
		}
	}
	if rule.Split != nil {
		const units = 8 // some may be held out, or outside the decision's group
		unit := domain{name: rule.Split.By.Value}
		for number := 1; number <= units; number++ {
			unit.values = append(unit.values, string(s.unitJSON(unit.name, number)))
		}
		all = append(all, unit)
	}
	return append(all, domain{nowAttribute, times(f, rule)})
}

// times are the times to try: when a rule's schedule holds, and around those that conditions mention.
func times(f *facts, rule *source.Rule) []string {
	begin := time.Unix(0, 0).UTC()
	switch {
	case rule.From.Present():
		begin = time.Unix(rule.FromUnix, 0).UTC()
	case rule.Until.Present() && rule.UntilUnix <= 0:
		begin = time.Unix(rule.UntilUnix-1, 0).UTC()
	}
	all := []string{quotedTime(begin)}
	for _, text := range f.texts {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			all = append(all, quotedTime(at), quotedTime(at.Add(time.Second)), quotedTime(at.Add(-time.Second)))
		}
	}
	if slices.Contains(f.attributes, nowAttribute) {
		for hour := range 7 * 24 { // every hour of every weekday
			all = append(all, quotedTime(begin.Add(time.Duration(hour)*time.Hour)))
		}
		for month := range 12 {
			all = append(all, quotedTime(begin.AddDate(0, month, 0)))
		}
	}
	return distinct(all)
}

func quotedTime(at time.Time) string { return `"` + at.Format(time.RFC3339) + `"` }

// values are the values to try for an attribute, as JSON.
func (s *Suite) values(name string, f *facts) []string {
	if enum := s.enumOf(name); len(enum) > 0 {
		var all []string
		for _, value := range enum {
			all = append(all, jsonText(value))
		}
		return all
	}
	switch typ := s.types[name]; {
	case typ == "string":
		return textValues(f)
	case typ == "bool":
		return []string{"true", "false"}
	case typ == "int", typ == "uint", typ == "double":
		return numberValues(f, typ)
	case strings.HasPrefix(typ, "list"):
		return listValues(f, typ)
	case strings.HasPrefix(typ, "map"):
		return mapValues(f)
	default: // timestamps, durations and bytes are written as texts
		return append(textValues(f), numberValues(f, "double")...)
	}
}

func (s *Suite) enumOf(name string) []string {
	var enum []string
	if standard := attribute.Find(name); standard != nil {
		enum = standard.Enum
	}
	for _, a := range s.source.Attributes {
		if a.Name.Value == name && len(a.Enum) > 0 {
			enum = nil
			for _, value := range a.Enum {
				enum = append(enum, value.Value)
			}
		}
	}
	return enum
}

// textValues are the texts mentioned, each alone, longer by something, and the first few joined, as startsWith and endsWith together ask.
func textValues(f *facts) []string {
	const joined = 4
	var all []string
	for _, text := range f.texts {
		all = append(all, jsonText(text))
	}
	all = append(all, `"other"`, `""`)
	for i, a := range f.texts {
		all = append(all, jsonText(a+"x"))
		for j, b := range f.texts {
			if i < joined && j < joined && i != j {
				all = append(all, jsonText(a+b))
			}
		}
	}
	return all
}

// numberValues are the numbers mentioned, and those beside them.
func numberValues(f *facts, typ string) []string {
	var all []string
	for _, n := range append(slices.Clone(f.numbers), 0) {
		for _, n := range []float64{n, n + 1, n - 1, n + 0.5} {
			if n >= 0 || typ != "uint" {
				all = append(all, strconv.FormatFloat(n, 'f', -1, 64))
			}
		}
	}
	if typ != "double" {
		all = slices.DeleteFunc(all, func(n string) bool { return strings.Contains(n, ".") })
	}
	return all
}

func listValues(f *facts, typ string) []string {
	elements := textValues(f)
	if strings.Contains(typ, "int") || strings.Contains(typ, "double") {
		elements = numberValues(f, strings.TrimSuffix(strings.TrimPrefix(typ, "list("), ")"))
	}
	all := []string{"[]"}
	for _, element := range elements {
		all = append(all, "["+element+"]")
	}
	return append(all, "["+strings.Join(elements, ",")+"]")
}

func mapValues(f *facts) []string {
	all := []string{"{}"}
	for _, key := range f.texts {
		for _, value := range append([]string{"other"}, f.texts...) {
			all = append(all, "{"+jsonText(key)+":"+jsonText(value)+"}")
		}
	}
	return all
}

func jsonText(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("ruletest: internal error: " + err.Error())
	}
	return string(quoted)
}

func distinct(values []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(values, func(v string) bool {
		again := seen[v]
		seen[v] = true
		return again
	})
}

// caseOf writes a case. JSON is YAML, so that values stand as JSON.
func caseOf(c *Covered, v *visitor, a answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- name: %s\n", jsonText(fmt.Sprintf("%s: rule %s decides", c.Decision, c.Rule)))
	var given []string
	if len(v.Context) > 0 {
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(v.Context)) {
			fields = append(fields, name+": "+string(v.Context[name]))
		}
		given = append(given, "context: {"+strings.Join(fields, ", ")+"}")
	}
	switch consent := string(v.Consent); consent {
	case `{"granted":[]}`:
	case switchedOff:
		given = append(given, "consent: "+consent)
	default:
		given = append(given, "consent: "+strings.Replace(strings.ReplaceAll(consent, `"`, ""), "granted:", "granted: ", 1))
	}
	if len(given) > 0 {
		fmt.Fprintf(&b, "  given: {%s}\n", strings.Join(given, ", "))
	}
	if v.Now != noTime {
		fmt.Fprintf(&b, "  now: %s\n", v.Now)
	}
	variant := "null"
	if a.Variant != nil {
		variant = plain(*a.Variant)
	}
	rule := ""
	if !c.before {
		rule = "rule: " + plain(c.Rule) + ", "
	}
	fmt.Fprintf(&b, "  expect: {%s: {variant: %s, %sreason: %s}}\n", c.Decision, variant, rule, a.Reason)
	return b.String()
}

// plain writes a name so that YAML reads text: a variant may be called true.
func plain(name string) string {
	switch name {
	case "true", "false", "null":
		return `"` + name + `"`
	}
	return name
}
