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

// words is text that is being written. A call of its functions is half as large as one that hands a slice on and back.
type words []byte

//go:noinline
func (w *words) put(s string) { *w = text.AppendText(*w, s) }

//go:noinline
func (w *words) number(n uint32) { *w = text.AppendUint(*w, uint64(n)) }

// AppendBecause says in words why a purpose is granted or not: "tcf: purpose 6 not consented". jurisdiction is the index of the
// one that applied.
func (e Evidence) AppendBecause(dst []byte, b *format.Bundle, purpose, jurisdiction int) []byte {
	w := words(dst)
	left := rank(e.Finding()) <= opens
	if rank(e.Finding()) != silent {
		e.find(&w, b, purpose)
		if !left && e.Finding() != ModeDenies {
			return w
		}
		if left {
			w.put("; ")
		}
	}
	switch {
	case !left:
	case e.Granted():
		w.put("no signal denies it")
	default:
		w.put("no signal grants it")
	}
	if len(b.Policies) == 0 || jurisdiction >= len(b.Jurisdictions) {
		return w
	}
	w.put(" (")
	w.put(e.Mode().String())
	if name := b.String(b.Jurisdictions[jurisdiction].Name); name != "" {
		w.put(", ")
		w.put(name)
	}
	w.put(")")
	return w
}

// AppendFinding says in words what the signal says, without what the mode makes of it.
func (e Evidence) AppendFinding(dst []byte, b *format.Bundle, purpose int) []byte {
	w := words(dst)
	e.find(&w, b, purpose)
	return w
}

// plain is how the findings are said; behind those that end in a blank, and behind Consented, there is more.
var plain = [findings]string{
	Nothing:            "no signal",
	NotOptedOut:        "not opted out",
	TooOld:             "too old",
	OldPolicy:          "of policy version ",
	NotServiceSpecific: "not for this site alone (global scope)",
	NoDisclosedVendors: "no disclosed vendors",
	NoChoice:           "not chosen",
	Chosen:             "granted by the caller",
	Consented:          "purpose",
	GroupGranted:       "granted",
	NotConsented:       "purpose ",
	NotDisclosed:       "vendor ",
	NoPublisherSegment: "no choices for the site itself (publisher segment)",
	OptedOut:           "opted out of ",
	NoNotice:           "no notice given of ",
	PrivacyControl:     "Global Privacy Control is on",
	GroupDenied:        "denied",
	SwitchedOff:        "switched off by the visitor on this site",
	TooManySignals:     "more signals than are read",
	ModeDenies:         "denied here whatever the signals say",
}

// find writes the finding, with where it comes from before it.
//
//go:noinline
func (e Evidence) find(w *words, b *format.Bundle, purpose int) {
	switch from := source(e.What); {
	case from == sourceCookie && int(e.Detail>>24) < len(b.Cookies):
		w.put(b.String(b.Cookies[e.Detail>>24].Name))
	case from < sourceCookie:
		w.put(sourceNames[from])
	}
	if section := int(e.Detail >> 16 & 0xff); section != 0 {
		w.put(" ")
		w.put(consent.SectionName(section))
	}
	if source(e.What) != noSource {
		w.put(": ")
	}
	number, f := e.Detail&0xffff, e.Finding()
	switch f {
	case NoChoice, GroupGranted, GroupDenied: // where a cookie is a group, it has no name
		if int(number) < len(b.ConsentGroups) {
			if name := b.String(b.ConsentGroups[number].Name); name != "" {
				w.put(name)
				w.put(" ")
			}
		}
	case Unusable:
		w.put(consent.Fault(number).String())
	case UnknownLayout:
		w.put(consent.Layout.String())
	}
	if f < findings {
		w.put(plain[f])
	}
	p := &b.Purposes[purpose]
	switch f {
	case OldPolicy:
		w.number(number)
	case Consented:
		w.purposes(p.TCF)
	case NotConsented:
		w.number(number)
		w.put(" not consented")
		if p.Vendor != 0 {
			w.put(" for vendor ")
			w.number(p.Vendor)
		}
	case NotDisclosed:
		w.number(p.Vendor)
		w.put(" not disclosed")
	case OptedOut, NoNotice:
		w.put(optOutNames[min(int(number), len(optOutNames)-1)])
	}
}

// purposes lists TCF purposes behind their singular: "s 1, 6 consented".
func (w *words) purposes(purposes uint32) {
	if purposes&(purposes-1) != 0 {
		w.put("s")
	}
	for between := " "; purposes != 0; purposes &= purposes - 1 {
		w.put(between)
		between = ", "
		w.number(uint32(bits.TrailingZeros32(purposes)) + 1)
	}
	w.put(" consented")
}
