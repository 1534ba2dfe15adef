package consent

// Fault says what is wrong with a string or cookie. Nothing may be taken from one that has a fault.
type Fault uint8

// The faults, by class. Numbers may change, names may not.
const (
	None         Fault = iota // well formed
	Empty                     // there is no text
	TooLong                   // longer than MaxString or MaxCookie
	Foreign                   // a string of another framework
	Version                   // a version that is not read: TCF 1, or one that is unknown
	Character                 // a character outside base64url, or for US Privacy outside Y, N and -
	EmptySegment              // two separators side by side, or one at an end
	Truncated                 // a segment ends before its last field
	Segment                   // a segment of an unknown type, or a second one of the same type
	Range                     // vendor id 0, a range that ends before it starts, or an id above the announced highest
	Restriction               // a publisher restriction of purpose 0 or of the undefined type 3
	Number                    // a Fibonacci number that does not end or is too large, or a group of ids that is too long
	Sections                  // the header lists more or fewer sections than follow, or too many
	Layout                    // a section whose layout is not known
	Form                      // a cookie that is not of the form its consent manager writes
	NoText                    // what was given is no text at all
)

// String says it in words that follow a place: "section 7: a segment ends before its last field".
func (f Fault) String() string {
	switch f {
	case None:
		return "well formed"
	case Empty:
		return "no text"
	case TooLong:
		return "too long"
	case Foreign:
		return "a string of another framework"
	case Version:
		return "a version that is not supported"
	case Character:
		return "a character that does not belong there"
	case EmptySegment:
		return "an empty segment"
	case Truncated:
		return "a segment ends before its last field"
	case Segment:
		return "a segment of an unknown type, or a second one of the same type"
	case Range:
		return "a range of vendors that cannot be: id 0, an end before its start, or an id above the highest"
	case Restriction:
		return "a publisher restriction of purpose 0 or of an undefined type"
	case Number:
		return "a number that does not end or is too large"
	case Sections:
		return "the header lists other sections than follow"
	case Layout:
		return "a layout that is not known"
	case Form:
		return "not of the form that its consent manager writes"
	case NoText:
		return "not a text"
	}
	return "unknown fault"
}
