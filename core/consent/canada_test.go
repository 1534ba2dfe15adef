package consent

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// canadaHead is the fixed fields of a section, with express consent for purpose 1 and implied consent for purpose 2.
func canadaHead() *writer {
	w := (&writer{}).put(1, 6).put(17_000_000_000, 36).put(17_000_000_001, 36).put(300, 12).put(7, 12).put(1, 6).put(5<<6|17, 12)
	return w.put(200, 12).put(5, 6).add("1").add("000000000001").put(1<<23, 24).put(1<<22, 24)
}

// ascendingList is a list as libraries write it from version 3.2 on.
func (w *writer) ascendingList(highest uint64, items ...string) *writer {
	return w.put(highest, 16).add("1").put(uint64(len(items)), 12).add(strings.Join(items, ""))
}

func TestCanada(t *testing.T) {
	restriction := func() *writer { return (&writer{}).put(7, 6).put(RequireConsent, 2) }
	older := canadaHead().ranges(7, single(2), several(5, 7)).field("01").
		put(1, 12).add(restriction().put(1, 12).bits.String()).add(single(9)).String()
	newer := canadaHead().ascendingList(7, id(2), group(3, 2)).field("01").
		put(1, 12).add(restriction().ascendingList(9, id(9)).bits.String()).String()
	segment := func(kind SegmentType) *writer { return (&writer{}).put(uint64(kind), 3) }
	for _, c := range []struct{ name, text string }{
		{"older libraries", older + "." + segment(DisclosedVendors).ranges(6, several(4, 6)).String()},
		{"newer libraries", newer + "." + segment(DisclosedVendors).ascendingList(6, group(4, 2)).String()},
		{"with a publisher sub-section", newer + "." + publisher("1", "01", 2, "1001") + "." + segment(DisclosedVendors).field("000111").String()},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, f := ParseCanada(Section{SectionCanada, c.text})
			require.Equal(t, None, f, "not: %s", f)
			require.Equal(t, uint8(1), got.Version)
			require.Equal(t, int64(17_000_000_001), got.LastUpdated)
			require.Equal(t, uint8(5), got.PolicyVersion)
			require.True(t, got.UseNonStandardStacks)
			require.Equal(t, SetOf(12), got.SpecialFeatureExpressConsent)
			require.Equal(t, SetOf(1), got.PurposesExpressConsent)
			require.Equal(t, SetOf(2), got.PurposesImpliedConsent)
			require.Equal(t, [][2]int{{2, 2}, {5, 7}}, listed(got.VendorExpressConsent()))
			require.Equal(t, [][2]int{{2, 2}}, listed(got.VendorImpliedConsent()))
			require.Equal(t, [][2]int{{4, 6}}, listed(got.DisclosedVendors()))
			all := got.Restrictions()
			purpose, kind, vendors, ok := all.Next()
			require.True(t, ok)
			require.Equal(t, []int{7, RequireConsent}, []int{purpose, kind})
			require.Equal(t, [][2]int{{9, 9}}, listed(vendors))
			_, _, _, ok = all.Next()
			require.False(t, ok)
		})
	}
}

func listed(list Ranges) (all [][2]int) {
	for {
		first, last, ok := list.Next()
		if !ok {
			return all
		}
		all = append(all, [2]int{first, last})
	}
}

func TestFaultsOfCanada(t *testing.T) {
	whole := canadaHead().field("").field("").none().String()
	for _, c := range []struct {
		name string
		id   int
		text string
		want Fault
	}{
		{"whole", SectionCanada, whole, None},
		{"another section", SectionUSNat, whole, Layout},
		{"an end within the fixed fields", SectionCanada, whole[:33], Truncated},
		{"an end within the lists", SectionCanada, whole[:36], Layout},
		{"a list that fits in no way", SectionCanada, canadaHead().ranges(3, single(9)).field("").none().String(), Layout},
		{"another character", SectionCanada, whole + "=", Character},
		{"a dot behind", SectionCanada, whole + ".", EmptySegment},
		{"a sub-section of an unknown type", SectionCanada, whole + ".QAAA", Segment},
		{"disclosed vendors twice", SectionCanada, whole + ".IAAA.IAAA", Segment},
		{"an end within the publisher's purposes", SectionCanada, whole + ".YAAA", Truncated},
		{"an end within disclosed vendors", SectionCanada, whole + ".I__A", Layout},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, f := ParseCanada(Section{c.id, c.text})
			require.Equal(t, c.want, f, "%s, not: %s", c.want, f)
			if f != None {
				require.Zero(t, got)
			}
		})
	}
}
