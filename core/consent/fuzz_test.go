package consent

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A string is read the same for every vendor, its lists can be gone through where it has no fault, and they hold what it says of one.
func FuzzTCF(f *testing.F) {
	f.Add(tcfPlain(), uint16(1))
	f.Add(tcfField(80)+"."+disclosed("101"), uint16(3))
	f.Add(tcfRanges(3)+"."+publisher("1", "01", 2, "1001"), uint16(41))
	f.Add("", uint16(0))
	f.Add("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", uint16(1))
	f.Fuzz(func(t *testing.T, s string, vendor uint16) {
		one, fault := ParseTCF(s, vendor)
		all, same := ParseTCF(s, 0)
		require.Equal(t, fault, same)
		if fault != None {
			require.Zero(t, one)
			return
		}
		require.Equal(t, contains(t, all.VendorConsents(), vendor), one.Vendor.Consent)
		require.Equal(t, contains(t, all.VendorLegitimateInterests(), vendor), one.Vendor.LegitimateInterest)
		require.Equal(t, contains(t, all.DisclosedVendors(), vendor), one.Vendor.Disclosed)
		contains(t, all.AllowedVendors(), vendor)
		restrictions := all.Restrictions()
		for ok := true; ok; {
			_, _, _, ok = restrictions.Next()
		}
		require.Equal(t, None, restrictions.bits.fault)
		require.Zero(t, one.Granted(CorePurposes, true)&^(one.PurposesConsent|one.PurposesLITransparency))
		require.Zero(t, one.Granted(OneVendor, true)&^one.Granted(CorePurposes, true), "a vendor is allowed no more than the purposes are")
	})
}

// The ids ascend, and there is a text for each.
func FuzzGPP(f *testing.F) {
	for _, s := range []string{"DBAA", "DBABM~x", "DBACNY~" + tcfPlain() + "~1YNN", "DBABLA~BVQqAAAAAAKA.QA", "DBABukiAiioRY~BAAA", gppHeader(id(5), group(2, 9))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, fault := ParseGPP(s)
		if fault != None {
			require.Zero(t, g)
		}
		last, length := 0, 0
		for section, ok := g.Next(); ok; section, ok = g.Next() {
			require.Greater(t, section.ID, last)
			require.NotEmpty(t, section.Text)
			last = section.ID
			length += 1 + len(section.Text)
			sectionFault(section)
		}
		require.Empty(t, g.text)
		require.Less(t, length, len(s)+1)
	})
}

// Every field that a section has, has a value.
func FuzzSections(f *testing.F) {
	f.Add(7, "BVQqAAAAAAKA.QA")
	f.Add(25, "BhQI.hRE")
	f.Add(5, canadaHead().ascendingList(7, id(2), group(3, 2)).field("01").none().String()+".IAAA")
	f.Fuzz(func(t *testing.T, id int, s string) {
		section := Section{id, s}
		if c, fault := ParseCanada(section); fault == None {
			contains(t, c.VendorExpressConsent(), 1)
			contains(t, c.VendorImpliedConsent(), 1)
			contains(t, c.DisclosedVendors(), 1)
		}
		u, fault := ParseUS(section)
		if fault != None {
			require.Zero(t, u)
		}
		for field, ok := u.Fields(0); ok; field, ok = u.Fields(field + 1) {
			_, single := u.Value(field)
			require.NotEqual(t, single, u.Items(field) > 0)
			for i := range u.Items(field) {
				_, ok := u.Item(field, i+1)
				require.True(t, ok)
			}
		}
	})
}

func FuzzUSPrivacy(f *testing.F) {
	f.Add("1YNN")
	f.Add("1---")
	f.Fuzz(func(t *testing.T, s string) {
		if u, fault := ParseUSPrivacy(s); fault == None {
			require.Contains(t, s, string([]byte{'1', u.Notice, u.OptOutSale, u.LspaCovered}))
		}
	})
}

// A cookie with a fault says nothing, and a grant is always a choice.
func FuzzChoices(f *testing.F) {
	f.Add(uint8(OneTrust), "isGpcEnabled=0&interactionCount=1&groups=C0001%3A1%2CC0004%3A0", "C0004")
	f.Add(uint8(Cookiebot), "{stamp:%27-%27%2Cmarketing:true%2Cmethod:%27explicit%27}", "marketing")
	f.Add(uint8(CookieYes), "action:yes,analytics:yes", "analytics")
	f.Add(uint8(WPConsent), "allow", "")
	f.Add(uint8(GoogleConsent), "v=1&update=1795000000&ad_storage=denied", "ad_storage")
	f.Fuzz(func(t *testing.T, format uint8, cookie, group string) {
		c, fault := ParseChoices(Format(format), cookie)
		choice := c.Of(group)
		if fault != None {
			require.Zero(t, c)
			require.Equal(t, Unset, choice)
		}
		if choice == Granted {
			require.Equal(t, byVisitor, c.decision)
		}
	})
}
