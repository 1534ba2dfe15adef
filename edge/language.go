package edge

// languages collects what Accept-Language headers list, best first.
type languages struct {
	s *Scratch
	n int
}

// add reads one header: language tags with a weight (RFC 9110 section 12.5.4). Equal
// weights keep their order, across headers too. "*", a weight of 0 and what is no
// language tag are left out; beyond MaxLanguages the lightest are.
func (l *languages) add(header string) {
	for header != "" {
		var part string
		part, header, _ = cut(header, ',')
		tag, params, _ := cut(part, ';')
		tag = trim(tag)
		weight, ok := parseWeight(params)
		if ok && weight > 0 && isLanguage(tag) {
			l.insert(tag, weight)
		}
	}
}

func (l *languages) insert(tag string, weight uint16) {
	at := l.n
	for at > 0 && l.s.weights[at-1] < weight {
		at--
	}
	if at == MaxLanguages {
		return
	}
	if l.n < MaxLanguages {
		l.n++
	}
	copy(l.s.languages[at+1:l.n], l.s.languages[at:])
	copy(l.s.weights[at+1:l.n], l.s.weights[at:])
	l.s.languages[at], l.s.weights[at] = tag, weight
}

func (l *languages) list() []string { return l.s.languages[:l.n:l.n] }

// parseWeight reads "q=0.8" in thousandths; without one it is 1.
func parseWeight(params string) (weight uint16, ok bool) {
	for params != "" {
		var param string
		param, params, _ = cut(params, ';')
		name, value, found := cut(param, '=')
		if !found || !equalFold(trim(name), "q") {
			continue
		}
		return parseThousandths(trim(value))
	}
	return 1000, true
}

// parseThousandths reads a number from 0 to 1 with at most three digits after its point.
func parseThousandths(s string) (n uint16, ok bool) {
	if s == "" || len(s) > 5 || s[0] != '0' && s[0] != '1' || len(s) > 1 && s[1] != '.' {
		return 0, false
	}
	n = uint16(s[0]-'0') * 1000
	for i, unit := 2, uint16(100); i < len(s); i, unit = i+1, unit/10 {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n += uint16(s[i]-'0') * unit
	}
	return n, n <= 1000
}

// isLanguage reports whether tag has the form of a language tag: one to eight letters,
// then parts of one to eight letters and digits.
func isLanguage(tag string) bool {
	if len(tag) > 35 {
		return false
	}
	run := 0
	first := true
	for i := 0; i < len(tag); i++ {
		c := lower(tag[i])
		switch {
		case c == '-' && run > 0:
			run, first = 0, false
			continue
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9' && !first:
			run++
		default:
			return false
		}
		if run > 8 {
			return false
		}
	}
	return run > 0
}
