package consent

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

func TestFixedFieldsOfTCF(t *testing.T) {
	got, f := ParseTCF(tcfPlain(), 0)
	require.Equal(t, None, f)
	require.Equal(t, int64(17_000_000_000), got.Created)
	require.Equal(t, int64(17_000_000_000), got.LastUpdated)
	require.Equal(t, uint16(300), got.CmpID)
	require.Equal(t, uint16(7), got.CmpVersion)
	require.Equal(t, uint8(1), got.ConsentScreen)
	require.Equal(t, Letters(4<<6|13), got.ConsentLanguage)
	require.Equal(t, uint16(200), got.VendorListVersion)
	require.Equal(t, uint8(5), got.PolicyVersion)
	require.True(t, got.IsServiceSpecific)
	require.False(t, got.UseNonStandardTexts)
	require.Equal(t, SetOf(1), got.SpecialFeatureOptIns)
	require.Equal(t, SetOf(1, 2, 3, 4, 7), got.PurposesConsent)
	require.Equal(t, SetOf(1, 2, 7, 8), got.PurposesLITransparency)
	require.False(t, got.PurposeOneTreatment)
	first, second := got.PublisherCC.Letters()
	require.Equal(t, "DE", string(first)+string(second))
	require.Equal(t, [4]SegmentType{CoreSegment}, got.Segments)
}

func TestFaultsOfTCF(t *testing.T) {
	core := tcfPlain()
	for _, c := range []struct {
		name, text string
		want       Fault
	}{
		{"nothing", "", Empty},
		{"core only", core, None},
		{"all segments in another order", core + "." + publisher("1", "", 0, "") + "." + disclosed("1") + ".QAAA", None},
		{"an empty list of disclosed vendors", core + ".IAAA", None},
		{"zeros behind the last field", core + "AAAA", None},
		{"other bits behind the last field", tcfHead().field("").field("").none().add("111111").String(), None},
		{"as long as can be", core + strings.Repeat("A", MaxString-len(core)), None},
		{"longer", core + strings.Repeat("A", MaxString-len(core)+1), TooLong},
		{"version 1", "B" + core[1:], Version},
		{"version 3, or a GPP string", "D" + core[1:], Foreign},
		{"a GPP string", "DBABLA~BVQqAAAAAAKA.QA", Foreign},
		{"a US Privacy string", "1YNN", Foreign},
		{"version 62", "-" + core[1:], Version},
		{"another format that begins alike", "CQAAAA", Truncated},
		{"a character outside base64url", core[:10] + "+" + core[11:], Character},
		{"a percent-escape", core[:10] + "%2D" + core[11:], Character},
		{"a space in front", " " + core, Character},
		{"a line's end behind", core + "\n", Character},
		{"quotation marks", `"` + core + `"`, Character},
		{"a byte that is no UTF-8", core[:20] + "\xff" + core[21:], Character},
		{"a section separator", core + "~" + core, Character},
		{"a character outside base64url in a later segment", core + ".IA=A", Character},
		{"a dot in front", "." + core, EmptySegment},
		{"a dot behind", core + ".", EmptySegment},
		{"two dots", core + "..IAAA", EmptySegment},
		{"core not first", "IAAA." + core, Version},
		{"core twice", core + "." + core, Segment},
		{"disclosed vendors twice", core + ".IAAA.IAAA", Segment},
		{"publisher segment twice", core + "." + publisher("", "", 0, "") + "." + publisher("", "", 0, ""), Segment},
		{"segment type 0", core + ".AAAA", Segment},
		{"segment type 4", core + ".gAAA", Segment},
		{"segment type 7", core + ".4AAA", Segment},
		{"one character", "C", Truncated},
		{"an end within the fixed fields", core[:fixedCharacters-1], Truncated},
		{"an end behind the fixed fields", core[:fixedCharacters], Truncated},
		{"an end within the bits of vendors", tcfHead().put(100, 16).add("0").add("1").String(), Truncated},
		{"an end behind the first list", tcfHead().field("1").String(), Truncated},
		{"an end behind the second list", tcfHead().field("1").field("").String(), Truncated},
		{"an end within an entry", tcfHead().put(9, 16).add("1").put(1, 12).add("1").put(3, 16).String(), Truncated},
		{"entries that are not there", tcfHead().put(9, 16).add("1").put(4095, 12).String(), Truncated},
		{"an end behind the type of a segment", core + ".I", Truncated},
		{"an end within disclosed vendors", core + ".I" + "AoAA", Truncated},
		{"an end within the publisher's purposes", core + ".YAAAAAA", Truncated},
		{"an end within custom purposes", core + "." + publisher("", "", 63, "1"), Truncated},
		{"vendor 0", tcfHead().ranges(9, single(0)).field("").none().String(), Range},
		{"a range from 0", tcfHead().ranges(9, several(0, 3)).field("").none().String(), Range},
		{"a range backwards", tcfHead().ranges(9, several(1, 2), several(5, 4)).field("").none().String(), Range},
		{"an id above the highest", tcfHead().ranges(9, single(10)).field("").none().String(), Range},
		{"a range to above the highest", tcfHead().field("").ranges(9, several(3, 10)).none().String(), Range},
		{"a range of one", tcfHead().ranges(9, several(9, 9)).field("").none().String(), None},
		{"ranges out of order that overlap", tcfHead().ranges(9, several(4, 9), several(2, 5)).field("").none().String(), None},
		{"a list without entries", tcfHead().ranges(9).ranges(0).none().String(), None},
		{"restriction of purpose 0", tcfHead().field("").field("").put(1, 12).put(0, 6).put(0, 2).put(0, 12).String(), Restriction},
		{"restriction of type 3", tcfHead().field("").field("").put(1, 12).put(1, 6).put(3, 2).put(0, 12).String(), Restriction},
		{"restriction of vendor 0", tcfHead().field("").field("").put(1, 12).put(1, 6).put(0, 2).put(1, 12).add(single(0)).String(), Range},
		{"restriction without vendors", tcfHead().field("").field("").put(1, 12).put(1, 6).put(0, 2).put(0, 12).String(), None},
		{"restrictions that are not there", tcfHead().field("").field("").put(4095, 12).String(), Truncated},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, f := ParseTCF(c.text, 1)
			require.Equal(t, c.want, f, "%s, not: %s", c.want, f)
			if f != None {
				require.Zero(t, got, "a string with a fault says nothing")
			}
		})
	}
}

// Every string that ends too early is refused, or its end lies behind the last field.
func TestTruncatedTCF(t *testing.T) {
	for _, whole := range []string{tcfPlain(), tcfField(200), tcfRanges(5)} {
		for n := range len(whole) - 2 {
			_, f := ParseTCF(whole[:n], 1)
			require.NotEqual(t, None, f, "%d of %d characters", n, len(whole))
		}
	}
}

func TestVendorOfTCF(t *testing.T) {
	restricted := func(purpose, kind uint64, entries ...string) string {
		return (&writer{}).put(purpose, 6).put(kind, 2).put(uint64(len(entries)), 12).add(strings.Join(entries, "")).bits.String()
	}
	core := tcfHead().field("0010").ranges(70, single(3), several(60, 70)).
		put(3, 12).add(restricted(2, NotAllowed, single(5), several(60, 65))).
		add(restricted(7, RequireConsent, several(1, 65535))).
		add(restricted(63, RequireLegitimateInterest, single(60)))
	s := core.String() + "." + disclosed("0010")
	for _, c := range []struct {
		name   string
		vendor uint16
		want   Vendor
	}{
		{"none", 0, Vendor{}},
		{"in no list", 1, Vendor{Restricted: [3]Set{RequireConsent: SetOf(7)}}},
		{"in bits, entries and disclosed", 3, Vendor{Consent: true, LegitimateInterest: true, Disclosed: true, Restricted: [3]Set{RequireConsent: SetOf(7)}}},
		{"behind the bits", 5, Vendor{Restricted: [3]Set{SetOf(2), SetOf(7), 0}}},
		{"in a range", 60, Vendor{LegitimateInterest: true, Restricted: [3]Set{SetOf(2), SetOf(7), SetOf(63)}}},
		{"at the end of a range", 70, Vendor{LegitimateInterest: true, Restricted: [3]Set{RequireConsent: SetOf(7)}}},
		{"behind all", 71, Vendor{Restricted: [3]Set{RequireConsent: SetOf(7)}}},
		{"the highest that there can be", 65535, Vendor{Restricted: [3]Set{RequireConsent: SetOf(7)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, f := ParseTCF(s, c.vendor)
			require.Equal(t, None, f)
			require.Equal(t, c.want, got.Vendor)
		})
	}
}

func TestGranted(t *testing.T) {
	// The core consents to 1 to 4 and 7, with legitimate interest for 1, 2, 7 and 8; vendor 1 has consent, vendor 2 legitimate interest.
	vendors := func(restrictions string, segments ...string) string {
		count := uint64(0)
		if restrictions != "" {
			count = 1
		}
		core := tcfHead().field("101").field("011").put(count, 12).add(restrictions).String()
		return strings.Join(append([]string{core}, segments...), ".")
	}
	restricted := func(purpose, kind uint64) string {
		return (&writer{}).put(purpose, 6).put(kind, 2).put(1, 12).add(several(1, 9)).bits.String()
	}
	const byConsent, byEither = false, true
	for _, c := range []struct {
		name     string
		text     string
		vendor   uint16
		subject  Subject
		interest bool
		want     Set
	}{
		{"core purposes by consent", vendors(""), 0, CorePurposes, byConsent, SetOf(1, 2, 3, 4, 7)},
		{"core purposes by either, but for purpose 1", vendors(""), 0, CorePurposes, byEither, SetOf(1, 2, 3, 4, 7, 8)},
		{"publisher without its segment", vendors(""), 0, Publisher, byEither, 0},
		{"publisher by consent", vendors("", publisher("100001", "0100010", 0, "")), 0, Publisher, byConsent, SetOf(1, 6)},
		{"publisher by either, but never 1, 3, 4, 5 and 6", vendors("", publisher("", "111111111111", 0, "")), 0, Publisher, byEither, SetOf(2, 7, 8, 9, 10, 11, 12)},
		{"vendor with consent", vendors(""), 1, OneVendor, byConsent, SetOf(1, 2, 3, 4, 7)},
		{"vendor with consent has no legitimate interest", vendors(""), 1, OneVendor, byEither, SetOf(1, 2, 3, 4, 7)},
		{"vendor with legitimate interest", vendors(""), 2, OneVendor, byEither, SetOf(2, 7, 8)},
		{"vendor with legitimate interest, which is not asked for", vendors(""), 2, OneVendor, byConsent, 0},
		{"vendor with both", vendors(""), 3, OneVendor, byEither, SetOf(1, 2, 3, 4, 7, 8)},
		{"vendor with neither", vendors(""), 4, OneVendor, byEither, 0},
		{"no vendor", vendors(""), 0, OneVendor, byEither, 0},
		{"vendor that is not allowed a purpose", vendors(restricted(2, NotAllowed)), 3, OneVendor, byEither, SetOf(1, 3, 4, 7, 8)},
		{"vendor that needs consent and has it", vendors(restricted(7, RequireConsent)), 3, OneVendor, byEither, SetOf(1, 2, 3, 4, 7, 8)},
		{"vendor that needs consent and has none", vendors(restricted(7, RequireConsent)), 2, OneVendor, byEither, SetOf(2, 8)},
		{"vendor that needs legitimate interest and has it", vendors(restricted(7, RequireLegitimateInterest)), 3, OneVendor, byEither, SetOf(1, 2, 3, 4, 7, 8)},
		{"vendor that needs legitimate interest and has consent", vendors(restricted(7, RequireLegitimateInterest)), 1, OneVendor, byEither, SetOf(1, 2, 3, 4)},
		{"vendor that was disclosed", vendors("", disclosed("1")), 1, OneVendor, byConsent, SetOf(1, 2, 3, 4, 7)},
		{"vendor that was not disclosed", vendors("", disclosed("01")), 1, OneVendor, byEither, 0},
		{"nobody was disclosed", vendors("", "IAAA"), 1, OneVendor, byEither, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, f := ParseTCF(c.text, c.vendor)
			require.Equal(t, None, f)
			require.Equal(t, c.want, got.Granted(c.subject, c.interest))
		})
	}
}

func TestCustomPurposes(t *testing.T) {
	bits := "101" + strings.Repeat("0", 59) + "1" // 1, 3 and 63
	s := tcfPlain() + "." + publisher("", "", 63, bits+strings.Repeat("1", 63))
	got, f := ParseTCF(s, 0)
	require.Equal(t, None, f)
	require.Equal(t, 63, got.PublisherTC.NumCustomPurposes)
	require.Equal(t, SetOf(1, 3, 63), got.PublisherTC.CustomPurposesConsent)
	require.False(t, got.PublisherTC.CustomPurposesLITransparency.Has(64))
	require.True(t, got.PublisherTC.CustomPurposesLITransparency.Has(63))
}

// What a string says of one vendor is what its lists say.
func TestVendorAgreesWithLists(t *testing.T) {
	for _, line := range vectors.Lines[struct{ String string }](t, "consent", "tcf.jsonl") {
		all, f := ParseTCF(line.String, 0)
		require.Equal(t, None, f)
		for _, vendor := range []uint16{1, 2, 3, 20, 110, 366, 755, 1000, 65535} {
			one, f := ParseTCF(line.String, vendor)
			require.Equal(t, None, f)
			require.Equal(t, contains(t, all.VendorConsents(), vendor), one.Vendor.Consent)
			require.Equal(t, contains(t, all.VendorLegitimateInterests(), vendor), one.Vendor.LegitimateInterest)
			require.Equal(t, contains(t, all.DisclosedVendors(), vendor), one.Vendor.Disclosed)
			var restricted [3]Set
			for all := all.Restrictions(); ; {
				purpose, kind, vendors, ok := all.Next()
				if !ok {
					break
				}
				if contains(t, vendors, vendor) {
					restricted[kind] |= SetOf(purpose)
				}
			}
			require.Equal(t, restricted, one.Vendor.Restricted)
		}
	}
}

func contains(t *testing.T, list Ranges, vendor uint16) (found bool) {
	for {
		first, last, ok := list.Next()
		if !ok {
			require.Equal(t, None, list.Fault())
			return found
		}
		found = found || first <= int(vendor) && int(vendor) <= last
	}
}

func TestSet(t *testing.T) {
	require.Equal(t, 0, Set(0).First())
	require.Equal(t, 3, SetOf(64, 7, 3).First())
	require.Equal(t, 64, SetOf(64).First())
	require.Zero(t, SetOf(0, 65, -1))
	require.True(t, SetOf(1, 64).Has(64))
	require.False(t, SetOf(1, 64).Has(2))
	require.False(t, SetOf(1, 64).Has(0))
	require.False(t, SetOf(1, 64).Has(65))
}
