package signals

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prebid/go-gdpr/consentconstants"
	tcf2 "github.com/prebid/go-gdpr/vendorconsent/tcf2"
	"github.com/prebid/go-gpp"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/consent"
	written "github.com/edgewise-dev/edgewise/testdata/signals"
)

// longest bounds the strings that are compared, in characters: the libraries take memory for what a string announces.
const longest = 2 << 10

// What go-gdpr and core/consent both read says the same to both, and what go-gdpr alone reads has one of the faults that core/consent's
// package comment names. go-gdpr reads the core segment only, so that it is compared alone, and in the whole string where that can be read.
func FuzzTCFAgainstPrebid(f *testing.F) {
	updated := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	usual := written.TC{Updated: updated, Policy: 5, Purposes: []int{1, 3, 24}, Interests: []int{2, 7}, Vendors: []int{1, 20, 755}, VendorsByInterests: []int{20, 21}}
	restricted := usual
	restricted.Restrictions = []written.Restriction{{Purpose: 2, Kind: 0, Vendor: 20}, {Purpose: 7, Kind: 2, Vendor: 755}, {Purpose: 2, Kind: 0, Vendor: 21}}
	wrong := usual
	wrong.Restrictions = []written.Restriction{{Purpose: 0, Kind: 3, Vendor: 9}}
	whole := restricted
	whole.Disclosed, whole.Publisher = []int{1, 20}, &written.Publisher{Purposes: []int{1}}
	for _, s := range []written.TC{usual, restricted, wrong, whole, {Version: 1}, {Updated: updated, Global: true}} {
		f.Add(s.String(), uint16(20))
	}
	for _, c := range Own() {
		f.Add(c.Strings[0], uint16(Vendor))
	}
	f.Fuzz(func(t *testing.T, s string, vendor uint16) {
		s = s[:min(len(s), longest)]
		core, _, _ := strings.Cut(s, ".")
		if !tcf2.IsConsentV2(core) {
			return // go-gdpr takes it for version 1
		}
		theirs, ok := tcfOfTheirs(core)
		if !ok {
			return
		}
		ours, fault := consent.ParseTCF(core, vendor)
		switch {
		case fault == consent.Character && strings.ContainsAny(core, "\r\n"): // base64 with line breaks
		case fault == consent.Restriction:
		default:
			require.Equal(t, consent.None, fault)
			requireSameTCF(t, theirs, ours, core, vendor)
		}
		if whole, fault := consent.ParseTCF(s, vendor); fault == consent.None {
			requireSameTCF(t, theirs, whole, s, vendor)
		}
	})
}

// tcfOfTheirs reads a core segment with go-gdpr; not ok where it does not, or panics.
func tcfOfTheirs(core string) (_ tcf2.ConsentMetadata, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	parsed, err := tcf2.ParseString(core)
	if err != nil {
		return tcf2.ConsentMetadata{}, false
	}
	theirs, ok := parsed.(tcf2.ConsentMetadata)
	return theirs, ok
}

func requireSameTCF(t *testing.T, theirs tcf2.ConsentMetadata, ours consent.TCF, s string, vendor uint16) {
	require.Equal(t, theirs.Created(), time.UnixMilli(ours.Created*100))
	require.Equal(t, theirs.LastUpdated(), time.UnixMilli(ours.LastUpdated*100))
	require.Equal(t, theirs.CmpID(), ours.CmpID)
	require.Equal(t, theirs.CmpVersion(), ours.CmpVersion)
	require.Equal(t, theirs.ConsentScreen(), ours.ConsentScreen)
	first, second := ours.ConsentLanguage.Letters()
	require.Equal(t, theirs.ConsentLanguage(), string([]byte{byte(first), byte(second)}))
	require.Equal(t, theirs.VendorListVersion(), ours.VendorListVersion)
	require.Equal(t, theirs.TCFPolicyVersion(), ours.PolicyVersion)
	require.Equal(t, theirs.PurposeOneTreatment(), ours.PurposeOneTreatment)
	for id := 1; id <= 24; id++ {
		require.Equal(t, theirs.PurposeAllowed(consentconstants.Purpose(id)), ours.PurposesConsent.Has(id), "purpose %d", id)
		require.Equal(t, theirs.PurposeLITransparency(consentconstants.Purpose(id)), ours.PurposesLITransparency.Has(id), "purpose %d", id)
		require.Equal(t, id <= 12 && theirs.SpecialFeatureOptIn(uint16(id)), ours.SpecialFeatureOptIns.Has(id), "special feature %d", id)
	}
	require.Equal(t, theirs.VendorConsent(vendor), ours.Vendor.Consent)
	require.Equal(t, theirs.VendorLegitInterest(vendor), ours.Vendor.LegitimateInterest)
	requireSameList(t, theirs.VendorConsent, ours.VendorConsents())
	requireSameList(t, theirs.VendorLegitInterest, ours.VendorLegitimateInterests())

	// Where a purpose has two restrictions of a type, go-gdpr knows the last only.
	times := map[[2]int]int{}
	for all := ours.Restrictions(); ; {
		purpose, kind, _, ok := all.Next()
		if !ok {
			break
		}
		times[[2]int{purpose, kind}]++
	}
	for purpose := 1; purpose < 64; purpose++ {
		for kind, restricted := range ours.Vendor.Restricted {
			if vendor > 0 && times[[2]int{purpose, kind}] < 2 {
				require.Equal(t, theirs.CheckPubRestriction(uint8(purpose), uint8(kind), vendor), restricted.Has(purpose), "%s: purpose %d, type %d", s, purpose, kind)
			}
		}
	}
}

// requireSameList compares a list of vendors where its ranges begin and end, and beside that.
func requireSameList(t *testing.T, theirs func(uint16) bool, ours consent.Ranges) {
	var ranges [][2]int
	for first, last, ok := ours.Next(); ok; first, last, ok = ours.Next() {
		ranges = append(ranges, [2]int{first, last})
	}
	require.Equal(t, consent.None, ours.Fault())
	has := func(id int) bool {
		for _, r := range ranges {
			if r[0] <= id && id <= r[1] {
				return true
			}
		}
		return false
	}
	for _, r := range ranges[:min(len(ranges), 100)] {
		for _, id := range []int{r[0] - 1, r[0], r[1], r[1] + 1} {
			if id > 0 && id < 1<<16 {
				require.Equal(t, theirs(uint16(id)), has(id), "vendor %d", id)
			}
		}
	}
}

// What go-gpp and core/consent both read says the same to both, except where go-gpp is known to be wrong: it reads usnat as its version 1
// only, and what is missing at a segment's end as zeros. What go-gpp alone reads has one of the faults that core/consent names.
func FuzzGPPAgainstPrebid(f *testing.F) {
	us := func(fields int) string {
		values := make([]int, fields)
		for i := range values {
			values[i] = i % 3
		}
		return written.US(1, values...)
	}
	national := us(27)
	for _, sections := range [][]written.Section{
		nil, {{ID: 7, Text: national}}, {{ID: 7, Text: national + ".YA"}}, {{ID: 7, Text: written.US(2, 1, 1, 1)}}, {{ID: 7, Text: us(31)}},
		{{ID: 6, Text: "1YNN"}, {ID: 8, Text: us(20) + ".QA"}, {ID: 9, Text: us(17)}, {ID: 10, Text: us(16) + ".YA"}, {ID: 11, Text: us(18)}, {ID: 12, Text: us(19)}},
		{{ID: 2, Text: Usual()}, {ID: 12, Text: us(19) + ".YA.AA"}, {ID: 300, Text: "x"}}, {{ID: 9, Text: us(8)}},
	} {
		f.Add(written.GPP(sections...))
	}
	f.Add(new(written.Bits).Put(3, 6).Put(1, 6).Put(1, 12).Put(0b1_0001011_011, 11).String() + "~1YNN~" + national + "~" + us(20)) // a range of ids
	f.Fuzz(func(t *testing.T, s string) {
		s = s[:min(len(s), longest)]
		header, rest, more := strings.Cut(s, "~")
		if !readByTheirs(header) {
			return
		}
		theirs, errors := gpp.Parse(s)
		if len(errors) > 0 {
			return
		}
		ours, fault := consent.ParseGPP(s)
		if fault == consent.Truncated && len(header)%4 > 0 {
			s = header + "A"
			if more {
				s += "~" + rest
			}
			ours, fault = consent.ParseGPP(s)
		}
		switch {
		case fault == consent.Character && strings.ContainsAny(header, "\r\n"), // base64 with line breaks
			fault == consent.Version && theirs.Version != 1,
			fault == consent.EmptySegment && strings.Contains(s+"~", "~~"),
			fault == consent.Sections && len(theirs.Sections) > consent.MaxSections:
			return
		}
		require.Equal(t, consent.None, fault)
		for _, section := range theirs.Sections {
			own, ok := ours.Next()
			require.True(t, ok)
			require.Equal(t, int(section.GetID()), own.ID)
			require.Equal(t, section.GetValue(), own.Text)
			if own.ID >= consent.SectionUSNat && own.ID <= lastOfTheirs {
				requireSameUS(t, section, own)
			}
		}
		_, ok := ours.Next()
		require.False(t, ok)
	})
}

// readByTheirs says whether go-gpp reads a header in a short time. For a Fibonacci number it takes time that is exponential in its length,
// and it never ends a list that reaches the last of 16 bits.
func readByTheirs(header string) bool {
	const mostCharacters, mostBits = 32, 13
	if len(header) > mostCharacters {
		return false
	}
	bits := ""
	for _, c := range []byte(header) {
		bits += fmt.Sprintf("%06b", max(0, strings.IndexByte(alphabet, c)))
	}
	for _, code := range strings.Split(bits[min(len(bits), 24):], "11") {
		if len(code) > mostBits {
			return false
		}
	}
	return true
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// requireSameUS compares the fields of a section, which have the specification's names in both.
func requireSameUS(t *testing.T, section gpp.Section, own consent.Section) {
	segments := strings.Split(own.Text, ".")
	if own.ID == consent.SectionUSNat && len(segments[0]) >= 12 {
		return // of version 2, or laid out like it
	}
	ours, fault := consent.ParseUS(own)
	if fault == consent.Truncated && len(segments[0])%4 > 0 {
		segments[0] += "A"
		ours, fault = consent.ParseUS(consent.Section{ID: own.ID, Text: strings.Join(segments, ".")})
	}
	switch {
	case fault == consent.EmptySegment && strings.Contains("."+own.Text+".", ".."),
		fault == consent.Character && (strings.ContainsAny(own.Text, "\r\n") || len(segments) > 2): // of which go-gpp reads two
		return
	}
	require.Equal(t, consent.None, fault, "section %d: %s", own.ID, own.Text)
	theirs := reflect.ValueOf(section)
	core := theirs.FieldByName("CoreSegment")
	compared := 0
	for field, ok := ours.Fields(0); ok; field, ok = ours.Fields(field + 1) {
		value := core.FieldByName(field.String())
		require.True(t, value.IsValid(), "section %d has no field %s", own.ID, field)
		compared++
		if ours.Items(field) == 0 {
			one, _ := ours.Value(field)
			require.Equal(t, value.Interface(), one, "section %d: %s", own.ID, field)
			continue
		}
		var items []byte
		for i := range ours.Items(field) {
			item, _ := ours.Item(field, i+1)
			items = append(items, item)
		}
		if value.Kind() == reflect.Uint8 { // a list of one
			require.Equal(t, []byte{byte(value.Uint())}, items, "section %d: %s", own.ID, field)
			continue
		}
		require.Equal(t, value.Bytes(), items, "section %d: %s", own.ID, field)
	}
	require.Equal(t, core.NumField(), compared)
	if sub := theirs.FieldByName("GPCSegment"); sub.IsValid() && len(segments) < 3 {
		require.Equal(t, sub.FieldByName("Gpc").Bool(), ours.GPC == consent.GPCYes)
	}
}
