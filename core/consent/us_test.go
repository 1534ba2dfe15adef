package consent

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The places of the fields that matter, in bits, as the specification's tables give them; none is a field that a section does not have.
func TestLayouts(t *testing.T) {
	const none = -1
	type list struct{ at, items int }
	absent := list{none, 0}
	for _, c := range []struct {
		id                    int
		name                  string
		l                     *layout
		bits                  int
		sale, share, targeted int
		sensitive, child      list
		personal, covered     int
		gpc                   bool
	}{
		{7, "usnat", &national1, 60, 18, 20, 22, list{24, 12}, list{48, 2}, 52, 54, true},
		{7, "usnat", &layouts[0], 70, 18, 20, 22, list{24, 16}, list{56, 3}, 62, 64, true},
		{8, "usca", &layouts[1], 46, 12, 14, none, list{16, 9}, list{34, 2}, 38, 40, true},
		{9, "usva", &layouts[2], 40, 12, none, 14, list{16, 8}, list{32, 1}, none, 34, false},
		{10, "usco", &layouts[3], 38, 12, none, 14, list{16, 7}, list{30, 1}, none, 32, true},
		{11, "usut", &layouts[4], 42, 14, none, 16, list{18, 8}, list{34, 1}, none, 36, false},
		{12, "usct", &layouts[5], 44, 12, none, 14, list{16, 8}, list{32, 3}, none, 38, true},
		{13, "usfl", &layouts[6], 46, 12, none, 14, list{16, 8}, list{32, 3}, 38, 40, false},
		{14, "usmt", &layouts[7], 46, 12, none, 14, list{16, 8}, list{32, 3}, 38, 40, true},
		{15, "usor", &layouts[8], 52, 12, none, 14, list{16, 11}, list{38, 3}, 44, 46, true},
		{16, "ustx", &layouts[9], 42, 12, none, 14, list{16, 8}, list{32, 1}, 34, 36, true},
		{17, "usde", &layouts[10], 52, 12, none, 14, list{16, 9}, list{34, 5}, 44, 46, true},
		{18, "usia", &layouts[11], 42, 14, none, 16, list{18, 8}, list{34, 1}, none, 36, true},
		{19, "usne", &layouts[12], 42, 12, none, 14, list{16, 8}, list{32, 1}, 34, 36, true},
		{20, "usnh", &layouts[13], 46, 12, none, 14, list{16, 8}, list{32, 3}, 38, 40, true},
		{21, "usnj", &layouts[14], 54, 12, none, 14, list{16, 10}, list{36, 5}, 46, 48, true},
		{22, "ustn", &layouts[15], 42, 12, none, 14, list{16, 8}, list{32, 1}, 34, 36, true},
		{23, "usmn", &layouts[16], 42, 12, none, 14, list{16, 8}, list{32, 1}, 34, 36, true},
		{24, "usmd", &layouts[17], 22, 16, none, 18, absent, absent, 20, 6, true},
		{25, "usin", &layouts[18], 24, 16, none, 18, absent, list{20, 1}, 22, 6, false},
		{26, "usky", &layouts[19], 24, 16, none, 18, absent, list{20, 1}, 22, 6, false},
		{27, "usri", &layouts[20], 24, 16, none, 18, absent, list{20, 1}, 22, 6, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.name, SectionName(c.id))
			require.Equal(t, c.bits, c.l.offset(fieldCount))
			require.Equal(t, c.gpc, c.l.gpc)
			place := func(f Field) int {
				if c.l.fields>>c.l.stored(f)&1 == 0 {
					return none
				}
				return c.l.offset(c.l.stored(f))
			}
			personal := max(place(PersonalDataConsents), place(AdditionalDataProcessingConsent))
			require.Equal(t, []int{c.sale, c.share, c.targeted}, []int{place(SaleOptOut), place(SharingOptOut), place(TargetedAdvertisingOptOut)})
			require.Equal(t, []list{c.sensitive, c.child},
				[]list{{place(SensitiveDataProcessing), int(c.l.sensitive)}, {place(KnownChildSensitiveDataConsents), int(c.l.child)}})
			require.Equal(t, []int{c.personal, c.covered}, []int{personal, place(MspaCoveredTransaction)})
		})
	}
}

func TestUSNat(t *testing.T) {
	// Notices 1, opt-outs 0 1 2, items 3 0 1 2 and so on, and behind the lists 1 2 0 3.
	head := func(version uint64) *writer { return (&writer{}).put(version, 6).add("01 01 01 01 01 01 00 01 10") }
	first := head(1).add(strings.Repeat("11 00 01 10", 3)).add("01 10").add("01 10 00 11").String()
	second := head(2).add(strings.Repeat("11 00 01 10", 4)).add("01 10 11").add("01 10 00 11").String()
	mixed := head(1).add(strings.Repeat("11 00 01 10", 4)).add("01 10 11").add("01 10 00 11").String()
	require.Len(t, first, 10)
	require.Len(t, second, 12)
	for _, c := range []struct {
		name, text               string
		version                  uint8
		sensitive, child         int
		lastSensitive, lastChild uint8
	}{
		{"version 1", first, 1, 12, 2, 2, 2},
		{"version 1 in whole bytes", first + "A", 1, 12, 2, 2, 2},
		{"version 2", second, 2, 16, 3, 2, 3},
		{"version 2 with more padding", second + "AAAA", 2, 16, 3, 2, 3},
		{"version 1 in the layout of version 2", mixed, 1, 12, 2, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, f := ParseUS(Section{SectionUSNat, c.text})
			require.Equal(t, None, f)
			require.Equal(t, []uint8{c.version, 1, 0, 1, 2}, values(t, &u, FieldVersion, SharingNotice, SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut))
			require.Equal(t, []uint8{1, 2, 0, 3}, values(t, &u, PersonalDataConsents, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode))
			require.Equal(t, c.sensitive, u.Items(SensitiveDataProcessing))
			require.Equal(t, c.child, u.Items(KnownChildSensitiveDataConsents))
			last, ok := u.Item(SensitiveDataProcessing, c.sensitive)
			require.True(t, ok)
			require.Equal(t, c.lastSensitive, last)
			last, ok = u.Item(KnownChildSensitiveDataConsents, c.child)
			require.True(t, ok)
			require.Equal(t, c.lastChild, last)
			_, ok = u.Item(SensitiveDataProcessing, c.sensitive+1)
			require.False(t, ok)
		})
	}
}

func values(t *testing.T, u *US, fields ...Field) (all []uint8) {
	for _, f := range fields {
		value, ok := u.Value(f)
		require.True(t, ok, f.String())
		all = append(all, value)
	}
	return all
}

func TestUSIndiana(t *testing.T) {
	core := (&writer{}).put(1, 6).add("01 10 01 10 11 01 10 00 11").String() // covered, mode, notices, opt-outs, child, additional
	u, f := ParseUS(Section{25, core + "." + (&writer{}).add("00 01 10 11 00 01 10 11").String()})
	require.Equal(t, None, f)
	require.Equal(t, []uint8{1, 1, 2, 1, 2, 3, 1, 2, 3}, values(t, &u, MspaVersion, MspaCoveredTransaction, MspaMode, ProcessingNotice,
		SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut, TargetedAdvertisingOptOut, AdditionalDataProcessingConsent))
	child, _ := u.Item(KnownChildSensitiveDataConsents, 1)
	require.Equal(t, uint8(0), child)
	last, ok := u.Item(SensitiveDataProcessing, 8)
	require.True(t, ok)
	require.Equal(t, uint8(3), last)
	_, ok = u.Value(FieldVersion)
	require.False(t, ok)
}

func TestSubSections(t *testing.T) {
	usca, usva, usmd, usin := strings.Repeat("B", 8), strings.Repeat("B", 7), "BBBB", "BBBB"
	for _, c := range []struct {
		name string
		id   int
		text string
		want GPC
		f    Fault
	}{
		{"none", 8, usca, GPCNotSaid, None},
		{"GPC", 8, usca + ".YA", GPCYes, None},
		{"GPC in one character", 8, usca + ".Y", GPCYes, None},
		{"no GPC", 8, usca + ".QA", GPCNo, None},
		{"both: the more restrictive", 8, usca + ".YA.QA", GPCYes, None},
		{"of an unknown type", 8, usca + ".gA", GPCNotSaid, None},
		{"where none is defined", 9, usva + ".YA", GPCNotSaid, None},
		{"Maryland", 24, usmd + ".YA", GPCYes, None},
		{"sensitive items, which are no GPC", 25, usin + ".YAA", GPCNotSaid, None},
		{"too few sensitive items", 25, usin + ".YA", 0, Truncated},
		{"without text", 8, usca + ".", 0, EmptySegment},
		{"with another character", 8, usca + ".Y=", 0, Character},
		{"without core", 8, ".YA", 0, EmptySegment},
		{"behind a core that is too short", 8, usca[1:] + ".YA", 0, Truncated},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, f := ParseUS(Section{c.id, c.text})
			require.Equal(t, c.f, f, "%s, not: %s", c.f, f)
			require.Equal(t, c.want, u.GPC)
			if f != None {
				require.Zero(t, u)
			}
		})
	}
}

func TestUnknownLayouts(t *testing.T) {
	for _, c := range []struct {
		name string
		Section
	}{
		{"an id below", Section{SectionUSPrivacy, "BBBBBBBBBBBB"}},
		{"an id above", Section{SectionUSRI + 1, "BBBBBBBBBBBB"}},
		{"Maryland with a section header", Section{24, "YBAABBBBB"}},
		{"Indiana with a section header", Section{25, "ZBAABBBBB"}},
		{"Kentucky with a section header", Section{26, "aBAABBBBB"}},
		{"Rhode Island with a section header", Section{27, "bBAABBBBB"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, f := ParseUS(c.Section)
			require.Equal(t, Layout, f)
			require.Zero(t, u)
		})
	}
}

// No section of any length but its own or more is read, and every field of every section that is read has a value.
func TestEverySection(t *testing.T) {
	for id := SectionUSNat; id <= SectionUSRI; id++ {
		for length := 1; length < 20; length++ {
			u, f := ParseUS(Section{id, strings.Repeat("V", length)}) // 01 01 01: version 21, otherwise opted out
			l := &layouts[id-SectionUSNat]
			if id == SectionUSNat && length < 12 {
				l = &national1
			}
			if 6*length < l.offset(fieldCount) {
				require.Equal(t, Truncated, f)
				continue
			}
			require.Equal(t, None, f)
			count := 0
			for field, ok := u.Fields(0); ok; field, ok = u.Fields(field + 1) {
				count++
				value, single := u.Value(field)
				require.NotEqual(t, single, u.Items(field) > 0, field.String())
				if single && field != FieldVersion && field != MspaVersion {
					require.Equal(t, uint8(OptedOut), value, field.String())
				}
				for i := range u.Items(field) {
					value, ok := u.Item(field, i+1)
					require.True(t, ok)
					require.Equal(t, uint8(OptedOut), value, field.String())
				}
			}
			require.GreaterOrEqual(t, count, 9)
		}
	}
}

func TestKnownVersion(t *testing.T) {
	for _, c := range []struct {
		id      int
		version uint64
		want    bool
	}{
		{SectionUSNat, 1, true}, {SectionUSNat, 2, true}, {SectionUSNat, 3, false},
		{8, 1, true}, {8, 2, false}, {8, 0, false}, {24, 1, true}, {24, 2, false},
	} {
		u, f := ParseUS(Section{c.id, (&writer{}).put(c.version, 6).put(0, 66).String()})
		require.Equal(t, None, f)
		require.Equal(t, c.want, u.KnownVersion(), "%v", c)
	}
	require.False(t, (&US{}).KnownVersion())
}

func TestFieldsThatThereAreNot(t *testing.T) {
	var none US
	u, f := ParseUS(Section{24, "BBBB"})
	require.Equal(t, None, f)
	for _, u := range []*US{&none, &u} {
		for _, f := range []Field{SharingOptOut, SensitiveDataProcessing, KnownChildSensitiveDataConsents, FieldVersion, fieldCount, 255} {
			_, ok := u.Value(f)
			require.False(t, ok)
			_, ok = u.Item(f, 1)
			require.False(t, ok)
			require.Zero(t, u.Items(f))
		}
	}
}
