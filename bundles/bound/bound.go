// Package bound computes what a compiled bundle can cost at most: the steps of its conditions, rules, decisions and routes, before there is
// a request.
//
// Reach for Of. A step is one instruction of a condition, with more for long texts and large lists; package core/steps has the
// prices. The bound is that of the worst request: every attribute present and as large as core lets it be, every rule tried, the index
// of no help, and the signals of consent as long as they may be. What core remembers within a request counts once, however many rules ask for it: conditions, predicates, decisions, and
// the classes of the index. The conditions of the consent policy's jurisdictions count for themselves.
//
// Programs are straight but for jumps forwards, so each instruction runs once; in a comprehension, once for each element. The sizes of
// what instructions work on are found by running the program over sizes instead of values. Reading a context, matching a path with
// routes and explaining are not in it: each has limits of its own.
package bound

import (
	"cmp"
	"slices"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/steps"
)

// DefaultSteps is the budget of a request where the source names none: at two to five nanoseconds a step the slowest request that can
// be made up takes a millisecond or two. Ten thousand ordinary rules stay below it, and so does looking up every key of the longest query.
const DefaultSteps = 500_000

// Report is what a bundle can cost.
type Report struct {
	Steps     uint64 // of a request for every decision: no request takes more
	Routes    []Cost // of a request for a route's decisions, in the order of the bundle's routes
	Decisions []Cost // of a request for one decision and those before it, in the order of the bundle's
	Rules     []Cost // of one rule alone, in the order of the bundle's
	Deciders  []Cost // of a decider's answer, in the order of the bundle's; it is a request of its own
}

// Cost is the bound of a part of a bundle.
type Cost struct {
	Name     string // a route's path, a decision's name, a rule's id
	Decision string // of a rule
	Steps    uint64
}

// Largest gives the route with the highest bound; ok is false where there are no routes.
func (r *Report) Largest() (largest Cost, ok bool) {
	if len(r.Routes) == 0 {
		return Cost{}, false
	}
	return slices.MaxFunc(r.Routes, func(x, y Cost) int { return cmp.Compare(x.Steps, y.Steps) }), true
}

// Of bounds a bundle that format.Read has checked.
func Of(b *format.Bundle) *Report {
	a := &analysis{Bundle: b}
	a.measure()
	for i := range b.Conditions {
		a.conditions = append(a.conditions, a.condition(i))
	}
	r := &Report{}
	all := a.asked()
	for i := range b.Decisions {
		all.decision(uint32(i))
		alone := a.asked()
		alone.decision(uint32(i))
		r.Decisions = append(r.Decisions, Cost{Name: b.String(b.Decisions[i].Name), Steps: alone.steps})
	}
	r.Steps = all.steps
	for _, route := range b.Routes {
		q := a.asked()
		for _, decision := range b.Lists[route.First:][:route.Count] {
			q.decision(decision)
		}
		r.Routes = append(r.Routes, Cost{Name: b.String(route.Pattern), Steps: q.steps})
	}
	for i := range b.Decisions {
		d := &b.Decisions[i]
		for j := range b.Rules[d.FirstRule:][:d.Rules+d.BeforeConsent] {
			rule := &b.Rules[d.FirstRule+uint32(j)]
			alone := a.request()
			alone.rule(d, rule)
			r.Rules = append(r.Rules, Cost{Name: b.String(rule.ID), Decision: b.String(d.Name), Steps: alone.steps})
		}
	}
	for _, d := range b.Deciders {
		q := a.request()
		for _, rule := range b.DeciderRules[d.FirstRule:][:d.Rules] {
			q.add(steps.RuleTried)
			if rule.Condition > 0 {
				q.condition(rule.Condition - 1)
			}
		}
		r.Deciders = append(r.Deciders, Cost{Name: b.String(d.Name), Steps: q.steps})
	}
	return r
}

// analysis is what is known of a bundle.
type analysis struct {
	*format.Bundle
	attributes []steps.Size
	constants  []steps.Size
	zones      steps.Size
	longest    []steps.Size // key of each table of the index
	variants   uint64       // bytes of the longest variant's name
	conditions []condition
}

// request adds up what one request can take. What it has added before costs nothing.
type request struct {
	*analysis
	steps      uint64
	conditions map[uint32]bool
	predicates map[uint32]bool
	decisions  map[uint32]bool
	tables     uint32
}

func (a *analysis) request() *request {
	return &request{analysis: a, conditions: map[uint32]bool{}, predicates: map[uint32]bool{}, decisions: map[uint32]bool{}}
}

// asked is a request of which it is known which jurisdiction counts. What was evaluated to find that is not remembered, as more can be
// read afterwards.
func (a *analysis) asked() *request {
	q := a.request()
	for i := range a.Jurisdictions {
		if c := a.Jurisdictions[i].Condition; c > 0 {
			q.condition(c - 1)
		}
	}
	found := q.steps
	q = a.request()
	q.add(found)
	q.add(steps.Consent(a.Bundle))
	return q
}

func (q *request) add(n uint64) { q.steps = steps.Add(q.steps, n) }

// decision adds a decision that is asked for, and those before it.
func (q *request) decision(i uint32) {
	d := &q.Decisions[i]
	q.add(steps.Asked(d))
	for _, before := range q.Lists[d.FirstPrerequisite:][:d.Prerequisites] {
		q.decide(before)
	}
	q.decide(i)
}

func (q *request) decide(i uint32) {
	if q.decisions[i] {
		return
	}
	q.decisions[i] = true
	d := &q.Decisions[i]
	q.add(steps.Index(d))
	for t := range q.Indexed {
		if d.Tables&^q.tables>>t&1 != 0 {
			table := &q.Indexed[t]
			q.add(steps.Class(table, q.attributes[table.Attribute], q.longest[t]))
		}
	}
	q.tables |= d.Tables
	if d.Holdout > 0 {
		q.draw(q.Holdouts[d.Holdout-1].Draw)
	}
	for r := range q.Rules[d.FirstRule:][:d.Rules+d.BeforeConsent] {
		q.rule(d, &q.Rules[d.FirstRule+uint32(r)])
	}
}

// draw adds putting a unit into a bucket.
func (q *request) draw(i uint32) {
	d := &q.Draws[i]
	q.add(steps.Draw(d.Hash, len(q.String(d.Seed)), q.attributes[d.Unit]))
}

func (q *request) rule(d *format.Decision, r *format.Rule) {
	q.add(steps.RuleTried)
	if r.Condition > 0 {
		q.condition(r.Condition - 1)
	}
	if r.Does() == format.ActionSplit {
		s := &q.Splits[r.Target]
		q.draw(s.Draw)
		q.add(steps.Shares(s))
		if d.Group > 0 {
			q.draw(q.Groups[d.Group-1].Draw)
		}
	}
}

// condition adds a condition and those that it asks for: all lie before it.
func (q *request) condition(i uint32) {
	if q.conditions[i] {
		return
	}
	q.conditions[i] = true
	c := &q.analysis.conditions[i]
	q.add(c.steps)
	for _, p := range c.predicates {
		if !q.predicates[p] {
			q.predicates[p] = true
			q.add(q.test(p))
		}
	}
	for _, asked := range c.asks {
		q.condition(asked)
	}
}

// test is the price of a predicate.
func (a *analysis) test(i uint32) uint64 {
	p := &a.Predicates[i]
	kind, constant := format.Error, steps.Size{}
	if test := format.Test(p.Test); test != format.TestTrue && test != format.TestMatches {
		kind, constant = format.Kind(a.Constants[p.Constant].Kind), a.constants[p.Constant]
	}
	return steps.Test(format.Test(p.Test), kind, a.attributes[p.Attribute], constant)
}
