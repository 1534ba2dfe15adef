package pattern

import (
	"regexp/syntax"
	"slices"
)

// The limits of cover. A program beyond them is compiled without one; it may then be refused where it need not be.
const (
	maxPlaces     = 512
	maxCoverSteps = 1 << 20 // comparisons of two sets of places
)

// cover knows which instructions are superfluous in a set beside others: each text that matches from there also matches from one of
// them. Leaving them out keeps x.{0,30}y small: of all the x seen so far only the last one counts.
//
// Places are where following instructions stops: those that consume a character, look-arounds, and the match. A place covers
// another if it takes all the characters that the other takes and, wherever the other goes on to, goes on to a place that covers that
// one. So covering is a simulation: it is assumed wherever the characters allow it, and withdrawn where that fails. A match
// covers everything, a look-around only itself.
type cover struct {
	number map[uint32]int // of each instruction that can stand in a set; the program's start is 0
	by     []bits         // by number: those beside which it is superfluous
	beside bits           // the set in hand
}

// newCover gives the cover of b's program, or nil beyond the limits.
func newCover(b *builder) *cover {
	var places []uint32
	c := &cover{number: map[uint32]int{uint32(b.prog.Start): 0}}
	starts := []uint32{uint32(b.prog.Start)}
	for pc, in := range b.prog.Inst {
		if in.Op == syntax.InstMatch || in.Op == syntax.InstEmptyWidth || b.alphabet.takes[pc] != nil {
			places = append(places, uint32(pc))
		}
		if _, known := c.number[in.Out]; b.alphabet.takes[pc] != nil && !known {
			c.number[in.Out] = len(starts)
			starts = append(starts, in.Out)
		}
	}
	if len(places) > maxPlaces {
		return nil
	}
	c.beside = newBits(len(starts))
	from := make([]bits, len(starts)) // by number: the places where following it stops
	for i, start := range starts {
		from[i] = newBits(len(places))
		for _, pc := range b.reach(start) {
			at, _ := slices.BinarySearch(places, pc)
			from[i].add(at)
		}
	}

	covered := make([]bits, len(places)) // by place
	after := make([]bits, len(places))   // by place: the places where it goes on
	for i, pc := range places {
		covered[i] = newBits(len(places))
		for j, other := range places {
			if i == j || b.prog.Inst[pc].Op == syntax.InstMatch || takesAll(b.alphabet.takes[pc], b.alphabet.takes[other]) {
				covered[i].add(j)
			}
		}
		after[i] = newBits(len(places))
		if b.alphabet.takes[pc] != nil {
			after[i] = from[c.number[b.prog.Inst[pc].Out]]
		}
	}
	within := newBits(len(places)) // what a set of places covers
	steps := 0
	for changed := true; changed; {
		changed = false
		for i := len(places) - 1; i >= 0; i-- { // programs run forwards, so backwards what is withdrawn is used at once
			if b.alphabet.takes[places[i]] == nil {
				continue
			}
			within.unite(covered, after[i])
			for j := range places {
				if covered[i].has(j) && !within.hasAll(after[j]) {
					covered[i].remove(j)
					changed = true
				}
			}
			if steps += 2 * len(places); steps > maxCoverSteps {
				return nil
			}
		}
	}

	covers := make([]bits, len(starts)) // by number: the numbers that it covers
	for i := range starts {
		covers[i] = newBits(len(starts))
		within.unite(covered, from[i])
		for j := range starts {
			if within.hasAll(from[j]) {
				covers[i].add(j)
			}
		}
	}
	for i := range starts {
		by := newBits(len(starts))
		for j := range starts {
			if j != i && covers[j].has(i) && (j < i || !covers[i].has(j)) { // of two that cover each other the lower one stays
				by.add(j)
			}
		}
		c.by = append(c.by, by)
	}
	return c
}

// reduce leaves out what is superfluous in set, beside the program's start too. A nil cover leaves the set as it is.
func (c *cover) reduce(set []uint32) []uint32 {
	if c == nil {
		return set
	}
	clear(c.beside)
	c.beside.add(0)
	for _, pc := range set {
		c.beside.add(c.number[pc])
	}
	return slices.DeleteFunc(set, func(pc uint32) bool {
		n := c.number[pc]
		return n == 0 || c.by[n].meets(c.beside)
	})
}

// takesAll says whether one instruction consumes all the characters that another does.
func takesAll(takes, other []bool) bool {
	for class := range other {
		if takes == nil || other[class] && !takes[class] {
			return false
		}
	}
	return other != nil
}

// bits is a set of small numbers.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) remove(i int)   { b[i/64] &^= 1 << (i % 64) }
func (b bits) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }

// hasAll says whether all of other is in b.
func (b bits) hasAll(other bits) bool {
	for i := range other {
		if other[i]&^b[i] != 0 {
			return false
		}
	}
	return true
}

// meets says whether b and other have something in common.
func (b bits) meets(other bits) bool {
	for i := range other {
		if other[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// unite makes b the union of those of sets whose numbers are in which.
func (b bits) unite(sets []bits, which bits) {
	clear(b)
	for i := range sets {
		if which.has(i) {
			for word := range b {
				b[word] |= sets[i][word]
			}
		}
	}
}
