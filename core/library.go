package core

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/netaddr"
	"github.com/edgewise-dev/edgewise/core/semver"
	"github.com/edgewise-dev/edgewise/core/text"
)

// callLibrary runs the functions beyond CEL's standard library. No argument is an error.
func (e *Evaluator) callLibrary(f format.Func, args []Value) Value {
	x := args[0]
	switch {
	case f <= format.FuncPrefixLength:
		return e.callNetwork(f, x, args[len(args)-1])
	case f <= format.FuncCompareTo:
		return e.callVersion(f, x, args)
	case f <= format.FuncQuote:
		return e.callText(f, x, args)
	case f == format.FuncMapInsert:
		return e.insert(x, args)
	case f <= format.FuncIsFinite:
		callMath(f, args)
		return args[0]
	}
	if f <= format.FuncBase64Decode {
		return e.base64(f, x)
	}
	if f == format.FuncFormat {
		if x.kind != format.String || args[1].kind != format.List {
			return failure(NoOverload)
		}
		return e.format(x.text(), args[1].elements())
	}
	return e.callOptional(f, x, args)
}

// parsed reads an address or range into the scratch area; its kind is Error where the text is none.
//
//go:noinline
func (e *Evaluator) parsed(kind format.Kind, x Value) Value {
	if x.kind == kind {
		return x
	}
	if x.kind != format.String {
		return failure(NoOverload)
	}
	fresh := e.growBytes(netaddr.Size)
	if fresh == nil {
		return failure(ScratchFull)
	}
	v := Value{kind: kind, ptr: unsafe.Pointer(&fresh[0])}
	n, bits := 0, 0
	if kind == format.IP {
		n = netaddr.Parse((*[netaddr.Size]byte)(fresh), x.text())
	} else {
		n, bits = netaddr.ParsePrefix((*[netaddr.Size]byte)(fresh), x.text())
	}
	if n == 0 {
		return failure(InvalidText)
	}
	v.num, v.aux = uint64(n), uint32(bits)
	return v
}

//go:noinline
func appendAddress(dst []byte, v Value) []byte {
	dst = netaddr.Append(dst, v.text())
	if v.kind == format.CIDR {
		dst = text.AppendUint(append(dst, '/'), uint64(v.aux))
	}
	return dst
}

// callNetwork is the functions of addresses and ranges. y is the last argument.
func (e *Evaluator) callNetwork(f format.Func, x, y Value) Value {
	switch f {
	case format.FuncIP, format.FuncCIDR, format.FuncIsIP, format.FuncIsCIDR, format.FuncIsCanonical:
		if f == format.FuncIP && x.kind == format.CIDR {
			return Value{kind: format.IP, ptr: x.ptr, num: x.num}
		}
		kind := format.IP
		if f == format.FuncCIDR || f == format.FuncIsCIDR {
			kind = format.CIDR
		}
		v := e.parsed(kind, x)
		switch {
		case f == format.FuncIsCanonical && !v.isError():
			written := e.keep(appendAddress(e.free(), v))
			return Bool(!written.isError() && written.text() == x.text())
		case f <= format.FuncCIDR || f == format.FuncIsCanonical || v.isError() && v.Code() != InvalidText:
			return v
		}
		return Bool(!v.isError())
	case format.FuncContainsIP, format.FuncContainsCIDR:
		if x.kind != format.CIDR {
			break
		}
		kind := format.IP
		if f == format.FuncContainsCIDR {
			kind = format.CIDR
		}
		y = e.parsed(kind, y)
		if y.isError() {
			return y
		}
		return Bool((kind == format.IP || x.aux <= y.aux) && netaddr.Contains(x.text(), int(x.aux), y.text()))
	case format.FuncMasked:
		fresh := e.growBytes(int(x.num) & 31)
		if x.kind != format.CIDR {
			break
		}
		if fresh == nil {
			return failure(ScratchFull)
		}
		netaddr.Mask(fresh[:copy(fresh, x.text())], int(x.aux))
		x.ptr = unsafe.Pointer(&fresh[0])
		return x
	case format.FuncPrefixLength:
		if x.kind == format.CIDR {
			return Int(int64(x.aux))
		}
	default:
		if x.kind == format.IP {
			return addressIs(f, x.text())
		}
	}
	return failure(NoOverload)
}

// addressIs answers a question about an address, as RFC 1122, 4291 and their like name its kinds.
func addressIs(f format.Func, a string) Value {
	four := len(a) == 4
	zeros := true
	for i := range len(a) - 1 {
		zeros = zeros && a[i] == 0
	}
	last := a[len(a)-1]
	unspecified, loopback := zeros && last == 0, zeros && last == 1
	multicast, linkMulticast := a[0] == 0xff, a[0] == 0xff && a[1]&15 == 2
	linkUnicast, broadcast := a[0] == 0xfe && a[1]&0xc0 == 0x80, false
	if four {
		loopback = a[0] == 127
		multicast, linkMulticast = a[0]&0xf0 == 0xe0, a[:3] == "\xe0\x00\x00"
		linkUnicast, broadcast = a[0] == 169 && a[1] == 254, a == "\xff\xff\xff\xff"
	}
	switch f {
	case format.FuncFamily:
		if four {
			return Int(4)
		}
		return Int(6)
	case format.FuncIsUnspecified:
		return Bool(unspecified)
	case format.FuncIsLoopback:
		return Bool(loopback)
	case format.FuncIsLinkLocalMulticast:
		return Bool(linkMulticast)
	case format.FuncIsLinkLocalUnicast:
		return Bool(linkUnicast)
	}
	return Bool(!unspecified && !loopback && !multicast && !linkUnicast && !broadcast)
}

// compareVersions orders two Semver.
//
//go:noinline
func compareVersions(x, y Value) int {
	one, _ := semver.Parse(x.text())
	other, _ := semver.Parse(y.text())
	return semver.Compare(one, other)
}

// callVersion is the functions of versions.
func (e *Evaluator) callVersion(f format.Func, x Value, args []Value) Value {
	y := args[len(args)-1]
	if f <= format.FuncIsSemver {
		if x.kind != format.String || len(args) == 2 && y.kind != format.Bool {
			return failure(NoOverload)
		}
		if y.isTrue() {
			if x = e.keep(semver.Normalize(e.free(), x.text())); x.isError() {
				return x
			}
		}
		_, ok := semver.Parse(x.text())
		switch {
		case f == format.FuncIsSemver:
			return Bool(ok)
		case !ok:
			return failure(InvalidText)
		}
		x.kind = format.Semver
		return x
	}
	if x.kind != format.Semver || y.kind != format.Semver {
		return failure(NoOverload)
	}
	switch f {
	case format.FuncIsLessThan:
		return Bool(compareVersions(x, y) < 0)
	case format.FuncIsGreaterThan:
		return Bool(compareVersions(x, y) > 0)
	case format.FuncCompareTo:
		return Int(int64(compareVersions(x, y)))
	}
	v, _ := semver.Parse(x.text())
	return Int(int64(v.Number[f-format.FuncMajor]))
}

// writing begins a text, whose pieces write adds to the scratch area; written gives the whole.
//
//go:noinline
func (s *scratch) writing() (start int) {
	s.full = false
	return s.usedBytes
}

// write adds a piece. What does not fit is noted until written asks.
//
//go:noinline
func (s *scratch) write(piece string) {
	if fresh := s.growBytes(len(piece)); fresh != nil || piece == "" {
		copy(fresh, piece)
	} else {
		s.full = true
	}
}

// written gives what has been written since start.
//
//go:noinline
func (s *scratch) written(start int) Value {
	if s.full {
		return failure(ScratchFull)
	}
	v := Bytes(s.bytes[start:s.usedBytes])
	v.kind = format.String
	return v
}

// place gives where in s character number n begins; ok is false where s has fewer.
//
//go:noinline
func place(s string, n int64) (at int, ok bool) {
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at, n == 0
}

// callText is the functions of strings that are no part of CEL's standard library. Positions count characters.
func (e *Evaluator) callText(f format.Func, x Value, args []Value) Value {
	if f == format.FuncJoin {
		return e.join(x, args)
	}
	words := 1 // arguments that are strings; those after them are ints
	switch f {
	case format.FuncIndexOf, format.FuncLastIndexOf, format.FuncSplit:
		words = 2
	case format.FuncReplace:
		words = 3
	}
	number := int64(-1)
	for i, v := range args {
		want := format.Int
		if i < words {
			want = format.String
		}
		if v.kind != want {
			return failure(NoOverload)
		}
		if i == words {
			number = v.int()
		}
	}
	s := x.text()
	switch f {
	case format.FuncIndexOf, format.FuncLastIndexOf:
		return find(f, s, args[1].text(), number, len(args) == 3)
	case format.FuncReplace:
		return e.replace(s, args[1].text(), args[2].text(), number)
	case format.FuncSplit:
		return e.split(s, args[1].text(), number)
	case format.FuncCharAt, format.FuncSubstring:
		from, ok := place(s, number)
		to := len(s)
		if f == format.FuncCharAt && from < to {
			_, size := utf8.DecodeRuneInString(s[from:])
			to = from + size
		} else if len(args) == 3 {
			end, endOK := place(s, args[2].int())
			ok = ok && endOK && number <= args[2].int()
			to = end
		}
		if !ok {
			return failure(IndexOutOfRange)
		}
		return String(s[from:to])
	case format.FuncTrim:
		return String(trim(s))
	case format.FuncReverse:
		start := e.writing()
		for len(s) > 0 {
			_, size := utf8.DecodeLastRuneInString(s)
			e.write(s[len(s)-size:])
			s = s[:len(s)-size]
		}
		return e.written(start)
	}
	return e.quote(s)
}

// find is indexOf and lastIndexOf. from is where the search begins, if it is given.
func find(f format.Func, s, part string, from int64, given bool) Value {
	if given && from < 0 {
		return failure(IndexOutOfRange)
	}
	end := len(s)
	start, inside := place(s, max(from, 0))
	switch {
	case part == "" && (given && inside || f == format.FuncIndexOf && !given):
		return Int(max(from, 0))
	case part == "":
		return Int(int64(utf8.RuneCountInString(s)))
	case given && (!inside || start == end):
		return Int(-1)
	}
	at := -1
	if f == format.FuncIndexOf {
		if at = strings.Index(s[start:], part); at >= 0 {
			at += start
		}
	} else {
		if given {
			end = min(end, start+len(part))
		}
		at = strings.LastIndex(s[:end], part)
	}
	if at < 0 {
		return Int(-1)
	}
	return Int(int64(utf8.RuneCountInString(s[:at])))
}

func (e *Evaluator) join(x Value, args []Value) Value {
	separator := ""
	if len(args) == 2 {
		if args[1].kind != format.String {
			return failure(NoOverload)
		}
		separator = args[1].text()
	}
	if x.kind != format.List {
		return failure(NoOverload)
	}
	start := e.writing()
	for i, v := range x.elements() {
		if v.kind != format.String {
			return failure(NoOverload)
		}
		if i > 0 {
			e.write(separator)
		}
		e.write(v.text())
	}
	return e.written(start)
}

// next finds where the next piece of s ends and the one after it begins. Between pieces is a separator; without one, each character is a piece.
//
//go:noinline
func next(s, separator string) (end, begin int) {
	if separator == "" {
		_, size := utf8.DecodeRuneInString(s)
		if size == len(s) {
			return -1, 0
		}
		return size, size
	}
	end = strings.Index(s, separator)
	return end, end + len(separator)
}

// replace replaces the first count of old, all where count is negative. An empty old is before each character and at the end.
func (e *Evaluator) replace(s, old, fresh string, count int64) Value {
	start := e.writing()
	if old == "" && count != 0 {
		e.write(fresh)
		count--
	}
	for ; count != 0 && s != ""; count-- {
		end, begin := next(s, old)
		if end < 0 {
			if old == "" {
				e.write(s)
				e.write(fresh)
				s = ""
			}
			break
		}
		e.write(s[:end])
		e.write(fresh)
		s = s[begin:]
	}
	e.write(s)
	return e.written(start)
}

// split cuts s into at most count pieces, all where count is negative.
func (e *Evaluator) split(s, separator string, count int64) Value {
	start := e.usedVals
	done := count == 0 || separator == "" && s == ""
	for !done {
		piece := s
		end, begin := next(s, separator)
		if done = count == 1 || end < 0; !done {
			piece, s = s[:end], s[begin:]
		}
		fresh := e.growValues(1)
		if fresh == nil {
			return failure(ScratchFull)
		}
		fresh[0] = String(piece)
		count--
	}
	return List(e.vals[start:e.usedVals])
}

// trim takes off Unicode's white space at both ends.
func trim(s string) string {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if !isSpace(r) {
			break
		}
		s = s[size:]
	}
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		if !isSpace(r) {
			break
		}
		s = s[:len(s)-size]
	}
	return s
}

func isSpace(r rune) bool {
	switch r {
	case ' ', 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	}
	return r >= '\t' && r <= '\r' || r >= 0x2000 && r <= 0x200a
}

// quote writes s as CEL would, in double quotes.
func (e *Evaluator) quote(s string) Value {
	const escaped, letters = "\a\b\t\n\v\f\r\\\"", `abtnvfr\"`
	start := e.writing()
	e.write(`"`)
	for i := range len(s) {
		if at := strings.IndexByte(escaped, s[i]); at >= 0 {
			e.write(`\`)
			e.write(letters[at : at+1])
		} else {
			e.write(s[i : i+1])
		}
	}
	e.write(`"`)
	return e.written(start)
}

// base64 is the standard encoding of RFC 4648.
//
//go:noinline
func (e *Evaluator) base64(f format.Func, x Value) Value {
	if f == format.FuncBase64Encode {
		if x.kind != format.Bytes {
			return failure(NoOverload)
		}
		return e.keep(text.AppendBase64(e.free(), x.bytes()))
	}
	if x.kind != format.String {
		return failure(NoOverload)
	}
	fresh := e.growBytes(int(x.num)) // a quarter more than needed
	if fresh == nil && x.num > 0 {
		return failure(ScratchFull)
	}
	n, ok := text.DecodeBase64(fresh, x.text())
	if !ok {
		return failure(InvalidText)
	}
	return Bytes(fresh[:n])
}

// insert gives a map with one pair more, or with those of another map. It copies none but what follows on the map in the scratch area.
func (e *Evaluator) insert(m Value, args []Value) Value {
	pairs := args[1:]
	if len(pairs) == 1 && pairs[0].kind == format.Map {
		pairs = pairs[0].elements()
	}
	if m.kind != format.Map || len(pairs)%2 != 0 {
		return failure(NoOverload)
	}
	if n := uint64(len(pairs) / 2); !e.spend(n * (n + m.num)) { // each key is compared with all others
		return failure(TooManySteps)
	}
	for i := 0; i < len(pairs); i += 2 {
		if lookup(&m, &pairs[i]) != nil {
			return failure(DuplicateKey)
		}
	}
	one := e.makeMap(pairs)
	if one.isError() {
		return one
	}
	m.kind, one.kind = format.List, format.List
	m.num, one.num = 2*m.num, 2*one.num
	m = e.concatenate(m, one)
	if !m.isError() {
		m.kind = format.Map
		m.num /= 2
	}
	return m
}
