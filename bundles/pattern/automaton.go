package pattern

import (
	"encoding/binary"
	"fmt"
	"regexp/syntax"
	"slices"

	"github.com/edgewise-dev/edgewise/core/pattern"
)

// automaton is deterministic: states, and what each does with each class and with the end of the text. States No, Yes and
// First are those of core/pattern: settled without a match, settled with one, and where a text begins.
type automaton struct {
	alphabet *alphabet
	width    int     // classes, and one for the end of the text
	next     []int32 // by state*width + class
}

func (a *automaton) states() int { return len(a.next) / a.width }

// builder makes an automaton by following all instructions that can be reached by a text at once. A state is the set of
// instructions that remain to be followed after a character, and the kind of that character. They are followed, and look-arounds
// decided, when the next character is known; so the state needs no look ahead.
//
// A match may begin anywhere: the program's start is part of every set, and need not stand in it.
type builder struct {
	automaton
	prog   *syntax.Prog
	cover  *cover
	known  map[string]int32 // states by key
	keys   []string         // of states from First on: the kind, then the instructions, ascending, 4 bytes each
	steps  int              // instructions looked at
	memory int              // bytes of keys

	// The instructions that the state in hand waits at, for one kind of next character.
	waiting []uint32
	matched bool
	seen    []uint32 // by instruction: the round in which it was followed last
	round   uint32
	stack   []uint32
	set     []uint32
}

func newAutomaton(prog *syntax.Prog) (*automaton, error) {
	alphabet := newAlphabet(prog)
	b := &builder{
		automaton: automaton{alphabet: alphabet, width: len(alphabet.kinds) + 1},
		prog:      prog,
		known:     map[string]int32{},
		seen:      make([]uint32, len(prog.Inst)),
	}
	b.cover = newCover(b)
	b.next = append(slices.Repeat([]int32{pattern.No}, b.width), slices.Repeat([]int32{pattern.Yes}, b.width)...)
	b.state(edge, nil)
	for i := 0; i < len(b.keys); i++ { // grows as states are found
		if len(b.keys)*b.width > MaxTransitions {
			return nil, fmt.Errorf("pattern needs a table of more than the limit of %d KiB before its states are merged: %s", MaxTransitions>>9, hint)
		}
		if b.steps > maxSteps || b.memory > maxMemory {
			return nil, fmt.Errorf("pattern takes more work to compile than the limit allows, with %d states found so far: %s", len(b.keys), hint)
		}
		b.expand(b.keys[i])
	}
	return &b.automaton, nil
}

// state gives the number of the state with that set, which is sorted here.
func (b *builder) state(previous kind, set []uint32) int32 {
	slices.Sort(set)
	key := []byte{byte(previous)}
	for _, pc := range set {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	number, found := b.known[string(key)]
	if !found {
		number = int32(pattern.First + len(b.keys))
		b.known[string(key)] = number
		b.keys = append(b.keys, string(key))
		b.memory += len(key)
	}
	return number
}

// expand appends the row of the state with that key.
func (b *builder) expand(key string) {
	row := make([]int32, b.width)
	for next := range kinds {
		if next != edge && !slices.Contains(b.alphabet.kinds, next) {
			continue
		}
		b.follow(key, next)
		if next == edge {
			if b.matched {
				row[b.width-1] = pattern.Yes
			}
			continue
		}
		for class, kind := range b.alphabet.kinds {
			if kind != next {
				continue
			}
			row[class] = pattern.Yes
			if !b.matched {
				row[class] = b.consume(class)
			}
		}
	}
	b.next = append(b.next, row...)
}

// consume gives the state after a character of that class.
func (b *builder) consume(class int) int32 {
	b.set = b.set[:0]
	b.round++
	b.steps += len(b.waiting) + 1
	for _, pc := range b.waiting {
		if out := b.prog.Inst[pc].Out; b.alphabet.takes[pc][class] && b.seen[out] != b.round {
			b.seen[out] = b.round
			b.set = append(b.set, out)
		}
	}
	return b.state(b.alphabet.kinds[class], b.cover.reduce(b.set))
}

// follow runs the instructions of a state, with a next character of that kind, up to those that consume one.
func (b *builder) follow(key string, next kind) {
	b.round++
	b.push(uint32(b.prog.Start))
	for set := []byte(key[1:]); len(set) > 0; set = set[4:] {
		b.push(binary.LittleEndian.Uint32(set))
	}
	b.run(syntax.EmptyOpContext(kind(key[0]).sample(), next.sample()), allLookArounds)
}

// reach gives the instructions where following one stops: those that consume a character, look-arounds, and the match.
func (b *builder) reach(pc uint32) []uint32 {
	b.round++
	b.push(pc)
	b.run(0, 0)
	return b.waiting
}

const allLookArounds = syntax.EmptyBeginLine | syntax.EmptyEndLine | syntax.EmptyBeginText | syntax.EmptyEndText |
	syntax.EmptyWordBoundary | syntax.EmptyNoWordBoundary

// run follows what has been pushed. It waits at look-arounds that are not decided, and passes those that hold.
func (b *builder) run(holds, decided syntax.EmptyOp) {
	b.waiting, b.matched = b.waiting[:0], false
	for len(b.stack) > 0 {
		pc := b.stack[len(b.stack)-1]
		b.stack = b.stack[:len(b.stack)-1]
		b.steps++
		switch in := &b.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			b.push(in.Out)
			b.push(in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			b.push(in.Out)
		case syntax.InstEmptyWidth:
			switch look := syntax.EmptyOp(in.Arg); {
			case look&^decided != 0:
				b.waiting = append(b.waiting, pc)
			case look&^holds == 0:
				b.push(in.Out)
			}
		case syntax.InstFail:
		default:
			b.waiting = append(b.waiting, pc)
			b.matched = b.matched || in.Op == syntax.InstMatch
		}
	}
}

func (b *builder) push(pc uint32) {
	if b.seen[pc] != b.round {
		b.seen[pc] = b.round
		b.stack = append(b.stack, pc)
	}
}
