package policy

import (
	"math/bits"

	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Evidence is what decided about a purpose, in two words as they cross the module's boundary. There is nothing of the visitor's in it but
// the outcome.
type Evidence struct {
	What   uint32 // bits 0-7: source; 8-15: Finding; 16: granted; 17-18: the mode
	Detail uint32 // bits 0-15: the finding's number; 16-23: the section of a GPP string, or 0; 24-31: the bundle's cookie
}

// Finding is what a signal says about a purpose.
type Finding uint8

// The findings: those that leave it open, those that grant, those that deny. The number that some have is named.
const (
	Nothing            Finding = iota // there is no signal
	NotOptedOut                       // of GPP and US Privacy
	Unusable                          // the consent.Fault
	TooOld                            //
	OldPolicy                         // the TCF policy version
	NotServiceSpecific                //
	NoDisclosedVendors                //
	NoChoice                          // the consent group
	Chosen                            // granted by the caller
	Consented                         // by a TC string
	GroupGranted                      // the consent group
	NotConsented                      // the first TCF purpose that is not
	NotDisclosed                      // the vendor
	NoPublisherSegment                //
	OptedOut                          // the opt-out, as a bit number
	NoNotice                          // likewise: it does not apply, but no notice was given
	UnknownLayout                     //
	PrivacyControl                    //
	GroupDenied                       // the consent group
	SwitchedOff                       // by the visitor, on the site
	TooManySignals                    // more than MaxSignals, or longer than MaxText
	ModeDenies                        // whatever the signals say
	findings
)

// What a finding does, from the least to what wins.
const (
	silent = iota
	opens
	allows
	denies
)

func rank(f Finding) int {
	switch {
	case f == Nothing:
		return silent
	case f < Chosen:
		return opens
	case f < NotConsented:
		return allows
	}
	return denies
}

// source is where evidence comes from: none of the signals, the kinds of signals in their order, or a cookie.
type source uint8

const (
	noSource source = iota
	sourceTCF
	sourceGPP
	sourceUSPrivacy
	sourceGPC
	sourceCookie
)

var sourceNames = [...]string{"", "tcf", "gpp", "usp", "gpc"}

// place is evidence without a finding, from a source or, where it is sourceCookie, from one of the bundle's cookies.
func place(from source, cookie int) Evidence { return Evidence{uint32(from), uint32(cookie) << 24} }

// in is the place of a section of the GPP string at a place.
func (e Evidence) in(section int) Evidence {
	return Evidence{e.What, e.Detail&^(0xff<<16) | uint32(section&0xff)<<16}
}

// with is a finding at a place.
func (e Evidence) with(f Finding, number uint32) Evidence {
	return Evidence{e.What | uint32(f)<<8, e.Detail | number&0xffff}
}

// settle decides by the mode what was left open, and says whether the purpose is granted.
func (e *Evidence) settle(m format.Mode) bool {
	granted := m == format.ModeOptOut || m == format.ModeNotice
	switch rank(e.Finding()) {
	case allows:
		granted = true
	case denies:
		granted = false
	}
	e.What |= uint32(m) << 17
	if granted {
		e.What |= 1 << 16
	}
	return granted
}

// Finding is what decided, or what was said last where the mode did.
func (e Evidence) Finding() Finding { return Finding(e.What >> 8) }

// Granted says whether the purpose is granted.
func (e Evidence) Granted() bool { return e.What>>16&1 != 0 }

// Mode is what the jurisdiction makes of the purpose.
func (e Evidence) Mode() format.Mode { return format.Mode(e.What>>17) & 3 }

// Possible says whether a bundle has what the evidence refers to.
func (e Evidence) Possible(b *format.Bundle) bool {
	if e.Finding() >= findings || source(e.What) > sourceCookie {
		return false
	}
	if source(e.What) == sourceCookie && int(e.Detail>>24) >= len(b.Cookies) {
		return false
	}
	switch e.Finding() {
	case NoChoice, GroupGranted, GroupDenied:
		return int(e.Detail&0xffff) < len(b.ConsentGroups)
	}
	return true
}

var optOutNames = [...]string{"sale", "sharing", "targeted advertising", "processing of health data", "processing of precise location", "processing of a child's data"}

// AppendBecause says in words why a purpose is granted or not: "tcf: purpose 6 not consented". jurisdiction is the index of the
// one that applied.
func (e Evidence) AppendBecause(dst []byte, b *format.Bundle, purpose, jurisdiction int) []byte {
	left := rank(e.Finding()) <= opens
	if rank(e.Finding()) != silent {
		dst = e.AppendFinding(dst, b, purpose)
		if !left && e.Finding() != ModeDenies {
			return dst
		}
		if left {
			dst = text.AppendText(dst, "; ")
		}
	}
	switch {
	case !left:
	case e.Granted():
		dst = text.AppendText(dst, "no signal denies it")
	default:
		dst = text.AppendText(dst, "no signal grants it")
	}
	if len(b.Policies) == 0 || jurisdiction >= len(b.Jurisdictions) {
		return dst
	}
	dst = text.AppendText(text.AppendText(dst, " ("), e.Mode().String())
	if name := b.String(b.Jurisdictions[jurisdiction].Name); name != "" {
		dst = text.AppendText(text.AppendText(dst, ", "), name)
	}
	return text.AppendByte(dst, ')')
}

// AppendFinding says in words what the signal says, without what the mode makes of it.
func (e Evidence) AppendFinding(dst []byte, b *format.Bundle, purpose int) []byte {
	number := e.Detail & 0xffff
	switch from := source(e.What); {
	case from == sourceCookie && int(e.Detail>>24) < len(b.Cookies):
		dst = text.AppendText(dst, b.String(b.Cookies[e.Detail>>24].Name))
	case from < sourceCookie:
		dst = text.AppendText(dst, sourceNames[from])
	}
	if section := int(e.Detail >> 16 & 0xff); section != 0 {
		dst = text.AppendText(text.AppendByte(dst, ' '), consent.SectionName(section))
	}
	if source(e.What) != noSource {
		dst = text.AppendText(dst, ": ")
	}
	words := ""
	switch e.Finding() {
	case Nothing:
		words = "no signal"
	case NotOptedOut:
		words = "not opted out"
	case Unusable:
		words = consent.Fault(number).String()
	case TooOld:
		words = "too old"
	case OldPolicy:
		return text.AppendUint(text.AppendText(dst, "of policy version "), uint64(number))
	case NotServiceSpecific:
		words = "not for this site alone (global scope)"
	case NoDisclosedVendors:
		words = "no disclosed vendors"
	case NoChoice, GroupGranted, GroupDenied:
		return appendGroup(dst, b, e.Finding(), number)
	case Chosen:
		words = "granted by the caller"
	case Consented:
		return appendPurposes(dst, b.Purposes[purpose].TCF)
	case NotConsented:
		dst = text.AppendUint(text.AppendText(dst, "purpose "), uint64(number))
		dst = text.AppendText(dst, " not consented")
		if p := &b.Purposes[purpose]; p.Vendor != 0 {
			dst = text.AppendUint(text.AppendText(dst, " for vendor "), uint64(p.Vendor))
		}
		return dst
	case NotDisclosed:
		dst = text.AppendUint(text.AppendText(dst, "vendor "), uint64(b.Purposes[purpose].Vendor))
		words = " not disclosed"
	case NoPublisherSegment:
		words = "no choices for the site itself (publisher segment)"
	case OptedOut, NoNotice:
		words = "opted out of "
		if e.Finding() == NoNotice {
			words = "no notice given of "
		}
		dst = text.AppendText(dst, words)
		words = optOutNames[min(int(number), len(optOutNames)-1)]
	case UnknownLayout:
		words = consent.Layout.String()
	case PrivacyControl:
		words = "Global Privacy Control is on"
	case SwitchedOff:
		words = "switched off by the visitor on this site"
	case TooManySignals:
		words = "more signals than are read"
	case ModeDenies:
		words = "denied here whatever the signals say"
	}
	return text.AppendText(dst, words)
}

// appendGroup says what was chosen for a group. Where a cookie is a group, it has no name.
func appendGroup(dst []byte, b *format.Bundle, f Finding, group uint32) []byte {
	if int(group) < len(b.ConsentGroups) {
		if name := b.String(b.ConsentGroups[group].Name); name != "" {
			dst = text.AppendByte(text.AppendText(dst, name), ' ')
		}
	}
	switch f {
	case GroupGranted:
		return text.AppendText(dst, "granted")
	case GroupDenied:
		return text.AppendText(dst, "denied")
	}
	return text.AppendText(dst, "not chosen")
}

// appendPurposes lists TCF purposes: "purposes 1, 6 consented".
func appendPurposes(dst []byte, purposes uint32) []byte {
	if purposes&(purposes-1) != 0 {
		dst = text.AppendText(dst, "purposes")
	} else {
		dst = text.AppendText(dst, "purpose")
	}
	for comma := false; purposes != 0; purposes &= purposes - 1 {
		if comma {
			dst = text.AppendByte(dst, ',')
		}
		comma = true
		dst = text.AppendUint(text.AppendByte(dst, ' '), uint64(bits.TrailingZeros32(purposes))+1)
	}
	return text.AppendText(dst, " consented")
}
