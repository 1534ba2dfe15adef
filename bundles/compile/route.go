package compile

import (
	"slices"

	"github.com/edgewise-dev/edgewise/core/format"
)

// layOutRoutes writes the routes in their order, each with its decisions in the order of theirs, and with the attributes that they read.
func (c *compiler) layOutRoutes() {
	b := c.to.Builder
	f := &flows{compiler: c, reaching: map[string]ways{}}
	for i := range c.src.Routes {
		r := &c.src.Routes[i]
		decisions := c.decisionsOf(r)
		in := f.inputsOf(decisions)
		record := format.Route{Pattern: b.Str(r.Path.Value), Flags: in.flags, First: uint32(len(b.Lists)), Count: uint32(len(decisions)),
			Vary: b.Str(in.vary()), Outcomes: c.outcomesOf(decisions)}
		if r.Locked {
			record.Flags |= format.RouteLocked
		}
		if r.All {
			record.Flags |= format.RouteAll
		}
		for _, d := range decisions {
			b.Lists = append(b.Lists, c.to.Decisions[d.Name.Value])
		}
		slices.Sort(b.Lists[record.First:])
		for _, name := range sortedNames(in.attributes) {
			b.Lists = append(b.Lists, c.to.Attributes[name])
			record.Reads++
		}
		b.Routes = append(b.Routes, record)
	}
}
