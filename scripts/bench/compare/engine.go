// Package compare decides the same rules with Edgewise and with other engines, to measure them in one run.
//
// Reach for Engines and Cases. Each engine has a file, which writes package workload's rules as that engine wants them and gives it the contexts in the form that it reads
// fastest. A test holds all of them to the same answers. To add an engine, add a file and a line
// in Engines.
package compare

import (
	"errors"
	"hash/fnv"
	"strconv"

	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// Engine is one that can be given rules. Load gives ErrTooMany where it is not tried with so many.
type Engine struct {
	Name string
	Load func(*workload.Set, []workload.Context) (Decider, error)
}

// ErrTooMany is given by an engine that is not measured with a set of rules.
var ErrTooMany = errors.New("not measured with these rules")

// Decider has rules and contexts.
type Decider interface {
	// Decide decides all placements for a context. It is what is measured.
	Decide(context int) error
	// Rule is the id of the rule that was decided for a placement last, or what a split chose, or "".
	Rule(placement int) string
}

// Requests is how many contexts a case has.
const Requests = 64

// Case is rules with what is asked of them.
type Case struct {
	Name     string
	Set      *workload.Set
	Contexts []workload.Context
}

// Cases are one rule that always matches, one flag with a split, and 10, 100 and more rules for 8 placements, up to the largest number.
func Cases(largest int) []Case {
	contexts := workload.Contexts(Requests)
	var matching []workload.Context
	for _, c := range contexts {
		matching = append(matching, workload.Match(c))
	}
	all := []Case{{"rule", workload.Matching, matching}, {"flag", workload.Flag, contexts}}
	for rules := 10; rules <= largest; rules *= 10 {
		all = append(all, Case{strconv.Itoa(rules), workload.Rules(rules), contexts})
	}
	return all
}

// Engines are all that decide what they are given, Edgewise's first.
var Engines = []Engine{
	{"native", LoadNative},
	{"question", LoadQuestions},
	{"wazero", LoadWazero},
	{"json", LoadJSON},
	{"host", LoadHost},
	{"hand-written", LoadHandWritten},
	{"cel-go", LoadCEL},
	{"expr", LoadExpr},
	{"flagd", LoadFlagd},
}

// splitByHand chooses half and half, for engines that have no splits of their own.
func splitByHand(visitor string) string {
	h := fnv.New32a()
	h.Write([]byte(visitor))
	if h.Sum32()>>16&1 == 0 {
		return workload.SplitA
	}
	return workload.SplitB
}
