package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/netaddr"
	"github.com/edgewise-dev/edgewise/core/semver"
)

// The types beyond CEL's standard ones, by Kubernetes' names.
var (
	ipType     = types.NewOpaqueType("net.IP")
	cidrType   = types.NewOpaqueType("net.CIDR")
	semverType = types.NewOpaqueType("kubernetes.Semver")
)

// opaqueKinds are the kinds of those types.
var opaqueKinds = map[string]format.Kind{"net.IP": format.IP, "net.CIDR": format.CIDR, "kubernetes.Semver": format.Semver, "optional_type": format.Optional}

// extensions are the functions beyond CEL's standard library and what they take and give: a method stands after its receiver and a dot, and
// what follows a bar is another overload.
var extensions = []struct {
	signatures string
	function   format.Func
}{
	// Kubernetes' network library.
	{"ip(string) net.IP | net.CIDR.ip() net.IP", format.FuncIP},
	{"cidr(string) net.CIDR", format.FuncCIDR},
	{"isIP(string) bool", format.FuncIsIP},
	{"isCIDR(string) bool", format.FuncIsCIDR},
	{"ip.isCanonical(string) bool", format.FuncIsCanonical},
	{"net.IP.family() int", format.FuncFamily},
	{"net.IP.isUnspecified() bool", format.FuncIsUnspecified},
	{"net.IP.isLoopback() bool", format.FuncIsLoopback},
	{"net.IP.isLinkLocalMulticast() bool", format.FuncIsLinkLocalMulticast},
	{"net.IP.isLinkLocalUnicast() bool", format.FuncIsLinkLocalUnicast},
	{"net.IP.isGlobalUnicast() bool", format.FuncIsGlobalUnicast},
	{"net.CIDR.containsIP(net.IP) bool | net.CIDR.containsIP(string) bool", format.FuncContainsIP},
	{"net.CIDR.containsCIDR(net.CIDR) bool | net.CIDR.containsCIDR(string) bool", format.FuncContainsCIDR},
	{"net.CIDR.masked() net.CIDR", format.FuncMasked},
	{"net.CIDR.prefixLength() int", format.FuncPrefixLength},

	// Kubernetes' semver library.
	{"semver(string) kubernetes.Semver | semver(string, bool) kubernetes.Semver", format.FuncSemver},
	{"isSemver(string) bool | isSemver(string, bool) bool", format.FuncIsSemver},
	{"kubernetes.Semver.major() int", format.FuncMajor},
	{"kubernetes.Semver.minor() int", format.FuncMinor},
	{"kubernetes.Semver.patch() int", format.FuncPatch},
	{"kubernetes.Semver.isLessThan(kubernetes.Semver) bool", format.FuncIsLessThan},
	{"kubernetes.Semver.isGreaterThan(kubernetes.Semver) bool", format.FuncIsGreaterThan},
	{"kubernetes.Semver.compareTo(kubernetes.Semver) int", format.FuncCompareTo},

	// cel-go's strings.
	{"string.lowerAscii() string", format.FuncLowerASCII},
	{"string.upperAscii() string", format.FuncUpperASCII},
	{"string.charAt(int) string", format.FuncCharAt},
	{"string.indexOf(string) int | string.indexOf(string, int) int", format.FuncIndexOf},
	{"string.lastIndexOf(string) int | string.lastIndexOf(string, int) int", format.FuncLastIndexOf},
	{"list(string).join() string | list(string).join(string) string", format.FuncJoin},
	{"string.replace(string, string) string | string.replace(string, string, int) string", format.FuncReplace},
	{"string.split(string) list(string) | string.split(string, int) list(string)", format.FuncSplit},
	{"string.substring(int) string | string.substring(int, int) string", format.FuncSubstring},
	{"string.trim() string", format.FuncTrim},
	{"string.reverse() string", format.FuncReverse},
	{"strings.quote(string) string", format.FuncQuote},
	{"string.format(list(dyn)) string", format.FuncFormat},

	// cel-go's math. What the macros math.greatest and math.least become comes first.
	{extremeSignatures("math.@max"), format.FuncGreatest},
	{extremeSignatures("math.@min"), format.FuncLeast},
	{"math.bitAnd(int, int) int | math.bitAnd(uint, uint) uint", format.FuncBitAnd},
	{"math.bitOr(int, int) int | math.bitOr(uint, uint) uint", format.FuncBitOr},
	{"math.bitXor(int, int) int | math.bitXor(uint, uint) uint", format.FuncBitXor},
	{"math.bitNot(int) int | math.bitNot(uint) uint", format.FuncBitNot},
	{"math.bitShiftLeft(int, int) int | math.bitShiftLeft(uint, int) uint", format.FuncBitShiftLeft},
	{"math.bitShiftRight(int, int) int | math.bitShiftRight(uint, int) uint", format.FuncBitShiftRight},
	{"math.ceil(double) double", format.FuncCeil},
	{"math.floor(double) double", format.FuncFloor},
	{"math.round(double) double", format.FuncRound},
	{"math.trunc(double) double", format.FuncTrunc},
	{"math.sqrt(double) double | math.sqrt(int) double | math.sqrt(uint) double", format.FuncSqrt},
	{"math.abs(double) double | math.abs(int) int | math.abs(uint) uint", format.FuncAbs},
	{"math.sign(double) double | math.sign(int) int | math.sign(uint) uint", format.FuncSign},
	{"math.isNaN(double) bool", format.FuncIsNaN},
	{"math.isInf(double) bool", format.FuncIsInf},
	{"math.isFinite(double) bool", format.FuncIsFinite},

	// cel-go's encoders.
	{"base64.encode(bytes) string", format.FuncBase64Encode},
	{"base64.decode(string) bytes", format.FuncBase64Decode},

	// CEL's optional values. Those without a function are written as several instructions.
	{"optional.of(V) optional_type(V)", format.FuncInvalid},
	{"optional.none() optional_type(V)", format.FuncInvalid},
	{"optional.ofNonZeroValue(V) optional_type(V)", format.FuncInvalid},
	{"optional_type(V).or(optional_type(V)) optional_type(V)", format.FuncInvalid},
	{"optional_type(V).orValue(V) V", format.FuncInvalid},
	{"optional_type(V).hasValue() bool | optional_type(V).hasValue(V) bool", format.FuncHasValue},
	{"optional_type(V).value() V", format.FuncValue},
	{"optional.unwrap(list(optional_type(V))) list(V)", format.FuncUnwrap},
	{"list(optional_type(V)).unwrapOpt() list(V)", format.FuncUnwrap},
	{"list(V).first() optional_type(V)", format.FuncFirst},
	{"list(V).last() optional_type(V)", format.FuncLast},
	{operators.OptSelect + "(dyn, string) optional_type(V)", format.FuncOptionalIndex},
	{operators.OptIndex + "(list(V), int) optional_type(V) | " + operators.OptIndex + "(optional_type(list(V)), int) optional_type(V) | " +
		operators.OptIndex + "(map(K, V), K) optional_type(V) | " + operators.OptIndex + "(optional_type(map(K, V)), K) optional_type(V)", format.FuncOptionalIndex},
}

// extremeSignatures are those of math.@max and math.@min: two numbers of different types give one of either.
func extremeSignatures(name string) string {
	var all []string
	numbers := []string{"double", "int", "uint"} // where more than one fits, the first counts
	for _, x := range numbers {
		all = append(all, fmt.Sprintf("%s(%s) %s", name, x, x), fmt.Sprintf("%s(list(%s)) %s", name, x, x))
		for _, y := range numbers {
			result := x
			if x != y {
				result = "dyn"
			}
			all = append(all, fmt.Sprintf("%s(%s, %s) %s", name, x, y, result))
		}
	}
	return strings.Join(all, " | ")
}

// overloads are further ones of CEL's own functions.
var overloads = []string{
	"string(net.IP) string | string(net.CIDR) string",
	operators.Index + "(optional_type(list(V)), int) optional_type(V) | " + operators.Index + "(optional_type(map(K, V)), K) optional_type(V)",
}

// declareExtension makes the declaration of a function from its signatures.
func declareExtension(signatures string) *decls.FunctionDecl {
	var name string
	var overloads []decls.FunctionOpt
	for i, signature := range strings.Split(signatures, " | ") {
		close := strings.LastIndex(signature, ") ")
		open := close - 1
		for depth := 1; ; open-- {
			if signature[open] == ')' {
				depth++
			} else if signature[open] == '(' {
				depth--
			}
			if depth == 0 {
				break
			}
		}
		var args []*types.Type
		member := false
		name = signature[:open]
		if dot := strings.LastIndex(name, "."); dot >= 0 {
			if receiver := signatureType(name[:dot]); receiver != nil {
				member, name = true, name[dot+1:]
				args = append(args, receiver)
			}
		}
		p := typeParser{rest: signature[open+1 : close], others: signatureTypes}
		for p.rest != "" {
			arg, err := p.parse(0)
			if err != nil {
				panic("expr: internal error: " + err.Error())
			}
			args = append(args, arg)
			p.skip(len(p.rest) - len(strings.TrimPrefix(p.rest, ",")))
		}
		id := fmt.Sprintf("extension_%s_%d", strings.ReplaceAll(name, ".", "_"), i)
		result := signatureType(signature[close+2:])
		if member {
			overloads = append(overloads, decls.MemberOverload(id, args, result))
		} else {
			overloads = append(overloads, decls.Overload(id, args, result))
		}
	}
	f, err := decls.NewFunction(name, overloads...)
	if err != nil {
		panic("expr: internal error: " + err.Error())
	}
	return f
}

// signatureTypes are what signatures name beside the types that an attribute can have; K and V stand for any type.
var signatureTypes = map[string]*types.Type{"net.IP": ipType, "net.CIDR": cidrType, "kubernetes.Semver": semverType,
	"K": types.NewTypeParamType("K"), "V": types.NewTypeParamType("V")}

// signatureType is a type in a signature, or nil where the name is none.
func signatureType(name string) *types.Type {
	p := typeParser{rest: name, others: signatureTypes}
	t, err := p.parse(0)
	if err != nil || p.rest != "" {
		return nil
	}
	return t
}

func init() {
	for _, x := range extensions {
		f := declareExtension(x.signatures)
		ownFunctions = append(ownFunctions, f)
		if x.function != format.FuncInvalid {
			functions[f.Name()] = x.function
		}
	}
	for _, signatures := range overloads {
		ownFunctions = append(ownFunctions, declareExtension(signatures))
	}
}

// constantExtension gives the value of ip(), cidr() or semver() of a text. written says whether it is such a call; ok is false where the text
// is no such thing.
func constantExtension(call ast.CallExpr) (c assemble.Constant, ok, written bool) {
	if call.IsMemberFunction() || len(call.Args()) != 1 {
		return c, false, false
	}
	value, written := literalText(call.Args()[0])
	if !written {
		return c, false, false
	}
	var a [netaddr.Size]byte
	switch call.FunctionName() {
	case "ip":
		n := netaddr.Parse(&a, value)
		return assemble.IP(a[:n]), n > 0, true
	case "cidr":
		n, bits := netaddr.ParsePrefix(&a, value)
		return assemble.CIDR(a[:n], bits), n > 0, true
	case "semver":
		_, ok := semver.Parse(value)
		return assemble.Semver(value), ok, true
	}
	return c, false, false
}

// extensionFaults say what the text of a constant must be.
var extensionFaults = map[string]string{
	"ip":     "is no IP address",
	"cidr":   "is no range of IP addresses such as 10.0.0.0/8",
	"semver": "is no semantic version such as 1.2.3",
}
