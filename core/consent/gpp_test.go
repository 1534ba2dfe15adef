package consent

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// digits writes a Fibonacci number, the further 1 at its end included.
func digits(n int) string {
	weights := []int{1, 2}
	for last := weights[1]; last <= n; last = weights[len(weights)-1] {
		weights = append(weights, last+weights[len(weights)-2])
	}
	code := ""
	for i := len(weights) - 1; i >= 0; i-- {
		switch {
		case weights[i] <= n:
			n -= weights[i]
			code = "1" + code
		case code != "":
			code = "0" + code
		}
	}
	return code + "1"
}

// id and group are items of a header: an id and several, by their distance from the one before.
func id(distance int) string { return "0" + digits(distance) }

func group(distance, length int) string { return "1" + digits(distance) + digits(length) }

// gppHeader is the header of a GPP string with items.
func gppHeader(items ...string) string {
	return (&writer{}).put(3, 6).put(1, 6).put(uint64(len(items)), 12).add(strings.Join(items, "")).String()
}

func TestSections(t *testing.T) {
	var many []Section
	for i := range MaxSections {
		many = append(many, Section{i + 1, "x"})
	}
	for _, c := range []struct {
		name, text string
		want       []Section
	}{
		{"none", "DBAA", nil},
		{"published: 2", "DBABM~x", []Section{{2, "x"}}},
		{"published: 2, with another padding", "DBABMA~x", []Section{{2, "x"}}},
		{"published: 2 and 6", "DBACNY~x~1YNN", []Section{{2, "x"}, {6, "1YNN"}}},
		{"published: 5 to 6", "DBABjw~x~y", []Section{{5, "x"}, {6, "y"}}},
		{"zeros behind the last id", "DBACNYAAAA~x~y", []Section{{2, "x"}, {6, "y"}}},
		{"a group behind an id", gppHeader(id(2), group(3, 2)) + "~x~y~z~w", []Section{{2, "x"}, {5, "y"}, {6, "z"}, {7, "w"}}},
		{"an id behind a group", gppHeader(group(1, 1), id(398)) + "~x~y~z", []Section{{1, "x"}, {2, "y"}, {400, "z"}}},
		{"texts that nobody can read", gppHeader(id(7), id(1)) + "~ ~\xff=.", []Section{{7, " "}, {8, "\xff=."}}},
		{"the highest id", gppHeader(id(65535)) + "~x", []Section{{65535, "x"}}},
		{"as many as can be", gppHeader(group(1, MaxSections-1)) + strings.Repeat("~x", MaxSections), many},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, f := ParseGPP(c.text)
			require.Equal(t, None, f, "not: %s", f)
			for _, want := range c.want {
				found, ok := g.Find(want.ID)
				require.True(t, ok)
				require.Equal(t, want, found)
			}
			_, ok := g.Find(999)
			require.False(t, ok)
			var got []Section
			for s, ok := g.Next(); ok; s, ok = g.Next() {
				got = append(got, s)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestFaultsOfGPP(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Fault
	}{
		{"nothing", "", Empty},
		{"too long", "DBABM~" + strings.Repeat("A", MaxString), TooLong},
		{"a TC string", tcfPlain(), Foreign},
		{"a US Privacy string", "1YNN", Foreign},
		{"another type", "3BABLA~BAAA", Foreign},
		{"another version", "DDABLA~BAAA", Version},
		{"an end within the header", "DB", Truncated},
		{"an end within the count", "DBA", Truncated},
		{"an end within an id", gppHeader("0 0001"), Truncated},
		{"ids that are not there", "DB__~x", Truncated},
		{"a percent-escape for the separator", "DBABLA%7EBVQqAAAAAAKA.QA", Character},
		{"a character outside base64url in the header", "DBA=LA~BVQqAAAAAAKA", Character},
		{"a dot in the header", "DBAB.LA~BVQqAAAAAAKA", Character},
		{"no header", "~BVQqAAAAAAKA", EmptySegment},
		{"a section without text", "DBACNY~~1YNN", EmptySegment},
		{"a last section without text", "DBACNY~x~", EmptySegment},
		{"a separator behind no sections", "DBAA~", EmptySegment},
		{"more sections than ids", "DBABM~x~y", Sections},
		{"a section without id", "DBAA~x", Sections},
		{"fewer sections than ids", "DBACNY~x", Sections},
		{"a header alone", "DBABM", Sections},
		{"more than can be", gppHeader(group(1, MaxSections)) + strings.Repeat("~x", MaxSections+1), Sections},
		{"a group of thousands", gppHeader(group(1, 60000)) + "~x", Sections},
		{"an id beyond 16 bits", gppHeader(id(65536)) + "~x", Number},
		{"an id beyond 16 bits in a group", gppHeader(group(65535, 1)) + "~x", Number},
		{"an id that would wrap in 64 bits", gppHeader("0"+strings.Repeat("01", 50)+"1", id(1)) + "~x~y", Number},
		{"a number without an end", gppHeader("0"+strings.Repeat("0", 900)) + "~x", Number},
		{"ids whose sum is beyond 16 bits", gppHeader(id(65000), id(65000)) + "~x~y", Number},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, f := ParseGPP(c.text)
			require.Equal(t, c.want, f, "%s, not: %s", c.want, f)
			require.Zero(t, g)
		})
	}
}

func TestFibonacci(t *testing.T) {
	for n := 1; n <= 65535; n += max(1, n/50) {
		r := reader{s: (&writer{}).add("1" + digits(n) + "1").String(), at: 1}
		require.Equal(t, n, r.fibonacci())
		require.Equal(t, 1+len(digits(n)), r.at)
		require.Equal(t, None, r.fault)
	}
}

// Sections do not spoil each other.
func TestSectionsAreIndependent(t *testing.T) {
	g, f := ParseGPP(gppHeader(id(2), id(4), id(1), id(1)) + "~C~1YYN~BVQqAAA~B?B")
	require.Equal(t, None, f)
	tcf, _ := g.Find(SectionTCF)
	_, f = ParseTCF(tcf.Text, 0)
	require.Equal(t, Truncated, f)
	usp, _ := g.Find(SectionUSPrivacy)
	u, f := ParseUSPrivacy(usp.Text)
	require.Equal(t, None, f)
	require.Equal(t, byte('Y'), u.OptOutSale)
	nat, _ := g.Find(SectionUSNat)
	_, f = ParseUS(nat)
	require.Equal(t, Truncated, f)
	ca, _ := g.Find(8)
	_, f = ParseUS(ca)
	require.Equal(t, Character, f)
}

func TestUSPrivacy(t *testing.T) {
	for _, c := range []struct {
		text string
		want USPrivacy
		f    Fault
	}{
		{"1YNN", USPrivacy{'Y', 'N', 'N'}, None},
		{"1---", USPrivacy{'-', '-', '-'}, None},
		{"1NYY", USPrivacy{'N', 'Y', 'Y'}, None},
		{"", USPrivacy{}, Empty},
		{"1", USPrivacy{}, Truncated},
		{"1YN", USPrivacy{}, Truncated},
		{"1YNNN", USPrivacy{}, TooLong},
		{"1YNN ", USPrivacy{}, TooLong},
		{"2YNN", USPrivacy{}, Version},
		{"-YNN", USPrivacy{}, Version},
		{"null", USPrivacy{}, Version},
		{`{"uspString":"1YN-"}`, USPrivacy{'Y', 'N', '-'}, None},
		{`{"a":"uspString","uspString":"1YYN","b":null}`, USPrivacy{'Y', 'Y', 'N'}, None},
		{`{"uspString":"1YYN`, USPrivacy{'Y', 'Y', 'N'}, None},
		{`{"uspString":"1YY"}`, USPrivacy{}, Truncated},
		{`{"uspString":"1YYNN"}`, USPrivacy{}, TooLong},
		{`{"uspString":""}`, USPrivacy{}, Empty},
		{`{"uspString":"`, USPrivacy{}, Form},
		{`{"uspString":null}`, USPrivacy{}, Form},
		{`{"uspString"`, USPrivacy{}, Form},
		{`{`, USPrivacy{}, Form},
		{`["uspString":"1YYN"]`, USPrivacy{}, Version},
		{"1ynn", USPrivacy{}, Character},
		{"1YXN", USPrivacy{}, Character},
		{"11NN", USPrivacy{}, Character},
		{"1YN\x00", USPrivacy{}, Character},
		{"DBAA", USPrivacy{}, Foreign},
		{tcfPlain(), USPrivacy{}, Foreign},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, f := ParseUSPrivacy(c.text)
			require.Equal(t, c.f, f, "%s, not: %s", c.f, f)
			require.Equal(t, c.want, got)
		})
	}
}

func TestGlobalPrivacyControl(t *testing.T) {
	require.True(t, GlobalPrivacyControl("1"))
	for _, value := range []string{"", "0", "true", " 1", "1 ", "11", "1;a=b", "?1"} {
		require.False(t, GlobalPrivacyControl(value), "%q", value)
	}
}
