// Package workload makes rules and requests to measure engines with, the same ones each time, for tests and benchmarks.
//
// Reach for Rules and Contexts: N rules over 8 placements, where the decision of a placement is its first rule of which all conditions hold,
// and requests of about 940 bytes of JSON. Flag is the smaller case of one feature flag. Decide reads rules plainly, and so says what
// an engine must answer; Source writes them as rules of Edgewise. All of it comes from Seed, so the same N always gives the same rules.
//
// A set of rules may also be read from JSON:
//
//	{"n":1,"placements":8,"split":false,
//	 "rules":[{"id":"r00000","placement":0,"conds":[{"attr":"country","op":"eq","value":"DE"}]}]}
//
// Operators are eq (a string or bool), in (strings), prefix, gte, gt and lt (a number), semver_gte ("M.m.p") and between (from and to in
// seconds since 1970, the end not included).
package workload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Seed is what all rules and contexts are made from.
const Seed = 2026

// Placements is how many placements rules are for.
const Placements = 8

// Set is a set of rules, those that come first going first.
type Set struct {
	Placements int    `json:"placements"`
	Split      bool   `json:"split"` // a placement without a rule that matches is SplitA or SplitB, by the visitor
	Rules      []Rule `json:"rules"`
}

// What a split decides between, half and half.
const (
	SplitA = "A"
	SplitB = "B"
)

// Rule is for one placement, and matches where all its conditions hold.
type Rule struct {
	ID        string      `json:"id"`
	Placement int         `json:"placement"`
	Conds     []Condition `json:"conds"`
}

// Condition compares an attribute, a dotted name, with a value as encoding/json reads one.
type Condition struct {
	Attr  string `json:"attr"`
	Op    string `json:"op"`
	Value any    `json:"value"`
}

// Of gives the rules of a placement in their order.
func (s *Set) Of(placement int) (rules []Rule) {
	for _, r := range s.Rules {
		if r.Placement == placement {
			rules = append(rules, r)
		}
	}
	return rules
}

// Decide gives the id of each placement's first rule that matches, "" where there is none, by trying all of them.
func (s *Set) Decide(c *Context) []string {
	decided := make([]string, s.Placements)
	for _, r := range s.Rules {
		if decided[r.Placement] == "" && !slices.ContainsFunc(r.Conds, func(cond Condition) bool { return !cond.Holds(c) }) {
			decided[r.Placement] = r.ID
		}
	}
	return decided
}

// Holds says whether a condition holds. It panics where the operator is unknown: that is a mistake in the data of a test.
func (c Condition) Holds(context *Context) bool {
	value := context.Value(c.Attr)
	switch c.Op {
	case "eq":
		return value == c.Value
	case "in":
		return slices.Contains(c.Texts(), value.(string))
	case "prefix":
		return strings.HasPrefix(value.(string), c.Value.(string))
	case "gte":
		return value.(float64) >= c.Value.(float64)
	case "gt":
		return value.(float64) > c.Value.(float64)
	case "lt":
		return value.(float64) < c.Value.(float64)
	case "semver_gte":
		return Version(value.(string)) >= Version(c.Value.(string))
	case "between":
		from, to := c.Range()
		return from <= value.(int64) && value.(int64) < to
	}
	panic(fmt.Sprintf("workload: unknown operator %q", c.Op))
}

// Texts is the value of the operator in.
func (c Condition) Texts() (texts []string) {
	for _, v := range c.Value.([]any) {
		texts = append(texts, v.(string))
	}
	return texts
}

// Range is the value of the operator between.
func (c Condition) Range() (from, to int64) {
	values := c.Value.([]any)
	return int64(values[0].(float64)), int64(values[1].(float64))
}

// Version gives a version "M.m.p" as a number that grows with it, or -1 where it is none.
func Version(text string) int64 {
	const below = 1_000_000 // each part
	version, rest, found := int64(0), text, true
	for range 3 {
		var part string
		if !found {
			return -1
		}
		part, rest, found = strings.Cut(rest, ".")
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || n >= below {
			return -1
		}
		version = version*below + int64(n)
	}
	return version
}
