package format

// Op is an instruction of a condition's program. A program runs on a stack of values and leaves one: its result.
//
// A value may be CEL's error. Every instruction given an error as an operand yields that error (the first of them), except
// where its line below says otherwise; so an absent attribute travels outwards until && or || absorbs it.
//
// To add an instruction: a row here, its name below, its stack effect in effects (program.go), its case in core's run, its price in
// core/steps and the size of what it leaves in bundles/bound, and what emits it in bundles/expr (emit.go). Instructions are never
// renumbered within a format version.
type Op uint8

// The instructions. A and B are an Instr's two operands; "top" is the top of the stack; pop and push are meant literally.
const (
	OpInvalid      Op = iota
	OpConst           // push constant B
	OpAttribute       // push attribute B's value, or the error Absent or NotConsented
	OpLocal           // push local A (a comprehension's variable)
	OpPredicate       // push the result of predicate B (each is evaluated once per request)
	OpCondition       // push the result of condition B (a segment; each is evaluated once per request). B is less than the own index
	OpHas             // push whether attribute B is present and consented
	OpGranted         // push whether purpose B is granted
	OpDecision        // push decision B's variant name as a string, or an error where it has none
	OpPop             // pop
	OpJump            // go to instruction B
	OpAndThen         // if top is false go to B and keep it; otherwise go on (the right side is pushed above it)
	OpAnd             // pop two, push CEL's absorbing &&: false wins over errors
	OpOrElse          // if top is true go to B and keep it; otherwise go on
	OpOr              // pop two, push CEL's absorbing ||: true wins over errors
	OpChoose          // pop the condition: true goes on, false goes to B, an error is pushed back and goes to A
	OpNot             // !
	OpNegate          // unary -
	OpEqual           // ==
	OpNotEqual        // !=
	OpLess            // <
	OpLessEqual       // <=
	OpGreater         // >
	OpGreaterEqual    // >=
	OpIn              // element in list, key in map
	OpAdd             // + of numbers, strings, bytes, lists, timestamps and durations
	OpSubtract        // -
	OpMultiply        // *
	OpDivide          // /
	OpModulo          // %
	OpIndex           // pop index and container, push container[index]; the field m.f is the index "f"
	OpHasKey          // pop key and map, push whether the map has that key: has(m.f)
	OpList            // pop B values, push the list of them
	OpMap             // pop B pairs (key below value), push the map of them
	OpCall            // pop A arguments (a method's receiver is the first), push what function B gives
	OpStore           // pop into local A. Errors are stored too
	OpIterate         // pop a list or map and begin to walk it; an error or another kind is pushed back and goes to B
	OpNext            // set local A to the next element (a list's value, a map's key), or go to B when there is none
	OpNextPair        // set local A to the next index or key and local A+1 to its value, or go to B when there is none
	OpLoop            // go back to B, the OpNext or OpNextPair of this walk. The only way back there is
	OpIterateEnd      // end the innermost walk
	OpBreakFalse      // pop; go to B if it is false (a comprehension's condition no longer holds)
	OpAndPredicate    // as OpAnd of the top and predicate B, which is not evaluated where the top is false already
	OpMatches         // pop a string, push whether pattern B matches somewhere in it
	ops
)

var opNames = [ops]string{"invalid", "const", "attribute", "local", "predicate", "condition", "has", "granted", "decision",
	"pop", "jump", "and-then", "and", "or-else", "or", "choose", "not", "negate", "equal", "not-equal", "less", "less-equal",
	"greater", "greater-equal", "in", "add", "subtract", "multiply", "divide", "modulo", "index", "has-key", "list", "map",
	"call", "store", "iterate", "next", "next-pair", "loop", "iterate-end", "break-false",
	"and-predicate", "matches"}

// String gives the name that `edgewise inspect` prints.
func (o Op) String() string {
	if o < ops {
		return opNames[o]
	}
	return "unknown"
}

// Instr is one instruction: the operation in the low byte of the first word, operand A in its upper 24 bits, B in the second.
type Instr struct{ opA, b uint32 }

// MakeInstr packs an instruction. a must be below 1<<24.
func MakeInstr(op Op, a, b uint32) Instr { return Instr{uint32(op) | a<<8, b} }

// Op is the operation.
func (i Instr) Op() Op { return Op(i.opA) }

// A is the 24-bit operand.
func (i Instr) A() uint32 { return i.opA >> 8 }

// B is the 32-bit operand.
func (i Instr) B() uint32 { return i.b }

// Test is a predicate's question about one attribute.
//
// To add a test: a row here, its name below, its case in core's predicate.go, and the operator or method that becomes it in bundles/expr
// (library.go). bundles/index may learn which rules it leaves possible, or leaves such rules to be evaluated.
type Test uint8

// The tests. An absent or masked attribute gives its error; an attribute of another kind than the constant gives the error
// NoOverload, or for TestEqual and TestNotEqual CEL's heterogeneous equality.
const (
	TestInvalid      Test = iota
	TestTrue              // the attribute is a bool; its value
	TestEqual             // attribute == constant; where this is a Semver, these six are about the version in the attribute's text
	TestNotEqual          // attribute != constant
	TestLess              // attribute < constant, also across int, uint and double
	TestLessEqual         // attribute <= constant
	TestGreater           // attribute > constant
	TestGreaterEqual      // attribute >= constant
	TestIn                // attribute in constant, a list
	TestStartsWith        // attribute.startsWith(constant)
	TestEndsWith          // attribute.endsWith(constant)
	TestContains          // attribute.contains(constant)
	TestElement           // constant in attribute, which is a list or map
	TestMatches           // attribute.matches(pattern)
	tests
)

var testNames = [tests]string{"invalid", "true", "==", "!=", "<", "<=", ">", ">=", "in", "startsWith", "endsWith", "contains",
	"element", "matches"}

// String gives the test as explanations print it.
func (t Test) String() string {
	if t < tests {
		return testNames[t]
	}
	return "unknown"
}

// Func is a function that OpCall runs. Which argument kinds each takes is CEL's standard; others give the error NoOverload.
//
// To add a function: a row here, its name below, its arguments in arities, its case in core's call, and in bundles/expr (library.go) its row in
// functions and, where it is not CEL's own, its declaration.
type Func uint8

// The functions, each with the number of arguments it takes, the receiver counted.
const (
	FuncInvalid              Func = iota
	FuncSize                      // 1: string (code points), bytes, list, map
	FuncStartsWith                // 2
	FuncEndsWith                  // 2
	FuncContains                  // 2
	FuncLowerASCII                // 1
	FuncUpperASCII                // 1
	FuncToBool                    // 1: bool()
	FuncToInt                     // 1
	FuncToUint                    // 1
	FuncToDouble                  // 1
	FuncToString                  // 1
	FuncToBytes                   // 1
	FuncToTimestamp               // 1
	FuncToDuration                // 1
	FuncType                      // 1: type()
	FuncFullYear                  // 1, or 2 with a time zone: UTC, an offset such as -02:30, or one of the bundle's by name
	FuncMonth                     // as FuncFullYear; January is 0
	FuncDate                      // as FuncFullYear; day of the month from 1
	FuncDayOfMonth                // as FuncFullYear; day of the month from 0
	FuncDayOfWeek                 // as FuncFullYear; Sunday is 0
	FuncDayOfYear                 // as FuncFullYear; from 0
	FuncHours                     // timestamp (1 or 2) or duration (1)
	FuncMinutes                   // as FuncHours
	FuncSeconds                   // as FuncHours
	FuncMilliseconds              // as FuncHours
	FuncNotStrictlyFalse          // 1: false for false, true for all else, errors too (inside all() and exists())
	FuncIP                        // 1: string, or a CIDR range: its address
	FuncCIDR                      // 1
	FuncIsIP                      // 1
	FuncIsCIDR                    // 1
	FuncIsCanonical               // 1
	FuncFamily                    // 1: 4 or 6
	FuncIsUnspecified             // 1
	FuncIsLoopback                // 1
	FuncIsLinkLocalMulticast      // 1
	FuncIsLinkLocalUnicast        // 1
	FuncIsGlobalUnicast           // 1
	FuncContainsIP                // 2: CIDR and IP or string
	FuncContainsCIDR              // 2: CIDR and CIDR or string
	FuncMasked                    // 1
	FuncPrefixLength              // 1
	FuncSemver                    // 1 to 2: string; with true it is normalised first
	FuncIsSemver                  // 1 to 2: likewise
	FuncMajor                     // 1
	FuncMinor                     // 1
	FuncPatch                     // 1
	FuncIsLessThan                // 2
	FuncIsGreaterThan             // 2
	FuncCompareTo                 // 2
	FuncCharAt                    // 2: string functions count in code points
	FuncIndexOf                   // 2 to 3
	FuncLastIndexOf               // 2 to 3
	FuncJoin                      // 1 to 2
	FuncReplace                   // 3 to 4
	FuncSplit                     // 2 to 3
	FuncSubstring                 // 2 to 3
	FuncTrim                      // 1
	FuncReverse                   // 1
	FuncQuote                     // 1
	FuncMapInsert                 // 3: map, key, value: the map with one pair more. 2: map, map: with the other's pairs
	FuncGreatest                  // 1 to 2: a list of numbers, or one or two numbers
	FuncLeast                     // likewise
	FuncBitAnd                    // 2
	FuncBitOr                     // 2
	FuncBitXor                    // 2
	FuncBitNot                    // 1
	FuncBitShiftLeft              // 2
	FuncBitShiftRight             // 2
	FuncAbs                       // 1: of any number
	FuncSign                      // 1: of any number
	FuncCeil                      // 1
	FuncFloor                     // 1
	FuncRound                     // 1: halfway away from zero
	FuncTrunc                     // 1
	FuncSqrt                      // 1: of any number
	FuncIsNaN                     // 1
	FuncIsInf                     // 1
	FuncIsFinite                  // 1
	FuncBase64Encode              // 1
	FuncBase64Decode              // 1: with or without padding
	FuncFirst                     // 1: a list's first element as an optional. optional.of(x) is [x].first(), optional.none() is [].first()
	FuncLast                      // 1
	FuncNonZero                   // 1: as FuncFirst, but none where that element is null, zero or empty
	FuncHasValue                  // 1
	FuncValue                     // 1
	FuncOptionalIndex             // 2: container[?index], and container.?field
	FuncFormat                    // 2: string, list
	FuncUnwrap                    // 1: a list of optionals, or a map whose values are optionals: without those that are none
	funcs
)

var funcNames = [funcs]string{"invalid", "size", "startsWith", "endsWith", "contains", "lowerAscii", "upperAscii", "bool", "int",
	"uint", "double", "string", "bytes", "timestamp", "duration", "type", "getFullYear", "getMonth", "getDate",
	"getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
	"notStrictlyFalse",
	"ip", "cidr", "isIP", "isCIDR", "ip.isCanonical", "family", "isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast", "isGlobalUnicast", "containsIP", "containsCIDR", "masked", "prefixLength", "semver", "isSemver", "major", "minor", "patch", "isLessThan", "isGreaterThan", "compareTo", "charAt", "indexOf", "lastIndexOf", "join", "replace", "split", "substring", "trim", "reverse", "strings.quote", "cel.@mapInsert",
	"math.greatest", "math.least", "math.bitAnd", "math.bitOr", "math.bitXor", "math.bitNot", "math.bitShiftLeft", "math.bitShiftRight",
	"math.abs", "math.sign", "math.ceil", "math.floor", "math.round", "math.trunc", "math.sqrt", "math.isNaN", "math.isInf", "math.isFinite",
	"base64.encode", "base64.decode", "first", "last", "optional.ofNonZeroValue", "hasValue", "value", "_[?_]", "format", "unwrapOpt"}

// String gives CEL's name of the function.
func (f Func) String() string {
	if f < funcs {
		return funcNames[f]
	}
	return "unknown"
}

// arities of f: the least and the largest number of arguments.
func (f Func) arities() (least, most uint32) {
	switch f {
	case FuncFullYear, FuncMonth, FuncDate, FuncDayOfMonth, FuncDayOfWeek, FuncDayOfYear,
		FuncHours, FuncMinutes, FuncSeconds, FuncMilliseconds, FuncSemver, FuncIsSemver, FuncJoin, FuncGreatest, FuncLeast:
		return 1, 2
	case FuncStartsWith, FuncEndsWith, FuncContains, FuncContainsIP, FuncContainsCIDR, FuncIsLessThan, FuncIsGreaterThan, FuncCompareTo, FuncCharAt,
		FuncBitAnd, FuncBitOr, FuncBitXor, FuncBitShiftLeft, FuncBitShiftRight, FuncOptionalIndex, FuncFormat:
		return 2, 2
	case FuncIndexOf, FuncLastIndexOf, FuncSplit, FuncSubstring:
		return 2, 3
	case FuncReplace:
		return 3, 4
	case FuncMapInsert:
		return 2, 3
	}
	return 1, 1
}
