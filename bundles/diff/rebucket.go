package diff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Move is a running split that would give units another variant than they have now.
type Move struct {
	Decision string  `json:"decision"`
	Rule     string  `json:"rule"` // as it is called before
	Why      string  `json:"why"`
	Share    float64 `json:"share"` // of the units that are in the split before or after, 0 to 1
	Anew     bool    `json:"anew"`  // they are drawn anew: the share is what is to be expected
}

// String tells it.
func (m Move) String() string {
	drawn := ""
	if m.Anew {
		drawn = "they are drawn anew, and about "
	}
	return fmt.Sprintf("decision %s, rule %s: %s: %s%.4g%% of its units would move to another variant or out of it", m.Decision, m.Rule, m.Why, drawn, m.Share*100)
}

// Rebucketed lists the moves from one bundle to another at a time. A split runs where its rule's schedule includes the time in both bundles; one
// that is removed or has ended moves nobody from one variant to another, unless a new one of the same unit takes its place.
func Rebucketed(before, after *format.Bundle, now time.Time) []Move {
	var moves []Move
	o, n := &lister{Bundle: before}, &lister{Bundle: after}
	for i := range before.Decisions {
		d := &before.Decisions[i]
		at := after.FindDecision(before.String(d.Name))
		if at < 0 {
			continue
		}
		e := &after.Decisions[at]
		for _, p := range pairs(o, n, d, e, now.Unix()) {
			if m := p.moved(); m.Share > 0 {
				m.Decision, m.Rule = before.String(d.Name), before.String(p.before.ID)
				moves = append(moves, m)
			}
		}
	}
	return moves
}

// pair is a split's rule in both bundles, with its decision.
type pair struct {
	o, n         *lister
	d, e         *format.Decision
	before, then *format.Rule
	now          int64
}

// likeness says in which order a split's successor is looked for. An id alone does not tell: a rule without one is called by its number, which
// another rule has as soon as one is put before it; nor does a draw, as the splits of a decision have the same one where they name no seed.
var likeness = []func(p *pair) bool{
	func(p *pair) bool { return p.sameID() && p.sameDraw() && p.sameCondition() },
	func(p *pair) bool { return p.sameDraw() && p.sameCondition() },
	func(p *pair) bool { return p.sameID() && p.sameDraw() },
	func(p *pair) bool { return p.sameDraw() },
	func(p *pair) bool { return p.sameID() },
	func(p *pair) bool { return p.run() && p.unit(p.o, p.before) == p.unit(p.n, p.then) },
}

// pairs finds what became of the running splits of a decision.
func pairs(o, n *lister, d, e *format.Decision, now int64) []*pair {
	olds, news := o.splits(d), n.splits(e)
	running := make([]*pair, len(olds)) // nil: it does not
	for _, alike := range likeness {
		for i, old := range olds {
			for j, then := range news {
				if old == nil || then == nil {
					continue
				}
				p := &pair{o, n, d, e, old, then, now}
				if !alike(p) {
					continue
				}
				if p.run() {
					running[i] = p
				}
				olds[i], news[j] = nil, nil
				break
			}
		}
	}
	return slices.DeleteFunc(running, func(p *pair) bool { return p == nil })
}

// splits are the rules of a decision that split.
func (l *lister) splits(d *format.Decision) (all []*format.Rule) {
	for i := range l.Rules[d.FirstRule : d.FirstRule+d.Rules] {
		if r := &l.Rules[int(d.FirstRule)+i]; r.Does() == format.ActionSplit {
			all = append(all, r)
		}
	}
	return all
}

func (p *pair) sameID() bool { return p.o.String(p.before.ID) == p.n.String(p.then.ID) }

func (p *pair) sameDraw() bool {
	return differ(p.o, p.n, p.o.Splits[p.before.Target].Draw, p.n.Splits[p.then.Target].Draw) == ""
}

func (p *pair) sameCondition() bool {
	return p.o.condition(p.before.Condition) == p.n.condition(p.then.Condition)
}

func (p *pair) run() bool { return p.o.runs(p.before, p.now) && p.n.runs(p.then, p.now) }

func (p *pair) unit(l *lister, r *format.Rule) string {
	return l.attribute(l.Draws[l.Splits[r.Target].Draw].Unit + 1)
}

// layer is a draw that a unit goes through on its way to a variant: the shares of units that come through it before, after, and both times.
type layer struct {
	before, after, both float64
	anew                bool
}

// moved says which share of the units moves and why; a share of 0: none does. Draws that differ, or have different seeds, are taken as independent.
func (p *pair) moved() (m Move) {
	variants, why := p.variants()
	reasons := []string{why}
	m.Anew = variants.anew
	stay, before, after, both := variants.both, 1.0, 1.0, 1.0
	for _, look := range []func() (layer, string){p.groups, p.holdouts} {
		l, why := look()
		reasons = append(reasons, why)
		m.Anew = m.Anew || l.anew
		before, after, both = before*l.before, after*l.after, both*l.both
	}
	reasons = slices.DeleteFunc(reasons, func(why string) bool { return why == "" })
	either := before + after - both
	if len(reasons) == 0 || either == 0 {
		return m
	}
	m.Why = strings.Join(reasons, ", ")
	m.Share = max(0, 1-both*stay/either)
	return m
}

// variants compares the split's shares: both is how many units get the same variant.
func (p *pair) variants() (layer, string) {
	s, t := &p.o.Splits[p.before.Target], &p.n.Splits[p.then.Target]
	olds, news := p.o.boundaries(s, p.now), p.n.boundaries(t, p.now)
	oldVariant := func(i int) string { return p.o.variant(p.o.Ranges[int(s.FirstRange)+i].Variant) }
	newVariant := func(i int) string { return p.n.variant(p.n.Ranges[int(t.FirstRange)+i].Variant) }
	if why := differ(p.o, p.n, s.Draw, t.Draw); why != "" {
		l := layer{before: 1, after: 1, anew: true}
		for i, size := range sizes(olds, p.o.Draws[s.Draw].Buckets) {
			for j, again := range sizes(news, p.n.Draws[t.Draw].Buckets) {
				if oldVariant(i) == newVariant(j) {
					l.both += size * again
				}
			}
		}
		return l, why
	}
	buckets, moved := p.o.Draws[s.Draw].Buckets, uint32(0)
	for from, i, j := uint32(0), 0, 0; i < len(olds) && j < len(news); {
		end := min(olds[i], news[j])
		if oldVariant(i) != newVariant(j) {
			moved += end - from
		}
		from = end
		if olds[i] == end {
			i++
		}
		if news[j] == end {
			j++
		}
	}
	if moved == 0 {
		return layer{before: 1, after: 1, both: 1}, ""
	}
	return layer{before: 1, after: 1, both: 1 - float64(moved)/float64(buckets)}, "its weights change"
}

// sizes are the shares between boundaries, of 1.
func sizes(ends []uint32, buckets uint32) (shares []float64) {
	from := uint32(0)
	for _, end := range ends {
		shares = append(shares, float64(end-from)/float64(buckets))
		from = end
	}
	return shares
}

// groups compares which units of a group the decision takes.
func (p *pair) groups() (layer, string) {
	slots := func(l *lister, d *format.Decision) (draw uint32, from, until float64) {
		if d.Group == 0 {
			return 0, 0, 1
		}
		draw = l.Groups[d.Group-1].Draw
		buckets := float64(l.Draws[draw].Buckets)
		return draw, float64(d.FirstSlot) / buckets, float64(d.LastSlot+1) / buckets
	}
	draw, from, until := slots(p.o, p.d)
	then, newFrom, newUntil := slots(p.n, p.e)
	l := layer{before: until - from, after: newUntil - newFrom, both: max(0, min(until, newUntil)-max(from, newFrom))}
	switch {
	case p.d.Group == 0 && p.e.Group == 0:
		return l, ""
	case p.d.Group == 0 || p.e.Group == 0:
		return l, "the decision joins or leaves a group"
	}
	if why := differ(p.o, p.n, draw, then); why != "" {
		return l.independent(), "of its group, " + why
	}
	if p.d.FirstSlot != p.e.FirstSlot || p.d.LastSlot != p.e.LastSlot {
		return l, "the decision's slots change"
	}
	return l, ""
}

// holdouts compares which units are not held out.
func (p *pair) holdouts() (layer, string) {
	taken := func(l *lister, d *format.Decision) (draw uint32, share float64) {
		if d.Holdout == 0 {
			return 0, 1
		}
		h := &l.Holdouts[d.Holdout-1]
		return h.Draw, 1 - float64(h.Held)/float64(l.Draws[h.Draw].Buckets)
	}
	draw, share := taken(p.o, p.d)
	then, newShare := taken(p.n, p.e)
	l := layer{before: share, after: newShare, both: min(share, newShare)}
	switch {
	case p.d.Holdout == 0 && p.e.Holdout == 0:
		return l, ""
	case p.d.Holdout == 0 || p.e.Holdout == 0:
		return l, "the decision gets or loses a holdout"
	}
	if why := differ(p.o, p.n, draw, then); why != "" {
		return l.independent(), "of its holdout, " + why
	}
	if share != newShare {
		return l, "its holdout's share changes"
	}
	return l, ""
}

// independent is the layer where each draw knows nothing of the other.
func (l layer) independent() layer {
	l.both, l.anew = l.before*l.after, true
	return l
}

// differ says what differs between two draws; "": they put every unit into the same bucket.
func differ(o, n *lister, old, then uint32) string {
	d, e := o.Draws[old], n.Draws[then]
	switch {
	case o.attribute(d.Unit+1) != n.attribute(e.Unit+1):
		return "it is split by another unit"
	case o.String(d.Seed) != n.String(e.Seed):
		return "the seed changes"
	case d.Buckets != e.Buckets:
		return "the number of buckets changes"
	case d.Hash != e.Hash || d.Key != e.Key:
		return "the hash changes"
	}
	return ""
}

func (l *lister) runs(r *format.Rule, now int64) bool {
	return r.Schedule == 0 || l.Schedules[r.Schedule-1].Includes(now)
}

// boundaries are the ends of a split's ranges at a time, as the engine moves them along a ramp.
func (l *lister) boundaries(s *format.Split, now int64) []uint32 {
	var ends []uint32
	for _, r := range l.Ranges[s.FirstRange : s.FirstRange+s.Ranges] {
		end := uint64(r.End)
		if s.Ramp > 0 {
			ramp := &l.Schedules[s.Ramp-1]
			total := uint64(ramp.Until() - ramp.From())
			elapsed := uint64(max(ramp.From(), min(now, ramp.Until())) - ramp.From())
			end = (uint64(r.Start)*(total-elapsed) + end*elapsed) / total
		}
		ends = append(ends, uint32(end))
	}
	return ends
}
