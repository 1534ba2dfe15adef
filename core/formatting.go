package core

import (
	"strings"
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

const (
	defaultPrecision = 6

	// clauseSteps is what a clause costs beside its text, in steps: the largest doubles have hundreds of digits.
	clauseSteps = 1024
)

// format replaces the clauses of a pattern by its arguments, as string.format of cel-go does:
//
//	%s                any value, lists and maps with all in them; a map has at most MaxSorted keys, all strings, and is written in their order
//	%d                a number
//	%f, %e, %.2f      a number with so many digits after the decimal point, without and with an exponent
//	%b, %o, %x, %X    an integer in binary, octal, hexadecimal; %b a bool too, %x a string or bytes too
//	%%                a per cent sign
func (e *Evaluator) format(pattern string, args []Value) Value {
	start := e.writing()
	for i := 0; i < len(pattern); i++ {
		at := i
		for i < len(pattern) && pattern[i] != '%' {
			i++
		}
		e.write(pattern[at:i])
		if i == len(pattern) {
			break
		}
		precision := defaultPrecision
		i++
		if strings.HasPrefix(pattern[i:], "%") {
			e.write("%")
			continue
		}
		if strings.HasPrefix(pattern[i:], ".") {
			precision, i = 0, i+1
			for at = i; i < len(pattern) && pattern[i]-'0' <= 9 && precision <= text.MaxPrecision; i++ {
				precision = precision*10 + int(pattern[i]-'0')
			}
			if at == i || precision > text.MaxPrecision {
				return failure(InvalidText)
			}
		}
		code := IndexOutOfRange
		switch {
		case i == len(pattern):
			code = InvalidText
		case !e.spend(clauseSteps):
			code = TooManySteps
		case len(args) > 0:
			code = e.formatOne(pattern[i], precision, &args[0])
			args = args[1:]
		}
		if code != done {
			return failure(code)
		}
	}
	whole := e.written(start)
	if !whole.isError() && !utf8.ValidString(whole.text()) { // by bytes that are none
		return failure(InvalidText)
	}
	return whole
}

// done is the code of what is no error.
const done = codes

// formatOne writes v by one clause.
func (e *Evaluator) formatOne(verb byte, precision int, v *Value) Code {
	if verb == 's' {
		whole, ok := appendWhole(e.free(), *v, true)
		if !ok {
			return NoOverload
		}
		e.put(whole)
		return done
	}
	number, magnitude := v.double(), v.num
	negative := v.kind == format.Int && v.int() < 0
	if negative {
		magnitude = -magnitude
	}
	switch v.kind {
	case format.Int:
		number = float64(v.int())
	case format.Uint:
		number = float64(v.num)
	}
	each, a := uint(4), verb-'x'+'a'
	switch verb {
	case 'd', 'f', 'e':
		if !isNumber(v.kind) {
			return NoOverload
		}
		if verb == 'd' {
			e.put(appendPart(e.free(), *v, true))
			return done
		}
		e.put(text.AppendRounded(e.free(), number, precision, verb == 'e'))
		return done
	case 'b':
		each = 1
	case 'o':
		each = 3
	case 'x', 'X':
		if v.kind == format.String || v.kind == format.Bytes {
			for _, c := range v.bytes() {
				e.put(text.AppendBits(text.AppendBits(e.free(), uint64(c>>4), 4, a), uint64(c&15), 4, a))
			}
			return done
		}
	default:
		return InvalidText
	}
	if v.kind != format.Int && v.kind != format.Uint && (v.kind != format.Bool || verb != 'b') {
		return NoOverload
	}
	if negative {
		e.write("-")
	}
	e.put(text.AppendBits(e.free(), magnitude, each, a))
	return done
}

// put keeps what was appended to free, as a piece of what is being written.
//
//go:noinline
func (e *Evaluator) put(appended []byte) {
	if e.keep(appended).isError() {
		e.full = true
	}
}
