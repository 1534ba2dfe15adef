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

// maxChain is how many decisions may wait for one another, each asking for the next. What goes before each of them is written in full into the
// bundle, so that longer chains would grow it by their square; nobody could say what they do either.
const maxChain = 32

// orderPrerequisites finds for each decision those that must be decided before it, each after those that it asks for itself. It ends at the
// first chain that is too long.
func (c *compiler) orderPrerequisites() {
	c.prerequisites = map[string][]string{}
	o := &ordering{compiler: c, longest: map[string]int{}}
	for _, name := range sortedNames(c.decisions) {
		if !o.visit(name, nil) {
			return
		}
	}
}

// ordering fills in the prerequisites.
type ordering struct {
	*compiler
	longest map[string]int // how many decisions the longest chain has that begins at one
}

// visit fills in a decision's prerequisites, and says whether no chain was too long. way is how it was reached.
func (o *ordering) visit(name string, way []string) bool {
	if _, known := o.prerequisites[name]; known {
		return true
	}
	way = append(way, name)
	var before []string
	there := map[string]bool{}
	longest := 0
	for _, a := range o.asked[name] {
		if i := slices.Index(way, a.decision); i >= 0 {
			a.fault.Message = fmt.Sprintf("decision %s waits for itself: %s", a.decision, strings.Join(append(way[i:], a.decision), " -> "))
			a.fault.Hint = "take one of them out of the circle"
			o.add(a.fault)
			continue
		}
		if len(way) < maxChain && !o.visit(a.decision, way) {
			return false
		}
		if len(way)+max(o.longest[a.decision], 1) > maxChain {
			a.fault.Message = fmt.Sprintf("decision %s waits for decisions that wait for others, more than %d in a chain", way[0], maxChain)
			a.fault.Hint = "let segments hold what they have in common"
			o.add(a.fault)
			return false
		}
		longest = max(longest, o.longest[a.decision])
		for _, other := range append(slices.Clip(o.prerequisites[a.decision]), a.decision) {
			if !there[other] {
				there[other] = true
				before = append(before, other)
			}
		}
	}
	o.prerequisites[name], o.longest[name] = before, longest+1
	return true
}
