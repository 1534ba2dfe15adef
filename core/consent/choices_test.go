package consent

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoices(t *testing.T) {
	const (
		oneTrust = "isGpcEnabled=0&datestamp=Tue+Nov+17+2026+09%3A30%3A00+GMT%2B0100+(heure+d%E2%80%99hiver)&version=202509.1.0" +
			"&browserGpcFlag=0&hosts=&interactionCount=1&landingPath=https%3A%2F%2Fshop.example%2F%3Fa%3D1%26groups%3DC0004%3A1" +
			"&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A0%2CBG71%3A1&geolocation=AT%3B9&AwaitingReconsent=false"
		cookiebot = "{stamp:%27G+6rYDfrzwrZ/Oq==%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:true%2Cmarketing:false" +
			"%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1795000000958%2Cregion:%27de%27}"
		cookieYes = "consentid:d2JnOWNtWmgyM0pMdEU0,consent:yes,action:yes,necessary:yes,functional:yes,analytics:no,performance:no,advertisement:no,other:no"
		google    = "v=1&update=1795000000&ad_storage=denied&analytics_storage=granted&ad_user_data=denied&ad_personalization=denied"
	)
	type choices map[string]Choice
	untouched := func(cookie string) string {
		return strings.Replace(cookie, "interactionCount=1", "interactionCount=0", 1)
	}
	for _, c := range []struct {
		name, cookie string
		format       Format
		want         choices
		gpc          bool
		decided      int64
	}{
		{"OneTrust", oneTrust, OneTrust, choices{"C0001": Granted, "C0002": Granted, "C0004": Denied, "BG71": Granted, "C0003": Unset, "": Unset, "C000": Unset, "C00011": Unset}, false, 1794904200},
		{"OneTrust, in quotation marks", `"` + oneTrust + `"`, OneTrust, choices{"C0002": Granted, "C0004": Denied}, false, 1794904200},
		{"OneTrust, escaped as a whole", url.QueryEscape(oneTrust), OneTrust, choices{"C0002": Granted, "C0004": Denied}, false, 1794904200},
		{"OneTrust, escaped not at all", "interactionCount=2&groups=C0002:1,C0004:0&isGpcEnabled=0", OneTrust, choices{"C0002": Granted, "C0004": Denied}, false, 0},
		{"OneTrust, groups alone", "groups=C0002%3A1%2CC0004%3A0", OneTrust, choices{"C0002": Unset, "C0004": Denied}, false, 0},
		{"OneTrust without groups", "interactionCount=1&groups=", OneTrust, choices{"C0002": Unset}, false, 0},
		{"OneTrust, defaults that nobody touched", untouched(oneTrust), OneTrust, choices{"C0001": Unset, "C0002": Unset, "C0004": Unset}, false, 0},
		{"OneTrust, a count that is none", strings.Replace(oneTrust, "interactionCount=1", "interactionCount=x", 1), OneTrust, choices{"C0002": Unset, "C0004": Unset}, false, 0},
		{"OneTrust, about to ask again", strings.Replace(oneTrust, "Reconsent=false", "Reconsent=true", 1), OneTrust, choices{"C0002": Unset, "C0004": Denied}, false, 1794904200},
		{"OneTrust with GPC", strings.Replace(oneTrust, "isGpcEnabled=0", "isGpcEnabled=1", 1), OneTrust, choices{"C0002": Granted}, true, 1794904200},
		{"OneTrust with the browser's GPC", strings.Replace(oneTrust, "browserGpcFlag=0", "browserGpcFlag=1", 1), OneTrust, choices{"C0002": Granted}, true, 1794904200},
		{"OneTrust, a group twice", "interactionCount=1&groups=C0002:1,C0002:0,C0003:0,C0003:1", OneTrust, choices{"C0002": Denied, "C0003": Denied}, false, 0},
		{"OneTrust, other values", "interactionCount=1&groups=C0001:,C0002,C0003:2,C0004:11,:1,C0005:1:1", OneTrust, choices{"C0001": Unset, "C0002": Unset, "C0003": Unset, "C0004": Unset, "C0005": Unset, "": Granted}, false, 0},

		{"Cookiebot", cookiebot, Cookiebot, choices{"necessary": Granted, "statistics": Granted, "marketing": Denied, "preferences": Denied, "other": Unset}, false, 1795000000},
		{"Cookiebot, escaped as a whole", url.QueryEscape(cookiebot), Cookiebot, choices{"statistics": Granted, "marketing": Denied}, false, 1795000000},
		{"Cookiebot, escaped not at all", "{stamp:'-',statistics:true,marketing:false,method:'explicit',utc:1795000000958}", Cookiebot, choices{"statistics": Granted, "marketing": Denied}, false, 1795000000},
		{"Cookiebot, implied", strings.Replace(cookiebot, "explicit", "implied", 1), Cookiebot, choices{"statistics": Unset, "marketing": Unset}, false, 0},
		{"Cookiebot, before it noted the method", strings.Replace(cookiebot, "method:%27explicit%27%2C", "", 1), Cookiebot, choices{"statistics": Unset, "marketing": Denied}, false, 1795000000},
		{"Cookiebot with a TC string", "{stamp:'-',marketing:true,method:'explicit',iab2:'" + tcfPlain() + "'}", Cookiebot, choices{"marketing": Granted}, false, 0},
		{"Cookiebot where nobody is asked", "-1", Cookiebot, choices{"necessary": Unset, "statistics": Unset}, false, 0},

		{"CookieYes", cookieYes, CookieYes, choices{"functional": Granted, "analytics": Denied, "absent": Unset}, false, 0},
		{"CookieYes, escaped as a whole", url.QueryEscape(cookieYes), CookieYes, choices{"functional": Granted, "analytics": Denied}, false, 0},
		{"CookieYes, escaped twice", url.QueryEscape(url.QueryEscape(cookieYes)), CookieYes, choices{"functional": Granted, "analytics": Denied}, false, 0},
		{"CookieYes before a choice", "consentid:abc,consent:,action:,necessary:,functional:,analytics:", CookieYes, choices{"functional": Unset, "analytics": Unset}, false, 0},
		{"CookieYes, defaults", "consentid:abc,consent:yes,action:no,necessary:yes,functional:yes,analytics:no", CookieYes, choices{"functional": Unset, "analytics": Unset}, false, 0},
		{"CookieYes without an action", "consent:yes,functional:yes,analytics:no", CookieYes, choices{"functional": Unset, "analytics": Denied}, false, 0},
		{"CookieYes, two actions", "action:yes,action:no,functional:yes", CookieYes, choices{"functional": Unset}, false, 0},

		{"Complianz allows", "allow", WPConsent, choices{"": Granted, "marketing": Granted}, false, 0},
		{"Complianz denies", "deny", WPConsent, choices{"": Denied, "marketing": Denied}, false, 0},

		{"Google", google, GoogleConsent, choices{"analytics_storage": Granted, "ad_storage": Denied, "security_storage": Unset}, false, 1795000000},
		{"Google, escaped as a whole", url.QueryEscape(google), GoogleConsent, choices{"analytics_storage": Granted, "ad_storage": Denied}, false, 1795000000},
		{"Google, in another order", "ad_storage=granted&update=1795000000&v=1", GoogleConsent, choices{"ad_storage": Granted}, false, 1795000000},
		{"Google, defaults", "v=1&ad_storage=granted&analytics_storage=denied", GoogleConsent, choices{"ad_storage": Unset, "analytics_storage": Unset}, false, 0},
		{"Google, an update at 0", "v=1&update=0&ad_storage=granted", GoogleConsent, choices{"ad_storage": Unset}, false, 0},
		{"Google, an update that is no time", "v=1&update=1795000000000000000000&ad_storage=granted", GoogleConsent, choices{"ad_storage": Unset}, false, 0},
		{"Google, other values", "v=1&update=1795000000&ad_storage=Granted&analytics_storage=", GoogleConsent, choices{"ad_storage": Unset, "analytics_storage": Unset}, false, 1795000000},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, f := ParseChoices(c.format, c.cookie)
			require.Equal(t, None, f, "not: %s", f)
			require.Equal(t, c.gpc, got.GPC)
			require.Equal(t, c.decided, got.Decided)
			for group, want := range c.want {
				require.Equal(t, want, got.Of(group), group)
			}
		})
	}
}

func TestFaultsOfChoices(t *testing.T) {
	long := strings.Repeat("a", MaxCookie+1)
	for _, c := range []struct {
		name, cookie string
		format       Format
		want         Fault
	}{
		{"nothing", "", OneTrust, Empty},
		{"nothing in quotation marks", `""`, WPConsent, Empty},
		{"too long", long, OneTrust, TooLong},
		{"OneTrust without groups", "isGpcEnabled=1&interactionCount=1", OneTrust, Form},
		{"OneTrust with groups twice", "interactionCount=1&groups=C0002:0&groups=C0002:1", OneTrust, Form},
		{"a TC string for OneTrust", tcfPlain(), OneTrust, Form},
		{"Cookiebot without braces", "necessary:true,method:'explicit'", Cookiebot, Form},
		{"Cookiebot that is cut off", "{stamp:'abc',necessary:true,marketing:tr", Cookiebot, Form},
		{"Cookiebot with something behind", "{necessary:true,marketing:true},x", Cookiebot, Form},
		{"another number for Cookiebot", "0", Cookiebot, Form},
		{"CookieYes in one piece", "yes", CookieYes, Form},
		{"CookieYes, escaped three times", url.QueryEscape(url.QueryEscape(url.QueryEscape("action:yes,analytics:yes"))), CookieYes, Form},
		{"another word for WPConsent", "allowed", WPConsent, Form},
		{"Google without a version", "update=1795000000&ad_storage=granted", GoogleConsent, Form},
		{"Google of another version", "v=2&update=1795000000&ad_storage=granted", GoogleConsent, Form},
		{"Google of two versions", "v=1&v=2&update=1795000000&ad_storage=granted", GoogleConsent, Form},
		{"an unknown format", "allow", GoogleConsent + 1, Form},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, f := ParseChoices(c.format, c.cookie)
			require.Equal(t, c.want, f, "%s, not: %s", c.want, f)
			require.Zero(t, got)
			require.Equal(t, Unset, got.Of("C0002"))
		})
	}
}

func TestEscapes(t *testing.T) {
	for _, c := range []struct {
		raw    string
		levels int
		want   string
	}{
		{"a%2Cb", 0, "a%2Cb"},
		{"a%2Cb", 1, "a,b"},
		{"a%252Cb", 1, "a%2Cb"},
		{"a%252Cb", 2, "a,b"},
		{"a%2cb", 1, "a,b"},
		{"%%2C%", 1, "%,%"},
		{"%2", 1, "%2"},
		{"%zz%4", 2, "%zz%4"},
		{"%25%32%43", 2, ","},
		{"a+b", 1, "a+b"},
	} {
		e := escaped{c.raw, c.levels}
		require.True(t, e.is(c.want), "%v", c)
		require.False(t, e.is(c.want+"x"))
		require.False(t, e.is(c.want[:len(c.want)-1]))
	}
}

func TestDatesOfOneTrust(t *testing.T) {
	for _, c := range []struct {
		name, written string
		want          int64
	}{
		{"as browsers send it", "Fri+Nov+21+2025+10%3A00%3A00+GMT%2B0100+(Central+European+Standard+Time)", 1763715600},
		{"signs not encoded", "Fri+Nov+21+2025+10:00:00+GMT+0100+(CET)", 1763715600},
		{"blanks encoded as blanks", "Fri%20Nov%2021%202025%2010%3A00%3A00%20GMT%2B0100%20(CET)", 1763715600},
		{"encoded twice", "Fri%2BNov%2B21%2B2025%2B10%253A00%253A00%2BGMT%252B0100", 1763715600},
		{"decoded", "Fri Nov 21 2025 10:00:00 GMT 0100", 1763715600},
		{"west of Greenwich", "Thu+Feb+29+2024+23%3A59%3A59+GMT-0330+(NST)", 1709263799},
		{"no offset from Greenwich", "Wed+Jan+01+2025+00%3A00%3A00+GMT%2B0000", 1735689600},
		{"before 1970", "Wed+Dec+31+1969+23%3A59%3A59+GMT%2B0000", -1},
		{"a day that there is not", "Sun+Feb+30+2025+10:00:00+GMT+0100", 0},
		{"day 0", "Fri+Nov+00+2025+10:00:00+GMT+0100", 0},
		{"an hour that there is not", "Fri+Nov+21+2025+24:00:00+GMT+0100", 0},
		{"another month", "Fri+nov+21+2025+10:00:00+GMT+0100", 0},
		{"no offset", "Fri+Nov+21+2025+10:00:00+GMT", 0},
		{"letters for digits", "Fri+Nov+2x+2025+10:00:00+GMT+0100", 0},
		{"as ISO 8601 has it", "2025-11-21T10:00:00Z", 0},
		{"a number", "1763715600", 0},
		{"nothing", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, fault := ParseChoices(OneTrust, "isGpcEnabled=0&datestamp="+c.written+"&interactionCount=1&groups=C0002%3A1")
			require.Equal(t, None, fault)
			require.Equal(t, c.want, got.Decided)
			require.Equal(t, Granted, got.Of("C0002"))
		})
	}
}
