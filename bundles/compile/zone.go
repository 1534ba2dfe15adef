package compile

import (
	"fmt"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/zone"
)

// checkZones sees that there are the time zones that the source lists.
func (c *compiler) checkZones() {
	for _, name := range c.src.Zones {
		if _, ok := zone.Table(name.Value); !ok {
			c.fault(name, fmt.Sprintf("no time zone %q", name.Value), orElse(didYouMean(name.Value, zone.Names()), "a name such as Europe/Berlin"))
		}
	}
}

// usedZones names the time zones that the source lists and those that conditions name.
func (c *compiler) usedZones() []string {
	used := map[string]bool{}
	for _, name := range c.src.Zones {
		used[name.Value] = true
	}
	c.everyCondition(func(e *expr.Checked) {
		for _, name := range e.Zones {
			used[name] = true
		}
	})
	return sortedNames(used)
}

// layOutZones gives the bundle the tables of time zones. All of them must exist.
func layOutZones(b *assemble.Builder, names []string) {
	if len(names) == 0 {
		return
	}
	var pairs []assemble.Constant
	seen := map[string]bool{}
	for _, name := range names {
		if table, ok := zone.Table(name); ok && !seen[name] {
			seen[name] = true
			pairs = append(pairs, assemble.String(name), assemble.Bytes(table))
		}
	}
	b.About[0].Zones = b.Constant(assemble.Map(pairs)) + 1
}
