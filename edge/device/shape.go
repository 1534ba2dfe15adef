package device

// shape reports whether the form of a User-Agent as a whole is a program's rather than a
// browser's: only a name and a version, an address for complaints, one long word.
// scripts/devicetables lists the patterns that this file writes out; the test beside it
// compares the two.
func shape(ua string, whole bool) bool {
	if ua == "" {
		return false
	}
	switch ua[0] {
	case '<', '(', ';': // ^[<\(;]
		return true
	}
	return hasBarOrAddress(ua) ||
		startsWithNumber(ua) ||
		startsWithSearch(ua) ||
		isNameVersion(ua, whole) ||
		whole && (isLongWord(ua) || isNameSlashWord(ua) || isNameContact(ua) || isBareMozilla(ua) || endsWithWord(ua))
}

// run is how many bytes at the start of s are of a class.
//
//go:noinline
func run(s string, class func(byte) bool) int {
	n := 0
	for n < len(s) && class(s[n]) {
		n++
	}
	return n
}

func isWordOrDash(c byte) bool  { return isWord(c) || c == '-' }
func isWordOrParen(c byte) bool { return isWord(c) || c == '(' || c == ')' }
func isWordOrAt(c byte) bool    { return isWord(c) || c == '@' }
func isWordDotDash(c byte) bool { return isWord(c) || c == '.' || c == '-' }
func isLetter(c byte) bool      { c = lower(c); return 'a' <= c && c <= 'z' }
func notSpace(c byte) bool      { return c != ' ' }
func isSpace(c byte) bool       { return c == ' ' || '\t' <= c && c <= '\r' }

func isTitle(c byte) bool {
	switch c {
	case ' ', '.', '-', '(', '?', ':', ')', '%':
		return true
	}
	return isWord(c)
}

// hasBarOrAddress: \| and @[a-z][\w-]+\.
func hasBarOrAddress(ua string) bool {
	for i := 0; i < len(ua); i++ {
		switch {
		case ua[i] == '|':
			return true
		case ua[i] == '@' && i+1 < len(ua) && isLetter(ua[i+1]):
			end := i + 2 + run(ua[i+2:], isWordOrDash)
			if end > i+2 && end < len(ua) && ua[end] == '.' {
				return true
			}
		}
	}
	return false
}

// startsWithNumber: ^\d+\b
func startsWithNumber(ua string) bool {
	n := run(ua, isDigit)
	return n > 0 && (n == len(ua) || !isWord(ua[n]))
}

// startsWithSearch: ^\w*search\b
func startsWithSearch(ua string) bool {
	const search = "search"
	n := run(ua, isWord)
	return n >= len(search) && equalFold(ua[n-len(search):n], search)
}

// isNameVersion: ^[\w \.\-\(?:\):%]+(?:/v?\d+(?:\.\d+)?(?:\.\d{1,10})*?)?(?:,|$)
func isNameVersion(ua string, whole bool) bool {
	n := run(ua, isTitle)
	if n == 0 {
		return false
	}
	if n < len(ua) && ua[n] == '/' {
		n++
		if n < len(ua) && lower(ua[n]) == 'v' {
			n++
		}
		digits := run(ua[n:], isDigit)
		if digits == 0 {
			return false
		}
		n += digits
		for part := 1; n+1 < len(ua) && ua[n] == '.' && isDigit(ua[n+1]); part++ {
			digits = run(ua[n+1:], isDigit)
			if part > 1 && digits > 10 {
				return false
			}
			n += 1 + digits
		}
	}
	if n == len(ua) {
		return whole
	}
	return ua[n] == ','
}

// isLongWord: ^[^ ]{50,}$
func isLongWord(ua string) bool { return len(ua) >= 50 && run(ua, notSpace) == len(ua) }

// isNameSlashWord: ^[\w\-]+/[\w]+$ and ^\w+/[\w\(\)]*$
func isNameSlashWord(ua string) bool {
	n := run(ua, isWordOrDash)
	if n == 0 || n == len(ua) || ua[n] != '/' {
		return false
	}
	rest := ua[n+1:]
	return rest != "" && run(rest, isWord) == len(rest) ||
		run(ua, isWord) == n && run(rest, isWordOrParen) == len(rest)
}

// isNameContact: ^\w+/\d\.\d\s\([\w@]+\)$
func isNameContact(ua string) bool {
	n := run(ua, isWord)
	rest, ok := afterDigits(ua[n:])
	if n == 0 || !ok || len(rest) < 3 || rest[0] != '(' || rest[len(rest)-1] != ')' {
		return false
	}
	inner := rest[1 : len(rest)-1]
	return run(inner, isWordOrAt) == len(inner)
}

// afterDigits is what follows /\d\.\d\s
func afterDigits(s string) (rest string, ok bool) {
	if len(s) < 5 || s[0] != '/' || !isDigit(s[1]) || s[2] != '.' || !isDigit(s[3]) || !isSpace(s[4]) {
		return "", false
	}
	return s[5:], true
}

// isBareMozilla: ^mozilla/\d\.\d\s[\w\.-]+$ and
// ^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w\d-.]+[\s/]\d+\.\d+)?\)$
func isBareMozilla(ua string) bool {
	const mozilla, compatible = "mozilla", "compatible;"
	if len(ua) < len(mozilla) || !equalFold(ua[:len(mozilla)], mozilla) {
		return false
	}
	rest, ok := afterDigits(ua[len(mozilla):])
	if !ok || rest == "" {
		return false
	}
	if run(rest, isWordDotDash) == len(rest) {
		return true
	}
	if rest[0] != '(' || rest[len(rest)-1] != ')' || len(rest) < 2 {
		return false
	}
	rest = rest[1 : len(rest)-1]
	if len(rest) >= len(compatible) && equalFold(rest[:len(compatible)], compatible) {
		rest = rest[len(compatible):]
	}
	if rest == "" {
		return true
	}
	if isSpace(rest[0]) {
		rest = rest[1:]
	}
	n := run(rest, isWordDotDash)
	if n == 0 || n == len(rest) || !isSpace(rest[n]) && rest[n] != '/' {
		return false
	}
	rest = rest[n+1:]
	n = run(rest, isDigit)
	if n == 0 || n+1 >= len(rest) || rest[n] != '.' {
		return false
	}
	return run(rest[n+1:], isDigit) == len(rest)-n-1
}

// endsWithWord: ;\s\w+;$
func endsWithWord(ua string) bool {
	end := len(ua) - 1
	if end < 3 || ua[end] != ';' {
		return false
	}
	i := end
	for i > 0 && isWord(ua[i-1]) {
		i--
	}
	return i < end && i >= 2 && isSpace(ua[i-1]) && ua[i-2] == ';'
}
