package device

// A token is one text to look for. Its row is what scripts/devicetables writes.
type token struct {
	at     uint16 // in texts
	n      uint8  // bytes
	beside uint8  // condition before it << 4 | condition after it
	what   uint8  // kind << 5 | ignore case << 4 | value
	rank   uint8  // of several browsers or systems found, the lowest decides
}

// Kinds of token.
const (
	kindBot = iota
	kindBrowser
	kindOS
	kindSign
)

// Conditions beside a token. From besideLists on they number the lists neverBefore
// and neverAfter.
const (
	besideAny    = iota
	besideStart  // of the text
	besideEnd    // of the text
	besideWord   // a boundary between a letter, digit or _ and anything else
	besideSpace  // a space, or the start
	besideLetter // a letter, digit or _
	besideDigit  // a digit
	besideScore  // as besideWord, or _
	besideLists
)

// Signs of a kind of device, by the value of their token.
const (
	tvSign uint8 = 1 << iota
	tabletSign
	phoneSign
	handheldSign
	mobileWord
	screenSign
	intelSign
)

// findings is what the tokens in one User-Agent amount to.
type findings struct {
	bot                 bool
	browserLike         bool // begins as every browser does
	browser             Browser
	os                  OS
	signs               uint8
	browserRank, osRank uint8
}

func (f *findings) has(signs uint8) bool { return f.signs&signs != 0 }

// scan looks for every token at every position. Most positions end at one test of
// three bytes; two of them then choose the few tokens worth comparing, so the cost of a
// position is bounded by the fullest bucket. whole is false where the text was cut, so
// that its end is not the header's.
func scan(ua string, whole bool) findings {
	f := findings{browserRank: 255, osRank: 255}
	if len(ua) < 2 {
		return f
	}
	key := uint32(ua[0]&31)<<5 | uint32(ua[1]&31)
	for i := 0; i+1 < len(ua); i++ {
		key = key << 5 & 0x7fff
		if i+2 < len(ua) {
			key |= uint32(ua[i+2] & 31)
		}
		if bit := key * 0x9e3779b1 >> 20; marks[bit>>3]>>(bit&7)&1 == 0 {
			continue
		}
		for t := buckets[key>>5]; t < buckets[key>>5+1]; t++ {
			tok := &tokens[t]
			if matches(ua[i:], tok) && beside(ua, i, int(tok.n), tok.beside, whole) {
				f.add(tok)
			}
		}
	}
	return f
}

// matches reports whether s begins with the token.
func matches(s string, tok *token) bool {
	if len(s) < int(tok.n) {
		return false
	}
	text := texts[tok.at : int(tok.at)+int(tok.n)]
	if tok.what&(1<<4) == 0 {
		return s[:len(text)] == text
	}
	for j := len(text) - 1; j >= 0; j-- {
		if lower(s[j]) != text[j] {
			return false
		}
	}
	return true
}

func (f *findings) add(tok *token) {
	value := tok.what & 15
	switch tok.what >> 5 {
	case kindBot:
		f.bot = true
	case kindBrowser:
		if tok.rank < f.browserRank {
			f.browserRank, f.browser = tok.rank, Browser(value)
		}
	case kindOS:
		if tok.rank < f.osRank {
			f.osRank, f.os = tok.rank, OS(value)
		}
	case kindSign:
		f.signs |= 1 << value
	}
}

// beside tests the conditions of a token of n bytes found at i.
func beside(ua string, i, n int, conds uint8, whole bool) bool {
	return conds == 0 || before(ua[:i], conds>>4) && after(ua[i+n-1:], conds&15, whole)
}

// before tests a condition on the text that ends where a token begins.
func before(s string, cond uint8) bool {
	switch cond {
	case besideAny:
		return true
	case besideStart:
		return s == ""
	case besideWord:
		return s == "" || !isWord(s[len(s)-1])
	case besideSpace:
		return s == "" || s[len(s)-1] == ' '
	case besideLetter:
		return s != "" && isWord(s[len(s)-1])
	}
	for list := neverBefore[cond-besideLists]; list != ""; {
		var text string
		text, list = cutBar(list)
		if len(s) >= len(text) && equalFold(s[len(s)-len(text):], text) {
			return false
		}
	}
	return true
}

// after tests a condition on the text that begins with a token's last byte.
func after(s string, cond uint8, whole bool) bool {
	last, s := s[0], s[1:]
	switch cond {
	case besideAny:
		return true
	case besideEnd:
		return s == "" && whole
	case besideWord:
		return (s != "" && isWord(s[0])) != isWord(last)
	case besideScore:
		return s != "" && s[0] == '_' || (s != "" && isWord(s[0])) != isWord(last)
	case besideDigit:
		return s != "" && isDigit(s[0])
	}
	for list := neverAfter[cond-besideLists]; list != ""; {
		var text string
		text, list = cutBar(list)
		if len(s) >= len(text) && equalFold(s[:len(text)], text) {
			return false
		}
	}
	return true
}

// cutBar splits a list at its first bar.
func cutBar(list string) (text, rest string) {
	for i := 0; i < len(list); i++ {
		if list[i] == '|' {
			return list[:i], list[i+1:]
		}
	}
	return list, ""
}

// equalFold compares ASCII text, ignoring case; s and t are of one length.
func equalFold(s, t string) bool {
	for i := 0; i < len(s); i++ {
		if lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWord is what \w means in the lists' patterns.
//
//go:noinline
func isWord(c byte) bool {
	c = lower(c)
	return 'a' <= c && c <= 'z' || isDigit(c) || c == '_'
}
