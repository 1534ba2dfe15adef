// Package consent reads what visitors said about their data: TC strings (IAB TCF 2), GPP strings with their sections for the United
// States and Canada, US Privacy strings, Global Privacy Control, and the cookies of consent managers.
//
// Reach for ParseTCF, ParseGPP, ParseUSPrivacy, GlobalPrivacyControl and ParseChoices. They say what is written, and a Fault where
// something cannot be read; whether it is recent enough, or may be relied on at all, is for a policy to say. A string with a fault says
// nothing: the caller has no usable signal. Only the sections of a GPP string are independent of each other.
//
// Strings come from visitors, so nothing here trusts them. Each is read in place: no memory is allocated and no list is expanded, and as
// every step consumes some of a text of bounded length, none takes long. A decision asks for flags and for one vendor; whoever shows a
// whole string goes through its lists with Ranges and Restrictions, which read it with the same code.
//
// # TCF and GPP
//
// Both are fields of bits in base64url, six bits a character, with the highest bit first. What is read follows the specifications
// "Consent string and vendor list formats v2" and "Global Privacy Platform" of IAB Tech Lab (CC BY 3.0), including the sections for all
// states. It is stricter than common decoders in what these leave open: lists may not name vendors above their announced highest id or
// backwards, a publisher restriction has a purpose and one of the three types, a TC string may not have two segments of a type, no
// segment may be empty or end before its last field, and there are no line breaks. Bits behind the last field are padding.
//
// # Mirror of Google Consent Mode
//
// Google's consent signals live in the page's scripts, and no cookie or header carries them. A page can mirror them for the edge in a
// first-party cookie of this format, GoogleConsent, whatever its name:
//
//	v=1&update=1764000000&ad_storage=denied&analytics_storage=granted&ad_user_data=denied&ad_personalization=denied
//
// Pairs of name and value are separated by &, in any order. v=1 must be there. Signals have Google's names and the values granted and
// denied; names that are not known are allowed. update is when the visitor chose, in seconds since 1970: without it, or at 0, all
// signals are the page's defaults and count for nothing. The whole may be percent-encoded. A page writes it where it calls gtag:
//
//	function updateConsent(signals) {
//	  gtag("consent", "update", signals)
//	  const pairs = { v: 1, update: Math.floor(Date.now() / 1000), ...signals }
//	  document.cookie = "edgewise-google-consent=" + new URLSearchParams(pairs) + "; path=/; max-age=31536000; secure; samesite=lax"
//	}
package consent

// MaxString bounds a string of TCF, GPP or US Privacy, in bytes. The longest that consent managers write have about 3 KB; a browser
// sends cookies of up to 4 KB, and some servers take headers of up to 16 KB. Each step of reading one consumes some of it, so that this
// bounds the work too.
const MaxString = 16 << 10

// cut takes off the front of s the segment up to a separator, or up to the end; more says that there was a separator.
//
//go:noinline
func cut(s string, separator byte) (segment, rest string, more bool, f Fault) {
	n := span(s)
	if n < len(s) {
		if s[n] != separator {
			return "", "", false, Character
		}
		rest, more = s[n+1:], true
	}
	if n == 0 {
		return "", "", false, EmptySegment
	}
	return s[:n], rest, more, None
}
