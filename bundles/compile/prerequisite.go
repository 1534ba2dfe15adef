package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// asking is a place where a decision's rules ask for the answer of another one.
type asking struct {
	decision string // the other one
	fault    source.Fault
}

// checkAsking sees that a decision asks only for answers of decisions that need no more consent than it does itself: what it serves tells
// what they answered.
func (c *compiler) checkAsking(d *source.Decision, rule *source.Rule, r reading) {
	way := r.way(c.way(d))
	at := source.Fault{Pos: rule.When.At(r.use.Offset), Length: r.use.Length}
	c.asked[d.Name.Value] = append(c.asked[d.Name.Value], asking{r.decision, at})
	other := c.decisions[r.decision]
	if other == nil {
		return
	}
	if d.Sensitive && !other.Sensitive {
		at.Message = fmt.Sprintf("%s -> decision %s may read what visitors write, and %s is sensitive", way, r.decision, d.Name.Value)
		at.Hint = fmt.Sprintf("make %s sensitive too", r.decision)
		c.add(at)
	}
	for _, p := range other.Purposes {
		if !c.mayRead(d, p.Value) {
			at.Message = fmt.Sprintf("%s -> decision %s needs %s", way, r.decision, p.Value)
			at.Hint = c.consentHint(d, fmt.Sprintf("decision(%q)", r.decision), p.Value)
			c.add(at)
		}
	}
}

// orderPrerequisites finds for each decision those that must be decided before it, each after those that it asks for itself.
func (c *compiler) orderPrerequisites() {
	c.prerequisites = map[string][]string{}
	for _, name := range sortedNames(c.decisions) {
		c.visitDecision(name, nil)
	}
}

// visitDecision fills in a decision's prerequisites. way is how it was reached.
func (c *compiler) visitDecision(name string, way []string) {
	if _, known := c.prerequisites[name]; known {
		return
	}
	way = append(way, name)
	var before []string
	for _, a := range c.asked[name] {
		if i := slices.Index(way, a.decision); i >= 0 {
			a.fault.Message = fmt.Sprintf("decision %s waits for itself: %s", a.decision, strings.Join(append(way[i:], a.decision), " -> "))
			a.fault.Hint = "take one of them out of the circle"
			c.add(a.fault)
			continue
		}
		c.visitDecision(a.decision, way)
		for _, other := range append(slices.Clip(c.prerequisites[a.decision]), a.decision) {
			if !slices.Contains(before, other) {
				before = append(before, other)
			}
		}
	}
	c.prerequisites[name] = before
}
