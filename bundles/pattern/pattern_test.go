package pattern_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/pattern"
	core "github.com/edgewise-dev/edgewise/core/pattern"
)

// compile compiles a pattern whose table must then be one that core accepts.
func compile(t testing.TB, expr string) *pattern.Program {
	p, err := pattern.Compile(expr)
	require.NoError(t, err, "%q", expr)
	require.True(t, core.Check(p.Table), "%q", expr)
	return p
}

func requireAgreement(t testing.TB, expr string, p *pattern.Program, reference *regexp.Regexp, text string) {
	if core.Match(p.Table, text) != reference.MatchString(text) {
		require.Fail(t, "disagreement", "pattern %q, text %q: package regexp says %v", expr, text, reference.MatchString(text))
	}
}

// Every text of a group is tried with every pattern of it.
var agreement = map[string]struct{ patterns, texts []string }{
	"the empty pattern and the empty text": {
		[]string{``, `^`, `$`, `^$`, `()`, `a*`, `\b`, `\B`, `\z`, `\A\z`, `[^\x00-\x{10FFFF}]`, `(?:)|a`},
		[]string{"", "a", " ", "\n", "é", "\xff"},
	},
	"paths": {
		[]string{`^/shop/[a-z]+/\d+$`, `\.(jpg|png)$`, `/a/.*/b/`, `^/(?:de|fr)(?:/|$)`, `//`, `^/[^/]*$`, `\d{2,3}`, `^/\w+(-\w+)*$`},
		[]string{"/", "/shop/shoes/42", "/shop/shoes/42/", "/shop/Shoes/42", "/x.jpg", "/x.jpgs", "/.png", "/a/b/", "/a//b/", "/a/x/b/c", "/de", "/de/x", "/dex", "/fr/", "x/fr", "a-b", "/a-b-c", "/a--b", "12", "1"},
	},
	"upper and lower case": {
		[]string{`(?i)iphone|ipad`, `(?i)k`, `(?i)ſ`, `(?i)straße`, `(?i)ΣΑΣ`, `(?i)[a-z]+$`, `(?i)[^k]`, `a(?i)b(?-i)c`, `(?i)\p{Lu}`, `K`},
		[]string{"iPhone", "IPAD", "ipod", "k", "K", "\u212a", "s", "S", "ſ", "STRASSE", "STRAẞE", "straße", "σας", "ΣΑΣ", "abc", "aBc", "aBC", "ſK", "é", ""},
	},
	"Unicode": {
		[]string{`^.$`, `^..$`, `(a|😀){2}`, `\p{Greek}+`, `^\p{L}+$`, `[^\p{L}]`, `\P{L}`, `^[à-ü]+$`, `é`, `[é😀]$`, `\x{1F600}`, `\pN`, `[\x{FFFD}]`, `[^\x{FFFD}]`, `\x{FFFD}`, `\x{FFFD}b`, `\C?a`, `^[\x{80}-\x{10FFFF}]+$`, `\x{10FFFF}`},
		[]string{"é", "e", "éé", "😀", "😀😀", "🐱😀😀", "a😀", "αβγ", "Ж", "日本", "٣", "\u0080", "\U0010ffff", "\ufffd", "e\u0301", "aéb", "\x7f"},
	},
	"bytes that are not UTF-8": {
		[]string{`^.$`, `^..$`, `^...$`, `\x{FFFD}`, `^\x{FFFD}{2}$`, `[^a]b`, `é`, `b$`, `\Bb`, `^[\x{FFFE}-\x{10FFFF}]`, `\x{FFFD}b`, `(?i)\x{FFFD}`},
		[]string{"\xff", "\xc3", "\xc3b", "\xe2\x82", "\xe2\x82b", "\xe2\x82\xe2\x82\xac", "\xf0\x9f\x98", "\xf0\x9f\x98b", "\x80", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\xff\xff", "a\xc3\xa9\xc3", "\ufffd", "\xef\xbf", "\xf8b"},
	},
	"words": {
		[]string{`\bbot\b`, `\bbot`, `bot\b`, `\Bbot`, `bot\B`, `^\b`, `\b$`, `\b\b`, `\b\B`, `\Ba\B`, `(?:\b|x)a`, `(?:a\b)*`, `\b[^a]\b`, `^\B$`, `\bé\b`, `\w\b\W`},
		[]string{"", "bot", "robot", "bots", "a bot", "bot-1", "bot_1", "botébot", "ébot", "é", "aé", "a", " a ", "-", "x", "xa", "a\n", "bot\xff", "aaa"},
	},
	"lines": {
		[]string{`(?m)^a`, `(?m)a$`, `(?m)^a$`, `(?m)^$`, `(?m)$^`, `a$`, `a\z`, `^a`, `\Aa`, `(?m)\Aa`, `(?m)a\z`, `(?s)a.b`, `a.b`, `(?m)^(?:b$\n)+\z`, `(?m)^\b`, `(?m:^b)$`, `a(?m)$.`, `(?s)a$.`, `(?m)$\n^b`},
		[]string{"", "a", "b", "a\n", "\na", "b\na", "a\nb", "a\r\nb", "\n", "\n\n", "b\n", "b\nb\n", "ab", "a\nb\na", "\n\xff", "xa\nx"},
	},
	"repetition": {
		[]string{`a{3}`, `^a{3}$`, `^a{2,4}$`, `^a{2,}$`, `^(?:ab){0,2}$`, `^(?:a|ab)(?:c|bcd)$`, `a.{0,3}b`, `a.{2}b`, `^(?:a?){3}a{3}$`, `(?:a*)*b`, `^(?:a+?b??)+$`, `(a|b)*a(a|b){3}$`, `x*`, `a{0}`, `^a{0}$`, `(?U)a+b*`, `^(?:(?:ab)*|b)*$`},
		[]string{"", "a", "aa", "aaa", "aaaa", "aaaaa", "ab", "abab", "ababab", "abcd", "abc", "acb", "a--b", "a---b", "a----b", "aa-b", "aaaaaa", "b", "abb", "bbabbb", "aabbb"},
	},
	"classes": {
		[]string{`[[:alpha:]]+\d`, `[^[:space:]]`, `^[\d\-x]+$`, `[]a]`, `[^]a]`, `\D\S\W`, `[\pL\d]+$`, `\Qa.b*\E`, `[\Q]\E]`, `\x41|\101|\a`, `[a-c&&b]`, `(?P<name>a)|(?<other>b)`, `\.|\*`},
		[]string{"", "a1", "1", "-x1", " ", "]", "a", "é1", "1é", "a.b*", "acb", "A", "\a", "&", "b", "*", "x y", "-.-"},
	},
}

func TestAgreesWithRegexp(t *testing.T) {
	for name, group := range agreement {
		t.Run(name, func(t *testing.T) {
			for _, expr := range group.patterns {
				reference, err := regexp.Compile(expr)
				if err != nil {
					_, err = pattern.Compile(expr)
					require.Error(t, err, "%q", expr)
					continue
				}
				p := compile(t, expr)
				for _, text := range group.texts {
					requireAgreement(t, expr, p, reference, text)
					requireAgreement(t, expr, p, reference, text+text)
				}
			}
		})
	}
}

// atoms and the ways to combine them; the texts are drawn from what the atoms can tell apart.
var (
	atoms    = strings.Fields(`a b c ab . [ab] [^a] \d \w \W \s é [à-ü] 😀 \pL \PL \x{FFFD} ^ $ \b \B \A \z (?m:^) (?m:$) (?s:.) (?i:k) (?i:ab) \n _`)
	suffixes = strings.Fields(`* + ? *? +? ?? {2} {0,2} {1,3} {2,}`)
	pieces   = []string{"a", "b", "c", "ab", "k", "K", "\u212a", "é", "ü", "😀", "1", "_", " ", "\n", "-", "\xff", "\xc3", "\xe2\x82", "\ufffd", "日"}
)

func randomPattern(random *rand.Rand, depth int) string {
	if depth == 0 || random.IntN(4) == 0 {
		return atoms[random.IntN(len(atoms))]
	}
	switch random.IntN(4) {
	case 0:
		return "(?:" + randomPattern(random, depth-1) + "|" + randomPattern(random, depth-1) + ")"
	case 1:
		return "(" + randomPattern(random, depth-1) + ")" + suffixes[random.IntN(len(suffixes))]
	}
	return randomPattern(random, depth-1) + randomPattern(random, depth-1)
}

func TestAgreesWithRegexpOnRandomPatterns(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 3))
	compiled, matches := 0, 0
	for range 4000 {
		expr := randomPattern(random, 1+random.IntN(5))
		reference, err := regexp.Compile(expr)
		if err != nil { // repetitions multiplied beyond what the parser takes
			continue
		}
		p, err := pattern.Compile(expr)
		if err != nil {
			require.ErrorContains(t, err, "limit", "%q", expr)
			continue
		}
		require.True(t, core.Check(p.Table), "%q", expr)
		compiled++
		for range 40 {
			var text strings.Builder
			for range random.IntN(8) {
				text.WriteString(pieces[random.IntN(len(pieces))])
			}
			requireAgreement(t, expr, p, reference, text.String())
			if core.Match(p.Table, text.String()) {
				matches++
			}
		}
	}
	require.Greater(t, compiled, 3900)
	require.Greater(t, matches, 10*compiled, "the texts do not try much")
	require.Less(t, matches, 35*compiled, "the texts do not try much")
}

func FuzzMatch(f *testing.F) {
	for _, group := range agreement {
		for i, expr := range group.patterns {
			f.Add(expr, group.texts[i%len(group.texts)])
		}
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 50 || strings.Count(expr, "{") > 2 { // refusing what is too large takes long, and has tests of its own
			return
		}
		p, err := pattern.Compile(expr)
		reference, wanted := regexp.Compile(expr)
		if wanted != nil {
			require.Error(t, err)
			return
		}
		if err != nil {
			require.ErrorContains(t, err, "limit")
			return
		}
		require.True(t, core.Check(p.Table))
		requireAgreement(t, expr, p, reference, text)
	})
}

// The automaton is the smallest there is, so patterns that mean the same have the same table, however they are written.
func TestOneMeaningOneTable(t *testing.T) {
	for name, exprs := range map[string][]string{
		"everything":               {``, `.*`, `a*`, `(?:)|x`, `a{0,1000}`, `\b|\B`, `(?s).*$`},
		"nothing":                  {`[^\x00-\x{10FFFF}]`, `a\Ab`, `$x`, `\b\B`, `a\bb`},
		"a somewhere":              {`a`, `a+`, `(a)`, `.*a.*`, `[a]`, `a|ab`, `aa*?`, `(?:x*)*a`},
		"x within thirty before y": {`x.{0,30}y`, `x.{0,10}.{0,20}y`, `(?:x.{0,15}.{0,15}y)+`},
		"any of three, at the end": {`(?:cat|cot|cut)$`, `c[aou]t\z`, `c(?:a|u|o)t$`},
		"a digit":                  {`\d`, `[0-9]`, `[[:digit:]]`, `[^\D]`},
		"words":                    {`\ba\b`, `(?:^|\W)a(?:\W|$)`},
		"a, and then 20 of a or b": {`(a|b)*a(a|b){20}`, `a[ab]{20}`},
	} {
		t.Run(name, func(t *testing.T) {
			want := compile(t, exprs[0]).Table
			for _, expr := range exprs {
				require.Equal(t, want, compile(t, expr).Table, "%q", expr)
			}
		})
	}
}

// Bytes and states of the tables of typical patterns. A change here changes bundles.
func TestTableSizes(t *testing.T) {
	for expr, want := range map[string]struct{ states, bytes int }{
		`^/shop/[a-z]+/\d+$`: {10, 320},
		`(?i)iphone|ipad`:    {7, 280},
		`\.(jpg|png)$`:       {6, 224},
		`\bbot\b`:            {5, 200},
		`x.{0,30}y`:          {32, 460},
		`^[\p{L} ]{1,50}$`:   {51, 5704},
		`x{1000}`:            {1000, 6140},
		`(?i)bot|crawl|spider|slurp|headless|curl|wget`:   {26, 1084},
		`(?i)Mozilla/5\.0 \((iPhone|iPad);.*OS 1[4-9]_`:   {27, 1500},
		`^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$`:   {25, 540},
		`^[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{2,63}){1,4}$`: {385, 4760},
	} {
		p := compile(t, expr)
		require.Equal(t, want, struct{ states, bytes int }{p.States, 4 * len(p.Table)}, "%q", expr)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ expr, want string }{
		"a group left open":        {`a(b`, "pattern is invalid: missing closing ): \"a(b\""},
		"a look-ahead":             {`a(?!b)`, "pattern is invalid: invalid or unsupported Perl syntax: \"(?!\""},
		"a back reference":         {`(a)\1`, "pattern is invalid: invalid escape sequence: \"\\\\1\""},
		"a count above 1000":       {`x{1001}`, "pattern is invalid: invalid repeat count: \"{1001}\""},
		"counts that multiply":     {`(?:x{100}){100}`, "pattern is invalid: invalid repeat count: \"{100}\""},
		"a repeated repetition":    {`x{1000}{1000}`, "pattern is invalid: invalid nested repetition operator: \"{1000}{1000}\""},
		"bytes that are not UTF-8": {"a\xff", "pattern is invalid: invalid UTF-8: \"\\xff\""},
		"deep nesting":             {strings.Repeat("(", 2000) + strings.Repeat(")", 2000), "pattern is invalid: expression nests too deeply"},
		"too long":                 {strings.Repeat("a", pattern.MaxLength+1), "pattern has 8193 bytes, the limit is 8192: split it"},
		"too many instructions":    {strings.Repeat(`(a?){1000}`, 8), "pattern has 32033 instructions with its repetitions written out, the limit is 8192: use smaller counts"},
		"a table too large":        {strings.Repeat("abcdefghijklmnopqrstuvwxyz", 150), "pattern needs a table of 213 KiB, 3900 states by 27 classes of characters; the limit is 128 KiB: use smaller counts"},
		"states that multiply":     {`a.{20}b`, "more than the limit of 1024 KiB before its states are merged"},
		"states without a bound":   {`^.{10,60}x.{10,60}$`, "more than the limit of 1024 KiB before its states are merged"},
		"states of many places":    {`[ab]{1000}a[ab]{1000}c`, "pattern takes more work to compile than the limit allows, with 8837 states found so far"},
		"states of many parts":     {strings.Repeat(`[ab]*a[ab]{9}c.*`, 30), "pattern needs a table of 360 KiB, 30720 states by 5 classes of characters; the limit is 128 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pattern.Compile(c.expr)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// What package regexp backtracks over or simulates with sets costs a step for each character here.
func TestStepsAreLinear(t *testing.T) {
	long := map[string]string{
		"one letter":      strings.Repeat("a", 16<<10),
		"nearly a match":  strings.Repeat("aaaaaaaab", 16<<10/9),
		"far characters":  strings.Repeat("日本語", 16<<10/9),
		"no UTF-8 at all": strings.Repeat("\xe2\x82", 8<<10),
	}
	for _, expr := range []string{`(?:a*)*b$`, `(?:a|aa)+$`, `^(?:a?){40}a{40}$`, `(.*)(.*)(.*)(.*)(.*)[^a]$`, `(?:x+x+)+y`, `\b(?:\pL+\s?)*\d`, `^[\p{L} ]*$`} {
		p := compile(t, expr)
		ranges := int(p.Table[1])
		for name, text := range long {
			rows, searched, matched := trace(p.Table, text)
			require.Equal(t, core.Match(p.Table, text), matched, "%s: %s", expr, name)
			require.LessOrEqual(t, rows, utf8.RuneCountInString(text)+1, "%s: %s", expr, name)
			require.LessOrEqual(t, searched, rows*bits.Len(uint(ranges)), "%s: %s", expr, name)
		}
	}
}

// trace runs a table as its layout is specified, and counts the rows and the ranges that it looks at.
func trace(table []uint32, text string) (rows, searched int, matched bool) {
	width := int(table[0] >> 16)
	ranges := table[core.Ranges : core.Ranges+table[1]]
	entry := func(i int) uint32 {
		rows++
		i -= core.First
		return table[core.Ranges+len(ranges)+i/2] >> (i % 2 * 16) & 0xffff
	}
	at := core.First
	for _, r := range text {
		class := 0
		if r < utf8.RuneSelf {
			class = int(table[core.ASCII+r/4] >> (r % 4 * 8) & 0xff)
		} else {
			low, high := 0, len(ranges)
			for high-low > 1 {
				searched++
				if middle := (low + high) / 2; rune(ranges[middle]>>core.ClassBits) <= r {
					low = middle
				} else {
					high = middle
				}
			}
			class = int(ranges[low] % core.MaxClasses)
		}
		if at = int(entry(at + class)); at < core.First {
			return rows, searched, at == core.Yes
		}
	}
	return rows, searched, entry(at+width-1) == core.Yes
}

func BenchmarkMatch(b *testing.B) {
	const agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
	for name, c := range map[string]struct{ expr, text string }{
		"path":        {`^/shop/[a-z]+/\d+$`, "/shop/shoes/4711"},
		"suffix":      {`\.(jpg|png)$`, "/assets/images/products/4711/large.webp"},
		"agent found": {`(?i)iphone|ipad`, agent},
		"agent":       {`(?i)\b(?:bot|crawler|spider|slurp|headless)`, agent},
		"letters":     {`^[\p{L} ]+$`, "日本語 Ελληνικά Русский français"},
	} {
		p := compile(b, c.expr)
		reference := regexp.MustCompile(c.expr)
		for _, engine := range []struct {
			name  string
			match func(string) bool
		}{{"table", func(s string) bool { return core.Match(p.Table, s) }}, {"regexp", reference.MatchString}} {
			b.Run(fmt.Sprintf("%s/%s", name, engine.name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(c.text)))
				for b.Loop() {
					engine.match(c.text)
				}
			})
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for name, expr := range map[string]string{
		"path": `^/shop/[a-z]+/\d+$`, "bots": `(?i)bot|crawl|spider|slurp|headless|curl|wget`, "refused": `a.{20}b`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = pattern.Compile(expr)
			}
		})
	}
}
