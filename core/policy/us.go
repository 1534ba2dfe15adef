package policy

import (
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
)

// The fields of the opt-outs that have a notice of their own.
var noticed = [...]struct{ field, notice consent.Field }{
	{consent.SaleOptOut, consent.SaleOptOutNotice},
	{consent.SharingOptOut, consent.SharingOptOutNotice},
	{consent.TargetedAdvertisingOptOut, consent.TargetedAdvertisingOptOutNotice},
}

// optOuts gives what a visitor opted out of by a section, and what the site says does not apply without having given notice of it.
// A field that the section does not have says nothing.
func optOuts(u *consent.US) (optedOut, unnoticed uint32) {
	for i, f := range noticed {
		value, ok := u.Value(f.field)
		if !ok {
			continue
		}
		if restricts(value) {
			optedOut |= format.OptOutSale << i
		}
		if notice, _ := u.Value(f.notice); value == consent.NotApplicable && notice > 1 {
			unnoticed |= format.OptOutSale << i
		}
	}
	health, location := sensitiveItems(u.ID)
	if value, _ := u.Item(consent.SensitiveDataProcessing, health); restricts(value) {
		optedOut |= format.OptOutHealth
	}
	if value, _ := u.Item(consent.SensitiveDataProcessing, location); restricts(value) {
		optedOut |= format.OptOutGeolocation
	}
	for n := u.Items(consent.KnownChildSensitiveDataConsents); n > 0; n-- {
		if value, _ := u.Item(consent.KnownChildSensitiveDataConsents, n); restricts(value) {
			optedOut |= format.OptOutChild
		}
	}
	return optedOut, unnoticed
}

// restricts says whether a field's value is an opt-out, or no consent.
func restricts(value uint8) bool { return value == consent.OptedOut || value == consent.Undefined }

// sensitiveItems gives the places of health and precise geolocation among a section's sensitive items; 0 where it has none.
func sensitiveItems(section int) (health, location int) {
	const california, colorado, utah, oregon = 8, 10, 11, 15
	switch section {
	case california:
		return 8, 3
	case colorado:
		return 3, 0
	case utah:
		return 5, 8
	case oregon:
		return 3, 11
	}
	return 3, 8
}
