package consent

// SectionName gives the name that the specification has for a section of a GPP string, "" for those that are not read here.
func SectionName(id int) string {
	if id >= 0 && id < len(sectionNames) {
		return sectionNames[id]
	}
	return ""
}

var sectionNames = [...]string{
	SectionTCF:       "tcfeuv2",
	SectionCanada:    "tcfcav1",
	SectionUSPrivacy: "uspv1",
	SectionUSNat:     "usnat",
	8:                "usca",
	9:                "usva",
	10:               "usco",
	11:               "usut",
	12:               "usct",
	13:               "usfl",
	14:               "usmt",
	15:               "usor",
	16:               "ustx",
	17:               "usde",
	18:               "usia",
	19:               "usne",
	20:               "usnh",
	21:               "usnj",
	22:               "ustn",
	23:               "usmn",
	24:               "usmd",
	25:               "usin",
	26:               "usky",
	SectionUSRI:      "usri",
}

// String is the name that the specification has for the field.
func (f Field) String() string {
	if f < fieldCount {
		return fieldNames[f]
	}
	return ""
}

var fieldNames = [fieldCount]string{
	FieldVersion:                        "Version",
	MspaVersion:                         "MspaVersion",
	mspaCoveredAhead:                    "MspaCoveredTransaction",
	MspaMode:                            "MspaMode",
	SharingNotice:                       "SharingNotice",
	ProcessingNotice:                    "ProcessingNotice",
	SaleOptOutNotice:                    "SaleOptOutNotice",
	SharingOptOutNotice:                 "SharingOptOutNotice",
	TargetedAdvertisingOptOutNotice:     "TargetedAdvertisingOptOutNotice",
	SensitiveDataProcessingOptOutNotice: "SensitiveDataProcessingOptOutNotice",
	SensitiveDataOptOutNotice:           "SensitiveDataOptOutNotice",
	SensitiveDataLimitUseNotice:         "SensitiveDataLimitUseNotice",
	SaleOptOut:                          "SaleOptOut",
	SharingOptOut:                       "SharingOptOut",
	TargetedAdvertisingOptOut:           "TargetedAdvertisingOptOut",
	SensitiveDataProcessing:             "SensitiveDataProcessing",
	KnownChildSensitiveDataConsents:     "KnownChildSensitiveDataConsents",
	PersonalDataConsents:                "PersonalDataConsents",
	AdditionalDataProcessingConsent:     "AdditionalDataProcessingConsent",
	MspaCoveredTransaction:              "MspaCoveredTransaction",
	MspaOptOutOptionMode:                "MspaOptOutOptionMode",
	MspaServiceProviderMode:             "MspaServiceProviderMode",
}

// Fields goes through the fields of a section: begin with 0, then ask for what comes behind the last one, until ok is false.
func (u *US) Fields(from Field) (f Field, ok bool) {
	for f = from; f < fieldCount; f++ {
		if f != mspaCoveredAhead && u.Has(f) {
			return f, true
		}
	}
	return 0, false
}
