package fastly

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
)

func TestAddressText(t *testing.T) {
	for _, address := range []string{"192.0.2.7", "0.0.0.0", "255.255.255.255", "::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1",
		"2001:db8::1:0:0:1", "fe80::a:b:c:d", "1:2:3:4:5:6:7:8", "0:0:1::", "1:0:0:2:0:0:0:3", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"} {
		a := netip.MustParseAddr(address)
		require.Equal(t, a.String(), AddressText(a.AsSlice()))
	}
	mapped := netip.MustParseAddr("::ffff:192.0.2.7").As16()
	require.Equal(t, "192.0.2.7", AddressText(mapped[:]))
}

func TestGeo(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		want edge.Geo
	}{
		"what Fastly says": {`{"as_name":"Fastly, \"Inc\"","as_number":54113,"city":"san francisco","continent":"NA","country_code":"US","country_code3":"USA",` +
			`"latitude":37.7,"region":"CA","utc_offset":-700}`, edge.Geo{Country: "US", Region: "CA", City: "san francisco", Continent: "NA"}},
		"white space":            {"{ \"country_code\" : \"DE\" ,\n\"city\": \"bonn\" }", edge.Geo{Country: "DE", City: "bonn"}},
		"not known":              {`{"country_code":"**","region":"?","city":"?","continent":"??"}`, edge.Geo{}},
		"null":                   {`{"country_code":null,"city":"bonn"}`, edge.Geo{City: "bonn"}},
		"a text with an escape":  {`{"city":"m\u00fcnchen","country_code":"DE"}`, edge.Geo{Country: "DE"}},
		"a key as a value":       {`{"as_name":"country_code","city":"bonn"}`, edge.Geo{City: "bonn"}},
		"cut short in a value":   {`{"country_code":"D`, edge.Geo{}},
		"cut short in a key":     {`{"country_`, edge.Geo{}},
		"nothing":                {"", edge.Geo{}},
		"a quote and an escape":  {`"\`, edge.Geo{}},
		"a number for a country": {`{"country_code":49,"city":"bonn"}`, edge.Geo{City: "bonn"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, GeoOf(c.json)) })
	}
}

func TestSecrets(t *testing.T) {
	long, other := strings.Repeat("0123456789abcdeF", 2), strings.Repeat("ff", 20)
	for name, c := range map[string]struct {
		text string
		want []string
		ok   bool
	}{
		"one":                       {long, []string{strings.ToLower(long)}, true},
		"two":                       {long + " " + other + "\n", []string{strings.ToLower(long), other}, true},
		"too short to be a secret":  {"0123 " + other, []string{other}, false},
		"nothing":                   {"", nil, true},
		"white space":               {" \n", nil, true},
		"no hexadecimal digits":     {"correct horse battery staple", nil, false},
		"a half byte":               {long + "0", nil, false},
		"what follows is no secret": {other + " xyz", []string{other}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			all, ok := secrets(c.text)
			for _, s := range all {
				got = append(got, hex.EncodeToString(s))
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.ok, ok)
		})
	}
}

func TestNumbersOfSettings(t *testing.T) {
	for text, want := range map[string]int{"": 7, "0": 0, "30": 30, "-1": 7, "x": 7, "99999999999": 7} {
		require.Equal(t, want, number(text, 7), text)
	}
}

func TestBase(t *testing.T) {
	for url, want := range map[string]string{"https://shop.example/a?b": "https://shop.example", "http://shop.example:8080": "http://shop.example:8080", "/a": "", "": ""} {
		require.Equal(t, want, base(url), url)
	}
}

func TestCacheKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range [][3]string{{"origin", "/a", "hero=x"}, {"origin", "/a", "hero=y"}, {"origin", "/b", "hero=x"}, {"other", "/a", "hero=x"}} {
		key := cacheKeyOf(c[0], c[1], c[2])
		require.Regexp(t, "^[0-9A-F]{64}$", key)
		require.False(t, seen[key])
		seen[key] = true
	}
}
