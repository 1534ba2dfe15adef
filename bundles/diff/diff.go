// Package diff says what differs between two compiled bundles in what they mean: attributes, segments, decisions with their variants, rules and
// splits, routes. How they were written, and where, makes no difference.
//
// Reach for Of. Rebucketed looks closer at splits that are running: which of them would give visitors another variant than they have.
package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Change is one difference.
type Change struct {
	Change string `json:"change"` // added, removed or changed
	What   string `json:"what"`   // purpose, attribute, segment, decision, variant, rule, ...
	Name   string `json:"name"`   // of a variant or rule: DECISION/NAME
	Field  string `json:"field,omitempty"`
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
}

// The kinds of changes.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// String is the change as a line.
func (c Change) String() string {
	what := c.What + " " + c.Name
	if decision, name, ok := strings.Cut(c.Name, "/"); ok && slices.Contains(ofDecisions, c.What) {
		what = "decision " + decision + ", " + c.What + " " + name
	}
	switch c.Change {
	case Added:
		return join("+ "+what, c.New)
	case Removed:
		return join("- "+what, c.Old)
	}
	return fmt.Sprintf("~ %s: %s: %s -> %s", what, c.Field, orNothing(c.Old), orNothing(c.New))
}

// ofDecisions are the things whose names begin with a decision's.
var ofDecisions = []string{"variant", "rule", "rule before consent"}

func join(what, summary string) string {
	if summary == "" {
		return what
	}
	return what + ": " + summary
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// Of lists the changes from one bundle to another, which format.Read has checked: the bundle's own first, then what it is made of.
func Of(before, after *format.Bundle) []Change {
	olds, news := thingsOf(before), thingsOf(after)
	byKey := map[string]*thing{}
	for i := range olds {
		byKey[olds[i].key()] = &olds[i]
	}
	changes := []Change{}
	seen := map[string]bool{}
	for i := range news {
		n := &news[i]
		seen[n.key()] = true
		if o, ok := byKey[n.key()]; ok {
			changes = append(changes, o.changes(n)...)
		} else if n.parent == "" || byKey[n.parent] != nil { // else its decision is new as a whole
			changes = append(changes, Change{Change: Added, What: n.what, Name: n.name, New: n.summary()})
		}
	}
	for i := range olds {
		o := &olds[i]
		if !seen[o.key()] && (o.parent == "" || seen[o.parent]) {
			changes = append(changes, Change{Change: Removed, What: o.what, Name: o.name, Old: o.summary()})
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return rank(a.What) - rank(b.What) })
	return changes
}

// ranks is the order in which changes are told. What belongs to a decision follows it.
var ranks = []string{"bundle", "policy", "purpose", "consent cookie", "jurisdiction", "attribute", "segment", "holdout", "group", "decision", "route"}

func rank(what string) int {
	if i := slices.Index(ranks, what); i >= 0 {
		return i
	}
	return slices.Index(ranks, "decision")
}

// thing is a part of a bundle that has a name.
type thing struct {
	what, name string
	parent     string // the key of its decision; "" for what belongs to the bundle
	fields     []field
}

type field struct {
	name, text string
	silent     bool // left out of a summary
}

func (t *thing) key() string { return t.what + " " + t.name }

// summary is what is said of a thing that is new or gone.
func (t *thing) summary() string {
	var parts []string
	for _, f := range t.fields {
		if f.text != "" && !f.silent {
			parts = append(parts, f.name+" "+f.text)
		}
	}
	return strings.Join(parts, ", ")
}

func (t *thing) changes(to *thing) []Change {
	var changes []Change
	for i, f := range t.fields {
		if f.text != to.fields[i].text {
			changes = append(changes, Change{Change: Changed, What: t.what, Name: t.name, Field: f.name, Old: f.text, New: to.fields[i].text})
		}
	}
	return changes
}
