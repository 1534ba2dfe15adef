package consentdump

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/edgewise-dev/edgewise/core/consent"
)

// gpp is all that a GPP string says.
type gpp struct {
	Version    int            `json:"version"`
	SectionIDs []int          `json:"sectionIds"`
	Sections   map[string]any `json:"sections"`
}

// The shapes of sections.
type (
	tcfSection struct {
		Name string    `json:"name"`
		TC   sectionTC `json:"tc"`
	}
	fieldsSection struct {
		Name   string `json:"name"`
		Fields fields `json:"fields"`
	}
	usSection struct {
		Name   string `json:"name"`
		Fields fields `json:"fields"`
		GPC    *bool  `json:"gpc"`
	}
	unknownSection struct {
		Name *string `json:"name"`
		Raw  string  `json:"raw"`
	}
)

// fields is a JSON object whose members keep their order.
type fields []field

type field struct {
	name  string
	value any
}

// MarshalJSON writes the object.
func (all fields) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", f.name, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// readGPP reads a GPP string with all of its sections. One that is malformed is an error, though the others could be used.
func readGPP(s string) (*gpp, error) {
	sections, f := consent.ParseGPP(s)
	if f != consent.None {
		return nil, faulty("gpp", f)
	}
	all := &gpp{Version: 1, SectionIDs: []int{}, Sections: map[string]any{}}
	for {
		section, ok := sections.Next()
		if !ok {
			return all, nil
		}
		value, f := readSection(section)
		if f != consent.None {
			return nil, faulty(place(section), f)
		}
		all.SectionIDs = append(all.SectionIDs, section.ID)
		all.Sections[strconv.Itoa(section.ID)] = value
	}
}

// place names a section in an error: "gpp: section 7 (usnat)".
func place(s consent.Section) string {
	if name := consent.SectionName(s.ID); name != "" {
		return fmt.Sprintf("gpp: section %d (%s)", s.ID, name)
	}
	return fmt.Sprintf("gpp: section %d", s.ID)
}

func readSection(s consent.Section) (any, consent.Fault) {
	name := consent.SectionName(s.ID)
	switch {
	case s.ID == consent.SectionTCF:
		t, f := consent.ParseTCF(s.Text, noVendor)
		if f != consent.None {
			return nil, f
		}
		return tcfSection{name, dumpTCF(&t).sectionTC}, f
	case s.ID == consent.SectionCanada:
		c, f := consent.ParseCanada(s)
		return fieldsSection{name, canadaFields(&c)}, f
	case s.ID == consent.SectionUSPrivacy:
		u, f := consent.ParseUSPrivacy(s.Text)
		return fieldsSection{name, usPrivacyFields(u)}, f
	case s.ID >= consent.SectionUSNat && s.ID <= consent.SectionUSRI:
		u, f := consent.ParseUS(s)
		return usSection{name, usFields(&u), gpcOf(&u)}, f
	}
	return unknownSection{Raw: s.Text}, s.Check()
}

// readUSPrivacy reads a US Privacy string that stands for itself; it has the fields of the section of a GPP string.
func readUSPrivacy(s string) (fields, error) {
	u, f := consent.ParseUSPrivacy(s)
	return usPrivacyFields(u), faulty("usp", f)
}

func usPrivacyFields(u consent.USPrivacy) fields {
	return fields{
		{"Version", 1},
		{"Notice", string(rune(u.Notice))},
		{"OptOutSale", string(rune(u.OptOutSale))},
		{"LspaCovered", string(rune(u.LspaCovered))},
	}
}

func canadaFields(c *consent.Canada) fields {
	p := &c.PublisherTC
	return fields{
		{"Version", c.Version},
		{"Created", milliseconds(c.Created)},
		{"LastUpdated", milliseconds(c.LastUpdated)},
		{"CmpId", c.CmpID},
		{"CmpVersion", c.CmpVersion},
		{"ConsentScreen", c.ConsentScreen},
		{"ConsentLanguage", letters(c.ConsentLanguage)},
		{"VendorListVersion", c.VendorListVersion},
		{"TcfPolicyVersion", c.PolicyVersion},
		{"UseNonStandardStacks", c.UseNonStandardStacks},
		{"SpecialFeatureExpressConsent", ids(c.SpecialFeatureExpressConsent)},
		{"PurposesExpressConsent", ids(c.PurposesExpressConsent)},
		{"PurposesImpliedConsent", ids(c.PurposesImpliedConsent)},
		{"VendorExpressConsent", vendors(c.VendorExpressConsent())},
		{"VendorImpliedConsent", vendors(c.VendorImpliedConsent())},
		{"PubRestrictions", restrictions(c.Restrictions())},
		{"PubPurposesExpressConsent", ids(p.PurposesConsent)},
		{"PubPurposesImpliedConsent", ids(p.PurposesLITransparency)},
		{"NumCustomPurposes", p.NumCustomPurposes},
		{"CustomPurposesExpressConsent", ids(p.CustomPurposesConsent)},
		{"CustomPurposesImpliedConsent", ids(p.CustomPurposesLITransparency)},
		{"DisclosedVendors", vendors(c.DisclosedVendors())},
	}
}

// usFields lists the fields of a section for the United States. A list that the section has in a sub-section is null where that is absent.
func usFields(u *consent.US) (all fields) {
	for f, ok := u.Fields(0); ok; f, ok = u.Fields(f + 1) {
		var value any
		if single, ok := u.Value(f); ok {
			value = single
		} else {
			value = items(u, f)
		}
		all = append(all, field{f.String(), value})
	}
	if sensitive := consent.SensitiveDataProcessing; u.ID > consent.SectionUSMD && u.Items(sensitive) == 0 {
		all = append(all, field{sensitive.String(), nil})
	}
	return all
}

// items gives the items of a list, or the item of a list that a section only has one of.
func items(u *consent.US, f consent.Field) any {
	var all []int
	for i := range u.Items(f) {
		value, _ := u.Item(f, i+1)
		all = append(all, int(value))
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func gpcOf(u *consent.US) *bool {
	if u.GPC == consent.GPCNotSaid {
		return nil
	}
	yes := u.GPC == consent.GPCYes
	return &yes
}
