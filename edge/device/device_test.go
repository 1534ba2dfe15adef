package device

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// labelled is a user agent with one label.
type labelled struct {
	ID, Src, UA string
	Bot         *bool
	OS, Browser string
}

// TestAccuracy measures against the labelled sample. The bounds are what a page can
// rely on: the labels of the sources contradict each other, and now and then plain
// sense, in about one case of 300.
func TestAccuracy(t *testing.T) {
	type score struct{ right, all int }
	scores := map[string]*score{}
	count := func(name string, right bool) {
		if scores[name] == nil {
			scores[name] = &score{}
		}
		scores[name].all++
		if right {
			scores[name].right++
		}
	}
	check := func(c labelled, label, want, got string) {
		count(label, want == got)
		count(label+" "+want, want == got)
		if want != got {
			t.Logf("%s: %s is %s, not %s: %s", c.ID, label, want, got, c.UA)
		}
	}
	for _, c := range vectors.Lines[labelled](t, "user-agents", "cases.jsonl") {
		d := Classify(c.UA, Hints{})
		switch {
		case c.Bot != nil:
			check(c, "bot", map[bool]string{true: "yes", false: "no"}[*c.Bot], map[bool]string{true: "yes", false: "no"}[d.Bot])
		case c.OS != "":
			check(c, "os", c.OS, d.OS.String())
		case c.Browser != "":
			check(c, "browser", c.Browser, d.Browser.String())
		}
	}
	for name, s := range scores {
		t.Logf("%-20s %3d of %3d", name, s.right, s.all)
	}
	for label, atLeast := range map[string]float64{"bot": 0.99, "os": 0.99, "browser": 0.98} {
		require.NotZero(t, scores[label], label)
		require.GreaterOrEqual(t, float64(scores[label].right)/float64(scores[label].all), atLeast, label)
	}
}

func TestClassify(t *testing.T) {
	const chromeUA = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
	for name, c := range map[string]struct {
		ua   string
		want Device
	}{
		"nothing":                       {"", Device{}},
		"unknown text":                  {"Mozilla/5.0 (compatible; Thing 1.0; X) Stuff/2", Device{}},
		"Chrome on Windows":             {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + chromeUA + "Safari/537.36", Device{Desktop, Windows, Chrome, false}},
		"Edge on Windows":               {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + chromeUA + "Safari/537.36 Edg/126.0.0.0", Device{Desktop, Windows, Edge, false}},
		"Opera on a Mac":                {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + chromeUA + "Safari/537.36 OPR/111.0.0.0", Device{Desktop, MacOS, Opera, false}},
		"Vivaldi is another browser":    {"Mozilla/5.0 (X11; Linux x86_64) " + chromeUA + "Safari/537.36 Vivaldi/6.8.3381.46", Device{Desktop, Linux, OtherBrowser, false}},
		"Safari on a Mac":               {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", Device{Desktop, MacOS, Safari, false}},
		"Firefox on Linux":              {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", Device{Desktop, Linux, Firefox, false}},
		"Internet Explorer 11":          {"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", Device{Desktop, Windows, IE, false}},
		"a PC with the Tablet PC parts": {"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)", Device{Desktop, Windows, IE, false}},
		"Chrome on a Chromebook":        {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + chromeUA + "Safari/537.36", Device{Desktop, ChromeOS, Chrome, false}},
		"Safari on an iPhone":           {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", Device{Mobile, IOS, Safari, false}},
		"Chrome on an iPhone":           {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", Device{Mobile, IOS, Chrome, false}},
		"Safari on an iPad":             {"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1", Device{Tablet, IOS, Safari, false}},
		"Chrome on an iPad that asks for the desktop page": {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.0.0 Version/11.1.1 Safari/605.1.15", Device{Tablet, IOS, Chrome, false}},
		"Chrome on an Android telephone":                   {"Mozilla/5.0 (Linux; Android 10; K) " + chromeUA + "Mobile Safari/537.36", Device{Mobile, Android, Chrome, false}},
		"Chrome on an Android tablet":                      {"Mozilla/5.0 (Linux; Android 10; K) " + chromeUA + "Safari/537.36", Device{Tablet, Android, Chrome, false}},
		"Samsung's browser":                                {"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", Device{Mobile, Android, Samsung, false}},
		"a Cubot telephone is no robot":                    {"Mozilla/5.0 (Linux; Android 12; CUBOT P60) " + chromeUA + "Mobile Safari/537.36", Device{Mobile, Android, Chrome, false}},
		"a telephone called camscanner is no scanner":      {"Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.0.0 Mobile Safari/537.36 CamScanner/4.8", Device{Mobile, Android, Chrome, false}},
		"Windows on a telephone":                           {"Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.14977", Device{Mobile, Windows, Edge, false}},
		"an app on an iPhone":                              {"Shop/8.2.1 CFNetwork/1410.1 Darwin/22.6.0", Device{Mobile, IOS, OtherBrowser, false}},
		"an app on a Mac":                                  {"Shop/8.2.1 CFNetwork/1410.1 Darwin/22.6.0 (x86_64)", Device{Desktop, MacOS, OtherBrowser, false}},
		"a television":                                     {"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36", Device{TV, OtherOS, Safari, false}},
		"a stick in a television":                          {"Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7624; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/70.0.3538.110 Mobile Safari/537.36", Device{TV, Android, Chrome, false}},
		"a game console":                                   {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/48.0.2564.82 Safari/537.36 Edge/20.02", Device{TV, Windows, Edge, false}},
		"a search engine's robot":                          {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Device{OtherClass, OtherOS, OtherBrowser, true}},
		"a robot that claims to be a telephone":            {"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) " + chromeUA + "Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Device{Mobile, Android, Chrome, true}},
		"a browser without a screen":                       {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36", Device{Desktop, Linux, Chrome, true}},
		"a program for downloading":                        {"Wget/1.21.3 (linux-gnu)", Device{OtherClass, Linux, OtherBrowser, true}},
		"a name and a version":                             {"curl/8.5.0", Device{OtherClass, OtherOS, OtherBrowser, true}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Classify(c.ua, Hints{})) })
	}
}

func TestHints(t *testing.T) {
	const (
		windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
		linux   = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	)
	for name, c := range map[string]struct {
		ua    string
		hints Hints
		want  Device
	}{
		"a brand goes before the user agent":           {windows, Hints{Brands: `"Chromium";v="126", "Microsoft Edge";v="126", "Not/A)Brand";v="8"`}, Device{Desktop, Windows, Edge, false}},
		"an unknown brand is another browser":          {windows, Hints{Brands: `"Not/A)Brand";v="8", "Chromium";v="126", "Brave";v="126"`}, Device{Desktop, Windows, OtherBrowser, false}},
		"Chromium alone counts as Chrome":              {"", Hints{Brands: `"Not_A Brand";v="99", "Chromium";v="126"`}, Device{}},
		"an Android tablet that asks for desktop page": {linux, Hints{Mobile: "?0", Platform: `"Android"`}, Device{Tablet, Android, Chrome, false}},
		"a telephone that asks for the desktop page":   {linux, Hints{Mobile: "?1", Platform: `"Android"`}, Device{Mobile, Android, Chrome, false}},
		"a Chromebook":                     {linux, Hints{Platform: `"Chrome OS"`}, Device{Desktop, ChromeOS, Chrome, false}},
		"an unknown platform says nothing": {windows, Hints{Platform: `"Unknown"`}, Device{Desktop, Windows, Chrome, false}},
		"broken hints are ignored":         {windows, Hints{Brands: `"Microsoft Edge";v="126`, Mobile: "yes", Platform: "Android"}, Device{Desktop, Windows, Chrome, false}},
		"a browser without a screen":       {windows, Hints{Brands: `"HeadlessChrome";v="126", "Chromium";v="126"`}, Device{Desktop, Windows, Chrome, true}},
		"a robot stays one":                {"Googlebot/2.1 (+http://www.google.com/bot.html)", Hints{Brands: `"Google Chrome";v="126"`, Platform: `"macOS"`}, Device{Desktop, MacOS, Chrome, true}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Classify(c.ua, c.hints)) })
	}
}

func TestOnlyTheFirstPartOfALongUserAgentIsRead(t *testing.T) {
	browser := "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 "
	long := browser + strings.Repeat("x ", MaxUserAgent)
	require.Equal(t, Classify(browser, Hints{}), Classify(long+"Googlebot", Hints{}))
	require.True(t, Classify(browser+"Googlebot"+long, Hints{}).Bot)
}

// TestShapeIsThePatterns compares shape.go with the patterns that it writes out, over
// whole user agents, pieces of them and mixtures.
func TestShapeIsThePatterns(t *testing.T) {
	var patterns []*regexp.Regexp
	for _, p := range shapePatterns {
		patterns = append(patterns, regexp.MustCompile("(?i)"+p))
	}
	byPattern := func(ua string) bool {
		for _, p := range patterns {
			if p.MatchString(ua) {
				return true
			}
		}
		return false
	}
	texts := []string{
		"", "x", "name/1", "name/v1.2.3", "name/1.2, more", "name 1.2 (x)", "a-b/c", "a/b(c)", "1abc", "12 ab", "research on", "Mozilla/5.0 abc-1.0",
		"Mozilla/4.0 (compatible;)", "Mozilla/5.0 (compatible; Thing 1.0)", "Mozilla/5.0 (Thing/1.0)", "mozilla/5.0 ()", "bla (x; word;", "x; word;", "Ab/1.2 (me@x)",
		"see me@example.org", "me@ex", "a|b", "<x", strings.Repeat("a", 49), strings.Repeat("a", 50), "name/1.12345678901.12345678901", "name/1.2.12345678901",
	}
	for _, c := range vectors.Lines[labelled](t, "user-agents", "cases.jsonl") {
		texts = append(texts, c.UA)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"/", "1.", "v2", ";", " ", "(", ")", "Mozilla/5.0 ", "@x.", "|", ",", "word", "-", "search", "compatible;", "\t", "é"}
	for range 20000 {
		s := texts[rng.IntN(len(texts))]
		from := rng.IntN(len(s) + 1)
		s = s[from : from+rng.IntN(min(40, len(s)-from)+1)]
		for range rng.IntN(3) {
			at := rng.IntN(len(s) + 1)
			s = s[:at] + pieces[rng.IntN(len(pieces))] + s[at:]
		}
		texts = append(texts, s)
	}
	for _, ua := range texts {
		require.Equal(t, byPattern(ua), shape(ua, true), "%q", ua)
	}
}

// TestTables checks what scan relies on, so that the tables cannot be edited wrongly.
func TestTables(t *testing.T) {
	require.Len(t, buckets, 1<<10+1)
	require.EqualValues(t, len(tokens), buckets[len(buckets)-1])
	for b := range len(buckets) - 1 {
		require.LessOrEqual(t, buckets[b], buckets[b+1])
		for _, tok := range tokens[buckets[b]:buckets[b+1]] {
			text := texts[tok.at : int(tok.at)+int(tok.n)]
			require.Equal(t, b, int(text[0]&31)<<5|int(text[1]&31), text)
			require.Less(t, int(tok.beside>>4), besideLists+len(neverBefore), text)
			require.Less(t, int(tok.beside&15), besideLists+len(neverAfter), text)
			if tok.what>>5 == kindBrowser {
				require.Less(t, int(tok.what&15), len(Browsers))
			}
			if tok.what>>5 == kindOS {
				require.Less(t, int(tok.what&15), len(Systems))
			}
		}
	}
	require.Less(t, len(texts)+6*len(tokens)+2*len(buckets)+len(marks), 12<<10, "the tables' size in bytes")
}

func TestClassifyAllocatesNothing(t *testing.T) {
	ua, hints := benchUA, Hints{Brands: `"Chromium";v="126", "Google Chrome";v="126"`, Mobile: "?0", Platform: `"Windows"`}
	require.Zero(t, testing.AllocsPerRun(100, func() { sink = Classify(ua, hints) }))
}

func FuzzClassify(f *testing.F) {
	f.Add(benchUA, `"Chromium";v="126"`, "?1", `"Android"`)
	f.Add("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", "", "")
	f.Add("name/1.2.3", "(", "?", `"`)
	f.Fuzz(func(t *testing.T, ua, brands, mobile, platform string) {
		d := Classify(ua, Hints{Brands: brands, Mobile: mobile, Platform: platform})
		require.Contains(t, Classes, d.Class.String())
		require.Equal(t, d.Bot, d.Bot || Classify(ua, Hints{}).Bot, "a hint made a robot less of one")
	})
}

const benchUA = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

var sink Device

func BenchmarkClassify(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink = Classify(benchUA, Hints{})
	}
}

// BenchmarkClassifyWorst reads as much as is ever read, of text that fills the fullest buckets.
func BenchmarkClassifyWorst(b *testing.B) {
	ua := strings.Repeat("Mobil", MaxUserAgent)
	b.ReportAllocs()
	for b.Loop() {
		sink = Classify(ua, Hints{})
	}
}
