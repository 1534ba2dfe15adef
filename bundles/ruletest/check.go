package ruletest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/compile"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
)

// check finds what cases name and the bundle does not have.
func (s *Suite) check() []source.Fault {
	c := &checker{suite: s, faults: compile.CheckTests(s.source, s.tests.Cases)}
	for i := range s.tests.Cases {
		t := &s.tests.Cases[i]
		if t.Persona.Present() && s.persona(t.Persona.Value) == nil {
			var known []source.Text
			for _, p := range s.source.Personas {
				known = append(known, p.Name)
			}
			c.unknown(t.Persona, "the bundle has no persona", known)
		}
		for _, b := range t.Buckets {
			c.bucket(&b)
		}
		c.expectations(t.Sticky)
		c.expectations(t.Preview)
		c.expectations(t.Expect)
		for _, f := range t.Fallbacks {
			c.expectations(f.Expect)
		}
	}
	return c.faults
}

type checker struct {
	suite  *Suite
	faults []source.Fault
}

func (c *checker) fault(at source.Text, message, hint string) {
	c.faults = append(c.faults, source.Fault{Pos: at.Pos, Length: at.Length(), Message: message, Hint: hint})
}

func (c *checker) unknown(at source.Text, message string, known []source.Text) {
	hint := ""
	var all []string
	for _, t := range known {
		all = append(all, t.Value)
	}
	if len(known) > 0 && len(known) <= 12 {
		hint = "there are " + names(known)
	}
	if near, ok := source.Nearest(at.Value, all); ok {
		hint = "did you mean " + near + "?"
	}
	c.fault(at, fmt.Sprintf("%s %q", message, at.Value), hint)
}

// decision gives the decision of a name, nil where the bundle has none.
func (c *checker) decision(name source.Text) *source.Decision {
	if d := c.suite.decision(name.Value); d != nil {
		return d
	}
	var known []source.Text
	for _, d := range c.suite.source.Decisions {
		known = append(known, d.Name)
	}
	c.unknown(name, "the bundle has no decision", known)
	return nil
}

func (c *checker) rule(d *source.Decision, name source.Text) {
	if name.Present() && ruleOf(d, name.Value) == nil {
		var known []source.Text
		for _, r := range d.Rules {
			known = append(known, r.ID)
		}
		c.unknown(name, "decision "+d.Name.Value+" has no rule", known)
	}
}

func (c *checker) variant(d *source.Decision, name source.Text) {
	if name.Present() && !slices.ContainsFunc(d.Variants, func(v source.Variant) bool { return v.Name.Value == name.Value }) {
		var known []source.Text
		for _, v := range d.Variants {
			known = append(known, v.Name)
		}
		c.unknown(name, "decision "+d.Name.Value+" has no variant", known)
	}
}

func (c *checker) expectations(all []source.Expectation) {
	for _, e := range all {
		if d := c.decision(e.Decision); d != nil {
			c.variant(d, e.Variant)
			c.rule(d, e.Rule)
		}
	}
}

func (c *checker) bucket(b *source.Bucket) {
	d := c.decision(b.Decision)
	if d == nil {
		return
	}
	c.rule(d, b.Rule)
	c.variant(d, b.Variant)
	var splits []source.Text
	var chosen *source.Split
	for i := range d.Rules {
		if r := &d.Rules[i]; r.Split != nil {
			splits = append(splits, r.ID)
			if r.ID.Value == b.Rule.Value || !b.Rule.Present() {
				chosen = r.Split
			}
		}
	}
	switch {
	case len(splits) == 0:
		c.fault(b.Decision, fmt.Sprintf("decision %s has no split", d.Name.Value), "give what its rules read as context")
	case !b.Rule.Present() && len(splits) > 1:
		c.fault(b.Decision, fmt.Sprintf("decision %s has several splits", d.Name.Value),
			fmt.Sprintf("name the rule: bucket: {%s: {%s: ...}}; there are %s", d.Name.Value, splits[0].Value, names(splits)))
	case b.Rule.Present() && chosen == nil && ruleOf(d, b.Rule.Value) != nil:
		c.fault(b.Rule, fmt.Sprintf("rule %s has no split", b.Rule.Value), "rules with one: "+names(splits))
	case b.Number.Present() && chosen != nil && b.Bucket >= chosen.Buckets:
		c.fault(b.Number, fmt.Sprintf("the split has no bucket %d", b.Bucket), fmt.Sprintf("it has 0 to %d", chosen.Buckets-1))
	}
}

func takesObjects(typ string) bool { return strings.HasPrefix(typ, "map") || typ == "dyn" }

// typesOf gives the types of all attributes that the source may read, by name.
func typesOf(b *source.Bundle) map[string]string {
	types := map[string]string{}
	for _, a := range attribute.Table {
		types[a.Name] = a.Type
	}
	for _, a := range b.Attributes {
		if a.Type.Present() {
			types[a.Name.Value] = strings.ReplaceAll(a.Type.Value, " ", "")
		}
	}
	return types
}

func (s *Suite) persona(name string) *source.Persona {
	for i := range s.source.Personas {
		if s.source.Personas[i].Name.Value == name {
			return &s.source.Personas[i]
		}
	}
	return nil
}

func (s *Suite) decision(name string) *source.Decision {
	for i := range s.source.Decisions {
		if s.source.Decisions[i].Name.Value == name {
			return &s.source.Decisions[i]
		}
	}
	return nil
}

func ruleOf(d *source.Decision, name string) *source.Rule {
	for _, rules := range [][]source.Rule{d.Rules, d.BeforeConsent} {
		for i := range rules {
			if rules[i].ID.Value == name {
				return &rules[i]
			}
		}
	}
	return nil
}
