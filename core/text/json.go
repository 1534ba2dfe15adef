package text

import "unicode/utf8"

// AppendJSONString writes s as a JSON string, in quotes, as encoding/json does with SetEscapeHTML(false): control characters,
// quotes and backslashes are escaped, and so are U+2028 and U+2029, which JavaScript would take for ends of lines. A byte that is
// no UTF-8 becomes \ufffd.
func AppendJSONString(dst []byte, s string) []byte {
	dst = AppendByte(dst, '"')
	begin := 0 // of what has not been written yet
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' { // most
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(s[i:])
		}
		if escape := escapeOf(c, size); escape != "" {
			dst = AppendText(dst, s[begin:i])
			dst = AppendText(dst, escape)
			if escape == controlEscape {
				dst = AppendByte(dst, '0'+byte(c>>4))
				dst = AppendByte(dst, "0123456789abcdef"[c&15])
			}
			begin = i + size
		}
		i += size
	}
	dst = AppendText(dst, s[begin:])
	return AppendByte(dst, '"')
}

// controlEscape is the beginning of an escape that ends in two hexadecimal digits.
const controlEscape = `\u00`

// escapeOf gives what stands for a character of size bytes, or "" where it stands for itself.
func escapeOf(c rune, size int) string {
	switch c {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	case '\u2028':
		return `\u2028`
	case '\u2029':
		return `\u2029`
	case utf8.RuneError:
		if size == 1 { // a bad byte, and not the character U+FFFD
			return `\ufffd`
		}
	}
	if c < ' ' {
		return controlEscape
	}
	return ""
}
