package consentdump

import "github.com/edgewise-dev/edgewise/core/consent"

// sectionTC is what a TC string says as a section of a GPP string. Times are milliseconds since 1970.
type sectionTC struct {
	Version                    int           `json:"version"`
	Created                    int64         `json:"created"`
	LastUpdated                int64         `json:"lastUpdated"`
	CmpID                      uint16        `json:"cmpId"`
	VendorListVersion          uint16        `json:"vendorListVersion"`
	PolicyVersion              uint8         `json:"policyVersion"`
	IsServiceSpecific          bool          `json:"isServiceSpecific"`
	SpecialFeatureOptins       []int         `json:"specialFeatureOptins"`
	PurposeConsents            []int         `json:"purposeConsents"`
	PurposeLegitimateInterests []int         `json:"purposeLegitimateInterests"`
	VendorConsents             string        `json:"vendorConsents"`
	VendorLegitimateInterests  string        `json:"vendorLegitimateInterests"`
	PublisherRestrictions      []restriction `json:"publisherRestrictions"`
	Segments                   []string      `json:"segments"`
	DisclosedVendors           *string       `json:"disclosedVendors"`
	PublisherTC                *publisherTC  `json:"publisherTC"`
}

// wholeTC is all that a TC string says.
type wholeTC struct {
	sectionTC
	CmpVersion           uint16  `json:"cmpVersion"`
	ConsentScreen        uint8   `json:"consentScreen"`
	ConsentLanguage      string  `json:"consentLanguage"`
	UseNonStandardTexts  bool    `json:"useNonStandardTexts"`
	PurposeOneTreatment  bool    `json:"purposeOneTreatment"`
	PublisherCountryCode string  `json:"publisherCountryCode"`
	VendorsAllowed       *string `json:"vendorsAllowed"`
}

type publisherTC struct {
	PurposeConsents                  []int `json:"purposeConsents"`
	PurposeLegitimateInterests       []int `json:"purposeLegitimateInterests"`
	NumCustomPurposes                int   `json:"numCustomPurposes"`
	CustomPurposeConsents            []int `json:"customPurposeConsents"`
	CustomPurposeLegitimateInterests []int `json:"customPurposeLegitimateInterests"`
}

// segmentNames are the names of the segments of a TC string.
var segmentNames = [...]string{
	consent.CoreSegment:      "core",
	consent.DisclosedVendors: "disclosedVendors",
	consent.AllowedVendors:   "vendorsAllowed",
	consent.PublisherSegment: "publisherTC",
}

// noVendor asks for none of the vendors: all of them are listed.
const noVendor = 0

func readTCF(s string) (*wholeTC, error) {
	t, f := consent.ParseTCF(s, noVendor)
	if f != consent.None {
		return nil, faulty("tcf", f)
	}
	return dumpTCF(&t), nil
}

func dumpTCF(t *consent.TCF) *wholeTC {
	d := &wholeTC{
		sectionTC: sectionTC{
			Version:                    2,
			Created:                    milliseconds(t.Created),
			LastUpdated:                milliseconds(t.LastUpdated),
			CmpID:                      t.CmpID,
			VendorListVersion:          t.VendorListVersion,
			PolicyVersion:              t.PolicyVersion,
			IsServiceSpecific:          t.IsServiceSpecific,
			SpecialFeatureOptins:       ids(t.SpecialFeatureOptIns),
			PurposeConsents:            ids(t.PurposesConsent),
			PurposeLegitimateInterests: ids(t.PurposesLITransparency),
			VendorConsents:             vendors(t.VendorConsents()),
			VendorLegitimateInterests:  vendors(t.VendorLegitimateInterests()),
			PublisherRestrictions:      restrictions(t.Restrictions()),
		},
		CmpVersion:           t.CmpVersion,
		ConsentScreen:        t.ConsentScreen,
		ConsentLanguage:      letters(t.ConsentLanguage),
		UseNonStandardTexts:  t.UseNonStandardTexts,
		PurposeOneTreatment:  t.PurposeOneTreatment,
		PublisherCountryCode: letters(t.PublisherCC),
	}
	for _, kind := range t.Segments {
		if kind != consent.NoSegment {
			d.Segments = append(d.Segments, segmentNames[kind])
		}
	}
	if t.Has(consent.DisclosedVendors) {
		disclosed := vendors(t.DisclosedVendors())
		d.DisclosedVendors = &disclosed
	}
	if t.Has(consent.AllowedVendors) {
		allowed := vendors(t.AllowedVendors())
		d.VendorsAllowed = &allowed
	}
	if t.Has(consent.PublisherSegment) {
		p := &t.PublisherTC
		d.PublisherTC = &publisherTC{
			PurposeConsents:                  ids(p.PurposesConsent),
			PurposeLegitimateInterests:       ids(p.PurposesLITransparency),
			NumCustomPurposes:                p.NumCustomPurposes,
			CustomPurposeConsents:            ids(p.CustomPurposesConsent),
			CustomPurposeLegitimateInterests: ids(p.CustomPurposesLITransparency),
		}
	}
	return d
}

// milliseconds converts the deciseconds of a string.
func milliseconds(deciseconds int64) int64 { return deciseconds * 100 }

func letters(l consent.Letters) string {
	first, second := l.Letters()
	return string([]rune{first, second})
}
