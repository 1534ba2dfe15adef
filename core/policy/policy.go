// Package policy tells from a visitor's consent signals which purposes of a bundle are granted, and by which signal.
//
// Reach for Resolver: Reset it, Add the signals of a request, and Resolve them. What signals are, and what is written in them, is
// package consent's business; what a bundle asks of them are the records of package format. One Resolver serves one goroutine, request
// after request, and allocates nothing.
//
// # What counts
//
// Each signal grants a purpose, denies it, or leaves it open. A denial by any of them wins over every grant; what is left open is for the
// mode of the jurisdiction. In words of the bundle's policy:
//
//   - A TC string grants a purpose whose TCF purposes it permits, all of them, to the subject that the policy names, and denies it
//     otherwise. It is open where the string is not service-specific, of an older policy than counts, without disclosed vendors, or too old.
//   - A section for the United States of a GPP string denies a purpose where the visitor opted out of one of the things that the policy lists,
//     and where the section cannot be told from others of its kind; if the policy asks for notices, also where the site says that an
//     opt-out does not apply, without having given notice of it. That nobody opted out grants nothing. A US Privacy string knows the opt-out of sale only.
//   - Global Privacy Control denies what the policy says it denies: the header, a section's sub-section, or a consent manager's note of it.
//   - The cookies of consent managers are alternatives: one grants a purpose of whose groups it grants all, and any denies it by a group that is denied.
//   - The caller can grant what it knows to be granted.
//   - The visitor's no on the site itself denies everything.
//
// More signals than MaxSignals, or more text than MaxText, deny everything.
//
// A signal that is malformed, of another framework or too old leaves everything open, as if it were missing. Of a GPP string the
// sections count each for itself, but for one thing: the TC string in it grants only where all of the GPP string is well formed and
// there is no TC string besides. What it denies is denied all the same.
package policy

import (
	"math/bits"

	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
)

// OffCookie is the cookie of a visitor's no on the site itself, and OffValue the value that says it.
const (
	OffCookie = "edgewise-personalization"
	OffValue  = "off"
)

// MaxSignals bounds the signals of a request. Where there are more, everything is denied: what is not read may be a denial.
const MaxSignals = 96

// MaxText bounds the signals of a request together, in bytes, likewise: servers take headers of half as much.
const MaxText = 32 << 10

// Kind says where a signal stands.
type Kind uint32

// The kinds. From FirstCookie on they are the bundle's cookies, by index.
const (
	TCF         Kind = iota // a TC string
	GPP                     // a GPP string
	USPrivacy               // a US Privacy string
	GPC                     // the value of the header Sec-GPC
	Off                     // the value of the cookie OffCookie
	FirstCookie             // the value of a cookie as the browser sent it
)

// signal is a text of a kind. One with a fault has no text that could be read.
type signal struct {
	text  string
	kind  Kind
	fault consent.Fault
}

// Resolver is the signals of a request, and what came of them.
type Resolver struct {
	// Evidence says for each purpose what decided about it, after Resolve. That of purpose 0, "necessary", is empty.
	Evidence [format.MaxPurposes]Evidence
	// Traced is all that the signals say, in the order in which they were read, as far as its capacity goes. It has none unless it is given some.
	Traced []Trace

	granted  uint32 // by the caller
	resolved bool   // and that is all
	off      bool   // the visitor said no on the site
	signals  [MaxSignals]signal
	count    int
	length   int // bytes of all that can be read

	// While resolving.
	bundle  *format.Bundle
	oldest  int64 // the time in seconds from which on signals count
	open    uint32
	grants  bool // the string that is being read may grant
	asks    format.Purpose
	decoded [consent.MaxCookie]byte
	groups  groups
}

// Trace is what a signal says about a purpose.
type Trace struct {
	Purpose  int
	Evidence Evidence
}

// Reset forgets the signals.
func (r *Resolver) Reset() { r.granted, r.resolved, r.off, r.count, r.length = 0, false, false, 0, 0 }

// Grant adds the purposes of a bit set to those that the caller grants.
func (r *Resolver) Grant(purposes uint32) { r.granted |= purposes }

// Settle makes what the caller grants all that counts: signals and modes are not asked. It is for who decides once more what was resolved
// before.
func (r *Resolver) Settle() { r.resolved = true }

// Add adds a signal, whose text is kept until the next Reset. Several of a kind may disagree.
func (r *Resolver) Add(kind Kind, text string) { r.add(signal{text, kind, consent.None}) }

// AddFault adds a signal that is there and cannot be read.
func (r *Resolver) AddFault(kind Kind, f consent.Fault) { r.add(signal{"", kind, f}) }

func (r *Resolver) add(s signal) {
	if s.kind == Off {
		r.off = r.off || s.text == OffValue
		return
	}
	if len(s.text) <= consent.MaxString { // longer ones are not read
		r.length += len(s.text)
	}
	if r.count < len(r.signals) {
		r.signals[r.count] = s
	}
	r.count++
}

// nowhere denies and grants nothing. It is never written to; a variable, since one of its own for each request would be allocated.
var nowhere format.Jurisdiction

// Resolve gives the granted purposes as a bit set. jurisdiction is the index of the one that applies, and now the time in seconds since
// 1970. Without a policy what the caller grants is granted, and the visitor's no is heard.
func (r *Resolver) Resolve(b *format.Bundle, jurisdiction int, now int64) (granted uint32) {
	all := uint32(1)<<(len(b.Purposes)-1)<<1 - 1
	r.bundle, r.open, r.grants = b, all&^1, true
	r.asks, r.Traced = format.Purpose{}, r.Traced[:0]
	clear(r.Evidence[:])
	j := &nowhere
	if len(b.Policies) > 0 && !r.resolved {
		j = &b.Jurisdictions[jurisdiction]
	}
	switch {
	case r.resolved:
	case r.off:
		r.noteAll(r.open, Evidence{}.with(SwitchedOff, 0))
	case r.count > MaxSignals || r.length > MaxText:
		r.noteAll(r.open, Evidence{}.with(TooManySignals, 0))
	case len(b.Policies) > 0:
		r.decide(j, now)
	}
	r.noteAll(r.granted&r.open, Evidence{}.with(Chosen, 0))
	granted = 1
	for p := 1; p < len(b.Purposes); p++ {
		if r.Evidence[p].settle(j.Mode(p)) {
			granted |= 1 << p
		}
	}
	return granted
}

// decide asks the signals, for those purposes that the jurisdiction does not deny anyway.
func (r *Resolver) decide(j *format.Jurisdiction, now int64) {
	b := r.bundle
	r.oldest = now - int64(b.Policies[0].MaxAge)
	for p := 1; p < len(b.Purposes); p++ {
		if j.Mode(p) == format.ModeDeny {
			r.note(p, Evidence{}.with(ModeDenies, 0))
			r.open &^= 1 << p
			continue
		}
		asked := &b.Purposes[p]
		r.asks.TCF |= asked.TCF
		r.asks.OptOuts |= asked.OptOuts
		r.asks.Flags |= asked.Flags
		r.asks.Groups |= asked.Groups
		if r.asks.Vendor == 0 {
			r.asks.Vendor = asked.Vendor
		}
	}
	r.readOthers(r.readTCF())
	r.readChoices()
}

func (r *Resolver) list() []signal { return r.signals[:r.count] }

// readTCF reads the TC strings, and says whether there is one.
func (r *Resolver) readTCF() (there bool) {
	if r.asks.TCF == 0 {
		return false
	}
	for i := range r.list() {
		text, at, fault, ok := r.text(&r.signals[i], TCF)
		if ok && fault != consent.Empty {
			there = true
			r.tcf(text, at, fault)
		}
	}
	return there
}

// readOthers reads GPP strings, with the TC strings in them, US Privacy strings and Global Privacy Control.
func (r *Resolver) readOthers(tcf bool) {
	for i := range r.list() {
		s := &r.signals[i]
		if text, at, fault, ok := r.text(s, GPP); ok && fault != consent.Empty {
			r.gpp(text, at, fault, tcf)
		} else if text, at, fault, ok := r.text(s, USPrivacy); ok && fault != consent.Empty {
			r.usPrivacy(text, at, fault)
		} else if s.kind == GPC && s.fault != consent.None {
			r.noteAll(r.asking(0, true, false), place(sourceGPC, 0).with(Unusable, uint32(s.fault)))
		} else if s.kind == GPC && consent.GlobalPrivacyControl(s.text) {
			r.control(place(sourceGPC, 0))
		}
	}
}

// text gives the text of a signal that holds a string of a framework, and where it stands. The value of a cookie may be in quotes and
// percent-encoded, once.
func (r *Resolver) text(s *signal, framework Kind) (text string, at Evidence, f consent.Fault, ok bool) {
	if s.kind < FirstCookie {
		if s.kind != framework {
			return "", Evidence{}, consent.None, false
		}
		if f = s.fault; f == consent.None && s.text == "" {
			f = consent.Empty
		}
		return s.text, place(sourceTCF+source(framework), 0), f, true
	}
	cookie := int(s.kind - FirstCookie)
	if cookie >= len(r.bundle.Cookies) || Kind(r.bundle.Cookies[cookie].Format)-format.CookieTCF != framework {
		return "", Evidence{}, consent.None, false
	}
	at = place(sourceCookie, cookie)
	text, f = s.text, s.fault
	if f == consent.None {
		text, f = consent.Unescape(r.decoded[:0], s.text)
	}
	return text, at, f, true
}

// tcf reads a TC string that stands at a place.
func (r *Resolver) tcf(text string, at Evidence, f consent.Fault) {
	b := r.bundle
	var t consent.TCF
	vendor := r.asks.Vendor // most policies name one, or none
	if f == consent.None {
		f = t.Parse(text, uint16(vendor))
	}
	for p := 1; p < len(b.Purposes); p++ {
		asked := &b.Purposes[p]
		if asked.TCF == 0 || r.open>>p&1 == 0 {
			continue
		}
		if f == consent.None && asked.Vendor != 0 && asked.Vendor != vendor {
			vendor = asked.Vendor
			f = t.Parse(text, uint16(vendor))
		}
		why, number := Unusable, uint32(f)
		if f == consent.None {
			why, number = r.usable(&t)
		}
		if why != Nothing {
			r.note(p, at.with(why, number))
			continue
		}
		permitted := t.Granted(asked.Subject(), asked.Flags&format.PurposeLegitimateInterest != 0)
		missing := consent.Set(bits.Reverse32(asked.TCF)) << 32 &^ permitted
		switch {
		case missing == 0:
			why = Consented
		case asked.Subject() == consent.Publisher && !t.Has(consent.PublisherSegment):
			why = NoPublisherSegment
		case asked.Subject() == consent.OneVendor && !t.Vendor.Disclosed && t.Has(consent.DisclosedVendors):
			why = NotDisclosed
		default:
			why, number = NotConsented, uint32(missing.First())
		}
		r.note(p, at.with(why, number))
	}
}

// usable says why a TC string does not count; Nothing where it does.
func (r *Resolver) usable(t *consent.TCF) (why Finding, number uint32) {
	policy := &r.bundle.Policies[0]
	switch {
	case !t.IsServiceSpecific:
		return NotServiceSpecific, 0
	case uint32(t.PolicyVersion) < policy.MinPolicy:
		return OldPolicy, uint32(t.PolicyVersion)
	case policy.Flags&format.PolicyDisclosedOptional == 0 && !t.Has(consent.DisclosedVendors):
		return NoDisclosedVendors, 0
	case t.LastUpdated/10 < r.oldest:
		return TooOld, 0
	}
	return Nothing, 0
}

// gpp reads a GPP string that stands at a place. tcf says that there is a TC string outside of it.
func (r *Resolver) gpp(text string, at Evidence, f consent.Fault, tcf bool) {
	asking := r.asking(r.asks.OptOuts, true, r.asks.TCF != 0)
	if asking == 0 {
		return
	}
	var g consent.GPP
	if f == consent.None {
		g, f = consent.ParseGPP(text)
	}
	if f != consent.None {
		r.noteAll(asking, at.with(Unusable, uint32(f)))
		return
	}
	wellFormed := true
	inside := consent.Section{}
	for s, ok := g.Next(); ok; s, ok = g.Next() {
		at = at.in(s.ID)
		switch {
		case s.ID == consent.SectionTCF:
			inside = s
		case s.ID == consent.SectionUSPrivacy:
			wellFormed = r.usPrivacy(s.Text, at, consent.None) && wellFormed
		case s.ID >= consent.SectionUSNat && s.ID <= consent.SectionUSRI:
			wellFormed = r.us(s, at) && wellFormed
		default:
			wellFormed = s.Check() == consent.None && wellFormed
		}
	}
	if inside.ID != 0 {
		at = at.in(inside.ID)
		may := r.grants
		r.grants = may && wellFormed && !tcf
		r.tcf(inside.Text, at, consent.None)
		r.grants = may
	}
}

// asking gives the open purposes that are denied by one of some opt-outs, by Global Privacy Control or asked of TC strings.
//
//go:noinline
func (r *Resolver) asking(optOuts uint32, control, tcf bool) (purposes uint32) {
	for p := 1; p < len(r.bundle.Purposes); p++ {
		asked := &r.bundle.Purposes[p]
		if asked.OptOuts&optOuts != 0 || control && asked.Flags&format.PurposeGPCDenies != 0 || tcf && asked.TCF != 0 {
			purposes |= 1 << p
		}
	}
	return purposes & r.open
}

// usPrivacy reads a US Privacy string that stands at a place, and says whether it is well formed.
func (r *Resolver) usPrivacy(text string, at Evidence, f consent.Fault) bool {
	var u consent.USPrivacy
	if f == consent.None {
		u, f = consent.ParseUSPrivacy(text)
	}
	why, number := NotOptedOut, uint32(0)
	switch {
	case f != consent.None:
		why, number = Unusable, uint32(f)
	case u.OptOutSale == 'Y':
		why = OptedOut // of sale, which is number 0
	}
	r.noteAll(r.asking(format.OptOutSale, false, false), at.with(why, number))
	return f == consent.None
}

// us reads a section for the United States that stands at a place, and says whether it is well formed.
func (r *Resolver) us(s consent.Section, at Evidence) bool {
	u, f := consent.ParseUS(s)
	asking := r.asking(r.asks.OptOuts, false, false)
	switch {
	case f == consent.Layout || f == consent.None && !u.KnownVersion():
		asking = r.asking(r.asks.OptOuts, true, false) // whether it says Global Privacy Control cannot be told either
		r.noteAll(asking, at.with(UnknownLayout, 0))
		return true
	case f != consent.None:
		r.noteAll(asking, at.with(Unusable, uint32(f)))
		return false
	}
	if u.GPC == consent.GPCYes {
		r.control(at)
	}
	optedOut, unnoticed := optOuts(&u)
	for p := 1; p < len(r.bundle.Purposes); p++ {
		if asking>>p&1 == 0 {
			continue
		}
		why, which := NotOptedOut, uint32(0)
		wants := r.bundle.Purposes[p].OptOuts
		switch {
		case wants&optedOut != 0:
			why, which = OptedOut, wants&optedOut
		case wants&unnoticed != 0 && r.bundle.Policies[0].Flags&format.PolicyNoticeNeeded != 0:
			why, which = NoNotice, wants&unnoticed
		}
		r.note(p, at.with(why, uint32(bits.TrailingZeros32(which))&31))
	}
	return true
}

// control notes Global Privacy Control at a place.
func (r *Resolver) control(at Evidence) {
	r.noteAll(r.asking(0, true, false), at.with(PrivacyControl, 0))
}

// noteAll notes the same about several purposes.
//
//go:noinline
func (r *Resolver) noteAll(purposes uint32, e Evidence) {
	for ; purposes != 0; purposes &= purposes - 1 {
		r.note(bits.TrailingZeros32(purposes), e)
	}
}

// note keeps what a signal says about a purpose if it says more than what was said before.
//
//go:noinline
func (r *Resolver) note(purpose int, e Evidence) {
	if !r.grants && rank(e.Finding()) == allows {
		return
	}
	if len(r.Traced) < cap(r.Traced) {
		r.Traced = append(r.Traced, Trace{purpose, e})
	}
	if was := &r.Evidence[purpose]; rank(e.Finding()) > rank(was.Finding()) {
		*was = e
	}
}
