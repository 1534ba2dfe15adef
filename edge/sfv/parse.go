package sfv

import "unicode/utf8"

// parser follows the steps of RFC 9651 section 4.2 over one field.
type parser struct {
	s  string
	at int
}

// peek is the next byte, or 0 at the end. A NUL in the text is no valid byte anywhere,
// so the two need not be told apart.
//
//go:noinline
func (p *parser) peek() byte {
	if p.at < len(p.s) {
		return p.s[p.at]
	}
	return 0
}

//go:noinline
func (p *parser) take(c byte) bool {
	if p.at < len(p.s) && p.s[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) skipSpaces() {
	for p.peek() == ' ' {
		p.at++
	}
}

func (p *parser) skipTabs() {
	for p.peek() == ' ' || p.peek() == '\t' {
		p.at++
	}
}

func (p *parser) itemOrInnerList() (Item, bool) {
	if p.peek() == '(' {
		return p.innerList()
	}
	return p.item()
}

// value is what follows a dictionary's key: a member, or parameters of true.
func (p *parser) value() (Item, bool) {
	if p.take('=') {
		return p.itemOrInnerList()
	}
	return p.withParams(Item{Kind: Boolean, Number: 1})
}

func (p *parser) innerList() (Item, bool) {
	p.at++ // the opening parenthesis
	start := p.at
	for p.at < len(p.s) {
		p.skipSpaces()
		if p.take(')') {
			return p.withParams(Item{Kind: InnerList, Raw: p.s[start : p.at-1]})
		}
		if _, ok := p.item(); !ok {
			return Item{}, false
		}
		if c := p.peek(); c != ' ' && c != ')' {
			return Item{}, false
		}
	}
	return Item{}, false
}

//go:noinline
func (p *parser) item() (Item, bool) {
	item, ok := p.bareItem()
	if !ok {
		return Item{}, false
	}
	return p.withParams(item)
}

// withParams checks the parameters that follow and keeps their text.
func (p *parser) withParams(item Item) (Item, bool) {
	start := p.at
	for {
		_, _, more, ok := p.param()
		if !ok {
			return Item{}, false
		}
		if !more {
			item.params = p.s[start:p.at]
			return item, true
		}
	}
}

// param reads one parameter; more is false where none begins.
func (p *parser) param() (key string, value Item, more, ok bool) {
	if !p.take(';') {
		return "", Item{}, false, true
	}
	p.skipSpaces()
	if key, ok = p.key(); !ok {
		return "", Item{}, false, false
	}
	value = Item{Kind: Boolean, Number: 1}
	if p.take('=') {
		if value, ok = p.bareItem(); !ok {
			return "", Item{}, false, false
		}
	}
	return key, value, true, true
}

func (p *parser) key() (string, bool) {
	start := p.at
	if c := p.peek(); c != '*' && !isLower(c) {
		return "", false
	}
	for isKey(p.peek()) {
		p.at++
	}
	return p.s[start:p.at], true
}

func (p *parser) bareItem() (Item, bool) {
	switch c := p.peek(); {
	case c == '-' || isDigit(c):
		return p.number()
	case c == '"':
		return p.string()
	case c == '*' || isAlpha(c):
		return p.token()
	case c == ':':
		return p.bytes()
	case c == '?':
		return p.boolean()
	case c == '@':
		return p.date()
	case c == '%':
		return p.displayString()
	}
	return Item{}, false
}

// Most digits of an integer, and of a decimal before and after its point.
const (
	intDigits   = 15
	wholeDigits = 12
	fracDigits  = 3
)

func (p *parser) number() (Item, bool) {
	sign := int64(1)
	if p.take('-') {
		sign = -1
	}
	n, digits := p.digits()
	if digits == 0 || digits > intDigits {
		return Item{}, false
	}
	if !p.take('.') {
		return Item{Kind: Integer, Number: sign * n}, true
	}
	frac, places := p.digits()
	if digits > wholeDigits || places == 0 || places > fracDigits {
		return Item{}, false
	}
	for ; places < fracDigits; places++ {
		frac *= 10
	}
	return Item{Kind: Decimal, Number: sign * (n*1000 + frac)}, true
}

// digits reads a run of digits. The value holds for up to 15 of them.
func (p *parser) digits() (value int64, count int) {
	for isDigit(p.peek()) {
		if count < intDigits {
			value = value*10 + int64(p.peek()-'0')
		}
		p.at++
		count++
	}
	return value, count
}

func (p *parser) date() (Item, bool) {
	p.at++ // the @
	item, ok := p.number()
	if !ok || item.Kind != Integer {
		return Item{}, false
	}
	item.Kind = Date
	return item, true
}

func (p *parser) boolean() (Item, bool) {
	p.at++ // the question mark
	switch {
	case p.take('1'):
		return Item{Kind: Boolean, Number: 1}, true
	case p.take('0'):
		return Item{Kind: Boolean}, true
	}
	return Item{}, false
}

func (p *parser) string() (Item, bool) {
	p.at++ // the opening quote
	for start := p.at; p.at < len(p.s); p.at++ {
		switch c := p.s[p.at]; {
		case c == '"':
			p.at++
			return Item{Kind: String, Raw: p.s[start : p.at-1]}, true
		case c == '\\':
			p.at++
			if next := p.peek(); next != '"' && next != '\\' {
				return Item{}, false
			}
		case c < ' ' || c > '~':
			return Item{}, false
		}
	}
	return Item{}, false
}

func (p *parser) token() (Item, bool) {
	start := p.at
	for p.at++; isToken(p.peek()); p.at++ {
	}
	return Item{Kind: Token, Raw: p.s[start:p.at]}, true
}

// bytes reads base64 between colons. Missing padding is allowed and bits beyond the last
// byte are ignored, as the RFC recommends.
func (p *parser) bytes() (Item, bool) {
	p.at++ // the first colon
	start := p.at
	for base64Value(p.peek()) < 64 {
		p.at++
	}
	digits := p.at - start
	padding := 0
	for p.take('=') {
		padding++
	}
	if !p.take(':') || digits%4 == 1 || padding > 0 && (digits+padding)%4 != 0 || padding > 2 {
		return Item{}, false
	}
	return Item{Kind: Bytes, Raw: p.s[start : start+digits]}, true
}

// displayString reads %"..." whose bytes, percent-decoded, must be UTF-8.
func (p *parser) displayString() (Item, bool) {
	p.at++ // the percent sign
	if !p.take('"') {
		return Item{}, false
	}
	var r decoder
	for start := p.at; p.at < len(p.s); p.at++ {
		c := p.s[p.at]
		switch {
		case c == '"':
			p.at++
			return Item{Kind: DisplayString, Raw: p.s[start : p.at-1]}, r.complete()
		case c == '%':
			if p.at+2 >= len(p.s) || hexValue(p.s[p.at+1]) > 15 || hexValue(p.s[p.at+2]) > 15 {
				return Item{}, false
			}
			c = hexValue(p.s[p.at+1])<<4 | hexValue(p.s[p.at+2])
			p.at += 2
		case c < ' ' || c > '~':
			return Item{}, false
		}
		if !r.add(c) {
			return Item{}, false
		}
	}
	return Item{}, false
}

// decoder checks UTF-8 byte by byte.
type decoder struct {
	buf [utf8.UTFMax]byte
	n   int
}

// add reports whether c can follow.
func (d *decoder) add(c byte) bool {
	if d.n == 0 && c < utf8.RuneSelf {
		return true
	}
	if d.n == len(d.buf) {
		return false
	}
	d.buf[d.n] = c
	d.n++
	if !utf8.FullRune(d.buf[:d.n]) {
		return true
	}
	r, size := utf8.DecodeRune(d.buf[:d.n])
	ok := r != utf8.RuneError || size > 1
	d.n = 0
	return ok
}

func (d *decoder) complete() bool { return d.n == 0 }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isAlpha(c byte) bool { return isLower(c | 0x20) }

func isKey(c byte) bool {
	return isLower(c) || isDigit(c) || c == '_' || c == '-' || c == '.' || c == '*'
}

func isToken(c byte) bool {
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~', ':', '/':
		return true
	}
	return isAlpha(c) || isDigit(c)
}

// hexValue is the value of a lower-case hexadecimal digit, or more than 15. The RFC
// allows no upper case here.
func hexValue(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// base64Value is the value of a base64 digit, or more than 63.
func base64Value(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A'
	case isLower(c):
		return c - 'a' + 26
	case isDigit(c):
		return c - '0' + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return 255
}

// appendBase64 decodes digits that were checked when they were read.
func appendBase64(dst []byte, digits string) []byte {
	var bits uint32
	for i := 0; i < len(digits); i++ {
		bits = bits<<6 | uint32(base64Value(digits[i]))
		switch i % 4 {
		case 1:
			dst = append(dst, byte(bits>>4))
		case 2:
			dst = append(dst, byte(bits>>2))
		case 3:
			dst = append(dst, byte(bits))
		}
	}
	return dst
}
