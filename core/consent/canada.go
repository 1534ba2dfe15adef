package consent

// Canada is what the section tcfcav1 of a GPP string says, field by field under the specification's names. Times are deciseconds since
// 1970.
//
// Up to PurposesImpliedConsent the fields stand at fixed places. The lists of vendors behind them are written in two ways, by libraries
// up to 3.1 and from 3.2 on, and nothing in the string says which; they are read in the way that fits.
type Canada struct {
	Version                      uint8
	Created, LastUpdated         int64
	CmpID, CmpVersion            uint16
	ConsentScreen                uint8
	ConsentLanguage              Letters
	VendorListVersion            uint16
	PolicyVersion                uint8
	UseNonStandardStacks         bool
	SpecialFeatureExpressConsent Set
	PurposesExpressConsent       Set
	PurposesImpliedConsent       Set
	PublisherTC                  PublisherTC // express and implied consent, in the places of consent and legitimate interest

	core, disclosed, publisher string // the text of the sub-sections
	encoding                   encoding
	implied, restrictions      int // where the second list of vendors and the restrictions begin
}

// canadaFixedBits is the length of the fields in front of the core sub-section's lists of vendors.
const canadaFixedBits = 199

// ParseCanada reads a section whose id is SectionCanada; others have the fault Layout.
func ParseCanada(s Section) (c Canada, f Fault) {
	if s.ID != SectionCanada {
		return c, Layout
	}
	core, rest, more, f := cut(s.Text, '.')
	if f != None {
		return c, f
	}
	r := reader{s: core}
	c.core = core
	c.Version = uint8(r.take(6))
	c.Created = int64(r.take(36))
	c.LastUpdated = int64(r.take(36))
	c.CmpID = uint16(r.take(12))
	c.CmpVersion = uint16(r.take(12))
	c.ConsentScreen = uint8(r.take(6))
	c.ConsentLanguage = Letters(r.take(12))
	c.VendorListVersion = uint16(r.take(12))
	c.PolicyVersion = uint8(r.take(6))
	c.UseNonStandardStacks = r.flag()
	c.SpecialFeatureExpressConsent = r.set(12)
	c.PurposesExpressConsent = r.set(24)
	c.PurposesImpliedConsent = r.set(24)
	f = r.fault
	for more && f == None {
		var sub string
		sub, rest, more, f = cut(rest, '.')
		if f == None {
			f = c.parseSub(sub)
		}
	}
	if f == None && !c.fits(ascending) && !c.fits(fixed) {
		f = Layout
	}
	if f != None {
		return Canada{}, f
	}
	return c, None
}

// parseSub reads a sub-section.
func (c *Canada) parseSub(s string) Fault {
	r := reader{s: s}
	switch kind := SegmentType(r.take(3)); {
	case kind == DisclosedVendors && c.disclosed == "":
		c.disclosed = s
	case kind == PublisherSegment && c.publisher == "":
		c.publisher = s
		c.PublisherTC.parse(&r)
	default:
		return Segment
	}
	return r.fault
}

// fits goes through all lists of vendors in one of the encodings, keeps it, and says whether they can be read so: each ends within its
// segment and at the id that it announces as its highest, and behind the last there are only zeros.
func (c *Canada) fits(e encoding) bool {
	c.encoding = e
	express := c.VendorExpressConsent()
	if !express.fits() {
		return false
	}
	c.implied = express.bits.at
	implied := c.VendorImpliedConsent()
	if !implied.fits() {
		return false
	}
	c.restrictions = implied.bits.at
	restrictions := c.Restrictions()
	for {
		_, _, vendors, ok := restrictions.Next()
		if !ok {
			break
		}
		if e == ascending && !vendors.fits() {
			return false
		}
	}
	disclosed := c.DisclosedVendors()
	return restrictions.bits.fault == None && restrictions.bits.zeros() &&
		(c.disclosed == "" || disclosed.fits() && disclosed.bits.zeros())
}

// fits goes to the end of a list and says whether it ends at the id that was announced as its highest.
func (r *Ranges) fits() bool {
	reached := 0
	for {
		_, last, ok := r.Next()
		if !ok {
			break
		}
		reached = max(reached, last)
	}
	return r.bits.fault == None && (!r.ranged || reached == int(r.highest))
}

// VendorExpressConsent lists the vendors with express consent.
func (c *Canada) VendorExpressConsent() Ranges { return rangesAt(c.core, canadaFixedBits, c.encoding) }

// VendorImpliedConsent lists the vendors with implied consent.
func (c *Canada) VendorImpliedConsent() Ranges { return rangesAt(c.core, c.implied, c.encoding) }

// DisclosedVendors lists the vendors that the visitor was shown; none where there is no such sub-section.
func (c *Canada) DisclosedVendors() Ranges { return rangesOf(c.disclosed, c.encoding) }

// Restrictions goes through the publisher restrictions.
func (c *Canada) Restrictions() Restrictions {
	return restrictionsAt(c.core, c.restrictions, c.encoding)
}
