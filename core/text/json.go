package text

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// AppendJSONString writes s as a JSON string, in quotes, as encoding/json does with SetEscapeHTML(false): control characters,
// quotes and backslashes are escaped, and so are U+2028 and U+2029, which JavaScript would take for ends of lines. A byte that is
// no UTF-8 becomes \ufffd.
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	begin := 0 // of what has not been written yet
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(s[i:])
		}
		if needsEscape(c, size) {
			dst = append(dst, s[begin:i]...)
			dst = appendEscape(dst, c)
			begin = i + size
		}
		i += size
	}
	dst = append(dst, s[begin:]...)
	return append(dst, '"')
}

func needsEscape(c rune, size int) bool {
	switch c {
	case '"', '\\', '\u2028', '\u2029':
		return true
	case utf8.RuneError:
		return size == 1 // a bad byte, and not the character U+FFFD
	}
	return c < ' '
}

func appendEscape(dst []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', byte(c))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', hexDigits[c>>12&15], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15])
}
