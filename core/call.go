package core

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// call runs a function. The arguments' number has been checked by Read; their kinds are checked here.
func (e *Evaluator) call(f format.Func, args []Value) Value {
	x := args[0]
	if f == format.FuncNotStrictlyFalse {
		return Bool(!x.isFalse())
	}
	for _, v := range args {
		if v.isError() {
			return v
		}
	}
	if !e.spend(x.steps()) {
		return failure(TooManySteps)
	}
	switch f {
	case format.FuncSize:
		return size(x)
	case format.FuncStartsWith, format.FuncEndsWith, format.FuncContains:
		return testText(f, x, args[1])
	case format.FuncLowerASCII:
		return e.mapASCII(x, 'A', 'Z', 'a'-'A')
	case format.FuncUpperASCII:
		return e.mapASCII(x, 'a', 'z', 'A'-'a'+256)
	case format.FuncType:
		return typeValue(x.kind)
	}
	if f >= format.FuncToBool && f <= format.FuncToDuration {
		return e.convert(f, x)
	}
	if f >= format.FuncIP {
		return e.callLibrary(f, args)
	}
	return e.bundle.timePart(f, args)
}

func size(x Value) Value {
	switch x.kind {
	case format.String:
		return Int(int64(utf8.RuneCountInString(x.text())))
	case format.Bytes, format.List, format.Map:
		return Int(int64(x.num))
	}
	return failure(NoOverload)
}

func testText(f format.Func, x, y Value) Value {
	if x.kind != format.String || y.kind != format.String {
		return failure(NoOverload)
	}
	switch f {
	case format.FuncStartsWith:
		return Bool(strings.HasPrefix(x.text(), y.text()))
	case format.FuncEndsWith:
		return Bool(strings.HasSuffix(x.text(), y.text()))
	default:
		return Bool(strings.Contains(x.text(), y.text()))
	}
}

// mapASCII adds shift to the bytes from first to last and leaves all others, those of larger characters too, as they are.
func (e *Evaluator) mapASCII(x Value, first, last byte, shift int) Value {
	if x.kind != format.String {
		return failure(NoOverload)
	}
	fresh := e.growBytes(int(x.num))
	if fresh == nil && x.num > 0 {
		return failure(ScratchFull)
	}
	for i, c := range x.bytes() {
		if c >= first && c <= last {
			c += byte(shift)
		}
		fresh[i] = c
	}
	mapped := Bytes(fresh)
	mapped.kind = format.String
	return mapped
}

// convert is the conversions: int(x), string(x) and the like. A conversion to the own kind changes nothing.
func (e *Evaluator) convert(f format.Func, x Value) Value {
	switch f {
	case format.FuncToBool:
		return toBool(x)
	case format.FuncToInt:
		return toInt(x)
	case format.FuncToUint:
		return toUint(x)
	case format.FuncToDouble:
		return toDouble(x)
	case format.FuncToString:
		return e.toString(x)
	case format.FuncToBytes:
		if x.kind == format.String || x.kind == format.Bytes {
			x.kind = format.Bytes
			return x
		}
	case format.FuncToTimestamp:
		return toTimestamp(x)
	case format.FuncToDuration:
		if x.kind == format.Duration {
			return x
		}
		if x.kind == format.String {
			if nanos, ok := text.ParseDuration(x.text()); ok {
				return Duration(nanos)
			}
			return failure(InvalidText)
		}
	}
	return failure(NoOverload)
}

func toBool(x Value) Value {
	switch x.kind {
	case format.Bool:
		return x
	case format.String:
		if b, ok := text.ParseBool(x.text()); ok {
			return Bool(b)
		}
		return failure(InvalidText)
	}
	return failure(NoOverload)
}

func toInt(x Value) Value {
	switch x.kind {
	case format.Int:
		return x
	case format.Uint:
		if x.num > math.MaxInt64 {
			return failure(Overflow)
		}
		return Int(int64(x.num))
	case format.Double:
		f := x.double()
		if !(f > math.MinInt64 && f < math.MaxInt64) { // the bounds as doubles; also refuses NaN
			return failure(Overflow)
		}
		return Int(doubleToInt(f))
	case format.String:
		if i, ok := text.ParseInt(x.text()); ok {
			return Int(i)
		}
		return failure(InvalidText)
	case format.Timestamp:
		return Int(x.int())
	case format.Duration:
		return Int(x.int())
	}
	return failure(NoOverload)
}

func toUint(x Value) Value {
	switch x.kind {
	case format.Uint:
		return x
	case format.Int:
		if x.int() < 0 {
			return failure(Overflow)
		}
		return Uint(x.num)
	case format.Double:
		f := x.double()
		if !(f >= 0 && f < 1<<64) {
			return failure(Overflow)
		}
		return Uint(doubleToUint(f))
	case format.String:
		if u, ok := text.ParseUint(x.text()); ok {
			return Uint(u)
		}
		return failure(InvalidText)
	}
	return failure(NoOverload)
}

// doubleToInt converts a double between -2^63 and 2^63, without both. Compilers differ in what int64(f) gives close to these bounds; so
// large ones, which are even, are halved before and doubled after.
func doubleToInt(f float64) int64 {
	if f > -1<<62 && f < 1<<62 {
		return int64(f)
	}
	return int64(f/2) * 2
}

// doubleToUint converts a double in [0, 2^64). Machines differ in what uint64(f) gives from 2^63 on; this is the same on all.
func doubleToUint(f float64) uint64 {
	if f < 1<<63 {
		return uint64(doubleToInt(f))
	}
	return uint64(doubleToInt(f-1<<63)) + 1<<63
}

func toDouble(x Value) Value {
	switch x.kind {
	case format.Double:
		return x
	case format.Int:
		return Double(float64(x.int()))
	case format.Uint:
		return Double(float64(x.num))
	case format.String:
		if f, ok := text.ParseDouble(x.text()); ok {
			return Double(f)
		}
		return failure(InvalidText)
	}
	return failure(NoOverload)
}

//go:noinline
func (e *Evaluator) toString(x Value) Value {
	switch x.kind {
	case format.String:
		return x
	case format.Bytes:
		if !utf8.ValidString(x.text()) {
			return failure(InvalidText)
		}
		x.kind = format.String
		return x
	case format.Bool:
		if x.isTrue() {
			return String("true")
		}
		return String("false")
	case format.Int:
		return e.keep(text.AppendInt(e.free(), x.int()))
	case format.Uint:
		return e.keep(text.AppendUint(e.free(), x.num))
	case format.Double:
		return e.keep(text.AppendDouble(e.free(), x.double()))
	case format.Timestamp:
		return e.keep(text.AppendTimestamp(e.free(), x.int(), x.aux))
	case format.Duration:
		return e.keep(text.AppendDuration(e.free(), x.int()))
	case format.Semver:
		x.kind = format.String
		return x
	case format.IP, format.CIDR:
		return e.keep(appendAddress(e.free(), x))
	}
	return failure(NoOverload)
}

func toTimestamp(x Value) Value {
	switch x.kind {
	case format.Timestamp:
		return x
	case format.Int:
		if x.int() < civil.MinSeconds || x.int() > civil.MaxSeconds {
			return failure(Overflow)
		}
		return Timestamp(x.int(), 0)
	case format.String:
		if seconds, nanos, ok := text.ParseTimestamp(x.text()); ok {
			return Timestamp(seconds, nanos)
		}
		return failure(InvalidText)
	}
	return failure(NoOverload)
}

// offset gives the seconds that clocks are ahead of UTC at a time, in a zone that is UTC, a fixed offset or one of the bundle's.
func (b *Bundle) offset(zone Value, seconds int64) (offset int, ok bool) {
	if offset, ok = text.ParseOffset(zone.text()); !ok && b.About[0].Zones > 0 {
		if table := lookup(&b.constants[b.About[0].Zones-1], &zone); table != nil {
			return civil.Zone(table.text()).Offset(seconds), true
		}
	}
	return offset, ok
}

// timePart is the accessors of timestamps, in UTC or the zone given, and of durations.
func (b *Bundle) timePart(f format.Func, args []Value) Value {
	x := args[0]
	if x.kind == format.Duration && len(args) == 1 {
		return durationPart(f, x.int())
	}
	if x.kind != format.Timestamp {
		return failure(NoOverload)
	}
	offset := 0
	if len(args) == 2 {
		if args[1].kind != format.String {
			return failure(NoOverload)
		}
		var ok bool
		if offset, ok = b.offset(args[1], x.int()); !ok {
			return failure(UnknownZone)
		}
	}
	if f == format.FuncMilliseconds {
		return Int(int64(x.aux / 1e6))
	}
	at := civil.At(x.int(), offset)
	switch f {
	case format.FuncFullYear:
		return Int(int64(at.Year))
	case format.FuncMonth:
		return Int(int64(at.Month) - 1)
	case format.FuncDate:
		return Int(int64(at.Day))
	case format.FuncDayOfMonth:
		return Int(int64(at.Day) - 1)
	case format.FuncDayOfWeek:
		return Int(int64(at.Weekday))
	case format.FuncDayOfYear:
		return Int(int64(at.YearDay) - 1)
	case format.FuncHours:
		return Int(int64(at.Hour))
	case format.FuncMinutes:
		return Int(int64(at.Minute))
	case format.FuncSeconds:
		return Int(int64(at.Second))
	}
	return failure(NoOverload)
}

// durationPart converts a duration to whole hours, minutes or seconds; only getMilliseconds gives a part, that of the second.
func durationPart(f format.Func, nanos int64) Value {
	switch f {
	case format.FuncHours:
		return Int(nanos / (3600 * second))
	case format.FuncMinutes:
		return Int(nanos / (60 * second))
	case format.FuncSeconds:
		return Int(nanos / second)
	case format.FuncMilliseconds:
		return Int(nanos % second / 1e6)
	}
	return failure(NoOverload)
}
