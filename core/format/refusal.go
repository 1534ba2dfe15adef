package format

import "github.com/edgewise-dev/edgewise/core/text"

// Code says why a bundle was refused.
type Code uint32

// The reasons. Index and Want of a Refusal are named where they mean something.
const (
	OK               Code = iota
	TooLarge              // Index: its size in KiB, Want: the limit in KiB
	NotABundle            // no magic
	WrongLength           // Index: bytes there, Want: bytes announced
	Corrupt               // the checksum does not fit
	NewerFormat           // Index: its format version, Want: the one read here
	OlderFormat           // likewise
	UnknownSection        // Section
	MisplacedSection      // Section: out of order or twice
	MissingSection        // Index: sections there, Want: sections expected
	BadSectionLength      // Section, Index: its length in bytes, or the bytes left over
	TooMany               // Section, Index: records there, Want: the limit
	BadRecord             // Section, Index: the record; Want: its first bad word, from 0
	BadProgram            // Section COND, Index: the condition; Want: the instruction, from 0
	UnknownOperation      // Section COND, Index: the condition; Want: the instruction's number
	NoMemory              // the machine cannot hold it. Index: KiB asked for
)

// Refusal is why Read refused a bundle: what, where, and against which expectation.
type Refusal struct {
	Code    Code
	Section Tag
	Index   uint32
	Want    uint32
}

//go:noinline
func refuse(code Code, section Tag, index, want uint32) *Refusal {
	return &Refusal{code, section, index, want}
}

// Error says it in words.
func (e *Refusal) Error() string {
	number := func(n uint32) string { return string(text.AppendUint(nil, uint64(n))) }
	record := "record " + number(e.Index) + " of section " + e.Section.String()
	switch e.Code {
	case TooLarge:
		if e.Index <= e.Want { // no more was read of it, or it is larger by less than a KiB
			return "bundle has more than " + number(e.Want) + " KiB, the limit is " + number(e.Want) + " KiB"
		}
		return "bundle has " + number(e.Index) + " KiB, the limit is " + number(e.Want) + " KiB"
	case NotABundle:
		return "not a compiled bundle"
	case WrongLength:
		return "bundle has " + number(e.Index) + " bytes where its header announces " + number(e.Want) + ": cut off or appended to"
	case Corrupt:
		return "bundle is damaged: its checksum does not fit its content"
	case NewerFormat:
		return "bundle has format version " + number(e.Index) + ", this engine reads " + number(e.Want) + ": use a newer engine"
	case OlderFormat:
		return "bundle has format version " + number(e.Index) + ", this engine reads " + number(e.Want) + ": compile its source again"
	case UnknownSection:
		return "bundle has a section " + e.Section.String() + " that this engine does not know: use a newer engine"
	case MisplacedSection:
		return "section " + e.Section.String() + " stands twice or out of order"
	case MissingSection:
		return "bundle has " + number(e.Index) + " sections where " + number(e.Want) + " are expected"
	case BadSectionLength:
		return "section " + e.Section.String() + " has a wrong length: " + number(e.Index) + " bytes"
	case TooMany:
		return "section " + e.Section.String() + " has " + number(e.Index) + " records, the limit is " + number(e.Want)
	case BadRecord:
		return record + " is invalid at word " + number(e.Want)
	case BadProgram:
		return "condition " + number(e.Index) + " is invalid at instruction " + number(e.Want)
	case UnknownOperation:
		return "condition " + number(e.Index) + " uses operation " + number(e.Want) + " that this engine does not know: use a newer engine"
	case NoMemory:
		return "no memory for a bundle of " + number(e.Index) + " KiB"
	}
	return "bundle is invalid"
}
