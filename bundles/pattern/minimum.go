package pattern

import "github.com/edgewise-dev/edgewise/core/pattern"

// partition divides states into blocks of those that no text has told apart so far. It splits blocks until all that
// remain together belong together: Hopcroft's algorithm, in time n log n.
type partition struct {
	order  []int32 // the states, those of a block side by side
	place  []int32 // by state: where in order
	block  []int32 // by state
	first  []int32 // by block: where in order it begins
	end    []int32 // by block: where it has ended
	marked []int32 // by block: how many of its first states are marked
}

// minimum gives the smallest automaton with the same answers. Its states are numbered as they are met from First on, class
// by class, so it does not depend on how the automaton was found.
func (a *automaton) minimum() *automaton {
	p := a.partition()
	number := make([]int32, len(p.first))
	for i := range number {
		number[i] = -1
	}
	number[p.block[pattern.No]], number[p.block[pattern.Yes]] = pattern.No, pattern.Yes
	// The start has a row even where every text matches, or none. Nothing leads there then.
	met := []int32{pattern.No, pattern.Yes, pattern.First} // a state of each block
	if start := p.block[pattern.First]; number[start] < 0 {
		number[start] = pattern.First
	}
	small := &automaton{alphabet: a.alphabet, width: a.width}
	for i := 0; i < len(met); i++ {
		for _, to := range a.next[int(met[i])*a.width:][:a.width] {
			block := p.block[to]
			if number[block] < 0 {
				number[block] = int32(len(met))
				met = append(met, to)
			}
			small.next = append(small.next, number[block])
		}
	}
	return small
}

// partition finds which states belong together. At first those do that answer the same at the end of a text.
func (a *automaton) partition() *partition {
	n := a.states()
	p := &partition{order: make([]int32, n), place: make([]int32, n), block: make([]int32, n)}
	for state := range p.order {
		p.order[state], p.place[state] = int32(state), int32(state)
	}
	p.first, p.end, p.marked = []int32{0}, []int32{int32(n)}, []int32{0}
	for state := range n {
		if a.next[(state+1)*a.width-1] == pattern.Yes {
			p.mark(int32(state))
		}
	}
	p.split(0)

	before := a.inverse()
	todo, queued := []int32{0, 1}, []bool{true, true}
	var touched, members []int32
	for len(todo) > 0 {
		splitter := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		queued[splitter] = false
		members = append(members[:0], p.order[p.first[splitter]:p.end[splitter]]...)
		for class := range a.width - 1 {
			touched = touched[:0]
			for _, member := range members {
				for _, state := range before.of(member, class) {
					if p.marked[p.block[state]] == 0 {
						touched = append(touched, p.block[state])
					}
					p.mark(state)
				}
			}
			for _, block := range touched {
				fresh := p.split(block)
				if fresh < 0 {
					continue
				}
				// The smaller part suffices, unless the whole was still to be looked at.
				queued = append(queued, false)
				if !queued[block] && p.size(block) < p.size(fresh) {
					fresh = block
				}
				queued[fresh] = true
				todo = append(todo, fresh)
			}
		}
	}
	return p
}

func (p *partition) size(block int32) int32 { return p.end[block] - p.first[block] }

// mark moves a state to the front of its block. A state must not be marked twice before its block is split.
func (p *partition) mark(state int32) {
	block := p.block[state]
	to, from := p.first[block]+p.marked[block], p.place[state]
	displaced := p.order[to]
	p.order[to], p.order[from] = state, displaced
	p.place[state], p.place[displaced] = to, from
	p.marked[block]++
}

// split makes the marked states of a block, and those only, a new block, and gives its number; -1 where all or none were marked.
func (p *partition) split(block int32) int32 {
	count := p.marked[block]
	p.marked[block] = 0
	if count == 0 || count == p.size(block) {
		return -1
	}
	fresh := int32(len(p.first))
	begin := p.first[block]
	p.first, p.end, p.marked = append(p.first, begin), append(p.end, begin+count), append(p.marked, 0)
	p.first[block] = begin + count
	for _, state := range p.order[begin : begin+count] {
		p.block[state] = fresh
	}
	return fresh
}

// inverse is an automaton's transitions backwards.
type inverse struct {
	width int
	start []int32 // by state*width + class: where in from its list begins; it ends where the next begins
	from  []int32
}

func (a *automaton) inverse() *inverse {
	v := &inverse{width: a.width, start: make([]int32, len(a.next)+1), from: make([]int32, len(a.next))}
	list := func(i int) int { return int(a.next[i])*a.width + i%a.width }
	for i := range a.next {
		v.start[list(i)+1]++
	}
	for i := range a.next {
		v.start[i+1] += v.start[i]
	}
	free := append([]int32(nil), v.start...)
	for i := range a.next {
		v.from[free[list(i)]] = int32(i / a.width)
		free[list(i)]++
	}
	return v
}

// of gives the states from which a class leads to a state.
func (v *inverse) of(state int32, class int) []int32 {
	i := int(state)*v.width + class
	return v.from[v.start[i]:v.start[i+1]]
}
