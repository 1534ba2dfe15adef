// Package steps is the engine's cost model: how many steps an instruction takes, given how large its operands are.
//
// A step is one instruction of a condition's program. What works through text or through elements takes one step more for every
// CompareBytes or ReadBytes of text and for every element, so that a step is a few nanoseconds of work wherever it is spent. Deciding has
// steps of its own: one for each rule tried, one for each look into the index, one for each share of a split.
//
// Package bundles/bound asks with the largest sizes that a bundle allows, to bound a request before there is one. Core, built with the tag
// edgewise_steps, asks with the sizes at hand, so that a test can hold the two against each other; otherwise core does not use this
// package.
package steps

import (
	"math/bits"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/semver"
)

// How much text one step deals with.
const (
	CompareBytes = 64 // compared, copied or hashed: eight bytes or more at a time
	ReadBytes    = 8  // looked at character by character: matched, searched, converted
)

// Most is what counts beyond this are given as, so that nothing overflows: far beyond every budget.
const Most = 1 << 40

// Size is how large a value is, or can be at most.
type Size struct {
	Text      uint64 // bytes of the longest text in it
	All       uint64 // bytes of all text in it together
	Count     uint64 // elements of a list, pairs of a map
	Nodes     uint64 // values in it altogether, itself and a map's keys counted
	Container bool   // it is a list or map
	Nested    bool   // elements of it are lists or maps
	Map       bool   // it is a map or has one in it
}

// Scalar is the size of a value that has no elements, with that many bytes of text.
func Scalar(text uint64) Size { return Size{Text: text, All: text, Nodes: 1} }

// Wrapped is the size of an optional that holds a value of size x. It counts as what it holds, as every look into it goes on into that.
func Wrapped(x Size) Size {
	return Size{Text: x.Text, All: x.All, Count: max(x.Count, 1), Nodes: Add(x.Nodes, 1), Container: true, Nested: x.Container, Map: x.Map}
}

// Or is the size that bounds both x and y.
func Or(x, y Size) Size {
	return Size{Text: max(x.Text, y.Text), All: max(x.All, y.All), Count: max(x.Count, y.Count), Nodes: max(x.Nodes, y.Nodes),
		Container: x.Container || y.Container, Nested: x.Nested || y.Nested, Map: x.Map || y.Map}
}

// Add is x+y, and Times x*y, for numbers up to Most; they give Most instead of more.
func Add(x, y uint64) uint64 { return min(x+y, Most) }

// Times is x*y.
func Times(x, y uint64) uint64 {
	if x > 0 && y > Most/x {
		return Most
	}
	return x * y
}

// compare is the price of comparing two texts: at most the shorter one is read.
func compare(x, y Size) uint64 { return 1 + min(x.Text, y.Text)/CompareBytes }

// equal is the price of ==. Each key of a map is looked up in the other map.
func equal(x, y Size) uint64 {
	switch {
	case !x.Container || !y.Container:
		return compare(x, y)
	case x.Map && y.Map:
		return each(x, y)
	}
	return Add(min(x.Nodes, y.Nodes), min(x.All, y.All)/CompareBytes)
}

// each is the price of comparing everything in x with everything in y.
func each(x, y Size) uint64 {
	return Add(Times(x.Nodes, y.Nodes), min(Times(x.Nodes, y.All), Times(y.Nodes, x.All))/CompareBytes)
}

// in is the price of x in y, and of y[x] where y is a map: the elements or keys are compared one by one.
func in(x, y Size) uint64 {
	if x.Container && y.Container {
		return each(x, y)
	}
	return Add(y.Count, min(y.All, Times(y.Count, x.Text))/CompareBytes)
}

// read is the price of reading all of x.
func read(x Size) uint64 { return Add(x.Nodes, x.All/ReadBytes) }

// Instruction is the price of one instruction over its operands, the first one pushed first. What a condition or a predicate that it
// asks for takes is not in it. zones is the bundle's map of time zones, which some functions look one up in.
func Instruction(i format.Instr, operands []Size, zones Size) uint64 {
	switch op := i.Op(); op {
	case format.OpEqual, format.OpNotEqual:
		return 1 + equal(operands[0], operands[1])
	case format.OpLess, format.OpLessEqual, format.OpGreater, format.OpGreaterEqual:
		return 1 + compare(operands[0], operands[1])
	case format.OpIn:
		return 1 + in(operands[0], operands[1])
	case format.OpIndex, format.OpHasKey:
		if !operands[0].Map {
			return 1
		}
		return 1 + in(operands[1], operands[0])
	case format.OpList:
		return 1 + uint64(len(operands))
	case format.OpMap:
		return 1 + makeMap(operands)
	case format.OpMatches:
		return 1 + operands[0].Text/ReadBytes
	case format.OpCall:
		return 1 + call(format.Func(i.B()), operands, zones)
	}
	return 1
}

// makeMap compares each key with those before it.
func makeMap(operands []Size) uint64 {
	longest := Size{}
	for i := 0; i < len(operands); i += 2 {
		longest = Or(longest, operands[i])
	}
	pairs := uint64(len(operands)) / 2
	return 2*pairs + Times(pairs*pairs, compare(longest, longest))
}

// Built is the price of what a condition has built in core's scratch areas: values, and bytes of text. It is beside that of the instructions
// that built it, and bounded by the areas' sizes however often a loop adds to them.
func Built(values, bytes uint64) uint64 { return Add(values, bytes/CompareBytes) }

// call is the price of a function beyond its instruction. One that is not named here may read all its arguments.
func call(f format.Func, args []Size, zones Size) uint64 {
	if len(args) == 0 {
		return 0
	}
	x := args[0]
	switch f {
	case format.FuncNotStrictlyFalse, format.FuncType, format.FuncFirst, format.FuncLast, format.FuncNonZero, format.FuncHasValue, format.FuncValue:
		return 0
	case format.FuncOptionalIndex:
		if !x.Map {
			return 0
		}
		return in(args[1], x)
	case format.FuncUnwrap:
		return x.Count
	case format.FuncFormat:
		return formatted(x, args[1])
	case format.FuncMapInsert:
		return insert(x, args[1:])
	case format.FuncStartsWith, format.FuncEndsWith:
		return compare(x, args[1])
	case format.FuncContains:
		return x.Text/ReadBytes + args[1].Text/CompareBytes
	case format.FuncSize, format.FuncLowerASCII, format.FuncUpperASCII, format.FuncToBool, format.FuncToInt, format.FuncToUint,
		format.FuncToDouble, format.FuncToString, format.FuncToBytes, format.FuncToTimestamp, format.FuncToDuration:
		return x.Text / ReadBytes
	case format.FuncSemver, format.FuncIsSemver:
		return version(x)
	case format.FuncFullYear, format.FuncMonth, format.FuncDate, format.FuncDayOfMonth, format.FuncDayOfWeek, format.FuncDayOfYear,
		format.FuncHours, format.FuncMinutes, format.FuncSeconds, format.FuncMilliseconds:
		if len(args) == 1 {
			return 1
		}
		const changes = 16 // looks among a zone's changes of offset: there are fewer than 1<<16
		return 1 + args[1].Text/ReadBytes + in(args[1], zones) + changes
	}
	return otherCall(args)
}

// insert compares the keys of a pair, or of another map, with those of x and with one another.
func insert(x Size, pair []Size) uint64 {
	key, pairs := pair[0], uint64(1)
	if len(pair) == 1 {
		pairs = key.Count
	}
	return Add(2*pairs, Times(pairs, Add(in(Scalar(key.Text), x), Times(pairs, compare(key, key)))))
}

// formatClause is the price of a clause of format beside its text: the largest doubles have hundreds of digits.
const formatClause = 1024

// sortedKeys is how many keys of a map are looked at for each that is written in order.
const sortedKeys = 64

// formatted reads the pattern and all arguments.
func formatted(pattern, args Size) uint64 {
	price := Add(read(pattern)+read(args), Times(formatClause, min(pattern.Text/2, args.Count)))
	if args.Map {
		price = Add(price, Times(sortedKeys, args.Nodes))
	}
	return price
}

func otherCall(args []Size) uint64 {
	sum := uint64(0)
	for _, x := range args {
		sum = Add(sum, read(x))
	}
	return sum
}

// Test is the price of a predicate's test of an attribute against its constant, of a kind, once a request.
func Test(t format.Test, kind format.Kind, attribute, constant Size) uint64 {
	if kind == format.Semver && t <= format.TestGreaterEqual {
		return compare(attribute, constant) + version(attribute) + version(constant)
	}
	switch t {
	case format.TestTrue:
		return 1
	case format.TestEqual, format.TestNotEqual:
		return equal(attribute, constant)
	case format.TestIn:
		return 1 + in(attribute, constant)
	case format.TestElement:
		return 1 + in(constant, attribute)
	case format.TestContains:
		return 1 + attribute.Text/ReadBytes + constant.Text/CompareBytes
	case format.TestMatches:
		return 1 + attribute.Text/ReadBytes
	}
	return compare(attribute, constant)
}

// version is the price of reading the version that a text may hold.
func version(text Size) uint64 { return min(text.Text, semver.MaxText) / ReadBytes }

// Class is the price of finding an attribute's class in a table of the index, once a request. longest is the size of its longest key.
func Class(t *format.Indexed, attribute, longest Size) uint64 {
	switch format.IndexKind(t.Kind) {
	case format.IndexBool:
		return 1
	case format.IndexEqual:
		return 1 + compare(attribute, longest)
	}
	looks := uint64(1)
	for n := t.Keys; n > 0; n /= 2 {
		looks++
	}
	switch format.IndexKind(t.Kind) {
	case format.IndexVersion:
		return version(attribute) + looks*(compare(longest, longest)+version(longest))
	case format.IndexPrefix:
		looks += min(longest.Text, uint64(t.Keys)) // the keys that begin one another, each shorter than the one before
	}
	return looks * compare(attribute, longest)
}

// RuleTried is the price of a rule that is looked at, whether or not its condition is evaluated.
const RuleTried = 1

// Asked is the price of being asked for a decision: one step, and one for each decision that goes before it.
func Asked(d *format.Decision) uint64 { return 1 + uint64(d.Prerequisites) }

// Index is the price of combining a decision's rows of the index.
func Index(d *format.Decision) uint64 {
	return uint64(d.Words) * uint64(1+bits.OnesCount32(d.Tables))
}

// Draw is the price of hashing a unit, and with some hashes a seed of so many bytes.
func Draw(hash format.Hash, seed int, unit Size) uint64 {
	if hash == format.HashXX64 {
		return 2 + unit.Text/CompareBytes
	}
	return 2 + Add(unit.Text, uint64(seed))/ReadBytes
}

// Shares is the price of finding the share of a bucket. During a ramp each share's end is worked out.
func Shares(s *format.Split) uint64 {
	if s.Ramp > 0 {
		return 2 * uint64(s.Ranges)
	}
	return uint64(s.Ranges)
}

// What reading signals of consent takes, in looks at each character.
const (
	frameworkReads = 3  // TC strings once more for each vendor that is asked about
	choiceReads    = 16 // cookies of consent managers, whose escapes are undone wherever they are looked at
)

// Consent is the price of resolving consent: of as much text as counts, in the kind of signals that takes longest of those that a policy
// asks for.
func Consent(b *format.Bundle) uint64 {
	reads, vendor := uint64(0), uint32(0)
	for i := range b.Purposes {
		p := &b.Purposes[i]
		if p.Flags|p.TCF|p.OptOuts != 0 {
			reads = max(reads, frameworkReads)
		}
		if p.Vendor != vendor {
			vendor = p.Vendor
			reads++
		}
	}
	for i := range b.Cookies {
		if b.Cookies[i].Format < format.CookieTCF {
			reads = max(reads, choiceReads)
		}
	}
	return reads * policy.MaxText / ReadBytes
}
