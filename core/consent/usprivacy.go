package consent

// USPrivacy is a US Privacy string of version 1: the letters Y and N, or - for not applicable.
type USPrivacy struct {
	Notice      byte // the visitor was given notice and the opportunity to opt out
	OptOutSale  byte // the visitor opted out of the sale of personal data
	LspaCovered byte // the transaction falls under the Limited Service Provider Agreement
}

// inJSON is what stands before the string where a consent manager (iubenda) keeps it in a JSON object.
const inJSON = `"uspString":"`

// ParseUSPrivacy reads a US Privacy string, alone or as the member uspString of a JSON object.
func ParseUSPrivacy(s string) (u USPrivacy, f Fault) {
	if s != "" && s[0] == '{' {
		at := len(inJSON)
		for at < len(s) && s[at-len(inJSON):at] != inJSON {
			at++
		}
		if at >= len(s) {
			return u, Form
		}
		end, _ := escaped{raw: s[at:]}.index('"')
		s = s[at:][:end]
	}
	switch {
	case s == "":
		return u, Empty
	case s[0] == 'C' || s[0] == 'D':
		return u, Foreign
	case s[0] != '1':
		return u, Version
	case len(s) < 4:
		return u, Truncated
	case len(s) > 4:
		return u, TooLong
	}
	for i := 1; i < 4; i++ {
		if c := s[i]; c != 'Y' && c != 'N' && c != '-' {
			return u, Character
		}
	}
	return USPrivacy{s[1], s[2], s[3]}, None
}

// GlobalPrivacyControl says whether a Sec-GPC header is the signal: its value is exactly 1. With several headers one is enough.
func GlobalPrivacyControl(value string) bool { return value == "1" }
