package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
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

// reading is an attribute that a condition reads, or a decision whose answer it does, and how: through which segments, from the condition on.
type reading struct {
	attribute string // "": a decision
	decision  string
	segments  []string
	use       expr.Use // in the condition itself: the attribute or the first segment
}

// readings are the attributes and decisions that a condition reads, itself or through segments, each once, by the shortest way.
func (c *compiler) readings(condition *expr.Checked) []reading {
	type step struct {
		checked  *expr.Checked
		segments []string
		use      expr.Use
	}
	var found []reading
	seenAttribute, seenSegment, seenDecision := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for queue := []step{{checked: condition}}; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		first := func(use expr.Use) expr.Use {
			if len(here.segments) > 0 {
				return here.use
			}
			return use
		}
		for _, use := range here.checked.Attributes {
			if !seenAttribute[use.Name] {
				seenAttribute[use.Name] = true
				found = append(found, reading{attribute: use.Name, segments: here.segments, use: first(use)})
			}
		}
		for _, use := range here.checked.Decisions {
			if !seenDecision[use.Name] {
				seenDecision[use.Name] = true
				found = append(found, reading{decision: use.Name, segments: here.segments, use: first(use)})
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
