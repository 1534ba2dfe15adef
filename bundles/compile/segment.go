package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
)

// segment is a named condition.
type segment struct {
	source  *source.Segment
	checked *expr.Checked // nil where it is faulty
	state   visit
}

// visit says how far the way through the segments that use one another has come.
type visit uint8

const (
	unvisited visit = iota
	visiting        // it is on the way: meeting it again closes a circle
	visited
)

// checkSegments checks every segment's condition and orders the segments so that each follows those it uses.
func (c *compiler) checkSegments() {
	for i := range c.src.Segments {
		s := &c.src.Segments[i]
		if c.segments[s.Name.Value] != nil {
			c.fault(s.Name, fmt.Sprintf("segment %s is declared twice", s.Name.Value), "")
		}
		c.segments[s.Name.Value] = &segment{source: s, checked: c.condition(s.When)}
	}
	for _, name := range sortedNames(c.segments) {
		c.visit(name, nil)
	}
}

// visit puts a segment into the order, after those it uses. way is how it was reached.
func (c *compiler) visit(name string, way []string) {
	s := c.segments[name]
	if s == nil || s.state == visited {
		return
	}
	way = append(way, name)
	if s.state == visiting {
		circle := way[slices.Index(way, name):]
		c.fault(s.source.Name, fmt.Sprintf("segment %s uses itself: %s", name, strings.Join(circle, " -> ")), "take one of them out of the circle")
		return
	}
	s.state = visiting
	if s.checked != nil {
		for _, used := range s.checked.Segments {
			c.visit(used.Name, way)
		}
	}
	s.state = visited
	c.order = append(c.order, s)
}

// thing is what a condition reads: one of an attribute, a decision's answer, and whether a purpose is granted.
type thing struct{ attribute, decision, granted string }

// reading is a thing that a condition reads, and how: through which segments, from the condition on.
type reading struct {
	thing
	segments  []string
	parameter string   // the attribute is read as this parameter of request.query, if any
	use       expr.Use // in the condition itself: the thing or the first segment
}

// way is the way to what is read in a message, after its beginning.
func (r *reading) way(begin string) string {
	for _, name := range r.segments {
		begin += " -> segment " + name
	}
	if r.parameter != "" {
		begin += " -> " + r.parameter
	}
	return begin
}

// readings are what a condition reads, itself or through segments, each thing once, by the shortest way.
func (c *compiler) readings(condition *expr.Checked) []reading {
	seen := map[thing]bool{}
	return slices.DeleteFunc(c.allReadings(condition), func(r reading) bool {
		again := seen[r.thing]
		seen[r.thing] = true
		return again
	})
}

// fedBy are the attributes with a purpose to consent to that are read from a query parameter: whoever reads the parameter itself by name reads them.
func (c *compiler) fedBy(parameter string) (names []string) {
	for _, declared := range c.src.Attributes {
		a := c.attributes[declared.Name.Value]
		if a.from == "query:"+parameter && a.purpose != attribute.Necessary {
			names = append(names, a.name)
		}
	}
	return names
}

// allReadings are what a condition reads, itself and through each segment, those by shorter ways first.
func (c *compiler) allReadings(condition *expr.Checked) []reading {
	type step struct {
		checked  *expr.Checked
		segments []string
		use      expr.Use
	}
	var found []reading
	seenSegment := map[string]bool{}
	for queue := []step{{checked: condition}}; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		first := func(use expr.Use) expr.Use {
			if len(here.segments) > 0 {
				return here.use
			}
			return use
		}
		note := func(uses []expr.Use, what func(name string) thing) {
			for _, use := range uses {
				found = append(found, reading{thing: what(use.Name), segments: here.segments, use: first(use)})
			}
		}
		note(here.checked.Attributes, func(name string) thing { return thing{attribute: name} })
		note(here.checked.Decisions, func(name string) thing { return thing{decision: name} })
		note(here.checked.Purposes, func(name string) thing { return thing{granted: name} })
		for _, use := range here.checked.Parameters {
			for _, name := range c.fedBy(use.Name) {
				found = append(found, reading{thing{attribute: name}, here.segments, fmt.Sprintf("request.query[%q]", use.Name), first(use)})
			}
		}
		for _, use := range here.checked.Segments {
			s := c.segments[use.Name]
			if s == nil || s.checked == nil || seenSegment[use.Name] {
				continue
			}
			seenSegment[use.Name] = true
			queue = append(queue, step{s.checked, append(slices.Clip(here.segments), use.Name), first(use)})
		}
	}
	return found
}
