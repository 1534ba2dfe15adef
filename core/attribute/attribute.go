// Package attribute is the one table of standard attributes: what every bundle may read of a request without declaring it.
//
// The compiler resolves names against it, the request mapper of package edge fills it, and `edgewise attributes` prints it.
// To add a standard attribute, add a row here and fill it in edge's mapper; nothing else names them one by one.
package attribute

// Trust says who could have written a value, and so how far it can be relied on. It follows from where the value comes from.
type Trust uint8

// The sources of a value, from the least to the most trustworthy.
const (
	Visitor  Trust = iota // the visitor's own words: cookie, query, header, path, client hints
	Platform              // observed by the platform: geo, client address, clock
	Signed                // told by the origin earlier, in an authenticated cookie
	Caller                // handed in by the program that asks
)

// String gives the word that bundles and explanations use.
func (t Trust) String() string {
	switch t {
	case Visitor:
		return "visitor"
	case Platform:
		return "platform"
	case Signed:
		return "signed"
	}
	return "caller"
}

// The purposes that the table uses. A bundle may declare more.
const (
	Necessary       = "necessary"
	Personalization = "personalization"
)

// The attributes that the state cookie holds.
const (
	SessionID = "session.id"
	VisitorID = "visitor.id"
)

// Standard describes one standard attribute.
type Standard struct {
	Name    string
	Type    string   // CEL type name: string, bool, timestamp, list(string), map(string,string)
	Purpose string   // Necessary or Personalization
	Trust   Trust    // follows from Source
	Source  string   // where the value comes from, in words
	Enum    []string // the only values it takes; nil: any
	Headers []string // request headers, in lower case, that say something of it, on one platform or another
}

// Device words. Package edge/device yields these and nothing else.
var (
	deviceClasses  = []string{"mobile", "tablet", "desktop", "tv", "other"}
	deviceSystems  = []string{"windows", "macos", "ios", "android", "linux", "chromeos", "other"}
	deviceBrowsers = []string{"chrome", "safari", "firefox", "edge", "ie", "opera", "samsung", "other"}
	connections    = []string{"slow-2g", "2g", "3g", "4g"}
	continents     = []string{"AF", "AN", "AS", "EU", "NA", "OC", "SA"}
)

// Headers that feed several attributes. Package edge reads these from the visitor; a test there compares.
var (
	hostHeader        = []string{"host"}
	languageHeader    = []string{"accept-language"}
	refererHeader     = []string{"referer"}
	deviceHeaders     = []string{"user-agent", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"}
	saveDataHeader    = []string{"save-data"}
	connectionHeader  = []string{"ect"}
	forwardingHeaders = []string{"forwarded", "x-forwarded-for", "x-real-ip", "cf-connecting-ip", "true-client-ip", "fastly-client-ip"}
)

// Table holds every standard attribute, in the order in which `edgewise attributes` prints them.
var Table = []Standard{
	{"request.method", "string", Necessary, Visitor, "request method, as sent", nil, nil},
	{"request.host", "string", Necessary, Visitor, "Host header: lower case, without port", nil, hostHeader},
	{"request.path", "string", Necessary, Visitor, "URL path, percent-decoded once, without the query", nil, nil},
	{"request.query", "map(string,string)", Necessary, Visitor, "query parameters, decoded once; the first of a name", nil, nil},
	{"request.language", "string", Necessary, Visitor, "first choice of Accept-Language", nil, languageHeader},
	{"request.languages", "list(string)", Necessary, Visitor, "Accept-Language, best first, at most 16", nil, languageHeader},
	{"request.referrer_host", "string", Necessary, Visitor, "host of the Referer header", nil, refererHeader},
	{"device.class", "string", Necessary, Visitor, "User-Agent and client hints", deviceClasses, deviceHeaders},
	{"device.os", "string", Necessary, Visitor, "User-Agent and client hints", deviceSystems, deviceHeaders},
	{"device.browser", "string", Necessary, Visitor, "User-Agent and client hints", deviceBrowsers, deviceHeaders},
	{"device.bot", "bool", Necessary, Visitor, "User-Agent", nil, deviceHeaders},
	{"network.save_data", "bool", Necessary, Visitor, "Save-Data header", nil, saveDataHeader},
	{"network.effective_type", "string", Necessary, Visitor, "ECT header", connections, connectionHeader},
	{"geo.country", "string", Necessary, Platform, "platform's geo: ISO 3166-1 alpha-2, upper case", nil, []string{"cf-ipcountry"}},
	{"geo.region", "string", Necessary, Platform, "platform's geo: ISO 3166-2 subdivision, without the country", nil, nil},
	{"geo.city", "string", Personalization, Platform, "platform's geo", nil, []string{"cf-ipcity"}},
	{"geo.continent", "string", Necessary, Platform, "platform's geo", continents, nil},
	{"geo.timezone", "string", Necessary, Platform, "platform's geo: IANA zone name", nil, nil},
	{"client.ip", "string", Personalization, Platform, "address of the client", nil, forwardingHeaders},
	{SessionID, "string", Personalization, Signed, "session id of the state cookie", nil, nil},
	{VisitorID, "string", Personalization, Signed, "lasting id of the state cookie, where the bundle uses it", nil, nil},
	{"now", "timestamp", Necessary, Platform, "the time the caller gives; the engine reads no clock", nil, nil},
}

// Find returns the standard attribute of that name, or nil.
func Find(name string) *Standard {
	for i := range Table {
		if Table[i].Name == name {
			return &Table[i]
		}
	}
	return nil
}
