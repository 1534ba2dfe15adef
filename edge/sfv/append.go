package sfv

import (
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core/text"
)

// Each of these appends one piece of a field to dst and fails with ErrValue, dst as it
// was, where the value cannot be written.

// AppendKey appends a key of a dictionary or a parameter, without what follows it.
func AppendKey(dst []byte, key string) ([]byte, error) {
	if key == "" || key[0] != '*' && !isLower(key[0]) {
		return dst, ErrValue
	}
	for i := 0; i < len(key); i++ {
		if !isKey(key[i]) {
			return dst, ErrValue
		}
	}
	return append(dst, key...), nil
}

const maxInteger = 999_999_999_999_999

// AppendInteger appends an integer of at most 15 digits.
func AppendInteger(dst []byte, n int64) ([]byte, error) {
	if n < -maxInteger || n > maxInteger {
		return dst, ErrValue
	}
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	return appendDigits(dst, n, 1), nil
}

// AppendDecimal appends a number of thousandths, at most 12 digits before the point.
func AppendDecimal(dst []byte, thousandths int64) ([]byte, error) {
	if thousandths < -maxInteger || thousandths > maxInteger {
		return dst, ErrValue
	}
	if thousandths < 0 {
		dst, thousandths = append(dst, '-'), -thousandths
	}
	dst = append(appendDigits(dst, thousandths/1000, 1), '.')
	frac, places := thousandths%1000, 3
	for places > 1 && frac%10 == 0 {
		frac, places = frac/10, places-1
	}
	return appendDigits(dst, frac, places), nil
}

// appendDigits appends n >= 0 with at least so many digits.
func appendDigits(dst []byte, n int64, atLeast int) []byte {
	var buf [20]byte
	i := len(buf)
	for n > 0 || len(buf)-i < atLeast {
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, buf[i:]...)
}

// AppendString appends text as a String: printable ASCII only.
func AppendString(dst []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return dst, ErrValue
		}
	}
	dst = text.AppendByte(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = text.AppendByte(dst, '\\')
		}
		dst = text.AppendByte(dst, s[i])
	}
	return text.AppendByte(dst, '"'), nil
}

// AppendToken appends text as a Token.
func AppendToken(dst []byte, text string) ([]byte, error) {
	if !IsToken(text) {
		return dst, ErrValue
	}
	return append(dst, text...), nil
}

// IsToken reports whether text can be written as a Token.
func IsToken(text string) bool {
	if text == "" || text[0] != '*' && !isAlpha(text[0]) {
		return false
	}
	for i := 1; i < len(text); i++ {
		if !isToken(text[i]) {
			return false
		}
	}
	return true
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// AppendBytes appends bytes as base64 between colons.
func AppendBytes(dst, value []byte) []byte {
	dst = append(dst, ':')
	for ; len(value) >= 3; value = value[3:] {
		bits := uint(value[0])<<16 | uint(value[1])<<8 | uint(value[2])
		dst = append(dst, base64Digits[bits>>18], base64Digits[bits>>12&63], base64Digits[bits>>6&63], base64Digits[bits&63])
	}
	switch len(value) {
	case 1:
		dst = append(dst, base64Digits[value[0]>>2], base64Digits[value[0]<<4&63], '=', '=')
	case 2:
		bits := uint(value[0])<<8 | uint(value[1])
		dst = append(dst, base64Digits[bits>>10], base64Digits[bits>>4&63], base64Digits[bits<<2&63], '=')
	}
	return append(dst, ':')
}

// AppendBoolean appends ?1 or ?0.
func AppendBoolean(dst []byte, value bool) []byte {
	if value {
		return append(dst, "?1"...)
	}
	return append(dst, "?0"...)
}

// AppendDate appends seconds since 1970.
func AppendDate(dst []byte, seconds int64) ([]byte, error) {
	out, err := AppendInteger(append(dst, '@'), seconds)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// AppendDisplayString appends UTF-8 text as a Display String.
func AppendDisplayString(dst []byte, text string) ([]byte, error) {
	const hexDigits = "0123456789abcdef"
	if !utf8.ValidString(text) {
		return dst, ErrValue
	}
	dst = append(dst, '%', '"')
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '%' {
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"'), nil
}

// AppendItem appends an item as it was read, with its parameters, in canonical form. Of a
// parameter that comes several times it writes the last value in the place of the first.
func AppendItem(dst []byte, item Item) []byte {
	dst = appendBare(dst, item)
	p := item.Params()
	for p.Next() {
		if earlier(item, p) {
			continue
		}
		value, _ := item.Param(p.Key())
		dst = append(append(dst, ';'), p.Key()...)
		if on, ok := value.Bool(); !ok || !on {
			dst = appendBare(append(dst, '='), value)
		}
	}
	return dst
}

// earlier reports whether the parameter that p stands at came before.
func earlier(item Item, p Params) bool {
	q := item.Params()
	for q.Next() && len(q.rest) > len(p.rest) {
		if q.Key() == p.Key() {
			return true
		}
	}
	return false
}

// AppendMember appends a dictionary's member: its key, and its value as AppendItem
// writes it.
func AppendMember(dst []byte, key string, value Item) []byte {
	dst = append(dst, key...)
	if on, ok := value.Bool(); ok && on {
		return AppendItem(dst, Item{params: value.params})
	}
	return AppendItem(append(dst, '='), value)
}

// appendBare appends an item without its parameters; values that were read can be written.
func appendBare(dst []byte, item Item) []byte {
	switch item.Kind {
	case Integer:
		dst, _ = AppendInteger(dst, item.Number)
	case Decimal:
		dst, _ = AppendDecimal(dst, item.Number)
	case Date:
		dst, _ = AppendDate(dst, item.Number)
	case Boolean:
		dst = AppendBoolean(dst, item.Number != 0)
	case Token:
		dst = append(dst, item.Raw...)
	case String:
		dst = append(append(append(dst, '"'), item.Raw...), '"')
	case DisplayString:
		dst = append(append(append(dst, '%', '"'), item.Raw...), '"')
	case Bytes:
		dst = appendPadded(dst, item.Raw)
	case InnerList:
		dst = append(dst, '(')
		items := item.Items()
		for sep := ""; items.Next(); sep = " " {
			dst = AppendItem(append(dst, sep...), items.Item())
		}
		dst = append(dst, ')')
	}
	return dst
}

// appendPadded appends base64 digits with their padding and without stray bits at the end.
func appendPadded(dst []byte, digits string) []byte {
	dst = append(append(dst, ':'), digits...)
	last := len(dst) - 1
	switch len(digits) % 4 {
	case 2:
		dst[last] = base64Digits[base64Value(dst[last])&^15]
		dst = append(dst, "=="...)
	case 3:
		dst[last] = base64Digits[base64Value(dst[last])&^3]
		dst = append(dst, '=')
	}
	return append(dst, ':')
}
