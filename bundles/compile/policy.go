package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
)

// What a policy that says nothing of it has: the frameworks' own rules.
const (
	maxSignalAge  = 395 * 24 * 60 * 60 // seconds: 13 months, after which a choice is to be renewed
	maxTCFPurpose = 24                 // as many as a TC string has bits for
	minTCFPolicy  = 4                  // the version of TCF 2.2; strings of older ones have been invalid since 2023
)

// The words of the source in the numbers of package format.
var (
	cookieFormats = map[string]uint32{
		"onetrust": uint32(consent.OneTrust), "cookiebot": uint32(consent.Cookiebot), "cookieyes": uint32(consent.CookieYes),
		"wp_consent": uint32(consent.WPConsent), "google_consent": uint32(consent.GoogleConsent),
		"tcf": format.CookieTCF, "gpp": format.CookieGPP, "usp": format.CookieUSPrivacy,
	}
	optOuts = map[string]uint32{
		"sale": format.OptOutSale, "sharing": format.OptOutSharing, "targeted_advertising": format.OptOutTargeted,
		"health": format.OptOutHealth, "precise_geolocation": format.OptOutGeolocation, "known_child": format.OptOutChild,
	}
	consentModes = map[string]format.Mode{
		"opt_in": format.ModeOptIn, "opt_out": format.ModeOptOut, "notice": format.ModeNotice, "deny": format.ModeDeny,
	}
)

// layOutPolicy writes the consent policy: what it says of each purpose, and the jurisdictions in their order.
func (c *compiler) layOutPolicy() {
	said := c.src.Consent
	if said == nil {
		return
	}
	b := c.to.Builder
	record := format.Policy{MaxAge: maxSignalAge, MinPolicy: minTCFPolicy}
	if said.MaxAge > 0 {
		record.MaxAge = uint32((said.MaxAge + 999) / 1000)
	}
	if said.MinPolicy > 0 {
		record.MinPolicy = said.MinPolicy
	}
	if said.MissingDisclosed.Value == "ok" {
		record.Flags |= format.PolicyDisclosedOptional
	}
	if said.MissingNotice.Value == "denies" {
		record.Flags |= format.PolicyNoticeNeeded
	}
	b.Policies = append(b.Policies, record)
	cookies := signalCookies(said)
	slices.SortFunc(cookies, func(x, y source.ConsentCookie) int { return strings.Compare(x.Name.Value, y.Name.Value) })
	for _, cookie := range cookies {
		b.Cookies = append(b.Cookies, format.Cookie{Name: b.Str(cookie.Name.Value), Format: cookieFormats[cookie.Format.Value]})
	}
	if len(cookies) > format.MaxCookies {
		c.fault(said.Cookies[min(format.MaxCookies, len(said.Cookies)-1)].Name, fmt.Sprintf("consent.cookies has %d cookies, the limit is %d", len(said.Cookies), format.MaxCookies), "")
	}
	if n := len(said.Jurisdictions); n > format.MaxJurisdictions {
		c.add(source.Fault{Pos: said.Jurisdictions[format.MaxJurisdictions].Pos, Message: fmt.Sprintf("consent has %d jurisdictions, the limit is %d", n, format.MaxJurisdictions)})
	}
	for i := range b.Purposes {
		p := &b.Purposes[i]
		p.FirstGroup = uint32(len(b.ConsentGroups))
		if n := slices.IndexFunc(said.Purposes, func(s source.Purpose) bool { return c.to.Purposes[s.Name.Value] == uint32(i) }); n >= 0 {
			c.layOutSignals(p, &said.Purposes[n], cookies)
		}
	}
	if n := len(b.ConsentGroups); n > format.MaxConsentGroups {
		c.add(source.Fault{Message: fmt.Sprintf("the purposes ask for %d groups of consent managers, the limit is %d", n, format.MaxConsentGroups)})
	}
	for i := range said.Jurisdictions {
		c.layOutJurisdiction(i, &said.Jurisdictions[i])
	}
	if len(said.Jurisdictions) == 0 { // nothing is said of any place: only who consents
		b.Jurisdictions = append(b.Jurisdictions, format.Jurisdiction{})
	}
}

// signalCookies gives the cookies that the policy names, and those with the strings of frameworks under the names that the frameworks recommend,
// where a purpose asks for such a string.
func signalCookies(said *source.Consent) []source.ConsentCookie {
	cookies := slices.Clone(said.Cookies)
	add := func(name, format string, asked func(source.Purpose) bool) {
		named := func(c source.ConsentCookie) bool { return c.Name.Value == name }
		if slices.ContainsFunc(said.Purposes, asked) && !slices.ContainsFunc(cookies, named) {
			cookies = append(cookies, source.ConsentCookie{Name: source.Text{Value: name}, Format: source.Text{Value: format}})
		}
	}
	add("euconsent-v2", "tcf", func(p source.Purpose) bool { return p.TCF != nil })
	add("usprivacy", "usp", func(p source.Purpose) bool {
		return slices.ContainsFunc(p.OptOutOf, func(word source.Text) bool { return word.Value == "sale" })
	})
	return cookies
}

// layOutSignals writes what a purpose asks of the signals.
func (c *compiler) layOutSignals(p *format.Purpose, asked *source.Purpose, cookies []source.ConsentCookie) {
	b := c.to.Builder
	if t := asked.TCF; t != nil {
		subject := consent.Publisher
		switch {
		case t.Vendor > 0:
			subject, p.Vendor = consent.OneVendor, t.Vendor
		case t.Subject.Value == "core":
			subject = consent.CorePurposes
		}
		p.Flags |= uint32(subject)
		if t.LegitimateInterest {
			p.Flags |= format.PurposeLegitimateInterest
		}
		for _, number := range t.Purposes {
			p.TCF |= 1 << (number - 1)
		}
	}
	if asked.GPCDenies {
		p.Flags |= format.PurposeGPCDenies
	}
	for _, word := range slices.Concat(asked.OptOutOf, asked.Sensitive) {
		p.OptOuts |= optOuts[word.Value]
	}
	for _, choice := range asked.Choices {
		group := format.ConsentGroup{Cookie: uint32(slices.IndexFunc(cookies, func(s source.ConsentCookie) bool { return s.Name.Value == choice.Cookie.Value }))}
		if len(choice.Groups) == 0 {
			b.ConsentGroups = append(b.ConsentGroups, group)
		}
		for _, name := range choice.Groups {
			group.Name = b.Str(name.Value)
			b.ConsentGroups = append(b.ConsentGroups, group)
		}
	}
	p.Groups = uint32(len(b.ConsentGroups)) - p.FirstGroup
}

func (c *compiler) layOutJurisdiction(i int, j *source.Jurisdiction) {
	b := c.to.Builder
	record := format.Jurisdiction{Name: b.Str(j.Name.Value), Line: uint32(j.Pos.Line)}
	if checked := c.jurisdictions[i]; checked != nil {
		record.Condition = c.emit(checked, j.When) + 1
	}
	modes := make([]format.Mode, len(b.Purposes))
	for name, purpose := range c.to.Purposes {
		if purpose > 0 {
			modes[purpose] = consentModes[modeOf(j, name)]
		}
	}
	record.ModesLo, record.ModesHi = format.MakeModes(modes)
	b.Jurisdictions = append(b.Jurisdictions, record)
}
