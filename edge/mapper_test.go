package edge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/edge"
)

// declared is an attribute as a bundle declares it. With a from it is the bundle's own, without one it is a standard attribute.
type declared struct {
	name, from, purpose string
	kind                format.Type
}

var text = kind(format.String)

func kind(k format.Kind) format.Type { return format.TypeWord(k, format.Dyn, format.Dyn) }

func listOf(k format.Kind) format.Type { return format.TypeWord(format.List, k, format.Dyn) }

// bundleOf makes a bundle with these attributes and the purposes necessary (0) and personalization (1).
func bundleOf(t testing.TB, attributes ...declared) *core.Bundle {
	t.Helper()
	b := assemble.New("mapped")
	b.Purposes = []format.Purpose{{Name: b.Str(attribute.Necessary)}, {Name: b.Str(attribute.Personalization)}}
	for _, a := range attributes {
		made := format.Attribute{Name: b.Str(a.name), Type: a.kind, From: b.Str(a.from)}
		if a.from == "" {
			made.Flags = format.AttributeStandard
		}
		if a.purpose == attribute.Personalization {
			made.Purpose = 1
		}
		b.Attributes = append(b.Attributes, made)
	}
	loaded, err := core.Load(b.Finish().Append(nil))
	require.NoError(t, err)
	return loaded
}

const everything = 1<<0 | 1<<1 // both purposes

// mapped is the values that rules see of a request, by attribute: as JSON, or the state in words.
func mapped(t testing.TB, b *core.Bundle, granted uint32, r *edge.Request) map[string]string {
	t.Helper()
	question := core.AppendQuestion(nil, granted, 0, 0, nil)
	question = edge.NewMapper(&b.Bundle).Append(question, granted, r, new(edge.Scratch))
	c := b.NewContext()
	_, ok := c.ReadQuestion(question, nil)
	require.True(t, ok, "the mapper wrote no question")
	values := map[string]string{}
	for i := range b.Attributes {
		value := c.State(i).String()
		if c.State(i) == core.Present {
			value = string(core.AppendJSON(nil, c.Value(i)))
		}
		values[b.String(b.Attributes[i].Name)] = value
	}
	return values
}

func TestMapperFillsTheStandardAttributes(t *testing.T) {
	var all []declared
	for _, a := range attribute.Table {
		of := map[string]format.Type{
			"string": text, "bool": kind(format.Bool), "timestamp": kind(format.Timestamp), "list(string)": listOf(format.String),
			"map(string,string)": format.TypeWord(format.Map, format.String, format.String),
		}[a.Type]
		require.NotZero(t, of, "the type %s of %s is new: say here what it is", a.Type, a.Name)
		all = append(all, declared{name: a.Name, purpose: a.Purpose, kind: of})
	}
	b := bundleOf(t, all...)
	r := ordinary()
	r.ClientIP = "192.0.2.7"
	r.Geo = edge.Geo{Country: "DE", Region: "NW", City: "Bonn", Continent: "EU", Timezone: "Europe/Berlin"}
	r.Headers = append(r.Headers, edge.Header{Name: "ECT", Value: "4g"})
	want := map[string]string{
		"request.method": `"GET"`, "request.host": `"shop.example"`, "request.path": `"/shop/summer sale"`,
		"request.query":    `{"utm_campaign":"summer","q":"red shoes"}`,
		"request.language": `"de-DE"`, "request.languages": `["de-DE","de","en-US","en"]`, "request.referrer_host": `"www.search.example"`,
		"device.class": `"desktop"`, "device.os": `"windows"`, "device.browser": `"chrome"`, "device.bot": "false",
		"network.save_data": "false", "network.effective_type": `"4g"`,
		"geo.country": `"DE"`, "geo.region": `"NW"`, "geo.city": `"Bonn"`, "geo.continent": `"EU"`, "geo.timezone": `"Europe/Berlin"`,
		"client.ip": `"192.0.2.7"`,
		// What no request has.
		"session.id": "absent", "visitor.id": "absent", "now": "absent",
	}
	require.Equal(t, want, mapped(t, b, everything, r))

	want["client.ip"], want["geo.city"], want["session.id"], want["visitor.id"] = "not consented", "not consented", "not consented", "not consented"
	require.Equal(t, want, mapped(t, b, 0, r), "necessary is granted always, personalization is not")
}

// What is masked can be there, be large or be missing: what is granted stays the same.
func TestMaskedPartsDoNotShowInTheLimitsOfOthers(t *testing.T) {
	queries := format.TypeWord(format.Map, format.String, format.String)
	personal := attribute.Personalization
	escaped := "/%41" + strings.Repeat("x", edge.MaxText-10)
	cookie := declared{"c", "cookie:c", attribute.Necessary, text}
	query := declared{"request.query", "", attribute.Necessary, queries}
	others := strings.Repeat("x=1; ", edge.MaxCookies-1)
	for _, c := range []struct {
		name                  string
		masked, granted       declared
		with, without, cookie string // URLs with and without what is masked
		host, referrer        string // where something is masked
		cookieWithout         string
	}{
		{name: "a long path and a query", masked: declared{"request.path", "", personal, text}, granted: query,
			with: escaped + "?q=%41", without: "/?q=%41"},
		{name: "a long path and a cookie", masked: declared{"request.path", "", personal, text}, granted: cookie,
			with: escaped, without: "/", cookie: "c=%42", cookieWithout: "c=%42"},
		{name: "a long query and a cookie", masked: declared{"request.query", "", personal, queries}, granted: cookie,
			with: "/?a=" + escaped, without: "/", cookie: "c=%42", cookieWithout: "c=%42"},
		{name: "a long query and a parameter of it", masked: declared{"request.query", "", personal, queries},
			granted: declared{"p", "query:p", attribute.Necessary, text}, with: "/?a=" + escaped + "&p=%42", without: "/?p=%42"},
		{name: "a long host and a cookie", masked: declared{"request.host", "", personal, text}, granted: cookie,
			with: "/", without: "/", cookie: "c=%42", cookieWithout: "c=%42", host: strings.Repeat("A", edge.MaxText)},
		{name: "a long referrer and a cookie", masked: declared{"request.referrer_host", "", personal, text}, granted: cookie,
			with: "/", without: "/", cookie: "c=%42", cookieWithout: "c=%42", referrer: "https://" + strings.Repeat("A", edge.MaxText)},
		{name: "a cookie among as many as are looked at", masked: declared{"p", "cookie:p", personal, text}, granted: cookie,
			with: "/", without: "/", cookie: others + "p=1; c=1", cookieWithout: others + "c=1"},
		{name: "a parameter whose name finds no room", masked: declared{"p", "query:p", personal, text}, granted: query,
			with:    "/?a=%41" + strings.Repeat("x", edge.MaxText-3) + "&%70=1&" + strings.Repeat("z=1&", 254) + "c=1",
			without: "/?a=%41" + strings.Repeat("x", edge.MaxText-3) + "&" + strings.Repeat("z=1&", 254) + "c=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bundleOf(t, c.masked, c.granted)
			of := func(url, cookies, host, referrer string) string {
				r := &edge.Request{URL: url, Headers: []edge.Header{{Name: "Cookie", Value: cookies}, {Name: "Host", Value: host}, {Name: "Referer", Value: referrer}}}
				return mapped(t, b, 1, r)[c.granted.name]
			}
			without := of(c.without, c.cookieWithout, "", "")
			require.NotContains(t, []string{"absent", "{}"}, without)
			require.Equal(t, without, of(c.with, c.cookie, c.host, c.referrer))
		})
	}
}

// Which header feeds which attribute stands in the table of standard attributes; compilers go by it.
func TestHeadersFeedTheAttributesOfTheTable(t *testing.T) {
	values := map[string]string{
		"host": "shop.example", "accept-language": "de", "referer": "https://search.example/", "save-data": "on", "ect": "3g",
		"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0", "sec-ch-ua": `"Google Chrome";v="140"`,
		"sec-ch-ua-mobile": "?1", "sec-ch-ua-platform": `"Android"`,
		"cookie": "a=1", "x-other": "1",
	}
	var all []declared
	feeds := map[string][]string{} // by header
	for _, a := range attribute.Table {
		of := text
		switch a.Type {
		case "bool":
			of = kind(format.Bool)
		case "list(string)":
			of = listOf(format.String)
		}
		if a.Trust != attribute.Visitor || a.Name == "request.query" {
			continue
		}
		all = append(all, declared{name: a.Name, kind: of})
		for _, header := range a.Headers {
			require.NotEmpty(t, values[header], "%s is new: say here what it holds", header)
			feeds[header] = append(feeds[header], a.Name)
		}
	}
	b := bundleOf(t, all...)
	nothing := mapped(t, b, everything, with("/"))
	for header, value := range values {
		var fed []string
		got := mapped(t, b, everything, with("/", header+": "+value))
		for _, a := range all {
			if got[a.name] != nothing[a.name] {
				fed = append(fed, a.name)
			}
		}
		require.Subset(t, feeds[header], fed, header)
		require.Equal(t, feeds[header] == nil, fed == nil, header)
	}
}

func TestMapperLeavesOutWhatARequestDoesNotSay(t *testing.T) {
	b := bundleOf(t, declared{name: "device.class", kind: text}, declared{name: "device.bot", kind: kind(format.Bool)},
		declared{name: "request.languages", kind: listOf(format.String)}, declared{name: "geo.country", kind: text},
		declared{name: "request.query", kind: format.TypeWord(format.Map, format.String, format.String)},
		declared{name: "cart", from: "cookie:cart", kind: text})
	require.Equal(t, map[string]string{"device.class": "absent", "device.bot": "absent", "request.languages": "absent",
		"geo.country": "absent", "request.query": "{}", "cart": "absent"}, mapped(t, b, everything, with("/")))
}

func TestMapperReadsTextAsTheDeclaredType(t *testing.T) {
	for name, c := range map[string]struct {
		kind        format.Type
		value, want string
	}{
		"string":                          {text, "a b", `"a b"`},
		"empty string":                    {text, "", `""`},
		"string decoded once":             {text, "%2541", `"%41"`},
		"string that is not UTF-8":        {text, "%ff", "wrong type"},
		"string over the limit":           {text, strings.Repeat("v", edge.MaxValue+1), "absent"},
		"any type is a string":            {kind(format.Dyn), "12", `"12"`},
		"int":                             {kind(format.Int), "-12", "-12"},
		"int with a fraction":             {kind(format.Int), "12.5", "wrong type"},
		"int beyond 64 bits":              {kind(format.Int), "9223372036854775808", "wrong type"},
		"uint":                            {kind(format.Uint), "12", "12"},
		"negative uint":                   {kind(format.Uint), "-1", "wrong type"},
		"double":                          {kind(format.Double), "12.50", "12.5"},
		"double without a number":         {kind(format.Double), "", "wrong type"},
		"double with white space":         {kind(format.Double), "1 2", "wrong type"},
		"bool":                            {kind(format.Bool), "true", "true"},
		"bool as a digit":                 {kind(format.Bool), "0", "false"},
		"bool as another word":            {kind(format.Bool), "yes", "wrong type"},
		"timestamp":                       {kind(format.Timestamp), "2026-11-20T10:00:00%2B01:00", `"2026-11-20T09:00:00Z"`},
		"timestamp without a zone":        {kind(format.Timestamp), "2026-11-20T10:00:00", "wrong type"},
		"duration":                        {kind(format.Duration), "90m", `"5400s"`},
		"list of strings":                 {listOf(format.String), "a, b,,c", `["a","b","","c"]`},
		"empty list":                      {listOf(format.String), "", "[]"},
		"list of ints":                    {listOf(format.Int), "1,2", "[1,2]"},
		"list with an element of no kind": {listOf(format.Int), "1,x", "wrong type"},
		"list of any":                     {listOf(format.Dyn), "1,x", `["1","x"]`},
		"map":                             {format.TypeWord(format.Map, format.String, format.String), "a", "wrong type"},
	} {
		t.Run(name, func(t *testing.T) {
			b := bundleOf(t, declared{name: "x", from: "cookie:x", kind: c.kind})
			require.Equal(t, c.want, mapped(t, b, everything, with("/", "Cookie: x="+c.value))["x"])
		})
	}
}

func TestMapperReadsCookiesParametersAndHeaders(t *testing.T) {
	b := bundleOf(t, declared{name: "a", from: "cookie:a", kind: text}, declared{name: "b", from: "query:b", kind: text},
		declared{name: "c", from: "header:X-C", kind: text}, declared{name: "d", from: "signed", kind: text})
	require.Equal(t, map[string]string{"a": `"1"`, "b": `"2"`, "c": `"3"`, "d": "absent"},
		mapped(t, b, everything, with("/?b=2", "Cookie: a=1", "x-c: 3")))
}

// What is not consented is neither read nor can anybody tell that it was there.
func TestMapperKeepsToConsent(t *testing.T) {
	b := bundleOf(t,
		declared{name: "request.query", kind: format.TypeWord(format.Map, format.String, format.String)},
		declared{name: "member", from: "query:member", purpose: attribute.Personalization, kind: text},
		declared{name: "campaign", from: "query:utm", kind: text})
	bare := with("/?utm=x")
	want := map[string]string{"request.query": `{"utm":"x"}`, "member": "not consented", "campaign": `"x"`}
	require.Equal(t, want, mapped(t, b, 1, bare))

	many := strings.Repeat("member=1&", 2000)
	for name, url := range map[string]string{
		"a parameter":                       "/?member=7&utm=x",
		"an escaped name":                   "/?%6Dember=7&utm=x",
		"more than a query's pairs":         "/?" + many + "utm=x",
		"more text than a request may need": "/?member=%41" + strings.Repeat("x", edge.MaxText-200) + "&utm=%78",
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, want, mapped(t, b, 1, with(url))) })
	}

	require.Equal(t, map[string]string{"request.query": `{"member":"7","utm":"x"}`, "member": `"7"`, "campaign": `"x"`},
		mapped(t, b, everything, with("/?member=7&utm=x")), "with consent all of it is read")
}

// A parameter may belong to several attributes: each is read as its own purpose allows.
func TestMapperReadsOneParameterForSeveralPurposes(t *testing.T) {
	b := bundleOf(t,
		declared{name: "request.query", kind: format.TypeWord(format.Map, format.String, format.String)},
		declared{name: "page", from: "query:p", kind: kind(format.Int)},
		declared{name: "taste", from: "query:p", purpose: attribute.Personalization, kind: text})
	for name, c := range map[string]struct{ url, page string }{
		"as it is":           {"/?p=7&q=x", "7"},
		"escaped":            {"/?%70=%37&p=8&q=x", "7"},
		"of a wrong type":    {"/?p=x&q=x", "wrong type"},
		"without a value":    {"/?p&q=x", "wrong type"},
		"not there":          {"/?q=x", "absent"},
		"beyond its limit":   {"/?p=" + strings.Repeat("1", edge.MaxValue+1) + "&q=x", "absent"},
		"beyond the scratch": {"/?p=%41" + strings.Repeat("1", edge.MaxText) + "&q=x", "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, map[string]string{"request.query": `{"q":"x"}`, "page": c.page, "taste": "not consented"},
				mapped(t, b, 1, with(c.url)))
		})
	}
	require.Equal(t, map[string]string{"request.query": `{"p":"7"}`, "page": "7", "taste": `"7"`}, mapped(t, b, everything, with("/?p=7")))
}

func TestMapperKeepsWithinAQuestion(t *testing.T) {
	attributes := []declared{{name: "request.path", kind: text}, {name: "request.query", kind: format.TypeWord(format.Map, format.String, format.String)}}
	cookies := "Cookie: "
	for i := range 100 {
		name := "n" + strings.Repeat("i", i)
		attributes = append(attributes, declared{name: name, from: "cookie:" + name, kind: text})
		cookies += name + "=" + strings.Repeat("v", edge.MaxValue) + ";"
	}
	b := bundleOf(t, attributes...)
	values := mapped(t, b, everything, with("/"+strings.Repeat("p", core.MaxText)+"?a="+strings.Repeat("q", 2*core.MaxText), cookies))
	require.Equal(t, "too large", values["request.path"])
	require.Equal(t, "too large", values["request.query"])
	require.Equal(t, `"`+strings.Repeat("v", edge.MaxValue)+`"`, values["n"], "small values go on")
	require.Equal(t, "too large", values["n"+strings.Repeat("i", 99)], "until there is no more room")
}

func TestMapperAllocatesNothing(t *testing.T) {
	b := bundleOf(t, declared{name: "request.path", kind: text}, declared{name: "device.class", kind: text},
		declared{name: "request.languages", kind: listOf(format.String)},
		declared{name: "request.query", kind: format.TypeWord(format.Map, format.String, format.String)},
		declared{name: "cart.value", from: "cookie:cart", kind: kind(format.Double)})
	m, r, s := edge.NewMapper(&b.Bundle), ordinary(), new(edge.Scratch)
	question := make([]byte, 0, core.MaxQuestion)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		question = m.Append(core.AppendQuestion(question[:0], everything, 0, 0, nil), everything, r, s)
	}))
	require.Greater(t, len(question), 100)
}

func FuzzMapper(f *testing.F) {
	f.Add("/shop?q=a&member=7", "cart=12.50; list=1,2", uint32(3))
	f.Add("*", "list=,", uint32(0))
	b := bundleOf(f,
		declared{name: "request.path", kind: text},
		declared{name: "request.query", kind: format.TypeWord(format.Map, format.String, format.String)},
		declared{name: "member", from: "query:member", purpose: attribute.Personalization, kind: kind(format.Int)},
		declared{name: "cart.value", from: "cookie:cart", kind: kind(format.Double)},
		declared{name: "list", from: "cookie:list", kind: listOf(format.Int)})
	f.Fuzz(func(t *testing.T, url, cookies string, granted uint32) {
		mapped(t, b, granted&everything, with(url, "Cookie: "+cookies))
	})
}
