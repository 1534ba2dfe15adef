// Package pattern compiles regular expressions, in the syntax of RE2 and with the meaning of Go's regexp.MatchString, to the tables that
// package core/pattern runs. CEL's matches is that function.
//
// Reach for Compile. It gives the smallest deterministic automaton for the question "does the text contain a match", so running it takes
// one step for each character, whatever the pattern, and the same pattern always gives the same table. What this costs is paid
// here: a pattern whose automaton would be too large is refused.
//
// The way there, a file for each step: regexp/syntax parses the pattern and writes its instructions; alphabet.go puts
// characters that the pattern cannot tell apart into classes; automaton.go follows all instructions at once, a state for
// each set of them that can be reached, and cover.go keeps the sets small; minimum.go merges the states that no text
// tells apart; table.go writes the words.
package pattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
)

// The limits of a pattern. They bound the time (well under a second) and the memory (below 100 MiB) that compiling one can take.
const (
	MaxLength       = 8 << 10 // bytes of a pattern, as written
	MaxInstructions = 8 << 10 // instructions, once repetitions such as x{3} are written out as xxx

	// MaxTransitions bounds the automaton before its states are merged: far above what a table holds, so that few patterns whose
	// table would be small enough are refused, and most others can be told its size.
	MaxTransitions = 1 << 19

	maxSteps  = 1 << 26  // instructions looked at while the automaton is made
	maxMemory = 32 << 20 // bytes of its states while they are sets of instructions
)

// What to do about a pattern that is refused.
const hint = "use smaller counts in {m,n}, begin with ^, or split it into several patterns joined with ||"

// Program is a compiled pattern.
type Program struct {
	Table  []uint32 // what core/pattern.Match takes
	States int      // rows of the table
}

// Compile compiles a pattern. An error says what is wrong with it or which limit it exceeds, and what to do.
func Compile(expr string) (*Program, error) {
	if len(expr) > MaxLength {
		return nil, fmt.Errorf("pattern has %d bytes, the limit is %d: split it into several patterns joined with ||", len(expr), MaxLength)
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, parseError(err)
	}
	if n := weight(tree); n > MaxInstructions {
		return nil, fmt.Errorf("pattern has %d instructions with its repetitions written out, the limit is %d: %s", n, MaxInstructions, hint)
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, parseError(err)
	}
	a, err := newAutomaton(prog)
	if err != nil {
		return nil, err
	}
	return a.minimum().program()
}

// parseError says what regexp/syntax found, and where in the pattern.
func parseError(err error) error {
	var fault *syntax.Error
	if !errors.As(err, &fault) {
		return err
	}
	where := fault.Expr
	if len(where) > 40 {
		where = where[:40] + "..."
	}
	return fmt.Errorf("pattern is invalid: %s: %q", fault.Code, where)
}

// weight estimates the instructions of a pattern before its repetitions are written out. The parser has bounded how they multiply.
func weight(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += weight(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min+1, re.Max)
	}
	return n
}
