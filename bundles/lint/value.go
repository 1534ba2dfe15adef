package lint

import (
	"math"
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
)

// value is a value of an attribute: a text, or a number. A bool is 0 or 1.
type value struct {
	text   string
	number float64
}

// exactNumbers is up to where every whole number is a double: beyond it literals are not understood.
const exactNumbers = 1 << 53

// other is appended to a text to make one that no constant equals.
const other = "\x01"

// understood says whether a literal's truth follows from a value here. All others may be true or false.
func (l *linter) understood(x literal) bool {
	if l.versioned(x) {
		return true
	}
	kind := l.bundle.Attributes[x.Attribute].Type.Kind()
	switch format.Test(x.Test) {
	case format.TestTrue:
		return kind == format.Bool
	case format.TestEqual, format.TestNotEqual:
		return l.comparable(kind, x.Constant)
	case format.TestStartsWith:
		return kind == format.String && format.Kind(l.bundle.Constants[x.Constant].Kind) == format.String
	case format.TestLess, format.TestLessEqual, format.TestGreater, format.TestGreaterEqual:
		return kind != format.String && kind != format.Bool && l.comparable(kind, x.Constant)
	case format.TestIn:
		list := l.bundle.Constants[x.Constant]
		for i := range list.Hi {
			if !l.comparable(kind, list.Lo+i) {
				return false
			}
		}
		return format.Kind(list.Kind) == format.List
	}
	return false
}

// comparable says whether a constant can be compared with an attribute of a kind here.
func (l *linter) comparable(kind format.Kind, constant uint32) bool {
	c := l.bundle.Constants[constant]
	switch of := format.Kind(c.Kind); of {
	case format.String, format.Bool:
		return of == kind
	case format.Int, format.Uint, format.Double:
		_, number := l.constant(constant)
		return (kind == format.Int || kind == format.Uint || kind == format.Double) && math.Abs(number) < exactNumbers
	}
	return false
}

// constant is a constant's value, as a text or a number.
func (l *linter) constant(i uint32) (text string, number float64) {
	c := l.bundle.Constants[i]
	bits := uint64(c.Lo) | uint64(c.Hi)<<32
	switch format.Kind(c.Kind) {
	case format.String, format.Semver:
		return l.bundle.String(format.Str(c.Lo)), 0
	case format.Double:
		return "", math.Float64frombits(bits)
	case format.Uint:
		return "", float64(bits)
	}
	return "", float64(int64(bits))
}

// constants are those that a literal compares with.
func (l *linter) constants(x literal) []uint32 {
	switch format.Test(x.Test) {
	case format.TestTrue:
		return nil
	case format.TestIn:
		list := l.bundle.Constants[x.Constant]
		all := make([]uint32, list.Hi)
		for i := range all {
			all[i] = list.Lo + uint32(i)
		}
		return all
	}
	return []uint32{x.Constant}
}

// values are enough values of an attribute to tell what its literals, which are like one another, can say together: any other value makes the same of those that
// are understood true as one of these. ok is false where nothing is understood.
func (l *linter) values(attribute uint32, literals []literal) (values []value, ok bool) {
	a := l.bundle.Attributes[attribute]
	if a.Enum > 0 && a.Type.Kind() == format.String {
		list := l.bundle.Constants[a.Enum-1]
		for i := range list.Hi {
			text, _ := l.constant(list.Lo + i)
			values = append(values, value{text: text})
		}
		return values, true
	}
	if a.Type.Kind() == format.Bool {
		return []value{{number: 0}, {number: 1}}, true
	}
	if len(literals) > 0 && l.versioned(literals[0]) {
		return l.versions(literals), true
	}
	var numbers []float64
	for _, x := range literals {
		if !l.understood(x) {
			continue
		}
		ok = true
		for _, c := range l.constants(x) {
			text, number := l.constant(c)
			values = append(values, value{text: text}, value{text: text + other})
			numbers = append(numbers, number)
		}
	}
	values = append(values, value{text: other})
	if a.Type.Kind() == format.String {
		return values, ok
	}
	return between(numbers, a.Type.Kind()), ok
}

// between are the numbers themselves, and one from each gap between two of them and beyond them.
func between(numbers []float64, kind format.Kind) []value {
	var values []value
	add := func(f float64) {
		if kind == format.Double || f == math.Trunc(f) && (kind == format.Int || f >= 0) {
			values = append(values, value{number: f})
		}
	}
	for _, f := range numbers {
		for _, near := range []float64{f, math.Floor(f) - 1, math.Floor(f), math.Ceil(f), math.Ceil(f) + 1} {
			add(near)
		}
		for _, g := range numbers {
			add(f/2 + g/2)
		}
	}
	add(0)
	if kind == format.Double {
		values = append(values, value{number: math.NaN()})
	}
	return values
}

// all says whether a value makes all literals true that are understood.
func (l *linter) all(literals []literal, v value) bool {
	for _, x := range literals {
		if l.understood(x) && !l.holds(x, v) {
			return false
		}
	}
	return true
}

// holds says whether a value makes a literal true that is understood.
func (l *linter) holds(x literal, v value) bool {
	if l.versioned(x) {
		return l.holdsVersion(x, v.text)
	}
	is := false
	switch test := format.Test(x.Test); test {
	case format.TestTrue:
		is = v.number != 0
	case format.TestStartsWith:
		prefix, _ := l.constant(x.Constant)
		is = strings.HasPrefix(v.text, prefix)
	case format.TestIn, format.TestEqual, format.TestNotEqual:
		for _, c := range l.constants(x) {
			text, number := l.constant(c)
			is = is || v == value{text, number}
		}
		is = is != (test == format.TestNotEqual)
	default:
		_, number := l.constant(x.Constant)
		switch test {
		case format.TestLess:
			is = v.number < number
		case format.TestLessEqual:
			is = v.number <= number
		case format.TestGreater:
			is = v.number > number
		case format.TestGreaterEqual:
			is = v.number >= number
		}
	}
	return is != x.negated
}
