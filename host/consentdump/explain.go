package consentdump

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core/consent"
)

// Explain says in words all that a string, a consent manager's cookie or a Sec-GPC header says, for people: a page of 80 columns. An error says what is wrong with the string, and where.
// Of lists of vendors that are long only the beginning is shown.
func Explain(kind Kind, s string) (string, error) {
	p := &page{}
	var err error
	switch kind {
	case TCF:
		t, f := consent.ParseTCF(s, noVendor)
		if err = faulty("tcf", f); err == nil {
			p.heading("TC string of the Transparency & Consent Framework, version 2")
			p.tcf(&t)
		}
	case GPP:
		err = p.gpp(s)
	case USPrivacy:
		u, f := consent.ParseUSPrivacy(s)
		if err = faulty("usp", f); err == nil {
			p.heading("US Privacy string, version 1")
			p.usPrivacy(u)
		}
	case GPC:
		p.gpc(s)
	default:
		m, ok := managers[kind]
		if !ok {
			return "", fmt.Errorf("kind %q: want one of %v", string(kind), Kinds)
		}
		err = p.choices(m, s)
	}
	return p.String(), err
}

// purposes are the purposes of the framework, in few words.
var purposes = [...]string{
	1:  "store or read data on the device",
	2:  "choose ads by limited data",
	3:  "make profiles for ads",
	4:  "choose ads by profiles",
	5:  "make profiles for content",
	6:  "choose content by profiles",
	7:  "measure ads",
	8:  "measure content",
	9:  "understand audiences",
	10: "develop and improve services",
	11: "choose content by limited data",
}

// needConsent says for which purposes legitimate interest has not been a basis since TCF 2.2.
func needConsent(purpose int) bool { return purpose == 1 || purpose >= 3 && purpose <= 6 }

var specialFeatures = [...]string{
	1: "use precise location",
	2: "scan the device to recognize it",
}

// named gives a number and what it stands for.
func named(id int, names []string) string {
	if id < len(names) {
		return fmt.Sprintf("%2d %s", id, names[id])
	}
	return fmt.Sprintf("%2d (not defined)", id)
}

// The rules of the framework that a string of itself says nothing about.
const (
	oldestPolicy  = 4  // since 30 September 2023
	renewalMonths = 13 // how long consent may be relied on at most
	firstCmp      = 2  // the lowest id that a registered CMP has
)

// tcf describes a TC string.
func (p *page) tcf(t *consent.TCF) {
	p.row("created", "%s", date(t.Created))
	p.row("last updated", "%s", date(t.LastUpdated))
	p.row("written by", "CMP %d, version %d, on its screen %d", t.CmpID, t.CmpVersion, t.ConsentScreen)
	p.row("language", "%s", letters(t.ConsentLanguage))
	p.row("vendor list", "version %d", t.VendorListVersion)
	p.row("policy", "version %d", t.PolicyVersion)
	p.row("scope", "%s", either(t.IsServiceSpecific, "this site (service-specific)", "global"))
	p.row("wording", "%s", either(t.UseNonStandardTexts, "the site's own", "the framework's"))
	p.row("purpose 1", "%s", either(t.PurposeOneTreatment, "was not shown to the visitor", "was shown like the others"))
	p.row("country whose law applies", "%s", country(t.PublisherCC))

	p.heading("Special features")
	for id := 1; id <= 12; id++ {
		if opted := t.SpecialFeatureOptIns.Has(id); opted || id < len(specialFeatures) {
			p.row(named(id, specialFeatures[:]), "%s", either(opted, "opted in", "not opted in"))
		}
	}

	p.purposes("What the visitor allows vendors", t.PurposesConsent, t.PurposesLITransparency)
	if t.Has(consent.PublisherSegment) {
		publisher := &t.PublisherTC
		p.purposes("What the visitor allows the site itself", publisher.PurposesConsent, publisher.PurposesLITransparency)
		for id := 1; id <= publisher.NumCustomPurposes; id++ {
			p.row(fmt.Sprintf("purpose %d of its own", id), "%s", bases(
				publisher.CustomPurposesConsent.Has(id), publisher.CustomPurposesLITransparency.Has(id), false))
		}
	}

	p.heading("Vendors")
	p.vendors("with consent", t.VendorConsents())
	p.vendors("with legitimate interest", t.VendorLegitimateInterests())
	if t.Has(consent.DisclosedVendors) {
		p.vendors("shown to the visitor", t.DisclosedVendors())
	}
	if t.Has(consent.AllowedVendors) {
		p.vendors("allowed (a list of old)", t.AllowedVendors())
	}
	p.restrictions(restrictions(t.Restrictions()))
	p.remarks(t)
}

// purposes describes what is allowed for which purpose.
func (p *page) purposes(heading string, consented, interested consent.Set) {
	p.heading("%s", heading)
	for id := 1; id <= 24; id++ {
		if id < len(purposes) || consented.Has(id) || interested.Has(id) {
			p.row(named(id, purposes[:]), "%s", bases(consented.Has(id), interested.Has(id), needConsent(id)))
		}
	}
}

// bases says on which basis a purpose is allowed.
func bases(consented, interested, needConsent bool) string {
	switch {
	case consented && interested && !needConsent:
		return "consent, legitimate interest"
	case consented:
		return "consent"
	case interested && needConsent:
		return "no (interest is no basis for it)"
	case interested:
		return "legitimate interest"
	}
	return "no"
}

// vendors describes a list of vendors.
func (p *page) vendors(label string, list consent.Ranges) {
	all := merge(collect(nil, list))
	count := 0
	for _, r := range all {
		count += r.last - r.first + 1
	}
	if count == 0 {
		p.row(label, "none")
		return
	}
	p.row(label, "%d: %s", count, shortened(write(all)))
}

// shortened leaves out what makes a list of ids longer than three lines.
func shortened(list string) string {
	const longest = 3 * (pageWidth - labelWidth - 2)
	if len(list) > longest {
		list = list[:strings.LastIndexByte(list[:longest], ',')+1] + "..."
	}
	return strings.ReplaceAll(list, ",", ", ")
}

// restrictions describes what a site restricts vendors to.
func (p *page) restrictions(all []restriction) {
	if len(all) == 0 {
		return
	}
	p.heading("Restrictions by the site")
	for _, r := range all {
		kind := [...]string{
			consent.NotAllowed:                "not allowed",
			consent.RequireConsent:            "only with consent",
			consent.RequireLegitimateInterest: "only by legitimate interest",
		}[r.Type]
		p.row(named(r.Purpose, purposes[:]), "%s, for vendors %s", kind, shortened(r.Vendors))
	}
}

// remarks says what a reader of the string should know about it.
func (p *page) remarks(t *consent.TCF) {
	p.heading("Worth knowing")
	p.note("Consent is to be asked for again after %d months: this string can be relied on until %s at most.", renewalMonths,
		time.UnixMilli(milliseconds(t.LastUpdated)).UTC().AddDate(0, renewalMonths, 0).Format(dateOnly))
	if t.PolicyVersion < oldestPolicy {
		p.note("Policy version %d is older than TCF 2.2. Such strings have not been valid since 30 September 2023.", t.PolicyVersion)
	}
	if !t.IsServiceSpecific {
		p.note("A global scope has not been valid since 1 September 2021.")
	}
	if !t.Has(consent.DisclosedVendors) {
		p.note("It does not say which vendors the visitor was shown. TCF 2.3 has required that since 1 March 2026.")
	}
	if !t.Has(consent.PublisherSegment) {
		p.note("It says nothing about the site itself, only about vendors: there is no publisher segment.")
	}
	if t.CmpID < firstCmp {
		p.note("No registered consent manager has the id %d.", t.CmpID)
	}
}

const dateOnly = "2 January 2006"

// date writes a time of a string.
func date(deciseconds int64) string {
	t := time.UnixMilli(milliseconds(deciseconds)).UTC()
	if t.Truncate(24 * time.Hour).Equal(t) {
		return t.Format(dateOnly)
	}
	return t.Format(dateOnly + ", 15:04 UTC")
}

// country writes a country; AA stands for none.
func country(l consent.Letters) string {
	if l == 0 {
		return "not said"
	}
	return letters(l)
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// listed writes ids as "1, 2, 5".
func listed(ids []int) string {
	if len(ids) == 0 {
		return "none"
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	return strings.Join(texts, ", ")
}
