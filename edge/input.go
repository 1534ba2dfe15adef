package edge

import (
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/edge/state"
)

// input is an attribute that requests have values for.
type input struct {
	attribute int
	purpose   uint32
	source    source
	name      string      // of the cookie, query parameter or header
	slot      int         // of a cookie, in an exchange's jar
	kind      format.Type // what the text of a cookie, parameter or header is read as
}

// parameter is a query parameter or cookie that belongs to an attribute.
type parameter struct {
	source  source
	name    string
	purpose uint32
}

// source is where an attribute's value stands.
type source uint8

const (
	nowhere source = iota
	fromCookie
	fromQuery
	fromHeader
	fromState
	method
	host
	path
	query
	language
	acceptedLanguages
	referrerHost
	deviceClass
	deviceOS
	deviceBrowser
	deviceBot
	saveData
	connection
	country
	region
	city
	continent
	timezone
	clientIP
)

// standard says which part of a View each standard attribute is. Those that no request has are not here: session.id and visitor.id
// come from the state that the site keeps, now from the question itself.
var standard = [...]struct {
	name   string
	source source
}{
	{"request.method", method},
	{"request.host", host},
	{"request.path", path},
	{"request.query", query},
	{"request.language", language},
	{"request.languages", acceptedLanguages},
	{"request.referrer_host", referrerHost},
	{"device.class", deviceClass},
	{"device.os", deviceOS},
	{"device.browser", deviceBrowser},
	{"device.bot", deviceBot},
	{"network.save_data", saveData},
	{"network.effective_type", connection},
	{"geo.country", country},
	{"geo.region", region},
	{"geo.city", city},
	{"geo.continent", continent},
	{"geo.timezone", timezone},
	{"client.ip", clientIP},
}

// declared reads an attribute's from: "cookie:cart".
func declared(from string) (source, string) {
	kind, name, _ := cut(from, ':')
	switch kind {
	case state.Signed:
		return fromState, ""
	case "cookie":
		return fromCookie, name
	case "query":
		return fromQuery, name
	case "header":
		return fromHeader, name
	}
	return nowhere, ""
}

func standardSource(name string) source {
	for i := range standard {
		if standard[i].name == name {
			return standard[i].source
		}
	}
	return nowhere
}
