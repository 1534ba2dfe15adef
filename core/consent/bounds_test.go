package consent

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// readAll reads a text as everything that it could be, as deciding does, and counts the sections that it went through.
func readAll(s string) (sections int) {
	t, _ := ParseTCF(s, 755)
	t.Granted(OneVendor, true)
	_, _ = ParseUSPrivacy(s)
	g, _ := ParseGPP(s)
	for section, ok := g.Next(); ok; section, ok = g.Next() {
		sections++
		ParseTCF(section.Text, 755)
		ParseCanada(section)
		u, _ := ParseUS(section)
		u.Value(SaleOptOut)
		u.Item(SensitiveDataProcessing, 8)
	}
	for format := OneTrust; format <= GoogleConsent; format++ {
		c, _ := ParseChoices(format, s)
		c.Of("marketing")
	}
	return sections
}

// bombs are small texts that would cost a decoder that expands or recurses its memory or its time.
func bombs() map[string]string {
	widest := several(1, 65535)
	var wide []string
	for range 2400 {
		wide = append(wide, widest)
	}
	restrictions := tcfHead().field("").field("").put(600, 12)
	for i := range 600 {
		restrictions.put(uint64(i%63+1), 6).put(0, 2).put(1, 12).add(widest)
	}
	return map[string]string{
		"2400 ranges over all vendors":       tcfHead().ranges(65535, wide...).field("").none().String(),
		"600 restrictions of all vendors":    restrictions.String(),
		"empty restrictions":                 tcfHead().field("").field("").put(4095, 12).add(strings.Repeat("000001 00 000000000000", 4000)).String(),
		"a core without end":                 "C" + strings.Repeat("_", MaxString-1),
		"segments":                           tcfPlain() + strings.Repeat(".IAAA", 3000),
		"empty segments":                     strings.Repeat(".", MaxString),
		"an id of 900 digits":                "DBAB" + strings.Repeat("A", 150) + "~BAAA",
		"an id of 15000 digits":              "DBAB" + strings.Repeat("q", MaxString-100) + "~BAAA",
		"a group of 4 billion":               "DBABukiAiioRY~BAAA",
		"4095 items":                         "DB__" + strings.Repeat("2", 4000) + "~BAAA",
		"8000 sections":                      "DBABM" + strings.Repeat("~x", 8000),
		"sections without text":              "DBABM" + strings.Repeat("~", 8000),
		"sub-sections":                       "DBABLA~BVQqAAAAAAKA" + strings.Repeat(".QA", 5000),
		"escapes":                            "groups=" + strings.Repeat("%25", 2700),
		"escapes within escapes":             strings.Repeat("%2525252525", 700),
		"percent signs":                      strings.Repeat("%", MaxCookie),
		"pairs":                              "v=1&update=1&" + strings.Repeat("&", MaxCookie-100),
		"pairs that are groups of their own": "groups=" + strings.Repeat("a:1,", MaxCookie/4-10) + "marketing:1",
		"too long":                           strings.Repeat("A", 1<<20),
		"zeros":                              strings.Repeat("\x00", 100<<10),
	}
}

// Nothing that a visitor can send takes long: all decoders together need less than a millisecond, and more only on a busy machine.
func TestBombs(t *testing.T) {
	for name, text := range bombs() {
		t.Run(name, func(t *testing.T) {
			fastest := time.Hour // of several runs, as others may be running
			for range 5 {
				start := time.Now()
				require.LessOrEqual(t, readAll(text), MaxSections)
				fastest = min(fastest, time.Since(start))
			}
			require.Less(t, fastest, 5*time.Millisecond)
		})
	}
}

func TestNoAllocation(t *testing.T) {
	texts := bombs()
	texts["a string with entries"] = tcfRanges(50)
	texts["a string of all sections"] = gppHeader(group(1, 29)) + strings.Repeat("~BVVVVVVVVVVV.YA", 30)
	texts["a cookie"] = "isGpcEnabled=0&interactionCount=1&groups=C0001%3A1%2CC0004%3A0"
	for name, text := range texts {
		require.Zero(t, testing.AllocsPerRun(3, func() { readAll(text) }), name)
	}
}

// The reference strings are read, or refused, without a panic and without allocating; package host/consentdump looks at what they say.
func TestReferenceStrings(t *testing.T) {
	type line struct {
		Kind, String string
		Parts        [][2]any
	}
	for _, file := range []string{"tcf.jsonl", "gpp.jsonl", "malformed.jsonl"} {
		for _, l := range vectors.Lines[line](t, "consent", file) {
			text := l.String
			for _, part := range l.Parts {
				text += strings.Repeat(part[0].(string), int(part[1].(float64)))
			}
			require.Zero(t, testing.AllocsPerRun(1, func() { readAll(text) }))
			_, tcf := ParseTCF(text, 0)
			g, gpp := ParseGPP(text)
			_, usp := ParseUSPrivacy(text)
			for section, ok := g.Next(); ok && gpp == None; section, ok = g.Next() {
				gpp = sectionFault(section)
			}
			switch {
			case file == "tcf.jsonl":
				require.Equal(t, None, tcf, text)
			case file == "gpp.jsonl":
				require.Equal(t, None, gpp, text)
			case l.Kind == "tcf":
				require.NotEqual(t, None, tcf, "%.100s", text)
			case l.Kind == "gpp":
				require.NotEqual(t, None, gpp, "%.100s", text)
			default:
				require.NotEqual(t, None, usp, "%.100s", text)
			}
		}
	}
}

func sectionFault(s Section) (f Fault) {
	switch {
	case s.ID == SectionTCF:
		_, f = ParseTCF(s.Text, 0)
	case s.ID == SectionCanada:
		_, f = ParseCanada(s)
	case s.ID == SectionUSPrivacy:
		_, f = ParseUSPrivacy(s.Text)
	case s.ID >= SectionUSNat && s.ID <= SectionUSRI:
		_, f = ParseUS(s)
	default:
		f = s.Check()
	}
	return f
}
