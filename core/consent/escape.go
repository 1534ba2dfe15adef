package consent

import "unsafe"

// maxLevels bounds how often a cookie may be percent-encoded as a whole. Twice is seen, where a proxy or a framework encodes what was
// encoded; what is encoded more often is not read.
const maxLevels = 2

// escaped is a text in which percent-escapes stand for characters, so many times over. It is read in place.
type escaped struct {
	raw    string
	levels int
}

// next gives the character at a place and the place behind it. A percent sign that begins no escape stands for itself.
func (e escaped) next(at int) (c byte, behind int) {
	c, behind = unescape(e.raw, at, e.levels)
	countRead(behind - at)
	return c, behind
}

// unescape undoes the given number of levels for one character.
func unescape(raw string, at, levels int) (c byte, behind int) {
	if levels == 0 {
		return raw[at], at + 1
	}
	c, behind = unescape(raw, at, levels-1)
	if c != '%' || behind >= len(raw) {
		return c, behind
	}
	high, middle := unescape(raw, behind, levels-1)
	if !isHex(high) || middle >= len(raw) {
		return c, behind
	}
	low, end := unescape(raw, middle, levels-1)
	if !isHex(low) {
		return c, behind
	}
	return hexValue(high)<<4 | hexValue(low), end
}

func isHex(c byte) bool { return c-'0' <= 9 || (c|0x20)-'a' <= 5 }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

// is says whether the text is word.
//
//go:noinline
func (e escaped) is(word string) bool {
	if e.levels == 0 {
		return e.raw == word
	}
	at := 0
	for i := 0; i < len(word); i++ {
		if at >= len(e.raw) {
			return false
		}
		var c byte
		if c, at = e.next(at); c != word[i] {
			return false
		}
	}
	return at == len(e.raw)
}

// hash mixes the characters of the text.
//
//go:noinline
func (e escaped) hash() (h uint8) {
	for at := 0; at < len(e.raw); {
		var c byte
		c, at = e.next(at)
		h = h*31 + c
	}
	return h
}

// index gives the place of the first separator, and the place behind it; where there is none, the end.
//
//go:noinline
func (e escaped) index(separator byte) (at, behind int) {
	if e.levels == 0 {
		for at < len(e.raw) && e.raw[at] != separator {
			at++
		}
		countRead(at)
		return at, min(at+1, len(e.raw))
	}
	for at < len(e.raw) {
		var c byte
		if c, behind = e.next(at); c == separator {
			return at, behind
		}
		at = behind
	}
	return at, at
}

// cut gives what stands before the first separator, and what behind it.
//
//go:noinline
func (e escaped) cut(separator byte) (front, rest escaped) {
	at, behind := e.index(separator)
	return escaped{e.raw[:at], e.levels}, escaped{e.raw[behind:], e.levels}
}

// decodeFor gives the text with more levels undone, as few as make a separator show; where none does, the text as it is, and not ok.
//
//go:noinline
func (e escaped) decodeFor(separator byte) (decoded escaped, ok bool) {
	for levels := e.levels; levels <= maxLevels; levels++ {
		decoded = escaped{e.raw, levels}
		if at, _ := decoded.index(separator); at < len(e.raw) {
			return decoded, true
		}
	}
	return e, false
}

// number reads a decimal number; 0 where the text is none, or one of more than 18 digits.
//
//go:noinline
func (e escaped) number() (n int64) {
	for at, digits := 0, 0; at < len(e.raw); digits++ {
		var c byte
		c, at = e.next(at)
		if c-'0' > 9 || digits == 18 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// Unescape gives the value of a cookie that holds a string of a framework: without the double quotes around it and, where it has percent-escapes,
// with these undone once, in room. It is Empty, or TooLong beyond MaxCookie or what room holds.
func Unescape(room []byte, cookie string) (string, Fault) {
	cookie = unquote(cookie)
	switch {
	case cookie == "":
		return "", Empty
	case len(cookie) > MaxCookie:
		return "", TooLong
	}
	if at, _ := (escaped{raw: cookie}).index('%'); at == len(cookie) {
		return cookie, None
	}
	for at := 0; at < len(cookie); {
		var c byte
		c, at = unescape(cookie, at, 1)
		if len(room) == cap(room) {
			return "", TooLong
		}
		room = append(room, c)
	}
	return unsafe.String(unsafe.SliceData(room), len(room)), None
}

// unquote takes one pair of double quotes from a cookie's value.
func unquote(cookie string) string {
	if n := len(cookie); n >= 2 && cookie[0] == '"' && cookie[n-1] == '"' {
		return cookie[1 : n-1]
	}
	return cookie
}
