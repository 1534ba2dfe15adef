package consentdump

import (
	"fmt"
	"strings"

	"github.com/edgewise-dev/edgewise/core/consent"
)

// regions are whom the sections of a GPP string are about.
var regions = map[int]string{
	consent.SectionTCF:       "Europe, a TC string",
	consent.SectionCanada:    "Canada",
	consent.SectionUSPrivacy: "United States, a US Privacy string",
	consent.SectionUSNat:     "United States as a whole",
	8:                        "California",
	9:                        "Virginia",
	10:                       "Colorado",
	11:                       "Utah",
	12:                       "Connecticut",
	13:                       "Florida",
	14:                       "Montana",
	15:                       "Oregon",
	16:                       "Texas",
	17:                       "Delaware",
	18:                       "Iowa",
	19:                       "Nebraska",
	20:                       "New Hampshire",
	21:                       "New Jersey",
	22:                       "Tennessee",
	23:                       "Minnesota",
	24:                       "Maryland",
	25:                       "Indiana",
	26:                       "Kentucky",
	27:                       "Rhode Island",
}

// gpp describes a GPP string. A section with a fault is described by that, as the others can be used.
func (p *page) gpp(s string) error {
	sections, f := consent.ParseGPP(s)
	if f != consent.None {
		return faulty("gpp", f)
	}
	var ids []int
	for all := sections; ; {
		section, ok := all.Next()
		if !ok {
			break
		}
		ids = append(ids, section.ID)
	}
	p.heading("GPP string, version 1")
	p.row("sections", "%s", listed(ids))
	for {
		section, ok := sections.Next()
		if !ok {
			return nil
		}
		p.section(section)
	}
}

func (p *page) section(s consent.Section) {
	region, ok := regions[s.ID]
	if !ok {
		p.heading("Section %d", s.ID)
		p.row("skipped", "its layout is not known here")
		return
	}
	p.heading("Section %d, %s: %s", s.ID, consent.SectionName(s.ID), region)
	var f consent.Fault
	switch s.ID {
	case consent.SectionTCF:
		var t consent.TCF
		if t, f = consent.ParseTCF(s.Text, noVendor); f == consent.None {
			p.tcf(&t)
		}
	case consent.SectionCanada:
		var c consent.Canada
		if c, f = consent.ParseCanada(s); f == consent.None {
			p.canada(&c)
		}
	case consent.SectionUSPrivacy:
		var u consent.USPrivacy
		if u, f = consent.ParseUSPrivacy(s.Text); f == consent.None {
			p.usPrivacy(u)
		}
	default:
		var u consent.US
		if u, f = consent.ParseUS(s); f == consent.None {
			p.us(&u)
		}
	}
	if f != consent.None {
		p.row("malformed: says nothing", "%s", f)
	}
}

func (p *page) usPrivacy(u consent.USPrivacy) {
	words := func(c byte, yes, no string) string {
		switch c {
		case 'Y':
			return yes + " (Y)"
		case 'N':
			return no + " (N)"
		}
		return "does not apply (-)"
	}
	p.row("notice and chance to opt out", "%s", words(u.Notice, "given", "not given"))
	p.row("sale of personal data", "%s", words(u.OptOutSale, "opted out", "did not opt out"))
	p.row("service provider agreement", "%s", words(u.LspaCovered, "covers this", "does not cover this"))
}

func (p *page) canada(c *consent.Canada) {
	p.row("created", "%s", date(c.Created))
	p.row("last updated", "%s", date(c.LastUpdated))
	p.row("written by", "CMP %d, version %d, on its screen %d", c.CmpID, c.CmpVersion, c.ConsentScreen)
	p.row("language", "%s", letters(c.ConsentLanguage))
	p.row("vendor list", "version %d", c.VendorListVersion)
	p.row("policy", "version %d", c.PolicyVersion)
	p.row("stacks", "%s", either(c.UseNonStandardStacks, "the site's own", "the framework's"))
	p.row("special features, express", "%s", listed(ids(c.SpecialFeatureExpressConsent)))
	p.row("purposes, express consent", "%s", listed(ids(c.PurposesExpressConsent)))
	p.row("purposes, implied consent", "%s", listed(ids(c.PurposesImpliedConsent)))
	publisher := &c.PublisherTC
	p.row("the site's, express consent", "%s", listed(ids(publisher.PurposesConsent)))
	p.row("the site's, implied consent", "%s", listed(ids(publisher.PurposesLITransparency)))
	if publisher.NumCustomPurposes > 0 {
		p.row("of its own, express consent", "%s", listed(ids(publisher.CustomPurposesConsent)))
		p.row("of its own, implied consent", "%s", listed(ids(publisher.CustomPurposesLITransparency)))
	}
	p.vendors("vendors, express consent", c.VendorExpressConsent())
	p.vendors("vendors, implied consent", c.VendorImpliedConsent())
	p.vendors("vendors shown to the visitor", c.DisclosedVendors())
	for _, r := range restrictions(c.Restrictions()) {
		p.row(fmt.Sprintf("restriction %d of purpose %d", r.Type, r.Purpose), "vendors %s", shortened(r.Vendors))
	}
}

// What the values 0 to 3 of a field mean.
var (
	notices  = [4]string{"does not apply", "given", "not given", "undefined"}
	optOuts  = [4]string{"does not apply", "opted out", "did not opt out", "undefined, to be taken as opted out"}
	consents = [4]string{"does not apply", "no consent", "consent", "undefined, to be taken as no consent"}
	answers  = [4]string{"does not apply", "yes", "no", "undefined"}
	modes    = [4]string{"does not apply", "opt-out option", "service provider", "undefined"}
)

// wordsOf gives a label for a field, and what its values mean.
func wordsOf(id int, f consent.Field) (label string, values [4]string) {
	switch f {
	case consent.SharingNotice:
		return "notice of sharing", notices
	case consent.ProcessingNotice:
		return "notice of processing", notices
	case consent.SaleOptOutNotice:
		return "notice of opt-out: sale", notices
	case consent.SharingOptOutNotice:
		return "notice of opt-out: sharing", notices
	case consent.TargetedAdvertisingOptOutNotice:
		return "notice of opt-out: targeted ads", notices
	case consent.SensitiveDataProcessingOptOutNotice, consent.SensitiveDataOptOutNotice:
		return "notice of opt-out: sensitive data", notices
	case consent.SensitiveDataLimitUseNotice:
		return "notice of limited use: sensitive data", notices
	case consent.SaleOptOut:
		return "sale of personal data", optOuts
	case consent.SharingOptOut:
		return "sharing of personal data", optOuts
	case consent.TargetedAdvertisingOptOut:
		return "targeted advertising", optOuts
	case consent.SensitiveDataProcessing:
		switch consent.SectionName(id) {
		case "usca", "usut", "usia":
			return "sensitive data", optOuts
		}
		return "sensitive data", consents
	case consent.KnownChildSensitiveDataConsents:
		return "data of known children", consents
	case consent.PersonalDataConsents:
		return "other personal data", consents
	case consent.AdditionalDataProcessingConsent:
		return "additional processing", consents
	case consent.MspaMode:
		return "MSPA: mode", modes
	case consent.MspaOptOutOptionMode:
		return "MSPA: opt-out option mode", answers
	case consent.MspaServiceProviderMode:
		return "MSPA: service provider mode", answers
	}
	return "MSPA: covered transaction", answers
}

// us describes a section for the United States.
func (p *page) us(u *consent.US) {
	for f, ok := u.Fields(0); ok; f, ok = u.Fields(f + 1) {
		value, single := u.Value(f)
		if f == consent.FieldVersion || f == consent.MspaVersion {
			p.row(either(f == consent.MspaVersion, "MSPA: version", "version"), "%d", value)
			continue
		}
		label, words := wordsOf(u.ID, f)
		if single {
			p.row(label, "%s (%d)", words[value], value)
			continue
		}
		for value, word := range words {
			if with := itemsWith(u, f, uint8(value)); with != "" {
				p.row(label, "%s (%d)%s", word, value, with)
			}
		}
	}
	switch u.GPC {
	case consent.GPCYes:
		p.row("Global Privacy Control", "on")
	case consent.GPCNo:
		p.row("Global Privacy Control", "off")
	default:
		p.row("Global Privacy Control", "not said")
	}
}

// itemsWith lists the items of a list that have a value, "" where none has; a list of one needs no number.
func itemsWith(u *consent.US, f consent.Field, value uint8) string {
	var all []string
	for n := 1; n <= u.Items(f); n++ {
		if v, _ := u.Item(f, n); v == value {
			all = append(all, itemName(u.ID, f, n))
		}
	}
	switch {
	case len(all) == 0:
		return ""
	case u.Items(f) == 1:
		return " "
	}
	return ": " + strings.Join(all, ", ")
}

// itemName names the items of sensitive data that matter most, and numbers the others.
func itemName(id int, f consent.Field, n int) string {
	if f != consent.SensitiveDataProcessing {
		return fmt.Sprint(n)
	}
	health, location := 3, 8
	switch consent.SectionName(id) {
	case "usca":
		health, location = 8, 3
	case "usut":
		health = 5
	case "usor":
		location = 11
	case "usco":
		location = 0
	}
	switch n {
	case health:
		return fmt.Sprintf("%d (health)", n)
	case location:
		return fmt.Sprintf("%d (precise location)", n)
	}
	return fmt.Sprint(n)
}
