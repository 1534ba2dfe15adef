package compile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// What can come out of a route's decisions: a cache keeps a page once for each. It is counted from above. Decisions with the same conditions, as
// those of a matrix have, are counted together, and so are those of a group, of which one at most splits a visitor; all others are as if any answer could go with
// any other.

// deferred stands behind a variant that the page shows until somebody else has decided.
const deferred = ";deferred"

// outcomes are the different answers that a decision can have where it reaches a page, sorted. "" is the caller's own default.
func (c *compiler) outcomes(d *source.Decision) []string { return c.outcomesWith(d, true) }

// outcomesWith are the outcomes, with or without those of splits.
func (c *compiler) outcomesWith(d *source.Decision, splits bool) []string {
	if d.Disabled {
		return []string{d.Default.Value}
	}
	var found []string
	if d.Sticky.On { // what an earlier release served is kept as long as the variant is there
		for _, v := range d.Variants {
			found = append(found, v.Name.Value)
		}
	}
	certain := c.addServed(d, d.Rules, splits, &found)
	if !onlyNecessary(d) {
		c.addServed(d, d.BeforeConsent, splits, &found)
	}
	if !certain || !onlyNecessary(d) || d.Holdout.Present() {
		found = append(found, d.Default.Value)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// addServed adds what rules can serve, up to one that always matches, and says whether there is one.
func (c *compiler) addServed(d *source.Decision, rules []source.Rule, splits bool, found *[]string) (certain bool) {
	for i := range rules {
		rule := &rules[i]
		switch {
		case rule.Defer != nil:
			addDeferred(d, rule.Defer, found)
		case rule.Split == nil:
			*found = append(*found, rule.Serve.Value)
		case splits:
			c.addSplit(d, rule.Split, found)
		}
		if c.always(d, rule) {
			return true
		}
	}
	return false
}

// addDeferred adds what a deferred decision can be. What the origin decides while it makes the page is not known to a cache, which keeps no such page.
func addDeferred(d *source.Decision, rule *source.Defer, found *[]string) {
	if rule.Mode != "" && rule.Mode != "wait" {
		*found = append(*found, rule.Otherwise.Value+deferred)
		return
	}
	*found = append(*found, rule.Otherwise.Value)
	for _, v := range d.Variants {
		if len(rule.Allow) == 0 || slices.ContainsFunc(rule.Allow, func(t source.Text) bool { return t.Value == v.Name.Value }) {
			*found = append(*found, v.Name.Value)
		}
	}
}

// addSplit adds the variants to which a split gives a share at any time. Past a variant's end its share goes to the default.
func (c *compiler) addSplit(d *source.Decision, s *source.Split, found *[]string) {
	sets := [][]source.Weight{s.Weights}
	if s.Ramp != nil {
		sets = append(sets, s.Ramp.Start)
	}
	for _, written := range sets {
		weights, ok := weightsOf(d, written)
		if !ok {
			continue // a fault already
		}
		for i, share := range shares(weights, s.Buckets) {
			if share == 0 {
				continue
			}
			*found = append(*found, d.Variants[i].Name.Value)
			if d.Variants[i].Until.Present() {
				*found = append(*found, d.Default.Value)
			}
		}
	}
}

// outcomesOf counts in how many ways a route's decisions can come out together on a page. Where one redirects there is no page, and where it
// does not it does nothing to one. The count ends at the largest number of 32 bits.
func (c *compiler) outcomesOf(decisions []*source.Decision) uint32 {
	together, groups := map[string][]*source.Decision{}, map[string][]*source.Decision{}
	ways := uint64(1)
	for _, d := range decisions {
		switch group := d.Group.Group.Value; {
		case d.Act.Kind == source.Redirect:
		case group != "" && apart(d, groups[group]):
			groups[group] = append(groups[group], d)
		case served(d):
			together[conditionsOf(d)] = append(together[conditionsOf(d)], d)
		default:
			ways = min(ways*uint64(len(c.outcomes(d))), math.MaxUint32)
		}
	}
	for _, alike := range together {
		ways = min(ways*uint64(c.outcomesTogether(alike)), math.MaxUint32)
	}
	for _, members := range groups {
		ways = min(ways*c.outcomesApart(members), math.MaxUint32)
	}
	return uint32(ways)
}

// apart says whether a decision shares no slot with others of its group.
func apart(d *source.Decision, others []*source.Decision) bool {
	return !slices.ContainsFunc(others, func(o *source.Decision) bool {
		return d.Group.First <= o.Group.Last && o.Group.First <= d.Group.Last
	})
}

// outcomesApart counts in how many ways decisions of a group can come out together: at most one of them gives what only its splits do. It ends at the largest
// number of 32 bits.
func (c *compiler) outcomesApart(members []*source.Decision) uint64 {
	none, one := uint64(1), uint64(0) // ways in which none of those so far gives what only its splits do, and in which one does
	for _, d := range members {
		all, plain := uint64(len(c.outcomes(d))), uint64(len(c.outcomesWith(d, false)))
		one = min(one*plain+none*(all-plain), math.MaxUint32)
		none = min(none*plain, math.MaxUint32)
	}
	return none + one
}

// served says whether a decision's first rule whose condition is true answers it, and nothing else does.
func served(d *source.Decision) bool {
	return !d.Disabled && !d.Sticky.On && len(d.BeforeConsent) == 0 &&
		!slices.ContainsFunc(d.Rules, func(r source.Rule) bool { return r.Serve.Value == "" }) &&
		!slices.ContainsFunc(d.Variants, func(v source.Variant) bool { return v.Until.Present() })
}

// conditionsOf is the same text for such decisions that are always answered by rules of the same number.
func conditionsOf(d *source.Decision) string {
	var text strings.Builder
	purposes := purposesOf(d)
	slices.Sort(purposes)
	fmt.Fprintf(&text, "%q %q", purposes, d.Holdout.Value)
	for _, r := range d.Rules {
		fmt.Fprintf(&text, " %q %q %q", r.When.Value, r.From.Value, r.Until.Value)
	}
	return text.String()
}

// outcomesTogether counts the different answers of decisions that are answered by rules of the same number.
func (c *compiler) outcomesTogether(alike []*source.Decision) int {
	found := map[string]bool{}
	first := alike[0]
	certain := false
	for i := 0; i < len(first.Rules) && !certain; i++ {
		answers := ""
		for _, d := range alike {
			answers += d.Rules[i].Serve.Value + " "
		}
		found[answers] = true
		certain = c.always(first, &first.Rules[i])
	}
	if !certain || !onlyNecessary(first) || first.Holdout.Present() {
		defaults := ""
		for _, d := range alike {
			defaults += d.Default.Value + " "
		}
		found[defaults] = true
	}
	return len(found)
}

// checkOutcomes sees that no route's decisions can come out in more ways than the bundle allows, nor all decisions where there are no routes. It
// counts what has no fault.
func (c *compiler) checkOutcomes() {
	if c.src.Limits.VariantsPerRoute == 0 || c.failed() {
		return
	}
	check := func(at source.Text, r *source.Route) {
		if ways := c.outcomesOf(c.decisionsOf(r)); ways > c.src.Limits.VariantsPerRoute {
			c.fault(at, fmt.Sprintf("%s can come out in %s ways, the limit is %d: a cache keeps a page for each", at.Value, countOf(ways), c.src.Limits.VariantsPerRoute),
				"decide less on one route, or raise limits.variants_per_route")
		}
	}
	for i := range c.src.Routes {
		check(c.src.Routes[i].Path, &c.src.Routes[i])
	}
	if len(c.src.Routes) == 0 {
		check(c.src.Name, &source.Route{All: true})
	}
}

func countOf(ways uint32) string {
	if ways == math.MaxUint32 {
		return "more than four billion"
	}
	return fmt.Sprint(ways)
}
