package inspect

import (
	"fmt"
	"strings"

	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
)

// The words that sources have for what the policy's numbers mean.
var (
	cookieFormats = map[uint32]string{
		uint32(consent.OneTrust): "onetrust", uint32(consent.Cookiebot): "cookiebot", uint32(consent.CookieYes): "cookieyes",
		uint32(consent.WPConsent): "wp_consent", uint32(consent.GoogleConsent): "google_consent",
		format.CookieTCF: "tcf", format.CookieGPP: "gpp", format.CookieUSPrivacy: "usp",
	}
	optOuts = []struct {
		bit  uint32
		word string
	}{
		{format.OptOutSale, "sale"}, {format.OptOutSharing, "sharing"}, {format.OptOutTargeted, "targeted_advertising"},
		{format.OptOutHealth, "health"}, {format.OptOutGeolocation, "precise_geolocation"}, {format.OptOutChild, "known_child"},
	}
)

// consent shows the consent policy: when signals count, what they say of each purpose, and the jurisdictions.
func (d *dump) consent() {
	if len(d.Policies) == 0 {
		return
	}
	policy := d.Policies[0]
	d.printf("\nconsent\n  signals at most %d s old, TCF policy %d or later", policy.MaxAge, policy.MinPolicy)
	if policy.Flags&format.PolicyDisclosedOptional == 0 {
		d.printf(", with disclosed vendors")
	}
	if policy.Flags&format.PolicyNoticeNeeded != 0 {
		d.printf(", notices needed")
	}
	d.printf("\n")
	for _, c := range d.Cookies {
		d.printf("  cookie %s: %s\n", d.String(c.Name), cookieFormats[c.Format])
	}
	for i := range d.Purposes {
		if i > 0 {
			d.printf("  %s: %s\n", d.purpose(uint32(i)), d.signals(&d.Purposes[i]))
		}
	}
	for i, j := range d.Jurisdictions {
		name := d.String(j.Name)
		if name == "" {
			name = fmt.Sprint(i + 1)
		}
		d.printf("  jurisdiction %s%s", name, lineOf(j.Line))
		if j.Condition > 0 {
			d.printf(", condition %d", j.Condition-1)
		}
		separator := ": "
		for purpose := 1; purpose < len(d.Purposes); purpose++ {
			d.printf("%s%s %s", separator, d.purpose(uint32(purpose)), j.Mode(purpose))
			separator = ", "
		}
		d.printf("\n")
	}
}

// signals says what grants and denies a purpose.
func (d *dump) signals(p *format.Purpose) string {
	var said []string
	if p.TCF != 0 {
		words := "tcf " + [...]string{"publisher", "core", fmt.Sprintf("vendor %d", p.Vendor)}[p.Subject()] + ", purposes"
		for bit := range 32 {
			if p.TCF>>bit&1 != 0 {
				words += fmt.Sprintf(" %d", bit+1)
			}
		}
		if p.Flags&format.PurposeLegitimateInterest != 0 {
			words += ", or legitimate interest"
		}
		said = append(said, words)
	}
	if p.OptOuts != 0 {
		words := "gpp"
		for _, o := range optOuts {
			if p.OptOuts&o.bit != 0 {
				words += " " + o.word
			}
		}
		said = append(said, words)
	}
	for _, g := range d.ConsentGroups[p.FirstGroup:][:p.Groups] {
		said = append(said, strings.TrimSuffix(fmt.Sprintf("cmp %s %s", d.String(d.Cookies[g.Cookie].Name), d.String(g.Name)), " "))
	}
	if p.Flags&format.PurposeGPCDenies != 0 {
		said = append(said, "gpc denies")
	}
	if len(said) == 0 {
		return "no signals"
	}
	return strings.Join(said, "; ")
}
