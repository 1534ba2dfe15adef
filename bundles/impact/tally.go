package impact

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
)

// tally counts.
type tally struct {
	Report
	decisions map[string]*counts
	consent   map[string]*ConsentReport
	segments  map[string]*SegmentReport
	before    Answers
	after     Answers
}

// counts is a DecisionReport in the making.
type counts struct {
	DecisionReport
	moves map[[2]string]int
}

func newTally() *tally {
	return &tally{decisions: map[string]*counts{}, consent: map[string]*ConsentReport{}, segments: map[string]*SegmentReport{}}
}

func (t *tally) decision(name string) *counts {
	c, ok := t.decisions[name]
	if !ok {
		c = &counts{DecisionReport: DecisionReport{Name: name}, moves: map[[2]string]int{}}
		t.decisions[name] = c
	}
	return c
}

func (t *tally) purpose(name string) *ConsentReport {
	c, ok := t.consent[name]
	if !ok {
		c = &ConsentReport{Purpose: name}
		t.consent[name] = c
	}
	return c
}

func (t *tally) segment(name string) *SegmentReport {
	s, ok := t.segments[name]
	if !ok {
		s = &SegmentReport{Name: name}
		t.segments[name] = s
	}
	return s
}

// compare decides a line with both bundles and counts what differs.
func (t *tally) compare(line []byte, before, after Decide) {
	for _, side := range []struct {
		decide Decide
		into   *Answers
	}{{before, &t.before}, {after, &t.after}} {
		*side.into = Answers{Decisions: side.into.Decisions[:0], Granted: side.into.Granted[:0], Segments: side.into.Segments[:0]}
		if err := side.decide(line, side.into); err != nil {
			if t.Bad++; t.FirstBad == "" {
				t.FirstBad = err.Error()
			}
			return
		}
	}
	t.Contexts++
	if t.before.Untried || t.after.Untried {
		t.Untried++
	}
	moved := false
	olds, news := t.before.Decisions, t.after.Decisions
	for i := range news {
		d := &news[i]
		c := t.decision(d.Name)
		o := find(olds, i, d.Name)
		if o == nil {
			c.NewOnly++
			c.moves[[2]string{"", d.Variant}]++
			continue
		}
		c.Asked++
		if o.Variant == d.Variant && bytes.Equal(o.Value, d.Value) {
			continue
		}
		moved = true
		c.Moved++
		c.moves[[2]string{o.Variant, d.Variant}]++
		if o.Variant != d.Variant && o.Reason == "SPLIT" && d.Reason == "SPLIT" && o.Rule == d.Rule {
			c.Rebucketed++
		}
	}
	for i := range olds {
		if o := &olds[i]; find(news, i, o.Name) == nil {
			moved = true
			c := t.decision(o.Name)
			c.Asked++
			c.Moved++
			c.OldOnly++
			c.moves[[2]string{o.Variant, ""}]++
		}
	}
	for _, g := range t.after.Granted {
		for _, was := range t.before.Granted {
			switch {
			case was.Purpose != g.Purpose || was.Granted == g.Granted:
			case g.Granted:
				t.purpose(g.Purpose).Gained++
			default:
				t.purpose(g.Purpose).Lost++
			}
		}
	}
	if moved {
		t.Moved++
	}
	t.compareSegments(moved)
}

// compareSegments counts who is in a segment. One that a bundle does not have has no members by it.
func (t *tally) compareSegments(moved bool) {
	for _, m := range t.before.Segments {
		s := t.segment(m.Segment)
		if m.In {
			s.Before++
			if !slices.Contains(t.after.Segments, m) {
				s.Left++
				if moved {
					s.Moved++
				}
			}
		}
	}
	for _, m := range t.after.Segments {
		s := t.segment(m.Segment)
		if m.In {
			s.After++
			if !slices.Contains(t.before.Segments, m) {
				s.Joined++
			}
			if moved {
				s.Moved++
			}
		}
	}
}

// find gives the answer of a decision, which is most likely near the place i.
func find(all []Decision, i int, name string) *Decision {
	if i < len(all) && all[i].Name == name {
		return &all[i]
	}
	for j := range all {
		if all[j].Name == name {
			return &all[j]
		}
	}
	return nil
}

// add counts what another tally has counted.
func (t *tally) add(other *tally) {
	t.Contexts += other.Contexts
	t.Bad += other.Bad
	t.Untried += other.Untried
	t.Moved += other.Moved
	t.FirstBad = cmp.Or(t.FirstBad, other.FirstBad)
	for name, o := range other.decisions {
		c := t.decision(name)
		c.Asked += o.Asked
		c.Moved += o.Moved
		c.Rebucketed += o.Rebucketed
		c.OldOnly += o.OldOnly
		c.NewOnly += o.NewOnly
		for move, n := range o.moves {
			c.moves[move] += n
		}
	}
	for name, o := range other.segments {
		s := t.segment(name)
		s.Before += o.Before
		s.After += o.After
		s.Joined += o.Joined
		s.Left += o.Left
		s.Moved += o.Moved
	}
	for name, o := range other.consent {
		c := t.purpose(name)
		c.Gained += o.Gained
		c.Lost += o.Lost
	}
}

// report puts what was counted in order: decisions, segments and purposes by name, moves by how many.
func (t *tally) report() *Report {
	t.Report.Decisions, t.Report.Segments, t.Report.Consent = []*DecisionReport{}, []*SegmentReport{}, []*ConsentReport{}
	for _, name := range slices.Sorted(maps.Keys(t.decisions)) {
		c := t.decisions[name]
		c.Moves = []Move{}
		for move, n := range c.moves {
			c.Moves = append(c.Moves, Move{move[0], move[1], n})
		}
		slices.SortFunc(c.Moves, func(a, b Move) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
		})
		if c.Asked > 0 {
			c.Share = float64(c.Moved) / float64(c.Asked)
		}
		t.Report.Decisions = append(t.Report.Decisions, &c.DecisionReport)
	}
	for _, name := range slices.Sorted(maps.Keys(t.segments)) {
		t.Report.Segments = append(t.Report.Segments, t.segments[name])
	}
	for _, name := range slices.Sorted(maps.Keys(t.consent)) {
		t.Report.Consent = append(t.Report.Consent, t.consent[name])
	}
	return &t.Report
}
