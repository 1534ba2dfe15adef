package edge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/device"
)

// with is a request with these header lines, "Name: value" each.
func with(url string, lines ...string) *edge.Request {
	r := &edge.Request{Method: "GET", URL: url}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Headers = append(r.Headers, edge.Header{Name: name, Value: value})
	}
	return r
}

func TestParse(t *testing.T) {
	r := with("/shop/Sch%C3%B6n%20?q=red+shoes&utm_campaign=sum%2Bmer&q=blue",
		"host: Shop.Example:8443", "User-Agent: "+browserUA, "Accept-Language: en;q=0.5, de-DE, de;q=0.9",
		"Referer: https://www.Search.example:443/find?q=shoes", "Save-Data: on", "ECT: 3g")
	r.ClientIP, r.Geo = "192.0.2.7", edge.Geo{Country: "DE", City: "Bonn"}
	v := edge.Parse(r, new(edge.Scratch))
	require.Equal(t, edge.View{
		Method: "GET", Host: "shop.example", Path: "/shop/Schön ",
		Query:    []edge.Pair{{Name: "q", Value: "red shoes"}, {Name: "utm_campaign", Value: "sum+mer"}},
		Language: "de-DE", Languages: []string{"de-DE", "de", "en"},
		ReferrerHost: "www.search.example",
		HasDevice:    true, Device: device.Device{Class: device.Desktop, OS: device.Windows, Browser: device.Chrome},
		SaveData: true, EffectiveType: "3g",
		Geo: edge.Geo{Country: "DE", City: "Bonn"}, ClientIP: "192.0.2.7",
	}, v)
}

func TestBareRequestSaysLittle(t *testing.T) {
	v := edge.Parse(with("/"), new(edge.Scratch))
	require.Equal(t, "/", v.Path)
	require.Empty(t, v.Host+v.Language+v.ReferrerHost+v.EffectiveType)
	require.Empty(t, v.Query)
	require.Empty(t, v.Languages)
	require.False(t, v.HasDevice)
}

func TestSplitURL(t *testing.T) {
	for name, c := range map[string]struct{ url, authority, path, query string }{
		"path only":                          {"/a/b", "", "/a/b", ""},
		"path and query":                     {"/a?b=c?d", "", "/a", "b=c?d"},
		"fragment":                           {"/a?b#c?d", "", "/a", "b"},
		"absolute":                           {"https://shop.example:80/a?b", "shop.example:80", "/a", "b"},
		"absolute without a path":            {"https://shop.example", "shop.example", "/", ""},
		"absolute with a query only":         {"https://shop.example?b", "shop.example", "/", "b"},
		"two slashes are a path":             {"//other.example/a", "", "//other.example/a", ""},
		"a URL inside the path":              {"/go/https://other.example/", "", "/go/https://other.example/", ""},
		"a URL inside the query":             {"/go?to=https://other.example/", "", "/go", "to=https://other.example/"},
		"the whole server":                   {"*", "", "*", ""},
		"a scheme without slashes is none":   {"data:text", "", "data:text", ""},
		"nothing":                            {"", "", "", ""},
		"colon and slashes without a scheme": {"://x/y", "", "://x/y", ""},
	} {
		t.Run(name, func(t *testing.T) {
			authority, path, query := edge.SplitURL(c.url)
			require.Equal(t, []string{c.authority, c.path, c.query}, []string{authority, path, query})
		})
	}
}

func TestPathIsDecodedOnceAndOtherwiseKept(t *testing.T) {
	for name, c := range map[string]struct{ url, want string }{
		"an escaped percent sign": {"/100%2525", "/100%25"},
		"plus is plus":            {"/a+b", "/a+b"},
		"an escape cut short":     {"/a%2", "/a%2"},
		"an escape that is none":  {"/a%zz%41", "/a%zzA"},
		"dots go nowhere":         {"/a/../%2e%2E/b", "/a/../../b"},
		"an escaped slash":        {"/a%2fb", "/a/b"},
		"a NUL":                   {"/a%00b", "/a\x00b"},
		"invalid UTF-8":           {"/a%ff", "/a\xff"},
		"too long to decode":      {"/%41" + strings.Repeat("a", edge.MaxText), ""},
		"long but as it is":       {"/" + strings.Repeat("a", edge.MaxText), "/" + strings.Repeat("a", edge.MaxText)},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, edge.Parse(with(c.url), new(edge.Scratch)).Path)
		})
	}
}

func TestQuery(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		want  []edge.Pair
	}{
		"nothing":                     {"", nil},
		"plus is a space":             {"a+b=c+d", []edge.Pair{{Name: "a b", Value: "c d"}}},
		"decoded once":                {"a=%2541", []edge.Pair{{Name: "a", Value: "%41"}}},
		"a broken escape":             {"a=%4&b=%", []edge.Pair{{Name: "a", Value: "%4"}, {Name: "b", Value: "%"}}},
		"no equals sign":              {"a&b=", []edge.Pair{{Name: "a"}, {Name: "b"}}},
		"more equals signs":           {"a=b=c", []edge.Pair{{Name: "a", Value: "b=c"}}},
		"the first value wins":        {"a=1&%61=2&b=3", []edge.Pair{{Name: "a", Value: "1"}, {Name: "b", Value: "3"}}},
		"empty pieces":                {"&&=x&a=1&", []edge.Pair{{Name: "a", Value: "1"}}},
		"a semicolon parts nothing":   {"a=1;b=2", []edge.Pair{{Name: "a", Value: "1;b=2"}}},
		"a separator that is escaped": {"a=1%26b=2", []edge.Pair{{Name: "a", Value: "1&b=2"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := edge.Parse(with("/?"+c.query), new(edge.Scratch)).Query
			require.Equal(t, c.want, append([]edge.Pair(nil), got...))
		})
	}
}

func TestQueryBeyondItsLimitIsLeftOut(t *testing.T) {
	var b strings.Builder
	for i := range 2 * edge.MaxQuery {
		fmt.Fprintf(&b, "n%d=1&", i)
	}
	require.Len(t, edge.Parse(with("/?"+b.String()), new(edge.Scratch)).Query, edge.MaxQuery)
	// A value that does not fit leaves the others alone.
	long := "a=1&b=%41" + strings.Repeat("x", edge.MaxText) + "&c=%41"
	require.Equal(t, []edge.Pair{{Name: "a", Value: "1"}, {Name: "c", Value: "A"}}, edge.Parse(with("/?"+long), new(edge.Scratch)).Query)
}

func TestHosts(t *testing.T) {
	for name, c := range map[string]struct{ host, want string }{
		"plain":                      {"shop.example", "shop.example"},
		"port and upper case":        {"SHOP.example:8080", "shop.example"},
		"IPv6":                       {"[2001:DB8::1]:443", "[2001:db8::1]"},
		"IPv6 that does not end":     {"[2001:db8::1", ""},
		"IPv6 with something behind": {"[::1]x", ""},
		"user and password":          {"me:secret@shop.example", "shop.example"},
		"two user parts":             {"a@b@shop.example", "shop.example"},
		"a space":                    {"shop example", ""},
		"a list":                     {"a.example, b.example", ""},
		"a slash":                    {"shop.example/x", ""},
		"white space around":         {" shop.example\t", "shop.example"},
		"a letter beyond ASCII":      {"schön.example", "schön.example"},
		"nothing but a port":         {":80", ""},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, edge.Parse(with("/", "Host: "+c.host), new(edge.Scratch)).Host)
		})
	}
	require.Equal(t, "a.example", edge.Parse(with("https://A.example/", "Host: b.example"), new(edge.Scratch)).Host, "an absolute URL goes first")
	require.Equal(t, "a.example", edge.Parse(with("/", ":authority: a.example"), new(edge.Scratch)).Host, "HTTP/2's name for it")
}

func TestReferrerHost(t *testing.T) {
	for name, c := range map[string]struct{ referrer, want string }{
		"a page":          {"https://WWW.example:443/a?b", "www.example"},
		"an app":          {"android-app://org.example.reader/", "org.example.reader"},
		"a path":          {"/a", ""},
		"a bare dash":     {"-", ""},
		"about:blank":     {"about:blank", ""},
		"user and secret": {"https://me:pw@x.example/", "x.example"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, edge.Parse(with("/", "Referer: "+c.referrer), new(edge.Scratch)).ReferrerHost)
		})
	}
}

func TestLanguages(t *testing.T) {
	var many []string
	for i := range 2 * edge.MaxLanguages {
		many = append(many, fmt.Sprintf("l-%d;q=0.%03d", i, i+1))
	}
	for name, c := range map[string]struct {
		headers []string
		want    string
	}{
		"none":                               {nil, ""},
		"one":                                {[]string{"de"}, "de"},
		"by weight":                          {[]string{"fr;q=0.3,en;q=0.8, de"}, "de en fr"},
		"equal weights keep their order":     {[]string{"de-DE,de;q=0.9,en-US;q=0.9"}, "de-DE de en-US"},
		"several headers":                    {[]string{"en;q=0.5", "de"}, "de en"},
		"any and unwanted":                   {[]string{"*, da;q=0, nl;q=0.001"}, "nl"},
		"white space":                        {[]string{" de ; q = 0.5 ,\ten "}, "en de"},
		"upper-case Q and another parameter": {[]string{"de;x=1;Q=0.5, en"}, "en de"},
		"weights that are none":              {[]string{"a;q=2, b;q=1.001, c;q=0.1234, d;q=, e;q=-1, f;q=1.000"}, "f"},
		"tags that are none":                 {[]string{"de_DE, 1x, -de, de-, d!, abcdefghi, de--at, de-1901"}, "de-1901"},
	} {
		t.Run(name, func(t *testing.T) {
			r := with("/")
			for _, h := range c.headers {
				r.Headers = append(r.Headers, edge.Header{Name: "Accept-Language", Value: h})
			}
			v := edge.Parse(r, new(edge.Scratch))
			require.Equal(t, c.want, strings.Join(v.Languages, " "))
			first, _, _ := strings.Cut(c.want, " ")
			require.Equal(t, first, v.Language)
		})
	}
	v := edge.Parse(with("/", "Accept-Language: "+strings.Join(many, ",")), new(edge.Scratch))
	require.Len(t, v.Languages, edge.MaxLanguages)
	require.Equal(t, "l-31", v.Languages[0], "the lightest are left out")
}

func TestCookies(t *testing.T) {
	r := with("/", `Cookie: a=1; b="two words" ;c=x=y;;nameless; =empty; d=`, "cookie: a=2;E=5")
	var got []string
	for c := edge.NewCookies(r.Headers); c.Next(); {
		got = append(got, c.Name()+" is "+c.Value())
	}
	require.Equal(t, []string{"a is 1", "b is two words", "c is x=y", "d is ", "a is 2", "E is 5"}, got)

	value, ok := edge.CookieValue(r.Headers, "a")
	require.True(t, ok)
	require.Equal(t, "1", value, "the first of a name")
	_, ok = edge.CookieValue(r.Headers, "e")
	require.False(t, ok, "case counts")

	n := 0
	many := with("/", "Cookie: "+strings.Repeat("a=1;", 64<<10))
	for c := edge.NewCookies(many.Headers); c.Next(); n++ {
	}
	require.Equal(t, edge.MaxCookies, n)
}

func TestSources(t *testing.T) {
	exact, over := strings.Repeat("v", edge.MaxValue), strings.Repeat("v", edge.MaxValue+1)
	r := with("/?plus=a+b&over="+over+"&exact="+exact,
		"Cookie: cart=12.50; name=J%C3%BCrgen+X; over="+over+"; exact="+exact+"; escaped="+strings.Repeat("%76", edge.MaxValue),
		"X-Tier:  gold ", "x-tier: silver", "X-Over: "+over)
	var s edge.Scratch
	v := edge.Parse(r, &s)
	query := func(name string) (string, bool) { return edge.FromQuery(&v, name) }
	cookie := func(name string) (string, bool) { return edge.FromCookie(r, name, &s) }
	header := func(name string) (string, bool) { return edge.FromHeader(r, name) }
	for name, c := range map[string]struct {
		from       func(string) (string, bool)
		name, want string
	}{
		"query":                        {query, "plus", "a b"},
		"query at the limit":           {query, "exact", exact},
		"query over the limit":         {query, "over", ""},
		"query absent":                 {query, "none", ""},
		"cookie":                       {cookie, "cart", "12.50"},
		"cookie decoded":               {cookie, "name", "Jürgen+X"},
		"cookie at the limit":          {cookie, "exact", exact},
		"cookie at the limit, escaped": {cookie, "escaped", exact},
		"cookie over the limit":        {cookie, "over", ""},
		"header, first line, any case": {header, "x-TIER", "gold"},
		"header over the limit":        {header, "X-Over", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := c.from(c.name)
			require.Equal(t, c.want != "", ok)
			require.Equal(t, c.want, got)
		})
	}
}

func TestNetworkHints(t *testing.T) {
	v := edge.Parse(with("/", "Save-Data: off", "ECT: 5g"), new(edge.Scratch))
	require.False(t, v.SaveData)
	require.Empty(t, v.EffectiveType)
}

const browserUA = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

// ordinary is what a browser sends: 12 header lines and a cookie of 600 bytes.
func ordinary() *edge.Request {
	return with("/shop/summer%20sale?utm_campaign=summer&q=red+shoes",
		"Host: shop.example", "User-Agent: "+browserUA, "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "Accept-Encoding: gzip, deflate, br, zstd",
		"Referer: https://www.search.example/", `Sec-CH-UA: "Chromium";v="126", "Google Chrome";v="126", "Not/A)Brand";v="8"`,
		"Sec-CH-UA-Mobile: ?0", `Sec-CH-UA-Platform: "Windows"`, "Sec-Fetch-Mode: navigate", "Upgrade-Insecure-Requests: 1",
		"Cookie: demo-session=abc; cart=12.50; filler="+strings.Repeat("x", 560))
}

func TestParseAllocatesNothing(t *testing.T) {
	r, s := ordinary(), new(edge.Scratch)
	var view edge.View
	var cart string
	require.Zero(t, testing.AllocsPerRun(100, func() {
		view = edge.Parse(r, s)
		cart, _ = edge.FromCookie(r, "cart", s)
	}))
	require.Equal(t, "12.50", cart)
	require.Equal(t, "/shop/summer sale", view.Path)
}

func FuzzParse(f *testing.F) {
	f.Add("/shop/a%20b?q=x+y&q=z", "Accept-Language", "de,en;q=0.5", "a=1; b=2")
	f.Add("https://Shop.example:443?x=%zz", "Host", "[::1]:80", `"`)
	f.Add("*", "Referer", "android-app://org.example/", ";;=")
	f.Add("/%", "User-Agent", browserUA, "a=%41")
	s := new(edge.Scratch)
	f.Fuzz(func(t *testing.T, url, name, value, cookies string) {
		r := &edge.Request{URL: url, Headers: []edge.Header{{Name: name, Value: value}, {Name: "Cookie", Value: cookies}}}
		v := edge.Parse(r, s)
		require.LessOrEqual(t, len(v.Path), len(url))
		require.LessOrEqual(t, len(v.Languages), edge.MaxLanguages)
		seen := map[string]bool{}
		for _, p := range v.Query {
			require.False(t, seen[p.Name], "a name twice")
			seen[p.Name] = true
		}
		for _, host := range []string{v.Host, v.ReferrerHost} {
			require.NotContains(t, host, "/")
			require.NotContains(t, host, "@")
		}
		for c := edge.NewCookies(r.Headers); c.Next(); {
			got, ok := edge.CookieValue(r.Headers, c.Name())
			require.True(t, ok)
			require.LessOrEqual(t, len(got), len(cookies)+len(value))
			_, _ = edge.FromCookie(r, c.Name(), s)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	r, s := ordinary(), new(edge.Scratch)
	b.ReportAllocs()
	for b.Loop() {
		v := edge.Parse(r, s)
		if !v.HasDevice {
			b.Fatal("no device")
		}
	}
}
