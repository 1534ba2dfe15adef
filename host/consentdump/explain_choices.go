package consentdump

import (
	"net/url"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core/consent"
)

// The kinds that only Explain knows: the cookies of consent managers, and the header of Global Privacy Control.
const (
	OneTrust      Kind = "onetrust"
	Cookiebot     Kind = "cookiebot"
	CookieYes     Kind = "cookieyes"
	WPConsent     Kind = "wp_consent"
	GoogleConsent Kind = "google_consent"
	GPC           Kind = "gpc" // the value of Sec-GPC
)

// Kinds are all kinds that Explain knows.
var Kinds = []Kind{TCF, GPP, USPrivacy, GPC, OneTrust, Cookiebot, CookieYes, WPConsent, GoogleConsent}

// manager is how a consent manager's cookie is explained.
type manager struct {
	format  consent.Format
	heading string
	groups  []string // that all sites have; nil: they stand in the cookie
}

var managers = map[Kind]manager{
	OneTrust:  {consent.OneTrust, "Cookie of OneTrust", nil},
	Cookiebot: {consent.Cookiebot, "Cookie of Cookiebot", []string{"necessary", "preferences", "statistics", "marketing"}},
	CookieYes: {consent.CookieYes, "Cookie of CookieYes", []string{"necessary", "functional", "analytics", "performance", "advertisement", "other"}},
	WPConsent: {consent.WPConsent, "Cookie of Complianz or the WP Consent API, for one group", []string{"its group"}},
	GoogleConsent: {consent.GoogleConsent, "Mirror of Google Consent Mode", []string{"ad_storage", "analytics_storage", "ad_user_data", "ad_personalization",
		"functionality_storage", "personalization_storage", "security_storage"}},
}

// names are the usual names of what holds a kind; one that ends in _ begins the names of several cookies.
var names = []struct {
	name string
	kind Kind
}{
	{"euconsent-v2", TCF}, {"usprivacy", USPrivacy}, {"OptanonConsent", OneTrust}, {"CookieConsent", Cookiebot}, {"cookieyes-consent", CookieYes},
	{"cmplz_", WPConsent}, {"wp_consent_", WPConsent}, {"edgewise-google-consent", GoogleConsent},
}

// Names are the names of the cookies that Guess knows; one that ends in _ begins the names of several.
func Names() []string {
	var all []string
	for _, known := range names {
		all = append(all, known.name)
	}
	return all
}

// Guess gives the kind of a text as somebody may have copied it, and the string itself: a cookie as NAME=VALUE, a header as Sec-GPC: 1, or a
// bare string, whose kind is that of KindOf.
func Guess(text string) (Kind, string) {
	if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(name, "Sec-GPC") {
		return GPC, strings.TrimSpace(value)
	}
	if name, value, ok := strings.Cut(text, "="); ok {
		for _, known := range names {
			if name == known.name || strings.HasSuffix(known.name, "_") && strings.HasPrefix(name, known.name) {
				return known.kind, value
			}
		}
	}
	return KindOf(text), text
}

// choices describes a consent manager's cookie.
func (p *page) choices(m manager, cookie string) error {
	c, f := consent.ParseChoices(m.format, cookie)
	if err := faulty("cookie", f); err != nil {
		return err
	}
	groups := m.groups
	if groups == nil {
		groups = oneTrustGroups(cookie)
	}
	p.heading("%s", m.heading)
	if c.Decided > 0 {
		p.row("the visitor chose", "%s", time.Unix(c.Decided, 0).UTC().Format(dateOnly+", 15:04 UTC"))
	}
	if m.format == consent.OneTrust {
		p.row("Global Privacy Control", "%s", either(c.GPC, "on", "off"))
	}
	counts := false
	for _, group := range groups {
		choice := c.Of(group)
		counts = counts || choice != consent.Unset
		p.row(group, "%s", [...]string{consent.Unset: "nothing that counts", consent.Granted: "granted", consent.Denied: "denied"}[choice])
	}
	if !counts {
		p.heading("Worth knowing")
		p.note("Nothing in it is the visitor's own choice: these are defaults, or the consent manager is about to ask again.")
	}
	return nil
}

// oneTrustGroups names the groups in a cookie of OneTrust, in their order.
func oneTrustGroups(cookie string) []string {
	for range 2 { // as often as it may be escaped
		if plain, err := url.PathUnescape(cookie); err == nil {
			cookie = plain
		}
	}
	var groups []string
	for pair := range strings.SplitSeq(strings.Trim(cookie, `"`), "&") {
		if list, ok := strings.CutPrefix(pair, "groups="); ok {
			for group := range strings.SplitSeq(list, ",") {
				name, _, _ := strings.Cut(group, ":")
				groups = append(groups, name)
			}
		}
	}
	return groups
}

// gpc describes a Sec-GPC header.
func (p *page) gpc(value string) {
	p.heading("Global Privacy Control, the header Sec-GPC")
	if consent.GlobalPrivacyControl(value) {
		p.row("value", "1: the visitor says no to sale and sharing")
	} else {
		p.row("value", "%q: says nothing, as only 1 does", value)
	}
}
