package edge

import (
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// readJSON reads a JSON value, which has to be well formed, as an attribute's type, as package host/question does: an int or uint is any number that is
// whole, a timestamp RFC 3339, a duration "1.5s", a dyn what JSON has, with numbers as doubles. There are no maps here, and no lists in lists; null is
// the zero Value, which is absent.
func (x *Exchange) readJSON(t format.Type, raw string) core.Value {
	r := jsonReader{rest: raw}
	if r.peek() != '[' {
		return x.scalarJSON(t.Kind(), &r)
	}
	elem := t.Elem()
	switch t.Kind() {
	case format.Dyn:
		elem = format.Dyn
	case format.List:
	default:
		return core.Unreadable()
	}
	count := 0
	each := r
	for each.open('['); each.more(']'); count++ {
		each.skip()
	}
	elements := x.elements(count)
	if elements == nil {
		return core.TooLarge()
	}
	r.open('[')
	for i := range elements {
		r.more(']')
		null := r.peek() == 'n'
		elements[i] = x.scalarJSON(elem, &r)
		switch {
		case null && elem == format.Dyn:
			elements[i] = core.Null()
		case elements[i].Kind() == format.Error:
			return core.Unreadable()
		}
	}
	return core.List(elements)
}

// scalarJSON reads a value without elements.
func (x *Exchange) scalarJSON(kind format.Kind, r *jsonReader) core.Value {
	switch r.peek() {
	case '"':
		s, ok := x.scratch.unquote(r.string())
		switch {
		case !ok:
			return core.TooLarge()
		case kind == format.String || kind == format.Dyn || kind == format.Timestamp || kind == format.Duration:
			return readScalar(kind, s)
		}
	case '[', '{':
		r.skip()
	default:
		return numberJSON(kind, r.scalar())
	}
	return core.Unreadable()
}

// numberJSON reads a number, true, false or null.
func numberJSON(kind format.Kind, raw string) core.Value {
	switch raw {
	case "null":
		return core.Value{}
	case "true", "false":
		if kind == format.Bool || kind == format.Dyn {
			return core.Bool(raw == "true")
		}
		return core.Unreadable()
	}
	if kind == format.Int || kind == format.Uint {
		if v := readScalar(kind, raw); v.Kind() == kind {
			return v
		}
	}
	f, ok := text.ParseDouble(raw)
	const exact = 1 << 53 // doubles beyond it do not tell neighbouring integers apart
	whole := f >= -exact && f <= exact && f == float64(int64(f))
	switch {
	case !ok:
	case kind == format.Double || kind == format.Dyn:
		return core.Double(f)
	case kind == format.Int && whole:
		return core.Int(int64(f))
	case kind == format.Uint && whole && f >= 0:
		return core.Uint(uint64(f))
	}
	return core.Unreadable()
}

// unquote is what stands between a JSON string's quotes, without its escapes. A half of a surrogate pair is U+FFFD. ok is false where the space is used
// up.
func (s *Scratch) unquote(raw string) (value string, ok bool) {
	i := 0
	for i < len(raw) && raw[i] != '\\' {
		i++
	}
	if i == len(raw) {
		return raw, true
	}
	if len(raw) > len(s.text)-s.used { // no escape is shorter than what it stands for
		return "", false
	}
	dst := append(s.text[s.used:s.used], raw[:i]...)
	for i < len(raw) {
		c := raw[i]
		i++
		if c != '\\' || i == len(raw) {
			dst = text.AppendByte(dst, c)
			continue
		}
		c = raw[i]
		i++
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r := fourHex(raw[i:])
			i = min(i+4, len(raw))
			if r>>10 == 0xd800>>10 && hasPrefix(raw[i:], `\u`) {
				if low := fourHex(raw[i+2:]); low>>10 == 0xdc00>>10 {
					r = 0x10000 + (r&0x3ff)<<10 | low&0x3ff
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r) // a surrogate is U+FFFD
			continue
		}
		dst = text.AppendByte(dst, c)
	}
	return s.keep(len(dst)), true
}

// fourHex reads four hexadecimal digits; anything else is U+FFFD.
func fourHex(s string) (r rune) {
	if len(s) < 4 {
		return utf8.RuneError
	}
	for i := range 4 {
		digit := hexValue(s[i])
		if digit > 15 {
			return utf8.RuneError
		}
		r = r<<4 | rune(digit)
	}
	return r
}
