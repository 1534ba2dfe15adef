package diff

import (
	"fmt"
	"time"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Move is a running split that would give units another variant than they have now.
type Move struct {
	Decision string  `json:"decision"`
	Rule     string  `json:"rule"`
	Why      string  `json:"why"`
	Share    float64 `json:"share"` // of the units, 0 to 1; 1 where they are drawn anew
}

// String tells it.
func (m Move) String() string {
	return fmt.Sprintf("decision %s, rule %s: %s: %.4g%% of its units would move to another variant or out of it", m.Decision, m.Rule, m.Why, m.Share*100)
}

// Rebucketed lists the moves from one bundle to another at a time. A split runs where its rule's schedule includes the time in both bundles; one
// that is new, removed or has ended moves nobody from one variant to another.
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
		newIDs := n.ids(e)
		for j, id := range o.ids(d)[:d.Rules] {
			for k := range newIDs[:e.Rules] {
				if newIDs[k] != id {
					continue
				}
				p := &pair{o, n, d, e, &before.Rules[int(d.FirstRule)+j], &after.Rules[int(e.FirstRule)+k], now.Unix()}
				if why, share := p.moved(); why != "" {
					moves = append(moves, Move{before.String(d.Name), id, why, share})
				}
			}
		}
	}
	return moves
}

// pair is a rule in both bundles, with its decision.
type pair struct {
	o, n         *lister
	d, e         *format.Decision
	before, then *format.Rule
	now          int64
}

// moved says why units move, and which share of them; "": none does.
func (p *pair) moved() (why string, share float64) {
	if p.before.Does() != format.ActionSplit || p.then.Does() != format.ActionSplit || !p.o.runs(p.before, p.now) || !p.n.runs(p.then, p.now) {
		return "", 0
	}
	s, t := &p.o.Splits[p.before.Target], &p.n.Splits[p.then.Target]
	if why := differ(p.o, p.n, s.Draw, t.Draw); why != "" {
		return why, 1
	}
	if why := p.groups(); why != "" {
		return why, 1
	}
	if why := p.holdouts(); why != "" {
		return why, 1
	}
	buckets, moved := p.o.Draws[s.Draw].Buckets, uint32(0)
	olds, news := p.o.boundaries(s, p.now), p.n.boundaries(t, p.now)
	for from, i, j := uint32(0), 0, 0; i < len(olds) && j < len(news); {
		end := min(olds[i], news[j])
		if p.o.variant(p.o.Ranges[int(s.FirstRange)+i].Variant) != p.n.variant(p.n.Ranges[int(t.FirstRange)+j].Variant) {
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
		return "", 0
	}
	return "its weights change", float64(moved) / float64(buckets)
}

// groups says whether the decision takes other units of a group.
func (p *pair) groups() string {
	switch {
	case p.d.Group == 0 && p.e.Group == 0:
		return ""
	case p.d.Group == 0 || p.e.Group == 0:
		return "the decision joins or leaves a group"
	case p.d.FirstSlot != p.e.FirstSlot || p.d.LastSlot != p.e.LastSlot:
		return "the decision's slots change"
	}
	if why := differ(p.o, p.n, p.o.Groups[p.d.Group-1].Draw, p.n.Groups[p.e.Group-1].Draw); why != "" {
		return "of its group, " + why
	}
	return ""
}

// holdouts says whether other units are held out.
func (p *pair) holdouts() string {
	switch {
	case p.d.Holdout == 0 && p.e.Holdout == 0:
		return ""
	case p.d.Holdout == 0 || p.e.Holdout == 0:
		return "the decision gets or loses a holdout"
	}
	old, then := p.o.Holdouts[p.d.Holdout-1], p.n.Holdouts[p.e.Holdout-1]
	if why := differ(p.o, p.n, old.Draw, then.Draw); why != "" {
		return "of its holdout, " + why
	}
	if old.Held != then.Held {
		return "its holdout's share changes"
	}
	return ""
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
	case d.Hash != e.Hash:
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
