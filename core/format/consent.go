package format

import "github.com/edgewise-dev/edgewise/core/consent"

// Policy is how consent signals count. There is one at most: without one, a purpose is granted where the caller says so, and there are no
// cookies, groups or jurisdictions.
type Policy struct {
	MaxAge    uint32 // seconds after which a signal no longer counts
	MinPolicy uint32 // the lowest version of the TCF policies that counts
	Flags     uint32 // PolicyDisclosedOptional ...
}

// A policy's flags.
const (
	PolicyDisclosedOptional = 1 << 0 // a TC string counts without a segment of disclosed vendors
	PolicyNoticeNeeded      = 1 << 1 // a section of GPP denies where an opt-out does not apply, as it says, but no notice of it was given
)

// Purpose is why data is used, and what the signals have to say about it. Purpose 0 is "necessary" and always granted.
type Purpose struct {
	Name       Str
	Flags      uint32 // bits 0-1: subject (consent.Subject); bit 2: PurposeLegitimateInterest ...
	TCF        uint32 // bit n-1: purpose n of TCF has to be granted, 1 to 24; 0: TC strings say nothing about it
	Vendor     uint32 // of the subject consent.OneVendor
	OptOuts    uint32 // bit set: OptOutSale ...: what a visitor who opted out of it does not want
	FirstGroup uint32 // into the groups of consent managers
	Groups     uint32 // all of those of one cookie have to be granted; 0: consent managers say nothing about it
}

// A purpose's flags.
const (
	PurposeSubject            = 3      // mask of the subject
	PurposeLegitimateInterest = 1 << 2 // legitimate interest will do, where TCF allows it
	PurposeGPCDenies          = 1 << 3 // Global Privacy Control denies it
)

// Subject is whose permission TC strings are asked for.
func (p *Purpose) Subject() consent.Subject { return consent.Subject(p.Flags & PurposeSubject) }

// What a visitor can opt out of. Each is a field of the sections for the United States of GPP strings, or an item of one;
// US Privacy strings know only the sale.
const (
	OptOutSale        = 1 << iota // SaleOptOut
	OptOutSharing                 // SharingOptOut
	OptOutTargeted                // TargetedAdvertisingOptOut
	OptOutHealth                  // SensitiveDataProcessing: health
	OptOutGeolocation             // SensitiveDataProcessing: precise geolocation
	OptOutChild                   // KnownChildSensitiveDataConsents: any item
	optOuts           = iota      // how many there are
)

// Cookie is a cookie with a consent signal. Cookies lie in the order of their names' bytes.
type Cookie struct {
	Name   Str
	Format uint32 // consent.Format of a consent manager, or CookieTCF ...
}

// The formats of cookies that no consent manager has made up: they hold the string of a framework.
const (
	CookieTCF = 16 + iota
	CookieGPP
	CookieUSPrivacy
	cookieFormats
)

// ConsentGroup is a group of cookies as a consent manager calls it, such as C0003.
type ConsentGroup struct {
	Cookie uint32 // the consent manager's
	Name   Str
}

// Jurisdiction says what holds where the signals leave a purpose open. The first one whose condition is true counts; the last, and only
// that, has none.
type Jurisdiction struct {
	Name      Str    // or ""
	Condition uint32 // condition+1; 0: always. Only necessary attributes have values for it
	ModesLo   uint32 // two bits for each purpose: ModeOptIn ...
	ModesHi   uint32
	Line      uint32
}

// Mode is what a purpose is that the signals leave open.
type Mode uint32

// The modes.
const (
	ModeOptIn  Mode = iota // denied
	ModeOptOut             // granted
	ModeNotice             // granted, the visitor having been told
	ModeDeny               // denied, whatever the signals say
)

// String gives the word that sources have for the mode.
func (m Mode) String() string {
	return [...]string{"opt_in", "opt_out", "notice", "deny"}[m&3]
}

// MakeModes packs modes, one for each purpose; those that are not given are ModeOptIn.
func MakeModes(modes []Mode) (low, high uint32) {
	all := uint64(0)
	for i, m := range modes {
		all |= uint64(m) << (2 * i)
	}
	return uint32(all), uint32(all >> 32)
}

// Mode is that of a purpose.
func (j *Jurisdiction) Mode(purpose int) Mode {
	return Mode((uint64(j.ModesLo)|uint64(j.ModesHi)<<32)>>(2*purpose)) & 3
}

// checkConsent tests the policy and what belongs to it. The groups lie end to end in the order of their purposes.
func (b *Bundle) checkConsent() *Refusal {
	if len(b.Policies) > 1 {
		return tooMany(TagPolicies, len(b.Policies), 1)
	}
	if len(b.Cookies) > MaxCookies {
		return tooMany(TagCookies, len(b.Cookies), MaxCookies)
	}
	if len(b.Jurisdictions) > MaxJurisdictions {
		return tooMany(TagJurisdictions, len(b.Jurisdictions), MaxJurisdictions)
	}
	if len(b.ConsentGroups) > MaxConsentGroups {
		return tooMany(TagConsentGroups, len(b.ConsentGroups), MaxConsentGroups)
	}
	next := uint32(0)
	for i := range b.Purposes {
		p := &b.Purposes[i]
		asks := p.Flags|p.TCF|p.Vendor|p.OptOuts|p.Groups != 0
		switch {
		case !b.isString(p.Name):
			return badRecord(TagPurposes, i, 0)
		case asks && (i == 0 || len(b.Policies) == 0) || p.Subject() > consent.OneVendor:
			return badRecord(TagPurposes, i, 1)
		case p.TCF>>24 != 0:
			return badRecord(TagPurposes, i, 2)
		case p.Vendor>>16 != 0 || (p.Vendor != 0) != (p.Subject() == consent.OneVendor):
			return badRecord(TagPurposes, i, 3)
		case p.OptOuts>>optOuts != 0:
			return badRecord(TagPurposes, i, 4)
		case p.FirstGroup != next || !within(next, p.Groups, len(b.ConsentGroups)):
			return badRecord(TagPurposes, i, 5)
		}
		next += p.Groups
	}
	if int(next) != len(b.ConsentGroups) {
		return badRecord(TagConsentGroups, int(next), 0)
	}
	for i, c := range b.Cookies {
		switch {
		case !b.isString(c.Name), i > 0 && b.String(b.Cookies[i-1].Name) >= b.String(c.Name):
			return badRecord(TagCookies, i, 0)
		case c.Format >= cookieFormats || c.Format < CookieTCF && c.Format >= uint32(consent.Formats):
			return badRecord(TagCookies, i, 1)
		}
	}
	for i, g := range b.ConsentGroups {
		if int64(g.Cookie) >= int64(len(b.Cookies)) || b.Cookies[g.Cookie].Format >= CookieTCF || !b.isString(g.Name) {
			return badRecord(TagConsentGroups, i, 0)
		}
	}
	if (len(b.Policies) > 0) != (len(b.Jurisdictions) > 0) {
		return badRecord(TagJurisdictions, len(b.Jurisdictions), 0)
	}
	for i, j := range b.Jurisdictions {
		last := i == len(b.Jurisdictions)-1
		switch {
		case !b.isString(j.Name):
			return badRecord(TagJurisdictions, i, 0)
		case int64(j.Condition) > int64(len(b.Conditions)) || (j.Condition == 0) != last:
			return badRecord(TagJurisdictions, i, 1)
		}
	}
	return nil
}
