package format

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/consent"

	patterns "github.com/edgewise-dev/edgewise/bundles/pattern"
)

// The example in the package comment, digit for digit, is the smallest bundle.
func TestWorkedExample(t *testing.T) {
	text, err := os.ReadFile("format.go")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(text), "# Worked example")
	require.True(t, found)
	example, _, found = strings.Cut(example, "\npackage format")
	require.True(t, found)
	digits := ""
	for _, line := range regexp.MustCompile(`(?m)^//\t((?:[0-9a-f]{8} ?)+)`).FindAllStringSubmatch(example, -1) {
		digits += strings.ReplaceAll(line[1], " ", "")
	}
	written, err := hex.DecodeString(digits)
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(smallest().Append(nil)), hex.EncodeToString(written))

	b, err := Read(written)
	require.NoError(t, err)
	require.Equal(t, "a", b.Name())
	require.Equal(t, 0, b.FindPurpose("necessary"))
}

// smallest is the bundle of the worked example.
func smallest() *Bundle {
	return &Bundle{
		About: []About{{Name: 1}}, Purposes: []Purpose{{Name: 2}},
		Strings: []Span{{0, 0}, {0, 1}, {1, 9}}, Text: []byte("anecessary"),
	}
}

// The constants of sample, by what they are.
const (
	constInt, constBytes, constType, constTimestamp, constElement, constList, constKey, constValue, constMap = 0, 1, 2, 3, 4, 5, 6, 7, 8
)

// sample is a bundle with something in every section.
func sample() *Bundle {
	b := smallest()
	str := func(s string) Str {
		b.Strings = append(b.Strings, Span{uint32(len(b.Text)), uint32(len(s))})
		b.Text = append(b.Text, s...)
		return Str(len(b.Strings) - 1)
	}
	b.About[0].TargetingKey, b.About[0].Now = 1, 2
	b.Attributes = []Attribute{
		{Name: str("unit"), Type: TypeWord(String, Dyn, Dyn), TypeText: str("string"), Enum: constList + 1},
		{Name: str("now"), Type: TypeWord(Timestamp, Dyn, Dyn), TypeText: str("timestamp")},
	}
	element := str("e")
	b.Constants = []Constant{
		{Kind: uint32(Int), Lo: 7},
		{Kind: uint32(Bytes), Lo: 0, Hi: 3},
		{Kind: uint32(TypeOf), Lo: uint32(Int)},
		{Kind: uint32(Timestamp), Lo: 5, Nanos: 999_999_999},
		{Kind: uint32(String), Lo: uint32(element)},
		{Kind: uint32(List), Lo: constElement, Hi: 1},
		{Kind: uint32(String), Lo: uint32(element)},
		{Kind: uint32(Bool), Lo: 1},
		{Kind: uint32(Map), Lo: constKey, Hi: 1},
	}
	b.Purposes = append(b.Purposes,
		Purpose{Name: str("personalization"), Flags: uint32(consent.OneVendor) | PurposeGPCDenies, TCF: 1 << 5, Vendor: 755, OptOuts: OptOutSale, Groups: 1})
	b.Policies = []Policy{{MaxAge: 395 * 86400, MinPolicy: 4}}
	b.Cookies = []Cookie{{str("OptanonConsent"), uint32(consent.OneTrust)}, {str("tc"), CookieTCF}}
	b.ConsentGroups = []ConsentGroup{{0, str("C0003")}}
	b.Jurisdictions = []Jurisdiction{{Name: str("eea"), Condition: 1}, {ModesLo: uint32(ModeNotice) << 2}}
	b.Predicates = []Predicate{{Test: uint32(TestEqual), Constant: constElement}}
	b.Code = []Instr{
		MakeInstr(OpPredicate, 0, 0),
		// condition 0, and a loop that leaves its variable as it was: true
		MakeInstr(OpCondition, 0, 0), MakeInstr(OpAndThen, 0, 14), MakeInstr(OpConst, 0, constList), MakeInstr(OpIterate, 0, 12),
		MakeInstr(OpConst, 0, constValue), MakeInstr(OpStore, 0, 0), MakeInstr(OpNext, 1, 10), MakeInstr(OpLocal, 0, 0),
		MakeInstr(OpBreakFalse, 0, 10), MakeInstr(OpLoop, 0, 6), MakeInstr(OpIterateEnd, 0, 0), MakeInstr(OpLocal, 0, 0),
		MakeInstr(OpAnd, 0, 0), MakeInstr(OpNot, 0, 0),
	}
	b.Code[2] = MakeInstr(OpAndThen, 0, 13)
	table, err := patterns.Compile(`e$`)
	if err != nil {
		panic(err)
	}
	b.Patterns, b.Tables = []Pattern{{0, uint32(len(table.Table)), str(`e$`)}}, table.Table
	b.Conditions = []Condition{{0, 1, str("unit == \"e\""), 3}, {1, 14, str("all"), 4}}
	b.Segments = []Segment{{str("s"), 0}}
	b.Variants = []Variant{{Name: str("on"), Kind: uint32(Bool), JSON: str("true"), Schedule: 1}, {Name: str("off"), Kind: uint32(Bool), JSON: str("false")}}
	b.Rules = []Rule{
		{ID: str("first"), Condition: 2, Action: ActionServe, Target: 0, Schedule: 1},
		{ID: str("second"), Action: ActionSplit, Target: 0},
		{ID: str("early"), Action: ActionDefer, Target: 0},
	}
	b.Schedules = []Schedule{MakeSchedule(9, End), MakeSchedule(9, 20)}
	b.Draws = []Draw{{Unit: 0, Hash: HashXX64, Seed: str("seed"), Buckets: 100}}
	b.Splits = []Split{{Draw: 0, FirstRange: 0, Ranges: 2, Ramp: 2}}
	b.Ranges = []Range{{40, 10, 1}, {100, 100, 0}}
	b.Holdouts = []Holdout{{Name: str("global"), Held: 5}}
	b.Deferrals = []Deferral{{To: str("tiers"), Within: 80, Otherwise: 1, Allowed: 1}}
	b.Allowed = []uint32{1}
	b.Groups = []Group{{Name: str("checkout")}}
	b.Decisions = []Decision{
		{Name: str("flag"), Purposes: 1, Default: 2, FirstVariant: 0, Variants: 2, FirstRule: 0, Rules: 2, BeforeConsent: 1, Holdout: 1, Group: 1, LastSlot: 49},
		{Name: str("other"), Purposes: 1, FirstVariant: 2, FirstRule: 3},
	}
	b.Routes = []Route{{str("/*"), RouteLocked, 0, 1, 0, str("Cookie"), 2}}
	b.Lists = []uint32{0, 0, 1, 0}
	b.Deciders = []Decider{
		{Name: str("tiers"), Model: str("model"), First: 1, Inputs: 1, Sent: 1, Rules: 1},
		{Name: str("facts"), Flags: DeciderSegments, First: 3, Sent: 1, FirstRule: 1, Rules: 1},
	}
	b.DeciderRules = []DeciderRule{{Condition: 1, Variant: str("off"), Line: 7}, {Variant: str("off")}}
	b.Decisions[0].Words, b.Decisions[0].Tables = 1, 1
	b.Indexed = []Indexed{{Attribute: 0, Kind: uint32(IndexEqual), Keys: 2, Classes: 3}}
	b.Classes = []uint32{0, 0, 1}
	b.IndexKeys = []IndexKey{{constElement, 2}, {constElement, 0}}
	b.Rows = []uint64{2, 3}
	return b
}

func TestReadWhatWasWritten(t *testing.T) {
	written := sample()
	data := written.Append([]byte("before"))[len("before"):]
	b, err := Read(data)
	require.NoError(t, err)
	require.Equal(t, written, b)
	require.Equal(t, data, b.Append(nil))

	for shift := range 8 { // wherever the bytes lie in memory
		moved := append(make([]byte, shift), data...)[shift:]
		b, err := Read(moved)
		require.NoError(t, err)
		require.Equal(t, written, b)
	}
}

func TestModes(t *testing.T) {
	modes := make([]Mode, MaxPurposes)
	for i := range modes {
		modes[i] = Mode(i) & 3
	}
	j := Jurisdiction{}
	j.ModesLo, j.ModesHi = MakeModes(modes)
	for i, m := range modes {
		require.Equal(t, m, j.Mode(i), "purpose %d", i)
	}
	require.Equal(t, "opt_in opt_out notice deny", ModeOptIn.String()+" "+ModeOptOut.String()+" "+ModeNotice.String()+" "+ModeDeny.String())
}

func TestFind(t *testing.T) {
	b := sample()
	require.Equal(t, 0, b.FindDecision("flag"))
	require.Equal(t, 1, b.FindDecision("other"))
	require.Equal(t, -1, b.FindDecision("none"))
	require.Equal(t, 1, b.FindAttribute("now"))
	require.Equal(t, -1, b.FindAttribute("then"))
	require.Equal(t, -1, b.FindPurpose("analytics"))
	require.Equal(t, "", b.String(9999))
}

// sealed writes the checksum of a file whose bytes were changed.
func sealed(data []byte) []byte {
	binary.LittleEndian.PutUint64(data[8:], checksum(data))
	return data
}

func TestDamagedFileIsRefused(t *testing.T) {
	size := uint32(len(sample().Append(nil)))
	padded, padding := 0, contentsStart // the first section with padding, and where that is
	for ; len(sample().part(padded))%8 == 0; padded++ {
		padding += len(sample().part(padded))
	}
	padding += len(sample().part(padded))
	set := func(word int, value uint32) func([]byte) []byte {
		return func(data []byte) []byte {
			binary.LittleEndian.PutUint32(data[4*word:], value)
			return sealed(data)
		}
	}
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
		want   Refusal
		text   string
	}{
		{"nothing", func([]byte) []byte { return nil }, Refusal{Code: NotABundle}, "not a compiled bundle"},
		{"another file", func([]byte) []byte { return []byte("bundle: storefront\nattributes:\n") }, Refusal{Code: NotABundle}, "not a compiled"},
		{"beyond the limit", func([]byte) []byte { return make([]byte, MaxSize+1024) }, Refusal{Code: TooLarge, Index: MaxSize>>10 + 1, Want: MaxSize >> 10}, "limit is 8192 KiB"},
		{"cut off", func(data []byte) []byte { return data[:len(data)-4] }, Refusal{Code: WrongLength, Index: size - 4, Want: size}, "cut off or appended to"},
		{"appended to", func(data []byte) []byte { return append(data, 0) }, Refusal{Code: WrongLength, Index: size + 1, Want: size}, "cut off or appended to"},
		{"a bit flipped", func(data []byte) []byte { data[600] ^= 16; return data }, Refusal{Code: Corrupt}, "checksum"},
		{"a newer format", set(1, Version+1), Refusal{Code: NewerFormat, Index: Version + 1, Want: Version}, "use a newer engine"},
		{"an older format", set(1, 0), Refusal{Code: OlderFormat, Index: 0, Want: Version}, "compile its source again"},
		{"an unknown section", set(6, 'X'|'Y'<<8|'Z'<<16|7<<24), Refusal{Code: UnknownSection, Section: 'X' | 'Y'<<8 | 'Z'<<16 | 7<<24}, "XYZ?"},
		{"a section twice", set(8, uint32(TagAbout)), Refusal{Code: MisplacedSection, Section: TagAbout}, "ABOU stands twice"},
		{"a section left out", set(5, uint32(len(sections))-1), Refusal{Code: MissingSection, Index: uint32(len(sections)) - 1, Want: uint32(len(sections))}, "sections where"},
		{"a section too many", set(5, uint32(len(sections))+1), Refusal{Code: UnknownSection, Section: 1}, "????"},
		{"half a record", set(7, 13), Refusal{Code: BadSectionLength, Section: TagAbout, Index: 13}, "wrong length"},
		{"a section beyond the end", set(7, 0xfffffffc), Refusal{Code: BadSectionLength, Section: TagAbout, Index: 0xfffffffc}, "wrong length"},
		{"bytes after the last section", set(7+2*(len(sections)-1), 0), Refusal{Code: BadSectionLength, Section: TagText, Index: uint32(align(int64(len(sample().Text))))}, "wrong length"},
		{"padding that is not zero", func(data []byte) []byte { data[padding] = 1; return sealed(data) }, Refusal{Code: BadSectionLength, Section: sections[padded].tag, Index: uint32(len(sample().part(padded)))}, "wrong length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := c.damage(sample().Append(nil))
			_, err := Read(data)
			require.Equal(t, &c.want, err)
			require.ErrorContains(t, err, c.text)
		})
	}
}

// Each case breaks one rule of the records of sample.
func TestInvalidRecordIsRefused(t *testing.T) {
	record := func(section Tag, index, word uint32) Refusal {
		return Refusal{Code: BadRecord, Section: section, Index: index, Want: word}
	}
	many := func(section Tag, count, limit uint32) Refusal {
		return Refusal{Code: TooMany, Section: section, Index: count, Want: limit}
	}
	const none = 999
	for _, c := range []struct {
		name string
		do   func(b *Bundle)
		want Refusal
	}{
		{"a gap between strings", func(b *Bundle) { b.Strings[1].Offset = 1 }, record(TagStrings, 1, 0)},
		{"a string beyond the text", func(b *Bundle) { b.Strings[len(b.Strings)-1].Length = MaxString }, record(TagStrings, uint32(len(sample().Strings))-1, 0)},
		{"a string too long", func(b *Bundle) { b.Strings[2].Length = MaxString + 1 }, record(TagStrings, 2, 0)},
		{"a string that is not UTF-8", func(b *Bundle) { b.Text[0] = 0xff }, record(TagStrings, 1, 1)},

		{"a pattern beyond the tables", func(b *Bundle) { b.Patterns[0].Length = none }, record(TagPatterns, 0, 0)},
		{"a pattern that cannot be run", func(b *Bundle) { b.Tables[0] = 1 << 31 }, record(TagPatterns, 0, 1)},

		{"a table of no kind", func(b *Bundle) { b.Indexed[0].Kind = uint32(IndexNone) }, record(TagIndexed, 0, 1)},
		{"a table whose keys are no power of two", func(b *Bundle) { b.Indexed[0].Keys, b.IndexKeys = 1, nil }, record(TagIndexed, 0, 2)},
		{"a table of no attribute", func(b *Bundle) { b.Indexed[0].Attribute = none }, record(TagIndexed, 0, 5)},
		{"a table with too few rows", func(b *Bundle) { b.Indexed[0].Kind = uint32(IndexPrefix) }, record(TagIndexed, 0, 5)},
		{"a key without a row", func(b *Bundle) { b.IndexKeys[0].Class = 3 }, record(TagIndexKeys, 0, 0)},
		{"a key that is no constant", func(b *Bundle) { b.IndexKeys[0].Constant = none }, record(TagIndexKeys, 0, 0)},
		{"a class without a row", func(b *Bundle) { b.Rows = b.Rows[:1] }, record(TagClasses, 2, 0)},
		{"a schedule that is not", func(b *Bundle) { b.Rules[0].Schedule = 3 }, record(TagRules, 0, 4)},
		{"a bit of no rule", func(b *Bundle) { b.Rows[1] = 4 }, Refusal{Code: BadRecord, Section: TagRows, Index: 1}},
		{"an indexed decision without its words", func(b *Bundle) { b.Decisions[0].Words = 2 }, record(TagDecisions, 0, 21)},
		{"an indexed decision without tables", func(b *Bundle) { b.Decisions[0].Tables = 0 }, record(TagDecisions, 0, 22)},

		{"no about", func(b *Bundle) { b.About = nil }, many(TagAbout, 0, 1)},
		{"a name that is no string", func(b *Bundle) { b.About[0].Name = none }, record(TagAbout, 0, 0)},
		{"a targeting key that is no attribute", func(b *Bundle) { b.About[0].TargetingKey = 3 }, record(TagAbout, 0, 1)},
		{"a time that is no attribute", func(b *Bundle) { b.About[0].Now = 3 }, record(TagAbout, 0, 2)},
		{"a second policy", func(b *Bundle) { b.Policies = make([]Policy, 2) }, many(TagPolicies, 2, 1)},
		{"too many cookies", func(b *Bundle) { b.Cookies = make([]Cookie, MaxCookies+1) }, many(TagCookies, MaxCookies+1, MaxCookies)},
		{"too many groups of cookies", func(b *Bundle) { b.ConsentGroups = make([]ConsentGroup, MaxConsentGroups+1) }, many(TagConsentGroups, MaxConsentGroups+1, MaxConsentGroups)},
		{"too many jurisdictions", func(b *Bundle) { b.Jurisdictions = make([]Jurisdiction, MaxJurisdictions+1) }, many(TagJurisdictions, MaxJurisdictions+1, MaxJurisdictions)},
		{"necessary asks for consent", func(b *Bundle) { b.Purposes[0].OptOuts = OptOutSale }, record(TagPurposes, 0, 1)},
		{"a purpose that asks signals without a policy", func(b *Bundle) { b.Policies = nil }, record(TagPurposes, 1, 1)},
		{"a purpose of no subject", func(b *Bundle) { b.Purposes[1].Flags = PurposeSubject }, record(TagPurposes, 1, 1)},
		{"a purpose beyond those of TCF", func(b *Bundle) { b.Purposes[1].TCF = 1 << 24 }, record(TagPurposes, 1, 2)},
		{"a vendor beyond the last", func(b *Bundle) { b.Purposes[1].Vendor = 1 << 16 }, record(TagPurposes, 1, 3)},
		{"a vendor of nobody", func(b *Bundle) { b.Purposes[1].Flags = uint32(consent.Publisher) }, record(TagPurposes, 1, 3)},
		{"no vendor of one", func(b *Bundle) { b.Purposes[1].Vendor = 0 }, record(TagPurposes, 1, 3)},
		{"an opt-out that is none", func(b *Bundle) { b.Purposes[1].OptOuts = 1 << optOuts }, record(TagPurposes, 1, 4)},
		{"groups of another purpose", func(b *Bundle) { b.Purposes[1].FirstGroup = 1 }, record(TagPurposes, 1, 5)},
		{"groups that do not exist", func(b *Bundle) { b.Purposes[1].Groups = 2 }, record(TagPurposes, 1, 5)},
		{"groups that no purpose has", func(b *Bundle) { b.Purposes[1].Groups = 0 }, record(TagConsentGroups, 0, 0)},
		{"cookies out of order", func(b *Bundle) { b.Cookies[1].Name = b.Cookies[0].Name }, record(TagCookies, 1, 0)},
		{"a cookie without name", func(b *Bundle) { b.Cookies[0].Name = none }, record(TagCookies, 0, 0)},
		{"a cookie of an unknown consent manager", func(b *Bundle) { b.Cookies[0].Format = uint32(consent.Formats) }, record(TagCookies, 0, 1)},
		{"a cookie of an unknown framework", func(b *Bundle) { b.Cookies[1].Format = cookieFormats }, record(TagCookies, 1, 1)},
		{"a group in no cookie", func(b *Bundle) { b.ConsentGroups[0].Cookie = 2 }, record(TagConsentGroups, 0, 0)},
		{"a group in the string of a framework", func(b *Bundle) { b.ConsentGroups[0].Cookie = 1 }, record(TagConsentGroups, 0, 0)},
		{"a group without name", func(b *Bundle) { b.ConsentGroups[0].Name = none }, record(TagConsentGroups, 0, 0)},
		{"a policy without jurisdictions", func(b *Bundle) { b.Jurisdictions = nil }, record(TagJurisdictions, 0, 0)},
		{"a jurisdiction without name", func(b *Bundle) { b.Jurisdictions[0].Name = none }, record(TagJurisdictions, 0, 0)},
		{"a jurisdiction with a condition that does not exist", func(b *Bundle) { b.Jurisdictions[0].Condition = 3 }, record(TagJurisdictions, 0, 1)},
		{"a jurisdiction that is never reached", func(b *Bundle) { b.Jurisdictions[0].Condition = 0 }, record(TagJurisdictions, 0, 1)},
		{"a last jurisdiction with a condition", func(b *Bundle) { b.Jurisdictions[1].Condition = 1 }, record(TagJurisdictions, 1, 1)},
		{"no purpose", func(b *Bundle) { b.Purposes = nil }, many(TagPurposes, 0, MaxPurposes)},
		{"too many purposes", func(b *Bundle) { b.Purposes = make([]Purpose, 33) }, many(TagPurposes, 33, MaxPurposes)},
		{"a purpose without name", func(b *Bundle) { b.Purposes[0].Name = none }, record(TagPurposes, 0, 0)},

		{"a constant error", func(b *Bundle) { b.Constants[0].Kind = uint32(Error) }, record(TagConstants, 0, 0)},
		{"a constant of an unknown kind", func(b *Bundle) { b.Constants[0].Kind = uint32(kinds) }, record(TagConstants, 0, 0)},
		{"a constant of a kind beyond a byte", func(b *Bundle) { b.Constants[0].Kind = 256 + uint32(Int) }, record(TagConstants, 0, 0)},
		{"a constant that is no string", func(b *Bundle) { b.Constants[constElement].Lo = none }, record(TagConstants, constElement, 0)},
		{"bytes beyond the text", func(b *Bundle) { b.Constants[constBytes].Hi = none }, record(TagConstants, constBytes, 0)},
		{"a type that is no kind", func(b *Bundle) { b.Constants[constType].Lo = uint32(kinds) }, record(TagConstants, constType, 0)},
		{"a whole second of nanoseconds", func(b *Bundle) { b.Constants[constTimestamp].Nanos = 1e9 }, record(TagConstants, constTimestamp, 0)},
		{"a list of itself", func(b *Bundle) { b.Constants[constList].Lo = constList }, record(TagConstants, constList, 0)},
		{"a map of itself", func(b *Bundle) { b.Constants[constMap].Lo = constValue }, record(TagConstants, constMap, 0)},
		{"a map larger than memory", func(b *Bundle) { b.Constants[constMap].Hi = 1 << 31 }, record(TagConstants, constMap, 0)},
		{"lists that share elements", func(b *Bundle) { b.Constants[constMap].Lo, b.Constants[constMap].Hi = constElement, 1 }, record(TagConstants, constMap, 1)},
		{"lists too deep", func(b *Bundle) {
			for range MaxDepth + 1 {
				b.Constants = append(b.Constants, Constant{Kind: uint32(List), Lo: uint32(len(b.Constants)) - 1, Hi: 1})
			}
		}, record(TagConstants, constMap+MaxDepth, 2)},

		{"too many attributes", func(b *Bundle) { b.Attributes = make([]Attribute, MaxAttributes+1) }, many(TagAttributes, MaxAttributes+1, MaxAttributes)},
		{"an attribute without name", func(b *Bundle) { b.Attributes[0].Name = none }, record(TagAttributes, 0, 0)},
		{"an attribute of an unknown type", func(b *Bundle) { b.Attributes[0].Type = Type(kinds) }, record(TagAttributes, 0, 1)},
		{"an attribute of a type beyond the last", func(b *Bundle) { b.Attributes[0].Type |= 1 << 24 }, record(TagAttributes, 0, 1)},
		{"a list of an unknown type", func(b *Bundle) { b.Attributes[0].Type = TypeWord(List, kinds, Dyn) }, record(TagAttributes, 0, 1)},
		{"a map with keys of an unknown type", func(b *Bundle) { b.Attributes[0].Type = TypeWord(Map, Dyn, kinds) }, record(TagAttributes, 0, 1)},
		{"an attribute without type text", func(b *Bundle) { b.Attributes[0].TypeText = none }, record(TagAttributes, 0, 2)},
		{"an attribute of no purpose", func(b *Bundle) { b.Attributes[0].Purpose = 2 }, record(TagAttributes, 0, 3)},
		{"an enum that is no list", func(b *Bundle) { b.Attributes[0].Enum = constInt + 1 }, record(TagAttributes, 0, 4)},
		{"an enum that does not exist", func(b *Bundle) { b.Attributes[0].Enum = none }, record(TagAttributes, 0, 4)},
		{"an attribute from nowhere", func(b *Bundle) { b.Attributes[0].From = none }, record(TagAttributes, 0, 5)},

		{"a test that is none", func(b *Bundle) { b.Predicates[0].Test = uint32(TestInvalid) }, record(TagPredicates, 0, 0)},
		{"an unknown test", func(b *Bundle) { b.Predicates[0].Test = uint32(tests) }, record(TagPredicates, 0, 0)},
		{"a test of no attribute", func(b *Bundle) { b.Predicates[0].Attribute = 2 }, record(TagPredicates, 0, 1)},
		{"a test against nothing", func(b *Bundle) { b.Predicates[0].Constant = none }, record(TagPredicates, 0, 2)},

		{"a condition that begins elsewhere", func(b *Bundle) { b.Conditions[1].Start = 2 }, record(TagConditions, 1, 0)},
		{"a condition without instructions", func(b *Bundle) { b.Conditions[0].Length = 0 }, record(TagConditions, 0, 0)},
		{"a condition beyond the code", func(b *Bundle) { b.Conditions[1].Length = none }, record(TagConditions, 1, 0)},
		{"a condition that is too long", func(b *Bundle) {
			b.Code = append(b.Code, make([]Instr, MaxProgram+1)...)
			b.Conditions[1].Length = MaxProgram + 1
		}, record(TagConditions, 1, 0)},
		{"a condition without text", func(b *Bundle) { b.Conditions[0].Source = none }, record(TagConditions, 0, 2)},

		{"a segment without name", func(b *Bundle) { b.Segments[0].Name = none }, record(TagSegments, 0, 0)},
		{"a segment without condition", func(b *Bundle) { b.Segments[0].Condition = 2 }, record(TagSegments, 0, 0)},
		{"a variant without name", func(b *Bundle) { b.Variants[1].Name = none }, record(TagVariants, 1, 0)},
		{"a variant of an unknown kind", func(b *Bundle) { b.Variants[1].Kind = uint32(kinds) }, record(TagVariants, 1, 0)},
		{"a variant without value", func(b *Bundle) { b.Variants[1].JSON = none }, record(TagVariants, 1, 0)},

		{"a decision without name", func(b *Bundle) { b.Decisions[0].Name = none }, record(TagDecisions, 0, 0)},
		{"decisions out of order", func(b *Bundle) { b.Decisions[0].Name = b.Decisions[1].Name }, record(TagDecisions, 1, 0)},
		{"a decision of no purpose", func(b *Bundle) { b.Decisions[0].Purposes = 4 }, record(TagDecisions, 0, 1)},
		{"a default of another decision", func(b *Bundle) { b.Decisions[1].Default = 1 }, record(TagDecisions, 1, 3)},
		{"variants of another decision", func(b *Bundle) { b.Decisions[1].FirstVariant = 1 }, record(TagDecisions, 1, 4)},
		{"variants that do not exist", func(b *Bundle) { b.Decisions[1].Variants = 1 }, record(TagDecisions, 1, 4)},
		{"rules of another decision", func(b *Bundle) { b.Decisions[1].FirstRule = 1 }, record(TagDecisions, 1, 6)},
		{"rules that do not exist", func(b *Bundle) { b.Decisions[1].Rules = 1 }, record(TagDecisions, 1, 6)},

		{"zones that are no constant", func(b *Bundle) { b.About[0].Zones = 99 }, record(TagAbout, 0, 3)},
		{"zones that are no map", func(b *Bundle) { b.About[0].Zones = constInt + 1 }, record(TagAbout, 0, 3)},
		{"a zone without table", func(b *Bundle) { b.About[0].Zones = constMap + 1 }, record(TagConstants, constKey, 0)},
		{"prerequisites in another list", func(b *Bundle) { b.Decisions[1].FirstPrerequisite = 1 }, record(TagDecisions, 1, 23)},
		{"prerequisites that do not exist", func(b *Bundle) { b.Decisions[1].Prerequisites = 9 }, record(TagDecisions, 1, 23)},

		{"a rule without id", func(b *Bundle) { b.Rules[0].ID = none }, record(TagRules, 0, 0)},
		{"a rule with a condition that does not exist", func(b *Bundle) { b.Rules[0].Condition = 3 }, record(TagRules, 0, 1)},
		{"a rule that does nothing", func(b *Bundle) { b.Rules[0].Action = ActionInvalid }, record(TagRules, 0, 2)},
		{"a rule that does something unknown", func(b *Bundle) { b.Rules[0].Action = actions }, record(TagRules, 0, 2)},
		{"a rule that serves another decision's variant", func(b *Bundle) { b.Rules[0].Target = 2 }, record(TagRules, 0, 3)},
		{"a rule with a split that does not exist", func(b *Bundle) { b.Rules[1].Target = 1 }, record(TagRules, 1, 3)},
		{"a split that no rule has", func(b *Bundle) { b.Rules[1].Action = ActionServe }, record(TagSplits, 0, 0)},
		{"a draw by no attribute", func(b *Bundle) { b.Draws[0].Unit = 2 }, record(TagDraws, 0, 0)},
		{"a draw with an unknown hash", func(b *Bundle) { b.Draws[0].Hash = 99 }, record(TagDraws, 0, 1)},
		{"a draw without hash", func(b *Bundle) { b.Draws[0].Hash = HashInvalid }, record(TagDraws, 0, 1)},
		{"a draw with a key for a hash that has none", func(b *Bundle) { b.Draws[0].Key = 1 }, record(TagDraws, 0, 1)},
		{"a draw without seed", func(b *Bundle) { b.Draws[0].Seed = none }, record(TagDraws, 0, 2)},
		{"a draw without buckets", func(b *Bundle) { b.Draws[0].Buckets = 0 }, record(TagDraws, 0, 4)},
		{"a draw with too many buckets", func(b *Bundle) { b.Draws[0].Buckets = MaxBuckets + 1 }, record(TagDraws, 0, 4)},
		{"a holdout without draw", func(b *Bundle) { b.Holdouts[0].Draw = 1 }, record(TagHoldouts, 0, 0)},
		{"a group without draw", func(b *Bundle) { b.Groups[0].Draw = 1 }, record(TagGroups, 0, 0)},
		{"a decision with a holdout that does not exist", func(b *Bundle) { b.Decisions[0].Holdout = 2 }, record(TagDecisions, 0, 9)},
		{"a decision in a group that does not exist", func(b *Bundle) { b.Decisions[0].Group = 2 }, record(TagDecisions, 0, 10)},
		{"a variant with a schedule that does not exist", func(b *Bundle) { b.Variants[0].Schedule = 3 }, record(TagVariants, 0, 0)},
		{"an act that is none", func(b *Bundle) { b.Decisions[0].Act = uint32(acts) }, record(TagDecisions, 0, 14)},
		{"a measure of no purpose", func(b *Bundle) { b.Decisions[0].Measure = 3 }, record(TagDecisions, 0, 14)},
		{"a bundle of no owner", func(b *Bundle) { b.About[0].Owner = none }, record(TagAbout, 0, 3)},
		{"a deferral to nobody", func(b *Bundle) { b.Deferrals[0].To = none }, record(TagRules, 2, 3)},
		{"a deferral that no rule has", func(b *Bundle) { b.Rules[2].Action, b.Rules[2].Target = ActionServe, 0 }, record(TagDeferrals, 0, 0)},
		{"a deferral that does not exist", func(b *Bundle) { b.Rules[2].Target = 1 }, record(TagRules, 2, 3)},
		{"a deferral with an unknown mode", func(b *Bundle) { b.Deferrals[0].Mode = modes }, record(TagRules, 2, 3)},
		{"a deferral to another decision's variant", func(b *Bundle) { b.Deferrals[0].Otherwise = 2 }, record(TagRules, 2, 3)},
		{"a deferral that allows another decision's variant", func(b *Bundle) { b.Allowed[0] = 2 }, record(TagRules, 2, 3)},
		{"a deferral that allows what is not there", func(b *Bundle) { b.Deferrals[0].Allowed = 2 }, record(TagRules, 2, 3)},
		{"a split without draw", func(b *Bundle) { b.Splits[0].Draw = 1 }, record(TagSplits, 0, 0)},
		{"a split with others' ranges", func(b *Bundle) { b.Splits[0].FirstRange = 1 }, record(TagSplits, 0, 1)},
		{"a ramp that ends before it begins", func(b *Bundle) { b.Schedules[1].UntilLo = 9 }, record(TagSplits, 0, 3)},
		{"a ramp that does not exist", func(b *Bundle) { b.Splits[0].Ramp = 3 }, record(TagSplits, 0, 3)},
		{"buckets that nobody has", func(b *Bundle) { b.Draws[0].Buckets = 101 }, record(TagSplits, 0, 4)},
		{"buckets that nobody has before a ramp", func(b *Bundle) { b.Ranges[1].Start = 99 }, record(TagSplits, 0, 4)},
		{"ranges out of order", func(b *Bundle) { b.Ranges[0].End = 101 }, record(TagRanges, 1, 0)},
		{"ranges out of order before a ramp", func(b *Bundle) { b.Ranges[0].Start = 101 }, record(TagRanges, 1, 0)},
		{"a range for another decision's variant", func(b *Bundle) { b.Ranges[0].Variant = 3 }, record(TagRanges, 0, 2)},

		{"a route without path", func(b *Bundle) { b.Routes[0].Pattern = none }, record(TagRoutes, 0, 0)},
		{"a route's list that begins elsewhere", func(b *Bundle) { b.Routes[0].First = 1 }, record(TagRoutes, 0, 0)},
		{"a route's list that does not exist", func(b *Bundle) { b.Routes[0].Count = 9 }, record(TagRoutes, 0, 0)},
		{"a decider without name", func(b *Bundle) { b.Deciders[0].Name = none }, record(TagDeciders, 0, 0)},
		{"a decider without model text", func(b *Bundle) { b.Deciders[0].Model = none }, record(TagDeciders, 0, 0)},
		{"a model that gets no attribute", func(b *Bundle) { b.Lists[1] = 2 }, record(TagDeciders, 0, 0)},
		{"a decider that is sent no attribute", func(b *Bundle) { b.Lists[2] = 2 }, record(TagDeciders, 0, 0)},
		{"a decider that is sent no segment", func(b *Bundle) { b.Lists[3] = 1 }, record(TagDeciders, 1, 0)},
		{"a decider that is sent more than there is", func(b *Bundle) { b.Deciders[1].Sent = 2 }, record(TagDeciders, 1, 0)},
		{"a decider with rules that do not exist", func(b *Bundle) { b.Deciders[1].Rules = 2 }, record(TagDeciders, 1, 0)},
		{"a decider's rule without condition", func(b *Bundle) { b.DeciderRules[0].Condition = 3 }, record(TagDeciderRules, 0, 0)},
		{"a decider's rule that answers nothing", func(b *Bundle) { b.DeciderRules[1].Variant = none }, record(TagDeciderRules, 1, 0)},

		{"a route that reads what does not exist", func(b *Bundle) { b.Routes[0].Reads = 99 }, record(TagRoutes, 0, 4)},
		{"a route with a decision that does not exist", func(b *Bundle) { b.Lists[0] = 2 }, record(TagRoutes, 0, 2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sample()
			c.do(b)
			_, err := Read(b.Append(nil))
			require.Equal(t, &c.want, err)
			require.NotEmpty(t, err.Error())
		})
	}
}

// Each case is a condition's program; the conditions before it leave one value, and condition 1 is as deep as can be.
func TestInvalidProgramIsRefused(t *testing.T) {
	in := MakeInstr
	repeat := func(n int, instructions ...Instr) (all []Instr) {
		for range n {
			all = append(all, instructions...)
		}
		return all
	}
	value := in(OpConst, 0, constValue)
	for _, c := range []struct {
		name string
		code []Instr
		at   int // the instruction that is refused
	}{
		{"no value at the end", []Instr{value, in(OpPop, 0, 0)}, 2},
		{"two values at the end", []Instr{value, value}, 2},
		{"a pop of nothing", []Instr{in(OpPop, 0, 0), value}, 0},
		{"an operator short of a value", []Instr{value, in(OpAnd, 0, 0)}, 1},
		{"a constant that does not exist", []Instr{in(OpConst, 0, 99)}, 0},
		{"an attribute that does not exist", []Instr{in(OpAttribute, 0, 2)}, 0},
		{"a test that does not exist", []Instr{in(OpPredicate, 0, 1)}, 0},
		{"a decision that does not exist", []Instr{in(OpDecision, 0, 2)}, 0},
		{"a purpose that does not exist", []Instr{in(OpGranted, 0, 2)}, 0},
		{"a variable beyond the last", []Instr{in(OpLocal, MaxLocals, 0)}, 0},
		{"a condition that waits for itself", []Instr{in(OpCondition, 0, 2)}, 0},
		{"a condition after it", []Instr{in(OpCondition, 0, 3)}, 0},
		{"a jump back", []Instr{value, in(OpJump, 0, 0)}, 1},
		{"a jump beyond the end", []Instr{value, in(OpJump, 0, 3)}, 1},
		{"an instruction that nothing leads to", []Instr{value, in(OpJump, 0, 3), value}, 2},
		{"a jump to another height", []Instr{value, in(OpAndThen, 0, 3), value, in(OpAnd, 0, 0)}, 3},
		{"a list larger than the stack", []Instr{in(OpList, 0, 1<<31)}, 0},
		{"a map larger than the stack", []Instr{in(OpMap, 0, 1<<31)}, 0},
		{"an unknown function", []Instr{value, in(OpCall, 1, uint32(funcs))}, 1},
		{"no function", []Instr{value, in(OpCall, 1, 0)}, 1},
		{"a function with too few arguments", []Instr{value, in(OpCall, 1, uint32(FuncContains))}, 1},
		{"a function with too many arguments", []Instr{value, value, in(OpCall, 2, uint32(FuncSize))}, 2},
		{"a loop to what is no next", []Instr{value, in(OpIterate, 0, 3), in(OpLoop, 0, 0), value}, 2},
		{"a loop without a walk", []Instr{value, in(OpLoop, 0, 0)}, 1},
		{"a next without a walk", []Instr{in(OpNext, 0, 1), value}, 0},
		{"an end without a walk", []Instr{in(OpIterateEnd, 0, 0), value}, 0},
		{"a walk that is not ended", []Instr{value, in(OpIterate, 0, 3), value}, 3},
		{"a loop that grows the stack", []Instr{value, in(OpIterate, 0, 7), in(OpNext, 0, 5), value, in(OpLoop, 0, 2), in(OpIterateEnd, 0, 0), value}, 4},
		{"a pair beyond the last variable", []Instr{value, in(OpIterate, 0, 5), in(OpNextPair, MaxLocals-1, 3), in(OpIterateEnd, 0, 0), value}, 2},
		{"a stack that is too high", append(repeat(MaxStack, value), repeat(MaxStack-1, in(OpAnd, 0, 0))...), MaxStack - 1},
		{"a stack that is far too high", append(repeat(2*MaxStack, value), repeat(MaxStack-2, in(OpAnd, 0, 0))...), MaxStack - 1},
		{"a stack that is too high with what it waits for", append(append(repeat(200, value), in(OpCondition, 0, 1)), repeat(200, in(OpAnd, 0, 0))...), 200},
		{"walks too deep", nestedWalks(MaxWalks+1, 0), 2*MaxWalks + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sample()
			b.Code = append(repeat(1, value), append(repeat(100, value), repeat(99, in(OpAnd, 0, 0))...)...)
			b.Code = append(b.Code, c.code...)
			b.Conditions = []Condition{{Start: 0, Length: 1}, {Start: 1, Length: 199}, {Start: 200, Length: uint32(len(c.code))}}
			_, err := Read(b.Append(nil))
			require.Equal(t, &Refusal{Code: BadProgram, Section: TagConditions, Index: 2, Want: uint32(c.at)}, err)
			require.ErrorContains(t, err, "condition 2 is invalid")
		})
	}
	t.Run("the most that is allowed", func(t *testing.T) {
		b := sample()
		b.Code = append(append(repeat(MaxStack-1, value), repeat(MaxStack-2, in(OpAnd, 0, 0))...), nestedWalks(MaxWalks, 0)...)
		b.Conditions = []Condition{{Start: 0, Length: 2*MaxStack - 3}, {Start: 2*MaxStack - 3, Length: uint32(len(b.Code)) - 2*MaxStack + 3}}
		_, err := Read(b.Append(nil))
		require.NoError(t, err)
	})
	t.Run("an unknown operation", func(t *testing.T) {
		b := sample()
		b.Code[0] = in(ops, 0, 0)
		_, err := Read(b.Append(nil))
		require.Equal(t, &Refusal{Code: UnknownOperation, Section: TagConditions, Index: 0, Want: uint32(ops)}, err)
		require.ErrorContains(t, err, "use a newer engine")
	})
	t.Run("conditions that wait for one another too deep", func(t *testing.T) {
		b := sample()
		b.Code, b.Conditions = []Instr{value}, []Condition{{Length: 1}}
		for i := range MaxNesting {
			b.Code = append(b.Code, in(OpCondition, 0, uint32(i)))
			b.Conditions = append(b.Conditions, Condition{Start: uint32(i) + 1, Length: 1})
		}
		_, err := Read(b.Append(nil))
		require.Equal(t, &Refusal{Code: BadProgram, Section: TagConditions, Index: MaxNesting, Want: 0}, err)
	})
}

// nestedWalks is a program of depth walks inside one another, which begins at instruction start.
func nestedWalks(depth, start int) []Instr {
	value := MakeInstr(OpConst, 0, constValue)
	if depth == 0 {
		return []Instr{value}
	}
	inner := nestedWalks(depth-1, start+2)
	end := start + 2 + len(inner) + 3
	code := append([]Instr{value, MakeInstr(OpIterate, 0, uint32(end))}, inner...)
	return append(code, MakeInstr(OpPop, 0, 0), MakeInstr(OpIterateEnd, 0, 0), value)
}

func TestNamesOfEverything(t *testing.T) {
	for op := OpInvalid; op < ops; op++ {
		require.NotEqual(t, "unknown", op.String())
		require.NotEmpty(t, op.String(), "operation %d", op)
	}
	for f := FuncInvalid; f < funcs; f++ {
		require.NotEmpty(t, f.String(), "function %d", f)
	}
	for test := TestInvalid; test < tests; test++ {
		require.NotEmpty(t, test.String(), "test %d", test)
	}
	for kind := Error; kind < kinds; kind++ {
		require.NotEmpty(t, kind.String(), "kind %d", kind)
	}
	require.Equal(t, []string{"unknown", "unknown", "unknown", "unknown"}, []string{ops.String(), funcs.String(), tests.String(), kinds.String()})
	require.Equal(t, "bundle is invalid", (&Refusal{Code: 99}).Error())
	require.Equal(t, "no memory for a bundle of 9 KiB", (&Refusal{Code: NoMemory, Index: 9}).Error())
}

// The fields of a Bundle are its sections, in their order and with their records.
func TestBundleIsItsSections(t *testing.T) {
	bundle := reflect.TypeFor[Bundle]()
	require.Equal(t, len(sections), bundle.NumField())
	for i, s := range sections {
		field := bundle.Field(i)
		require.Equal(t, reflect.Slice, field.Type.Kind(), field.Name)
		require.EqualValues(t, s.size, field.Type.Elem().Size(), "%s and %s", field.Name, s.tag)
	}
}

// A section's records are words and nothing between them but the padding.
func TestRecordsAreWords(t *testing.T) {
	for _, s := range sections {
		require.Zero(t, s.size%s.word(), "section %s", s.tag)
	}
	require.EqualValues(t, 4, unsafe.Alignof(Rule{}))
	total := contentsStart
	for _, s := range sample().Sizes() {
		require.NotZero(t, s.Records, "section %s", s.Tag)
		total += int(align(int64(s.Bytes)))
	}
	require.Equal(t, len(sample().Append(nil)), total)
}

// FuzzRead: whatever the bytes, Read answers without a panic, and what it accepts it writes back as it was. The checksum is made to
// fit, or hardly any input would get past it.
func FuzzRead(f *testing.F) {
	f.Add(smallest().Append(nil))
	f.Add(sample().Append(nil))
	f.Add([]byte("EDGW"))
	seeds, err := filepath.Glob("testdata/fuzz/FuzzRead/*")
	require.NoError(f, err)
	require.NotEmpty(f, seeds, "the seeds lie beside the test")
	f.Fuzz(func(t *testing.T, data []byte) { readAndWrite(t, bytes.Clone(data)) })
}

// FuzzPatched changes single words of a valid bundle, which gets further than bytes at random: each six bytes of patches are a place
// and what to write there.
func FuzzPatched(f *testing.F) {
	f.Add([]byte{50, 0, 1, 0, 0, 0})
	f.Add([]byte{200, 0, 255, 255, 255, 255, 201, 0, 3, 0, 0, 0})
	f.Fuzz(func(t *testing.T, patches []byte) {
		data := sample().Append(nil)
		for ; len(patches) >= 6; patches = patches[6:] {
			place := 4 * (int(binary.LittleEndian.Uint16(patches)) % (len(data) / 4))
			copy(data[place:], patches[2:6])
		}
		readAndWrite(t, data)
	})
}

// readAndWrite reads data as a bundle, its checksum and length made to fit, and where it is one, writes and reads it again.
func readAndWrite(t *testing.T, data []byte) {
	if len(data) >= headerSize {
		binary.LittleEndian.PutUint32(data[0:], Magic)
		binary.LittleEndian.PutUint32(data[16:], uint32(len(data)))
		sealed(data)
	}
	b, err := Read(data)
	if err != nil {
		require.NotEmpty(t, err.Error())
		return
	}
	written := b.Append(nil)
	require.Equal(t, hex.EncodeToString(data), hex.EncodeToString(written))
	again, err := Read(written)
	require.NoError(t, err)
	require.Equal(t, b, again)
}
