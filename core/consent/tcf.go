package consent

// TCF is what a TC string of version 2 says, field by field under the specification's names. Times are deciseconds since 1970.
// Whether it may be relied on, by its age, its policy version or its scope, is for a policy to say.
type TCF struct {
	Created, LastUpdated   int64
	CmpID, CmpVersion      uint16
	ConsentScreen          uint8
	ConsentLanguage        Letters
	VendorListVersion      uint16
	PolicyVersion          uint8
	IsServiceSpecific      bool
	UseNonStandardTexts    bool
	SpecialFeatureOptIns   Set
	PurposesConsent        Set
	PurposesLITransparency Set
	PurposeOneTreatment    bool
	PublisherCC            Letters

	Segments    [4]SegmentType // in their order, then zeros
	PublisherTC PublisherTC    // all zero where there is no such segment
	Vendor      Vendor

	core, disclosed, allowed string // the text of the segments
	interests, restrictions  int    // where the second list of vendors and the restrictions begin
}

// Letters are two letters, such as a language or a country, as they stand in a string: six bits each, A is 0.
type Letters uint16

// Letters gives the two; what is beyond Z comes as the characters behind it in ASCII.
func (l Letters) Letters() (first, second rune) { return rune('A' + l>>6), rune('A' + l&63) }

// SegmentType is the type of a segment of a TC string.
type SegmentType uint8

// The types of segments; a first segment without a type is the core. AllowedVendors is no longer a part of the specification.
const (
	NoSegment SegmentType = iota
	DisclosedVendors
	AllowedVendors
	PublisherSegment
	CoreSegment
)

// PublisherTC is what was asked for the site itself, rather than for vendors.
type PublisherTC struct {
	PurposesConsent              Set
	PurposesLITransparency       Set
	NumCustomPurposes            int
	CustomPurposesConsent        Set
	CustomPurposesLITransparency Set
}

// Vendor is what a string says of the one vendor that was asked for; nothing where none was.
type Vendor struct {
	Consent            bool
	LegitimateInterest bool
	Disclosed          bool   // false too where there is no such segment
	Restricted         [3]Set // by restriction type: the purposes that the site restricts for it
}

// The types of publisher restrictions, which index Vendor.Restricted.
const (
	NotAllowed = iota
	RequireConsent
	RequireLegitimateInterest
)

// fixedBits is the length of the fields in front of the core segment's lists of vendors.
const fixedBits = 213

// fixedCharacters is how many characters hold them.
const fixedCharacters = (fixedBits + 5) / 6

// ParseTCF reads a TC string. Of its lists it answers for one vendor only, 1 to 65535, or 0 for none. All of the string is checked,
// whatever is asked for, except for what stands behind the last field of a segment.
func ParseTCF(s string, vendor uint16) (t TCF, f Fault) {
	f = t.Parse(s, vendor)
	return t, f
}

// Parse is ParseTCF into t, whatever that was before; where there is a fault, t is zero. In the module a result as large as a TCF is copied field by
// field.
func (t *TCF) Parse(s string, vendor uint16) (f Fault) {
	*t = TCF{}
	switch {
	case s == "":
		return Empty
	case len(s) > MaxString:
		return TooLong
	case s[0] == 'D' || len(s) == 4 && s[0] == '1':
		return Foreign
	}
	for more := true; more; {
		var segment string
		segment, s, more, f = cut(s, '.')
		if f == None {
			f = t.parseSegment(segment, vendor)
		}
		if f != None {
			*t = TCF{}
			return f
		}
	}
	return None
}

// parseSegment reads the next segment.
func (t *TCF) parseSegment(s string, vendor uint16) Fault {
	r := reader{s: s}
	kind := CoreSegment
	if t.Segments[0] != NoSegment {
		kind = SegmentType(r.take(3))
		if kind == NoSegment || kind >= CoreSegment {
			return Segment
		}
	}
	place := 0
	for ; t.Segments[place] != NoSegment; place++ { // each type is there once, so that they fit
		if t.Segments[place] == kind {
			return Segment
		}
	}
	t.Segments[place] = kind
	switch kind {
	case CoreSegment:
		t.core = s
		t.parseCore(&r, vendor)
	case DisclosedVendors:
		t.disclosed = s
		t.Vendor.Disclosed = r.vendors(vendor)
	case AllowedVendors:
		t.allowed = s
		r.vendors(0)
	case PublisherSegment:
		t.PublisherTC.parse(&r)
	}
	return r.fault
}

// parseCore reads the core segment.
func (t *TCF) parseCore(r *reader, vendor uint16) {
	t.parseFixed(r)
	t.Vendor.Consent = r.vendors(vendor)
	t.interests = r.at
	t.Vendor.LegitimateInterest = r.vendors(vendor)
	t.restrictions = r.at
	for count := r.take(12); count > 0 && r.fault == None; count-- {
		purpose, kind := r.restriction()
		if r.entries(int(r.take(12)), maxVendor, vendor) {
			t.Vendor.Restricted[kind] |= SetOf(purpose)
		}
	}
}

// parseFixed reads the fields at fixed places. w0 to w8 hold 24 bits each, so that the bit at place p is one of w(p/24).
func (t *TCF) parseFixed(r *reader) {
	s := r.s
	if six := sextets[s[0]]; six != 2 {
		r.fail(Version)
		return
	}
	if len(s) < fixedCharacters {
		r.fail(Truncated)
		return
	}
	w0, w1, w2 := four(s), four(s[4:]), four(s[8:])
	w3, w4, w5 := four(s[12:]), four(s[16:]), four(s[20:])
	w6, w7, w8 := four(s[24:]), four(s[28:]), four(s[32:])
	t.Created = int64((w0<<24 | w1) >> 6 & (1<<36 - 1))               // from bit 6
	t.LastUpdated = int64((w1<<48 | w2<<24 | w3) >> 18 & (1<<36 - 1)) // from 42
	t.CmpID = uint16(w3 >> 6 & 0xfff)                                 // 78
	t.CmpVersion = uint16((w3<<24 | w4) >> 18 & 0xfff)                // 90
	t.ConsentScreen = uint8(w4 >> 12 & 0x3f)                          // 102
	t.ConsentLanguage = Letters(w4 & 0xfff)                           // 108
	t.VendorListVersion = uint16(w5 >> 12)                            // 120
	t.PolicyVersion = uint8(w5 >> 6 & 0x3f)                           // 132
	t.IsServiceSpecific = w5>>5&1 == 1                                // 138
	t.UseNonStandardTexts = w5>>4&1 == 1                              // 139
	t.SpecialFeatureOptIns = Set((w5<<24 | w6) >> 16 << (64 - 12))    // 140
	t.PurposesConsent = Set((w6<<24 | w7) >> 16 << (64 - 24))         // 152
	t.PurposesLITransparency = Set((w7<<24 | w8) >> 16 << (64 - 24))  // 176
	t.PurposeOneTreatment = w8>>15&1 == 1                             // 200
	t.PublisherCC = Letters(w8 >> 3 & 0xfff)                          // 201
	r.skip(fixedBits)
}

// restriction takes the beginning of a publisher restriction, behind which the vendors stand that it is for.
func (r *reader) restriction() (purpose, kind int) {
	purpose = int(r.take(6))
	kind = int(r.take(2))
	if purpose == 0 || kind > RequireLegitimateInterest {
		r.fail(Restriction)
		return 0, 0
	}
	return purpose, kind
}

// parse reads a publisher TC segment.
func (p *PublisherTC) parse(r *reader) {
	p.PurposesConsent = r.set(24)
	p.PurposesLITransparency = r.set(24)
	p.NumCustomPurposes = int(r.take(6))
	p.CustomPurposesConsent = r.set(p.NumCustomPurposes)
	p.CustomPurposesLITransparency = r.set(p.NumCustomPurposes)
}

// Has says whether the string has a segment of a type.
//
//go:noinline
func (t *TCF) Has(kind SegmentType) bool {
	for _, k := range t.Segments {
		if k == kind {
			return true
		}
	}
	return false
}

// Subject is whose permission is asked for.
type Subject uint8

// The subjects.
const (
	Publisher    Subject = iota // the site's own: the publisher TC segment
	CorePurposes                // the purposes of the core segment, whoever the vendor
	OneVendor                   // the vendor that the string was parsed for
)

// consentOnly holds the purposes for which legitimate interest has not been a basis since TCF 2.2, whatever a string says.
const consentOnly Set = 1<<63 | 1<<61 | 1<<60 | 1<<59 | 1<<58 // 1, 3, 4, 5, 6

// Granted gives the purposes that a string allows a subject by consent, or where interest is set also by legitimate interest. A vendor
// needs its own bit beside the purpose's, must not be restricted, and must be disclosed where the string says who was.
func (t *TCF) Granted(subject Subject, interest bool) Set {
	consented, interested := t.PurposesConsent, t.PurposesLITransparency
	switch subject {
	case Publisher:
		consented, interested = t.PublisherTC.PurposesConsent, t.PublisherTC.PurposesLITransparency
	case OneVendor:
		v := &t.Vendor
		if !v.Disclosed && t.Has(DisclosedVendors) {
			return 0
		}
		consented &^= v.Restricted[NotAllowed] | v.Restricted[RequireLegitimateInterest]
		interested &^= v.Restricted[NotAllowed] | v.Restricted[RequireConsent]
		if !v.Consent {
			consented = 0
		}
		if !v.LegitimateInterest {
			interested = 0
		}
	}
	if interest {
		consented |= interested &^ consentOnly
	}
	return consented
}

// VendorConsents lists the vendors with consent.
func (t *TCF) VendorConsents() Ranges { return rangesAt(t.core, fixedBits, fixed) }

// VendorLegitimateInterests lists the vendors whose legitimate interest was made known and not objected to.
func (t *TCF) VendorLegitimateInterests() Ranges { return rangesAt(t.core, t.interests, fixed) }

// DisclosedVendors lists the vendors that the visitor was shown; none where there is no such segment.
func (t *TCF) DisclosedVendors() Ranges { return rangesOf(t.disclosed, fixed) }

// AllowedVendors lists the vendors of the segment of that name; none where there is no such segment.
func (t *TCF) AllowedVendors() Ranges { return rangesOf(t.allowed, fixed) }

// Restrictions goes through the publisher restrictions.
func (t *TCF) Restrictions() Restrictions { return restrictionsAt(t.core, t.restrictions, fixed) }
