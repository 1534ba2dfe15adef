package pattern

import (
	"regexp/syntax"
	"slices"
	"unicode"
)

// alphabet divides all characters into classes that a program cannot tell apart.
type alphabet struct {
	first []rune   // where intervals of characters begin, ascending from 0; each ends before the next
	class []int    // of each interval. Classes are numbered as they appear
	kinds []kind   // of each class
	takes [][]bool // by instruction and class: whether the instruction consumes its characters
}

// kind is what a look-around sees of a neighbour.
type kind byte

const (
	edge    kind = iota // no character: the beginning or the end of the text
	newline             // \n, in a program that looks for lines
	word                // an ASCII letter, digit or underscore, in a program that looks for words
	other
	kinds
)

// sample is a character of the kind.
func (k kind) sample() rune { return [kinds]rune{edge: -1, newline: '\n', word: 'a', other: ' '}[k] }

// kindOf gives the kind of a character for a program with those look-arounds.
func kindOf(r rune, lookArounds syntax.EmptyOp) kind {
	switch {
	case r == '\n' && lookArounds&(syntax.EmptyBeginLine|syntax.EmptyEndLine) != 0:
		return newline
	case syntax.IsWordChar(r) && lookArounds&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) != 0:
		return word
	}
	return other
}

func newAlphabet(prog *syntax.Prog) *alphabet {
	tests, testOf, lookArounds := survey(prog)
	a := &alphabet{first: boundaries(tests)}

	// Intervals are one class where all tests answer the same and look-arounds see the same.
	var answers []string // of each class: a byte for each test
	known := map[string]int{}
	signature := make([]byte, len(tests)+1)
	for _, first := range a.first {
		for i, test := range tests {
			signature[i] = 'n'
			if test.MatchRune(first) {
				signature[i] = 'y'
			}
		}
		kind := kindOf(first, lookArounds)
		signature[len(tests)] = byte(kind)
		class, found := known[string(signature)]
		if !found {
			class = len(answers)
			known[string(signature)] = class
			answers = append(answers, string(signature))
			a.kinds = append(a.kinds, kind)
		}
		a.class = append(a.class, class)
	}

	takes := make([][]bool, len(tests))
	for i := range tests {
		for _, answer := range answers {
			takes[i] = append(takes[i], answer[i] == 'y')
		}
	}
	a.takes = make([][]bool, len(prog.Inst))
	for pc, test := range testOf {
		if test >= 0 {
			a.takes[pc] = takes[test]
		}
	}
	return a
}

// survey lists the instructions that consume characters, those that consume the same ones once; for each instruction its
// index in that list, or -1; and what the program looks around for.
func survey(prog *syntax.Prog) (tests []*syntax.Inst, testOf []int, lookArounds syntax.EmptyOp) {
	for pc := range prog.Inst {
		in := &prog.Inst[pc]
		at := -1
		switch in.Op {
		case syntax.InstEmptyWidth:
			lookArounds |= syntax.EmptyOp(in.Arg)
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			at = slices.IndexFunc(tests, func(test *syntax.Inst) bool {
				return in.Op == test.Op && in.Arg == test.Arg && slices.Equal(in.Rune, test.Rune)
			})
			if at < 0 {
				at = len(tests)
				tests = append(tests, in)
			}
		}
		testOf = append(testOf, at)
	}
	return tests, testOf, lookArounds
}

// boundaries lists, ascending and each once, the characters where what a test consumes or a look-around sees begins or has
// just ended, and where ASCII has.
func boundaries(tests []*syntax.Inst) []rune {
	found := []rune{0, '\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1, unicode.MaxASCII + 1}
	for _, test := range tests {
		if len(test.Rune) == 1 { // a single character, perhaps with its other cases
			r := test.Rune[0]
			for found = append(found, r, r+1); ; found = append(found, r, r+1) {
				if r = unicode.SimpleFold(r); r == test.Rune[0] {
					break
				}
			}
			continue
		}
		for i := 0; i+1 < len(test.Rune); i += 2 {
			found = append(found, test.Rune[i], test.Rune[i+1]+1)
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	return slices.DeleteFunc(found, func(r rune) bool { return r > unicode.MaxRune })
}
