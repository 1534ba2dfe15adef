package policy_test

import (
	"fmt"
	"math/bits"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/testdata/signals"
)

// now is when all signals here are resolved.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// The bundle's cookies, in their order.
const (
	cookiebot = iota + int(policy.FirstCookie)
	oneTrust
	marketing
	gppCookie
	tcCookie
	uspCookie
)

// bundle has the purpose p, and one jurisdiction where it has the given mode. The policy asks of each kind of signal what there is to ask.
func bundle(mode format.Mode, change ...func(*format.Policy, *format.Purpose)) *format.Bundle {
	b := assemble.New("b")
	purpose := format.Purpose{Name: b.Str("p"), Flags: uint32(consent.Publisher) | format.PurposeGPCDenies, TCF: 1<<0 | 1<<5,
		OptOuts: format.OptOutSale | format.OptOutTargeted, Groups: 2}
	settings := format.Policy{MaxAge: 395 * 86400, MinPolicy: 4}
	for _, f := range change {
		f(&settings, &purpose)
	}
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}, purpose}
	b.Policies = []format.Policy{settings}
	b.Cookies = []format.Cookie{
		{Name: b.Str("CookieConsent"), Format: uint32(consent.Cookiebot)},
		{Name: b.Str("OptanonConsent"), Format: uint32(consent.OneTrust)},
		{Name: b.Str("cmplz_marketing"), Format: uint32(consent.WPConsent)},
		{Name: b.Str("gpp"), Format: format.CookieGPP},
		{Name: b.Str("tc"), Format: format.CookieTCF},
		{Name: b.Str("usp"), Format: format.CookieUSPrivacy},
	}
	b.ConsentGroups = []format.ConsentGroup{{Cookie: 1, Name: b.Str("C0003")}, {Cookie: 1, Name: b.Str("C0004")}, {Cookie: 0, Name: b.Str("marketing")},
		{Cookie: 2}}[:purpose.Groups]
	low, high := format.MakeModes([]format.Mode{0, mode})
	b.Jurisdictions = []format.Jurisdiction{{Name: b.Str("here"), ModesLo: low, ModesHi: high}}
	return b.Finish()
}

// good is a TC string that grants the purpose.
func good() signals.TC {
	return signals.TC{Updated: now.Add(-24 * time.Hour), Policy: 5, Disclosed: []int{755}, Publisher: &signals.Publisher{Purposes: []int{1, 6}}}
}

func tc(change func(*signals.TC)) string {
	t := good()
	change(&t)
	return t.String()
}

// usnat is a section of version 1 where the visitor opted out of nothing and was given all notices, but for what is changed: by place
// among its fields, 1 to 6 notices and 7 to 9 opt-outs of sale, sharing and targeted advertising.
func usnat(change map[int]int) string {
	fields := []int{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 2, 1, 2, 2}
	for place, value := range change {
		fields[place-1] = value
	}
	return signals.US(1, fields...)
}

func section(id int, text string) signals.Section { return signals.Section{ID: id, Text: text} }

// said is a signal.
type said struct {
	kind int
	text string
}

const (
	tcf = int(policy.TCF)
	gpp = int(policy.GPP)
	usp = int(policy.USPrivacy)
	gpc = int(policy.GPC)
	off = int(policy.Off)
)

// noText stands for a signal that was given as something else.
const noText = "\x00"

func resolve(r *policy.Resolver, b *format.Bundle, granted bool, all ...said) (bool, string) {
	r.Reset()
	if granted {
		r.Grant(1 << 1)
	}
	for _, s := range all {
		if s.text == noText {
			r.AddFault(policy.Kind(s.kind), consent.NoText)
			continue
		}
		r.Add(policy.Kind(s.kind), s.text)
	}
	set := r.Resolve(b, 0, now.Unix())
	return set == 3, string(r.Evidence[1].AppendBecause(nil, b, 1, 0))
}

// What a signal says shows where nothing else is said: a grant grants under opt_in, a denial denies under opt_out, and what leaves the
// purpose open is denied by the one and granted by the other.
func TestSignals(t *testing.T) {
	const (
		grants = "grants"
		denies = "denies"
		open   = "open"
	)
	oneTrustWith := func(groups, more string) string {
		return "interactionCount=1&groups=" + groups + more
	}
	for _, c := range []struct {
		name   string
		signal said
		does   string
		words  string
	}{
		{"no signal", said{tcf, ""}, open, ""},

		{"a TC string with all purposes", said{tcf, good().String()}, grants, "tcf: purposes 1, 6 consented"},
		{"a TC string without one", said{tcf, tc(func(t *signals.TC) { t.Publisher.Purposes = []int{1, 5} })}, denies, "tcf: purpose 6 not consented"},
		{"a TC string by interest only", said{tcf, tc(func(t *signals.TC) { t.Publisher = &signals.Publisher{Purposes: []int{1}, Interests: []int{6}} })}, denies, "tcf: purpose 6 not consented"},
		{"a TC string without publisher segment", said{tcf, tc(func(t *signals.TC) { t.Publisher, t.Purposes = nil, []int{1, 6} })}, denies, "tcf: no choices for the site itself (publisher segment)"},
		{"a TC string that is just not too old", said{tcf, tc(func(t *signals.TC) { t.Updated = now.Add(-395 * 24 * time.Hour) })}, grants, "tcf: purposes 1, 6 consented"},
		{"a TC string that is just too old", said{tcf, tc(func(t *signals.TC) { t.Updated = now.Add(-395*24*time.Hour - time.Second) })}, open, "tcf: too old"},
		{"a TC string without a date", said{tcf, tc(func(t *signals.TC) { t.Updated = time.Unix(0, 0) })}, open, "tcf: too old"},
		{"a TC string from the future", said{tcf, tc(func(t *signals.TC) { t.Updated = now.Add(10000 * time.Hour) })}, grants, "tcf: purposes 1, 6 consented"},
		{"a TC string of an old policy", said{tcf, tc(func(t *signals.TC) { t.Policy = 3 })}, open, "tcf: of policy version 3"},
		{"a TC string of the oldest policy", said{tcf, tc(func(t *signals.TC) { t.Policy = 4 })}, grants, "tcf: purposes 1, 6 consented"},
		{"a TC string of global scope", said{tcf, tc(func(t *signals.TC) { t.Global = true })}, open, "tcf: not for this site alone (global scope)"},
		{"a TC string without disclosed vendors", said{tcf, tc(func(t *signals.TC) { t.Disclosed = nil })}, open, "tcf: no disclosed vendors"},
		{"a TC string of version 1", said{tcf, tc(func(t *signals.TC) { t.Version = 1 })}, open, "tcf: a version that is not supported"},
		{"a TC string cut off", said{tcf, good().String()[:30]}, open, "tcf: a segment ends before its last field"},
		{"a GPP string for a TC string", said{tcf, signals.GPP(section(7, usnat(nil)))}, open, "tcf: a string of another framework"},
		{"a TC string in quotes", said{tcf, `"` + good().String() + `"`}, open, "tcf: a character that does not belong there"},
		{"a TC string that is too long", said{tcf, good().String() + "." + strings.Repeat("A", consent.MaxString)}, open, "tcf: too long"},
		{"a TC string in a cookie", said{tcCookie, good().String()}, grants, "tc: purposes 1, 6 consented"},
		{"a TC string in a cookie, in quotes and encoded", said{tcCookie, `"` + strings.ReplaceAll(good().String(), ".", "%2E") + `"`}, grants, "tc: purposes 1, 6 consented"},
		{"a TC string in a cookie, encoded twice", said{tcCookie, strings.ReplaceAll(good().String(), ".", "%252E")}, open, "tc: a character that does not belong there"},
		{"a TC string in a cookie that is too long", said{tcCookie, good().String() + strings.Repeat("A", consent.MaxCookie)}, open, "tc: too long"},

		{"nobody opted out", said{gpp, signals.GPP(section(7, usnat(nil)))}, open, "gpp usnat: not opted out"},
		{"opted out of sale", said{gpp, signals.GPP(section(7, usnat(map[int]int{7: 1})))}, denies, "gpp usnat: opted out of sale"},
		{"opted out of sharing, which is not asked", said{gpp, signals.GPP(section(7, usnat(map[int]int{8: 1})))}, open, "gpp usnat: not opted out"},
		{"opted out of targeted advertising", said{gpp, signals.GPP(section(7, usnat(map[int]int{9: 1})))}, denies, "gpp usnat: opted out of targeted advertising"},
		{"an undefined value", said{gpp, signals.GPP(section(7, usnat(map[int]int{9: 3})))}, denies, "gpp usnat: opted out of targeted advertising"},
		{"not applicable, with notice", said{gpp, signals.GPP(section(7, usnat(map[int]int{7: 0, 9: 0})))}, open, "gpp usnat: not opted out"},
		{"not applicable, notice neither", said{gpp, signals.GPP(section(7, usnat(map[int]int{2: 0, 7: 0})))}, open, "gpp usnat: not opted out"},
		{"not applicable, without notice", said{gpp, signals.GPP(section(7, usnat(map[int]int{2: 2, 7: 0})))}, open, "gpp usnat: not opted out"},
		{"not opted out, without notice", said{gpp, signals.GPP(section(7, usnat(map[int]int{2: 2})))}, open, "gpp usnat: not opted out"},
		{"opted out in the second section", said{gpp, signals.GPP(section(7, usnat(nil)), section(8, signals.US(1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 2)))}, denies, "gpp usca: opted out of sale"},
		{"a section of an unknown version", said{gpp, signals.GPP(section(7, "D"+usnat(nil)[1:]))}, denies, "gpp usnat: a layout that is not known"},
		{"a section with a header of its own", said{gpp, signals.GPP(section(24, "YAAA"))}, denies, "gpp usmd: a layout that is not known"},
		{"a section cut off", said{gpp, signals.GPP(section(7, usnat(nil)[:5]))}, open, "gpp usnat: a segment ends before its last field"},
		{"a section cut off, and one with an opt-out", said{gpp, signals.GPP(section(7, usnat(map[int]int{7: 1})), section(8, "B"))}, denies, "gpp usnat: opted out of sale"},
		{"an unknown section", said{gpp, signals.GPP(section(99, "whatever"))}, open, ""},
		{"a sub-section with GPC", said{gpp, signals.GPP(section(7, usnat(nil)+".Y"))}, denies, "gpp usnat: Global Privacy Control is on"},
		{"a sub-section without GPC", said{gpp, signals.GPP(section(7, usnat(nil)+".Q"))}, open, "gpp usnat: not opted out"},
		{"a GPP string cut off", said{gpp, "DBABL"}, open, "gpp: the header lists other sections than follow"},
		{"a GPP string in a cookie, encoded", said{gppCookie, strings.ReplaceAll(signals.GPP(section(7, usnat(map[int]int{7: 1}))), "~", "%7E")}, denies, "gpp usnat: opted out of sale"},
		{"US Privacy in a GPP string", said{gpp, signals.GPP(section(6, "1YYN"))}, denies, "gpp uspv1: opted out of sale"},
		{"a TC string in a GPP string", said{gpp, signals.GPP(section(2, good().String()))}, grants, "gpp tcfeuv2: purposes 1, 6 consented"},
		{"a TC string in a GPP string, denying", said{gpp, signals.GPP(section(2, tc(func(t *signals.TC) { t.Publisher.Purposes = nil })))}, denies, "gpp tcfeuv2: purpose 1 not consented"},
		{"a TC string in a GPP string that is not well formed", said{gpp, signals.GPP(section(2, good().String()), section(99, "?"))}, open, ""},

		{"US Privacy: opted out", said{usp, "1YYN"}, denies, "usp: opted out of sale"},
		{"US Privacy: not opted out", said{usp, "1YNN"}, open, "usp: not opted out"},
		{"US Privacy: not applicable", said{usp, "1---"}, open, "usp: not opted out"},
		{"US Privacy: in small letters", said{usp, "1yyn"}, open, "usp: a character that does not belong there"},
		{"US Privacy: a fifth character", said{usp, "1YYNN"}, open, "usp: too long"},
		{"US Privacy in a cookie", said{uspCookie, "1YYN"}, denies, "usp: opted out of sale"},
		{"US Privacy in a cookie, as JSON", said{uspCookie, `{"uspString":"1YYN","optOutDate":null}`}, denies, "usp: opted out of sale"},

		{"GPC", said{gpc, "1"}, denies, "gpc: Global Privacy Control is on"},
		{"GPC of another value", said{gpc, "true"}, open, ""},
		{"GPC with a blank", said{gpc, "1 "}, open, ""},
		{"GPC that cannot be read", said{gpc, noText}, open, "gpc: not a text"},

		{"all groups", said{oneTrust, oneTrustWith("C0003:1,C0004:1", "")}, grants, "OptanonConsent: C0003 granted"},
		{"all groups, encoded", said{oneTrust, oneTrustWith("C0003%3A1%2CC0004%3A1", "")}, grants, "OptanonConsent: C0003 granted"},
		{"a group denied", said{oneTrust, oneTrustWith("C0003:1,C0004:0", "")}, denies, "OptanonConsent: C0004 denied"},
		{"a group missing", said{oneTrust, oneTrustWith("C0003:1", "")}, open, "OptanonConsent: C0004 not chosen"},
		{"groups by default", said{oneTrust, "interactionCount=0&groups=C0003:1,C0004:0"}, open, "OptanonConsent: C0003 not chosen"},
		{"a consent manager's note of GPC", said{oneTrust, oneTrustWith("C0003:1,C0004:1", "&isGpcEnabled=1")}, denies, "OptanonConsent: Global Privacy Control is on"},
		{"a cookie of another form", said{oneTrust, "C0003"}, open, "OptanonConsent: not of the form that its consent manager writes"},
		{"a cookie of a megabyte", said{oneTrust, oneTrustWith(strings.Repeat("C0003:1,", 1<<17), "")}, open, "OptanonConsent: too long"},
		{"an empty cookie", said{oneTrust, ""}, open, ""},

		{"off", said{off, "off"}, denies, "switched off by the visitor on this site"},
		{"off in other words", said{off, "OFF"}, open, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &policy.Resolver{}
			separate := ""
			if c.words != "" {
				separate = c.words + "; "
			}
			for _, m := range []struct {
				mode    format.Mode
				granted bool
				words   string
			}{
				{format.ModeOptIn, c.does == grants, "no signal grants it (opt_in, here)"},
				{format.ModeOptOut, c.does != denies, "no signal denies it (opt_out, here)"},
				{format.ModeNotice, c.does != denies, "no signal denies it (notice, here)"},
			} {
				words := separate + m.words
				if c.does != open {
					words = c.words
				}
				granted, because := resolve(r, bundle(m.mode), false, c.signal)
				require.Equal(t, words, because)
				require.Equal(t, m.granted, granted, "%s", m.mode)

				granted, because = resolve(r, bundle(m.mode), true, c.signal)
				require.Equal(t, c.does != denies, granted, "what the caller grants wins over no denial")
				if c.does == open {
					require.Equal(t, "granted by the caller", because)
				}
			}
			granted, because := resolve(r, bundle(format.ModeDeny), true, c.signal)
			require.False(t, granted)
			if c.signal.kind != off || c.does != denies {
				require.Equal(t, "denied here whatever the signals say (deny, here)", because)
			}
			// Beside any other signal a denial denies, and what is open or granted takes nothing from a denial.
			granted, _ = resolve(r, bundle(format.ModeOptOut), true, c.signal, said{gpc, "1"})
			require.False(t, granted)
			for _, grant := range []said{{tcf, good().String()}, {oneTrust, oneTrustWith("C0003:1,C0004:1", "")}} {
				granted, _ = resolve(r, bundle(format.ModeOptIn), false, grant, c.signal)
				require.Equal(t, c.does != denies, granted)
			}
		})
	}
}

// Of signals that disagree the most restrictive counts.
func TestSeveralSignals(t *testing.T) {
	yes, no := good().String(), tc(func(t *signals.TC) { t.Publisher.Purposes = []int{6} })
	old := tc(func(t *signals.TC) { t.Publisher.Purposes, t.Policy = nil, 2 })
	inGPP := func(text string) said { return said{gpp, signals.GPP(section(2, text))} }
	manager := func(groups string) said { return said{oneTrust, "interactionCount=1&groups=" + groups} }
	for _, c := range []struct {
		name    string
		signals []said
		granted bool
		words   string
	}{
		{"two TC strings", []said{{tcCookie, yes}, {tcCookie, no}}, false, "tc: purpose 1 not consented"},
		{"two TC strings, the other way round", []said{{tcCookie, no}, {tcCookie, yes}}, false, "tc: purpose 1 not consented"},
		{"a TC string that counts, and one that does not", []said{{tcCookie, old}, {tcCookie, yes}}, true, "tc: purposes 1, 6 consented"},
		{"a TC string outside that grants, and one in GPP that denies", []said{{tcf, yes}, inGPP(no)}, false, "gpp tcfeuv2: purpose 1 not consented"},
		{"a TC string outside that grants, and one in GPP that does not count", []said{{tcf, yes}, inGPP(old)}, true, "tcf: purposes 1, 6 consented"},
		{"a TC string outside that denies, and one in GPP", []said{{tcf, no}, inGPP(yes)}, false, "tcf: purpose 1 not consented"},
		{"a TC string outside that does not count, and one in GPP", []said{{tcf, old}, inGPP(yes)}, false, "tcf: of policy version 2; no signal grants it (opt_in, here)"},
		{"a TC string outside that does not count, and one in GPP that denies", []said{{tcf, old}, inGPP(no)}, false, "gpp tcfeuv2: purpose 1 not consented"},
		{"US Privacy twice", []said{{uspCookie, "1YNN"}, {uspCookie, "1YYN"}, {oneTrust, ""}}, false, "usp: opted out of sale"},
		{"GPC twice", []said{{gpc, "0"}, {gpc, "1"}, {tcf, yes}}, false, "gpc: Global Privacy Control is on"},
		{"off twice", []said{{off, "on"}, {off, "off"}, {off, "on"}, {tcf, yes}}, false, "switched off by the visitor on this site"},
		{"a group granted and denied", []said{manager("C0003:1,C0004:1"), manager("C0003:1,C0004:0")}, false, "OptanonConsent: C0004 denied"},
		{"groups in two cookies of the same name", []said{manager("C0003:1"), manager("C0004:1")}, true, "OptanonConsent: C0003 granted"},
		{"a denied group, and a TC string", []said{{tcf, yes}, manager("C0003:0,C0004:1")}, false, "OptanonConsent: C0003 denied"},
		{"the first that grants is named", []said{manager("C0003:1,C0004:1"), {tcf, yes}}, true, "tcf: purposes 1, 6 consented"},
		{"a denial, and what cannot be read", []said{{usp, "1YYN"}, {tcf, "C"}, {gpp, "D"}}, false, "usp: opted out of sale"},
	} {
		t.Run(c.name, func(t *testing.T) {
			granted, because := resolve(&policy.Resolver{}, bundle(format.ModeOptIn), false, c.signals...)
			require.Equal(t, c.words, because)
			require.Equal(t, c.granted, granted)
		})
	}
}

// Within one consent manager's cookie all groups have to be granted; several cookies are alternatives.
func TestSeveralConsentManagers(t *testing.T) {
	const (
		one      = "interactionCount=1&groups=C0003:1,C0004:1"
		oneHalf  = "interactionCount=1&groups=C0003:1"
		oneNo    = "interactionCount=1&groups=C0003:1,C0004:0"
		both     = "interactionCount=1&groups=C0003:0,C0004:0"
		bot      = "{marketing:true,method:'explicit'}"
		botNo    = "{marketing:false,method:'explicit'}"
		botUnset = "{method:'explicit'}"
		botOld   = "{marketing:false,method:'explicit',utc:1000000000000}"
	)
	for _, c := range []struct {
		name    string
		signals []said
		granted bool
		words   string
	}{
		{"none", nil, false, "no signal grants it (opt_in, here)"},
		{"one grants all of its groups", []said{{oneTrust, one}}, true, "OptanonConsent: C0003 granted"},
		{"the second one alone", []said{{cookiebot, bot}}, true, "CookieConsent: marketing granted"},
		{"the third one alone", []said{{marketing, "allow"}}, true, "cmplz_marketing: granted"},
		{"one grants some of its groups", []said{{oneTrust, oneHalf}}, false, "OptanonConsent: C0004 not chosen; no signal grants it (opt_in, here)"},
		{"one grants some of its groups, another all", []said{{oneTrust, oneHalf}, {marketing, "allow"}}, true, "cmplz_marketing: granted"},
		{"one denies a group, another grants all", []said{{oneTrust, oneNo}, {cookiebot, bot}}, false, "OptanonConsent: C0004 denied"},
		{"the other way round", []said{{oneTrust, one}, {cookiebot, botNo}}, false, "CookieConsent: marketing denied"},
		{"of several denied groups the first is named", []said{{oneTrust, both}}, false, "OptanonConsent: C0003 denied"},
		{"one that cannot be read, another that grants", []said{{oneTrust, "C0003"}, {marketing, "allow"}}, true, "cmplz_marketing: granted"},
		{"one without a choice, another that grants", []said{{cookiebot, botUnset}, {marketing, "allow"}}, true, "cmplz_marketing: granted"},
		{"an old denial, another that grants", []said{{cookiebot, botOld}, {marketing, "allow"}}, true, "cmplz_marketing: granted"},
		{"an empty one, another that grants", []said{{oneTrust, ""}, {cookiebot, bot}}, true, "CookieConsent: marketing granted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bundle(format.ModeOptIn, func(_ *format.Policy, p *format.Purpose) { p.Groups = 4 })
			granted, because := resolve(&policy.Resolver{}, b, false, c.signals...)
			require.Equal(t, c.words, because)
			require.Equal(t, c.granted, granted)
		})
	}
}

func TestSettings(t *testing.T) {
	type change = func(*format.Policy, *format.Purpose)
	dated := func(ago time.Duration) said {
		return said{oneTrust, "datestamp=" + url.QueryEscape(now.Add(-ago).Format("Mon Jan 02 2006 15:04:05 GMT-0700 (CET)")) + "&interactionCount=1&groups=C0003:1,C0004:1"}
	}
	core := func(p *format.Purpose) { p.Flags = uint32(consent.CorePurposes) }
	vendor := func(p *format.Purpose) { p.Flags, p.Vendor, p.TCF = uint32(consent.OneVendor), 755, 1<<6 }
	byInterest := func(p *format.Purpose) { vendor(p); p.Flags |= format.PurposeLegitimateInterest }
	forVendor := func(change func(*signals.TC)) string {
		return tc(func(t *signals.TC) {
			t.Publisher, t.Purposes, t.Vendors = nil, []int{7}, []int{755}
			change(t)
		})
	}
	for _, c := range []struct {
		name   string
		change change
		signal said
		grants bool
		words  string
	}{
		{"vendors need not be disclosed", func(s *format.Policy, _ *format.Purpose) { s.Flags = format.PolicyDisclosedOptional }, said{tcf, tc(func(t *signals.TC) { t.Disclosed = nil })}, true, "tcf: purposes 1, 6 consented"},
		{"notices are not needed", func(_ *format.Policy, p *format.Purpose) {}, said{gpp, signals.GPP(section(7, usnat(map[int]int{2: 2, 7: 0})))}, false, "gpp usnat: not opted out; no signal grants it (opt_in, here)"},
		{"notices are needed", func(s *format.Policy, _ *format.Purpose) { s.Flags = format.PolicyNoticeNeeded }, said{gpp, signals.GPP(section(7, usnat(map[int]int{2: 2, 7: 0})))}, false, "gpp usnat: no notice given of sale"},
		{"older policies count", func(s *format.Policy, _ *format.Purpose) { s.MinPolicy = 2 }, said{tcf, tc(func(t *signals.TC) { t.Policy = 2 })}, true, "tcf: purposes 1, 6 consented"},
		{"an hour is old", func(s *format.Policy, _ *format.Purpose) { s.MaxAge = 3600 }, said{tcf, good().String()}, false, "tcf: too old; no signal grants it (opt_in, here)"},
		{"core purposes", func(_ *format.Policy, p *format.Purpose) { core(p) }, said{tcf, tc(func(t *signals.TC) { t.Publisher, t.Purposes = nil, []int{1, 6} })}, true, "tcf: purposes 1, 6 consented"},
		{"core purposes, of which one is missing", func(_ *format.Policy, p *format.Purpose) { core(p) }, said{tcf, tc(func(t *signals.TC) { t.Purposes = []int{1} })}, false, "tcf: purpose 6 not consented"},
		{"a purpose by legitimate interest", func(_ *format.Policy, p *format.Purpose) {
			p.Flags, p.TCF = uint32(consent.Publisher)|format.PurposeLegitimateInterest, 1<<10
		}, said{tcf, tc(func(t *signals.TC) { t.Publisher = &signals.Publisher{Interests: []int{11}} })}, true, "tcf: purpose 11 consented"},
		{"a purpose that legitimate interest is not enough for", func(_ *format.Policy, p *format.Purpose) {
			p.Flags = uint32(consent.Publisher) | format.PurposeLegitimateInterest
		}, said{tcf, tc(func(t *signals.TC) { t.Publisher = &signals.Publisher{Interests: []int{1, 6}} })}, false, "tcf: purpose 1 not consented"},
		{"a vendor", func(_ *format.Policy, p *format.Purpose) { vendor(p) }, said{tcf, forVendor(func(t *signals.TC) {})}, true, "tcf: purpose 7 consented"},
		{"another vendor", func(_ *format.Policy, p *format.Purpose) { vendor(p) }, said{tcf, forVendor(func(t *signals.TC) { t.Vendors = []int{754} })}, false, "tcf: purpose 7 not consented for vendor 755"},
		{"a vendor who was not disclosed", func(_ *format.Policy, p *format.Purpose) { vendor(p) }, said{tcf, forVendor(func(t *signals.TC) { t.Disclosed = []int{1} })}, false, "tcf: vendor 755 not disclosed"},
		{"a vendor who is not allowed", func(_ *format.Policy, p *format.Purpose) { vendor(p) }, said{tcf, forVendor(func(t *signals.TC) { t.Restrictions = []signals.Restriction{{Purpose: 7, Kind: 0, Vendor: 755}} })}, false, "tcf: purpose 7 not consented for vendor 755"},
		{"another vendor who is not allowed", func(_ *format.Policy, p *format.Purpose) { vendor(p) }, said{tcf, forVendor(func(t *signals.TC) { t.Restrictions = []signals.Restriction{{Purpose: 7, Kind: 0, Vendor: 754}} })}, true, "tcf: purpose 7 consented"},
		{"a vendor by legitimate interest", func(_ *format.Policy, p *format.Purpose) { byInterest(p) }, said{tcf, forVendor(func(t *signals.TC) {
			t.Purposes, t.Vendors, t.Interests, t.VendorsByInterests = nil, nil, []int{7}, []int{755}
		})}, true, "tcf: purpose 7 consented"},
		{"a vendor for whom consent is required", func(_ *format.Policy, p *format.Purpose) { byInterest(p) }, said{tcf, forVendor(func(t *signals.TC) {
			t.Purposes, t.Vendors, t.Interests, t.VendorsByInterests = nil, nil, []int{7}, []int{755}
			t.Restrictions = []signals.Restriction{{Purpose: 7, Kind: 1, Vendor: 755}}
		})}, false, "tcf: purpose 7 not consented for vendor 755"},
		{"TCF is not asked", func(_ *format.Policy, p *format.Purpose) { p.TCF = 0 }, said{tcf, good().String()}, false, "no signal grants it (opt_in, here)"},
		{"GPC is not asked", func(_ *format.Policy, p *format.Purpose) { p.Flags = 0 }, said{gpc, "1"}, false, "no signal grants it (opt_in, here)"},
		{"opt-outs are not asked", func(_ *format.Policy, p *format.Purpose) { p.OptOuts = 0 }, said{usp, "1YYN"}, false, "no signal grants it (opt_in, here)"},
		{"groups are not asked", func(_ *format.Policy, p *format.Purpose) { p.Groups = 0 }, said{oneTrust, "interactionCount=1&groups=C0003:0"}, false, "no signal grants it (opt_in, here)"},
		{"groups of several consent managers", func(_ *format.Policy, p *format.Purpose) { p.Groups = 4 }, said{oneTrust, "interactionCount=1&groups=C0003:1,C0004:1"}, true, "OptanonConsent: C0003 granted"},
		{"a cookie that is a group", func(_ *format.Policy, p *format.Purpose) { p.Groups = 4 }, said{marketing, "deny"}, false, "cmplz_marketing: denied"},
		{"OneTrust's choice, just not too old", func(s *format.Policy, _ *format.Purpose) { s.MaxAge = 3600 }, dated(time.Hour), true, "OptanonConsent: C0003 granted"},
		{"OneTrust's choice, just too old", func(s *format.Policy, _ *format.Purpose) { s.MaxAge = 3600 }, dated(time.Hour + time.Second), false, "OptanonConsent: too old; no signal grants it (opt_in, here)"},
		{"a choice that is too old", func(_ *format.Policy, p *format.Purpose) { p.Groups = 3 }, said{cookiebot, "{necessary:true,marketing:false,method:'explicit',utc:1000000000000}"}, false, "CookieConsent: too old; no signal grants it (opt_in, here)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bundle(format.ModeOptIn, c.change)
			granted, because := resolve(&policy.Resolver{}, b, false, c.signal)
			require.Equal(t, c.words, because)
			require.Equal(t, c.grants, granted)
		})
	}
}

// Each state has its sensitive items in its own order.
func TestSensitiveData(t *testing.T) {
	for _, c := range []struct {
		section          int
		fields           int // of the core, but for the version
		health, location int // the fields' places, 0 where there is none
		child            int // of the first item
	}{
		{7, 32, 12, 17, 26},
		{8, 20, 13, 8, 15},
		{9, 17, 8, 13, 14},
		{10, 16, 8, 0, 13},
		{11, 18, 11, 14, 15},
		{15, 23, 8, 16, 17},
	} {
		for want, place := range map[string]int{"processing of health data": c.health, "processing of precise location": c.location, "processing of a child's data": c.child} {
			if place == 0 {
				continue
			}
			fields := make([]int, c.fields)
			fields[place-1] = 1
			version := 1
			if c.section == 7 {
				version = 2
			}
			b := bundle(format.ModeOptOut, func(_ *format.Policy, p *format.Purpose) {
				p.OptOuts = format.OptOutHealth | format.OptOutGeolocation | format.OptOutChild
			})
			granted, because := resolve(&policy.Resolver{}, b, false, said{gpp, signals.GPP(section(c.section, signals.US(version, fields...)))})
			require.Equal(t, fmt.Sprintf("gpp %s: opted out of %s", consent.SectionName(c.section), want), because, "section %d", c.section)
			require.False(t, granted)
		}
	}
	apart := new(signals.Bits).Put(0, 4).Put(1, 2).Put(0, 10).String() // item 3 of 8, in a sub-section
	b := bundle(format.ModeOptOut, func(_ *format.Policy, p *format.Purpose) { p.OptOuts = format.OptOutHealth })
	_, because := resolve(&policy.Resolver{}, b, false, said{gpp, signals.GPP(section(27, signals.US(1, make([]int, 9)...)+"."+apart))})
	require.Equal(t, "gpp usri: opted out of processing of health data", because)
}

// Too many signals deny: one that denies may be among those that were not kept.
func TestTooManySignals(t *testing.T) {
	r := &policy.Resolver{}
	b := bundle(format.ModeOptIn)
	all := make([]said, policy.MaxSignals-1)
	for i := range all {
		all[i] = said{gpc, "0"}
	}
	granted, _ := resolve(r, b, false, append(all, said{tcf, good().String()})...)
	require.True(t, granted)
	for _, mode := range []format.Mode{format.ModeOptIn, format.ModeOptOut, format.ModeNotice} {
		granted, because := resolve(r, bundle(mode), true, append(all, said{tcf, good().String()}, said{gpc, "0"})...)
		require.False(t, granted)
		require.Equal(t, "more signals than are read", because)
	}
	granted, because := resolve(r, bundle(format.ModeOptOut), true, append(all, said{gpc, "0"}, said{gpc, "0"}, said{off, "off"})...)
	require.False(t, granted)
	require.Equal(t, "switched off by the visitor on this site", because)
}

// So does too much text.
func TestTooMuchText(t *testing.T) {
	grant, denial := said{tcf, good().String()}, said{oneTrust, "groups=C0003:0"}
	pad := func(n int) said { return said{oneTrust, "groups=x:" + strings.Repeat("1", n-len("groups=x:"))} }
	full := []said{pad(consent.MaxCookie), pad(consent.MaxCookie), pad(consent.MaxCookie), pad(consent.MaxCookie - len(grant.text)), grant}
	granted, _ := resolve(&policy.Resolver{}, bundle(format.ModeOptIn), false, full...)
	require.True(t, granted)
	granted, because := resolve(&policy.Resolver{}, bundle(format.ModeOptOut), true, append(full, denial)...)
	require.False(t, granted)
	require.Equal(t, "more signals than are read", because)
}

// Global Privacy Control is read where a purpose asks nothing else, whatever other purposes ask.
func TestControlAlone(t *testing.T) {
	alone := func(_ *format.Policy, p *format.Purpose) {
		*p = format.Purpose{Name: p.Name, Flags: format.PurposeGPCDenies}
	}
	for _, c := range []struct {
		name   string
		signal said
		words  string
	}{
		{"in OneTrust's cookie", said{oneTrust, "isGpcEnabled=1&interactionCount=1&groups="}, "OptanonConsent: Global Privacy Control is on"},
		{"not in OneTrust's cookie", said{oneTrust, "isGpcEnabled=0&interactionCount=1&groups="}, "no signal denies it (opt_out, here)"},
		{"in a section", said{gpp, signals.GPP(section(7, usnat(nil)+".Y"))}, "gpp usnat: Global Privacy Control is on"},
		{"in a section of an unknown version", said{gpp, signals.GPP(section(7, "D"+usnat(nil)[1:]+".Y"))}, "gpp usnat: a layout that is not known"},
		{"perhaps in a section with a header of its own", said{gpp, signals.GPP(section(24, "YAAA"))}, "gpp usmd: a layout that is not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, because := resolve(&policy.Resolver{}, bundle(format.ModeOptOut, alone), false, c.signal)
			require.Equal(t, c.words, because)
		})
	}
}

// A Resolver that is used again remembers nothing, and what was settled before is not asked again.
func TestSettled(t *testing.T) {
	r := &policy.Resolver{}
	b := bundle(format.ModeOptOut)
	r.Grant(1 << 1)
	r.Add(policy.Off, "off")
	r.Settle()
	require.EqualValues(t, 3, r.Resolve(b, 0, now.Unix()))
	r.Reset()
	r.Settle()
	require.EqualValues(t, 1, r.Resolve(b, 0, now.Unix()))
	granted, _ := resolve(r, b, false)
	require.True(t, granted)
}

func TestWithoutPolicy(t *testing.T) {
	b := assemble.New("b")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}, {Name: b.Str("p")}}
	for _, c := range []struct {
		name    string
		grants  bool
		signals []said
		granted bool
		words   string
	}{
		{"nothing", false, nil, false, "no signal grants it"},
		{"granted", true, nil, true, "granted by the caller"},
		{"a signal that nothing asks", false, []said{{tcf, good().String()}}, false, "no signal grants it"},
		{"a denial that nothing asks", true, []said{{gpc, "1"}}, true, "granted by the caller"},
		{"off", true, []said{{off, "off"}}, false, "switched off by the visitor on this site"},
	} {
		t.Run(c.name, func(t *testing.T) {
			granted, because := resolve(&policy.Resolver{}, &b.Bundle, c.grants, c.signals...)
			require.Equal(t, c.granted, granted)
			require.Equal(t, c.words, because)
		})
	}
}

// All that the signals say is kept for who wants it.
func TestTraced(t *testing.T) {
	b := bundle(format.ModeOptIn)
	r := &policy.Resolver{Traced: make([]policy.Trace, 0, 9)}
	resolve(r, b, true, said{tcf, good().String()}, said{usp, "1YYN"}, said{gpc, "1"}, said{oneTrust, "C0003"})
	var all []string
	for _, said := range r.Traced {
		require.Equal(t, 1, said.Purpose)
		all = append(all, string(said.Evidence.AppendFinding(nil, b, 1)))
	}
	require.Equal(t, []string{"tcf: purposes 1, 6 consented", "usp: opted out of sale", "gpc: Global Privacy Control is on",
		"OptanonConsent: not of the form that its consent manager writes", "granted by the caller"}, all)
}

// Resolving allocates nothing, whatever the signals are.
func TestResolvingAllocatesNothing(t *testing.T) {
	b := bundle(format.ModeOptIn)
	r := &policy.Resolver{}
	all := []said{{tcf, good().String()}, {gpp, signals.GPP(section(2, good().String()), section(7, usnat(nil)+".Q"))}, {usp, "1YNN"}, {gpc, "0"},
		{oneTrust, "interactionCount=1&groups=C0003%3A1"}, {tcCookie, `"` + strings.ReplaceAll(good().String(), ".", "%2E") + `"`}}
	require.Zero(t, testing.AllocsPerRun(100, func() { resolveOnly(r, b, all) }))
}

func resolveOnly(r *policy.Resolver, b *format.Bundle, all []said) uint32 {
	r.Reset()
	for _, s := range all {
		r.Add(policy.Kind(s.kind), s.text)
	}
	return r.Resolve(b, 0, now.Unix())
}

// BenchmarkResolve measures a whole resolution.
func BenchmarkResolve(b *testing.B) {
	for _, c := range []struct {
		name string
		all  []said
	}{
		{"nothing", nil},
		{"tcf", []said{{tcf, good().String()}}},
		{"tcf-vendors", []said{{tcf, tc(func(t *signals.TC) { t.Vendors = []int{1, 2, 3, 5, 8, 755}; t.VendorsByInterests = []int{2, 755} })}}},
		{"gpp-usnat", []said{{gpp, signals.GPP(section(7, usnat(nil)+".Q"))}}},
		{"usp-gpc", []said{{usp, "1YNN"}, {gpc, "1"}}},
		{"onetrust", []said{{oneTrust, "interactionCount=1&groups=C0003%3A1%2CC0004%3A1"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			bundle, r := bundle(format.ModeOptIn), &policy.Resolver{}
			b.ReportAllocs()
			for b.Loop() {
				resolveOnly(r, bundle, c.all)
			}
		})
	}
}

// FuzzResolve: whatever the signals say, a denial is never turned into a grant by one more signal, what cannot be read is never better than what
// is missing, and the words can be made of every outcome.
func FuzzResolve(f *testing.F) {
	seeds := []string{"", "1", "1YYN", good().String(), tc(func(t *signals.TC) { t.Publisher = nil }),
		signals.GPP(section(2, good().String()), section(7, usnat(map[int]int{7: 1})+".Y")), signals.GPP(section(24, "YAAA")),
		"interactionCount=1&groups=C0003%3A1%2CC0004%3A0&isGpcEnabled=1", `"` + strings.ReplaceAll(good().String(), ".", "%2E") + `"`, "deny", "off"}
	for i, s := range seeds {
		for kind := range uint8(policy.FirstCookie) + 6 {
			f.Add(s, kind, seeds[(i+3)%len(seeds)], kind*5+uint8(i), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, one string, kind uint8, two string, other, setting uint8) {
		kinds := int(policy.FirstCookie) + 6
		first, second := said{int(kind) % kinds, one}, said{int(other) % kinds, two}
		b := bundle(format.Mode(setting&3), func(s *format.Policy, p *format.Purpose) {
			s.Flags = uint32(setting) >> 2 & 1
			p.Flags = uint32(setting)>>3&1 | uint32(setting)>>4&1*format.PurposeLegitimateInterest | format.PurposeGPCDenies
			p.Groups = uint32(setting) >> 5 & 3
		})
		r := &policy.Resolver{}
		denies := func(all ...said) bool { // even what is granted
			granted, because := resolve(r, b, true, all...)
			require.NotEmpty(t, because)
			require.True(t, r.Evidence[1].Possible(b))
			return !granted
		}
		alone, also, both := denies(first), denies(second), denies(first, second)
		if !isTC(first.kind) && !isTC(second.kind) { // of TC strings, those in GPP strings stand back
			require.Equal(t, alone || also, both)
		}
		require.Equal(t, both, denies(second, first), "whatever their order")
		if second.kind != gpp && second.kind != gppCookie {
			require.True(t, !also || both)
		}
		granted, _ := resolve(r, b, false, first)
		found := r.Evidence[1].Finding()
		nothing, _ := resolve(r, b, false)
		if found == policy.Unusable || found == policy.TooOld {
			require.Equal(t, nothing, granted)
		}
		require.LessOrEqual(t, bits.OnesCount32(resolveOnly(r, b, []said{first, second})), 2)
	})
}

func isTC(kind int) bool { return kind == tcf || kind == tcCookie }
