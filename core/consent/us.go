package consent

import "math/bits"

// Field is a field of the sections for the United States, under the specification's names.
type Field uint8

// The fields, in the order in which a section holds those that it has.
const (
	FieldVersion Field = iota
	MspaVersion
	mspaCoveredAhead // MspaCoveredTransaction, where it stands here
	MspaMode
	SharingNotice
	ProcessingNotice
	SaleOptOutNotice
	SharingOptOutNotice
	TargetedAdvertisingOptOutNotice
	SensitiveDataProcessingOptOutNotice
	SensitiveDataOptOutNotice
	SensitiveDataLimitUseNotice
	SaleOptOut
	SharingOptOut
	TargetedAdvertisingOptOut
	SensitiveDataProcessing         // a list
	KnownChildSensitiveDataConsents // a list, in some sections of one
	PersonalDataConsents
	AdditionalDataProcessingConsent
	MspaCoveredTransaction
	MspaOptOutOptionMode
	MspaServiceProviderMode
	fieldCount
)

// The values of fields that say whether a visitor opted out or consented. In notices 1 is given and 2 is not given.
const (
	NotApplicable = 0 // the site says that it does not apply, which is no answer of the visitor's
	OptedOut      = 1 // or no consent
	NotOptedOut   = 2 // or consent
	Undefined     = 3 // to be taken like OptedOut
)

// GPC is whether a section says that the browser sent Global Privacy Control.
type GPC uint8

// The values; without a GPC sub-section a section does not say.
const (
	GPCNotSaid GPC = iota
	GPCNo
	GPCYes
)

// US is a section for the United States: a value from 0 to 3 for each of its fields, which are not the same for all states. It is read
// where it stands.
type US struct {
	ID  int
	GPC GPC

	layout           *layout
	core             string
	sensitive, child uint8  // how many items the lists have
	apart            string // the sub-section with the items of SensitiveDataProcessing, in sections that have them there
}

// layout says which fields a section has, and how many items its lists.
type layout struct {
	fields              uint32
	sensitive           uint8 // 0: none, or in a sub-section
	child               uint8
	gpc, sensitiveApart bool // sub-sections: GPC, or the items of SensitiveDataProcessing
}

// apartItems is how many items such a sub-section has.
const apartItems = 8

// Sets of fields that sections have in common.
const (
	version    = 1 << FieldVersion
	mspa       = 1<<MspaCoveredTransaction | 1<<MspaOptOutOptionMode | 1<<MspaServiceProviderMode
	lists      = 1<<SensitiveDataProcessing | 1<<KnownChildSensitiveDataConsents
	sale       = 1<<SaleOptOutNotice | 1<<SaleOptOut
	sharing    = 1<<SharingOptOutNotice | 1<<SharingOptOut
	targeted   = 1<<TargetedAdvertisingOptOutNotice | 1<<TargetedAdvertisingOptOut
	shared     = version | 1<<SharingNotice | sale | targeted | lists | mspa
	processed  = version | 1<<ProcessingNotice | sale | targeted | lists | mspa
	additional = processed | 1<<AdditionalDataProcessingConsent
	mspaAhead  = 1<<MspaVersion | 1<<mspaCoveredAhead | 1<<MspaMode | 1<<ProcessingNotice | sale | targeted | 1<<AdditionalDataProcessingConsent
	national   = version | 1<<SharingNotice | sale | sharing | targeted | 1<<SensitiveDataProcessingOptOutNotice |
		1<<SensitiveDataLimitUseNotice | lists | 1<<PersonalDataConsents | mspa
)

// national1 is the layout of usnat before its version 2. Its strings are told by their length: those of version 2 have 12
// characters, and strings with 12 characters that say version 1 are laid out like them all the same.
var national1 = layout{fields: national, sensitive: 12, child: 2, gpc: true}

const national2Length = 12

// layouts holds the layouts from SectionUSNat on. To add a section, append its line, raise the last id in gpp.go and give it a name.
var layouts = [...]layout{
	{fields: national, sensitive: 16, child: 3, gpc: true}, // usnat
	{fields: version | sale | sharing | 1<<SensitiveDataLimitUseNotice | lists | 1<<PersonalDataConsents | mspa, sensitive: 9, child: 2, gpc: true}, // usca
	{fields: shared, sensitive: 8, child: 1},                                                 // usva
	{fields: shared, sensitive: 7, child: 1, gpc: true},                                      // usco
	{fields: shared | 1<<SensitiveDataProcessingOptOutNotice, sensitive: 8, child: 1},        // usut
	{fields: shared, sensitive: 8, child: 3, gpc: true},                                      // usct
	{fields: additional, sensitive: 8, child: 3},                                             // usfl
	{fields: shared | 1<<AdditionalDataProcessingConsent, sensitive: 8, child: 3, gpc: true}, // usmt
	{fields: additional, sensitive: 11, child: 3, gpc: true},                                 // usor
	{fields: additional, sensitive: 8, child: 1, gpc: true},                                  // ustx
	{fields: additional, sensitive: 9, child: 5, gpc: true},                                  // usde
	{fields: processed | 1<<SensitiveDataOptOutNotice, sensitive: 8, child: 1, gpc: true},    // usia
	{fields: additional, sensitive: 8, child: 1, gpc: true},                                  // usne
	{fields: additional, sensitive: 8, child: 3, gpc: true},                                  // usnh
	{fields: additional, sensitive: 10, child: 5, gpc: true},                                 // usnj
	{fields: additional, sensitive: 8, child: 1, gpc: true},                                  // ustn
	{fields: additional, sensitive: 8, child: 1, gpc: true},                                  // usmn
	{fields: mspaAhead, gpc: true},                                                           // usmd
	{fields: mspaAhead | 1<<KnownChildSensitiveDataConsents, child: 1, sensitiveApart: true}, // usin
	{fields: mspaAhead | 1<<KnownChildSensitiveDataConsents, child: 1, sensitiveApart: true}, // usky
	{fields: mspaAhead | 1<<KnownChildSensitiveDataConsents, child: 1, sensitiveApart: true}, // usri
}

// ParseUS reads a section whose id is SectionUSNat to SectionUSRI; others have the fault Layout.
func ParseUS(s Section) (u US, f Fault) {
	if s.ID < SectionUSNat || s.ID > SectionUSRI {
		return u, Layout
	}
	core, rest, more, f := cut(s.Text, '.')
	if f != None {
		return u, f
	}
	l := &layouts[s.ID-SectionUSNat]
	if s.ID == SectionUSNat && len(core) < national2Length {
		l = &national1
	}
	u = US{ID: s.ID, layout: l, core: core, sensitive: l.sensitive, child: l.child}
	switch first := int(sextets[core[0]]); {
	case 6*len(core) < l.offset(fieldCount):
		return US{}, Truncated
	case l.fields&version == 0 && first == s.ID:
		// The specification puts a section header in front, which begins with the section's id; the libraries write none. Read as if
		// it were not there, each field would come from another's place.
		return US{}, Layout
	case l.fields == national && first == 1:
		u.sensitive, u.child = national1.sensitive, national1.child
	}
	for first := true; more; first = false {
		var sub string
		sub, rest, more, f = cut(rest, '.')
		if f == None {
			f = u.parseSub(sub, first)
		}
		if f != None {
			return US{}, f
		}
	}
	return u, None
}

// parseSub reads a sub-section. Those of types that are not known are skipped.
func (u *US) parseSub(s string, first bool) Fault {
	const gpcType = 1
	head := sextets[s[0]] // two bits for the type, and behind it the value
	switch {
	case u.layout.sensitiveApart && first: // it has no type
		if 6*len(s) < 2*apartItems {
			return Truncated
		}
		u.apart, u.sensitive = s, apartItems
	case u.layout.gpc && head>>4 == gpcType:
		u.GPC = max(u.GPC, GPCNo+GPC(head>>3&1))
	}
	return None
}

// offset gives the place of a field, in bits: behind those in front of it, of which each takes two, a version six, and a list two for
// each item.
func (l *layout) offset(f Field) int {
	ahead := l.fields & (1<<f - 1)
	at := 2 * bits.OnesCount32(ahead&^lists)
	if ahead&(1<<FieldVersion|1<<MspaVersion) != 0 {
		at += 6 - 2
	}
	if ahead>>SensitiveDataProcessing&1 == 1 {
		at += 2 * int(l.sensitive)
	}
	if ahead>>KnownChildSensitiveDataConsents&1 == 1 {
		at += 2 * int(l.child)
	}
	return at
}

// pair gives the two bits at a place. Places are even, so that a character holds both.
func pair(s string, at int) uint8 { return sextets[s[at/6]] >> uint(4-at%6) & 3 }

// Has says whether the section has a field.
func (u *US) Has(f Field) bool {
	if f == SensitiveDataProcessing && u.apart != "" {
		return true
	}
	return u.layout != nil && u.layout.fields>>u.layout.stored(f)&1 == 1
}

// stored gives the place of a field among those of the layout: where MspaCoveredTransaction stands in front, that.
func (l *layout) stored(f Field) Field {
	if f == MspaCoveredTransaction && l.fields&version == 0 {
		return mspaCoveredAhead
	}
	return f
}

// KnownVersion says whether the section is of a version that is known here. Another is read like these, but may mean something else.
func (u *US) KnownVersion() bool {
	version := uint8(0)
	if u.core != "" {
		version = sextets[u.core[0]]
	}
	return version == 1 || version == 2 && u.ID == SectionUSNat
}

// Value gives the value of a field; not ok for a list, and for a field that the section does not have.
func (u *US) Value(f Field) (value uint8, ok bool) {
	if isList(f) || !u.Has(f) {
		return 0, false
	}
	if f == FieldVersion || f == MspaVersion {
		return sextets[u.core[0]], true
	}
	return pair(u.core, u.layout.offset(u.layout.stored(f))), true
}

// Items counts the items of a list field, 0 where the section does not have it.
func (u *US) Items(f Field) int {
	switch f {
	case SensitiveDataProcessing:
		return int(u.sensitive)
	case KnownChildSensitiveDataConsents:
		return int(u.child)
	}
	return 0
}

// Item gives an item of a list field, counted from 1; not ok where there is no such item.
func (u *US) Item(f Field, n int) (value uint8, ok bool) {
	if n < 1 || n > u.Items(f) {
		return 0, false
	}
	if f == SensitiveDataProcessing && u.apart != "" {
		return pair(u.apart, 2*(n-1)), true
	}
	return pair(u.core, u.layout.offset(f)+2*(n-1)), true
}

func isList(f Field) bool {
	return f == SensitiveDataProcessing || f == KnownChildSensitiveDataConsents
}
