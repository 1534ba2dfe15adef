package edge

import "github.com/edgewise-dev/edgewise/edge/device"

// View is what a request says, by the names of the standard attributes. An empty string
// and an empty list are absent; the attributes session.id, visitor.id and now are not
// the request's to say. Strings hold bytes as they came: not every one is UTF-8.
type View struct {
	Method        string        // request.method, as sent
	Host          string        // request.host: of an absolute URL, else of the Host header; lower case, without port
	Path          string        // request.path: decoded once, a piece of data and no file's name; absent beyond MaxText
	Query         []Pair        // request.query: names are unique, at most MaxQuery
	Language      string        // request.language: the first of Languages
	Languages     []string      // request.languages: best first, at most MaxLanguages, case as sent
	ReferrerHost  string        // request.referrer_host: lower case, without port
	HasDevice     bool          // false without a User-Agent and its hints: then device.* is absent
	Device        device.Device // device.class, device.os, device.browser, device.bot
	SaveData      bool          // network.save_data: the visitor asked for it; never absent
	EffectiveType string        // network.effective_type: slow-2g, 2g, 3g or 4g
	Geo           Geo           // geo.*
	ClientIP      string        // client.ip
}

// Parse reads a request. The view is made of parts of r and of s, and holds as long as r
// does and s is not parsed into again.
func Parse(r *Request, s *Scratch) View { return parse(r, s, mask{}) }

// parse reads a request but for what is under the mask: what is masked takes nothing of
// s, so that it cannot show by what else finds no room.
func parse(r *Request, s *Scratch, hidden mask) View {
	s.used = 0
	v := View{Method: r.Method, Geo: r.Geo, ClientIP: r.ClientIP}
	authority, rawPath, rawQuery := SplitURL(r.URL)
	if !hidden.skips(path) {
		v.Path, _ = s.unescape(rawPath, false)
	}
	if !hidden.skips(host) {
		v.Host = hostOf(authority, s)
	}
	if !hidden.skips(query) {
		v.Query = parseQuery(rawQuery, s, &hidden)
	}

	var h headers
	h.read(r.Headers, s)
	if v.Host == "" && !hidden.skips(host) {
		v.Host = hostOf(h.host, s)
	}
	if v.Languages = h.languages.list(); len(v.Languages) > 0 {
		v.Language = v.Languages[0]
	}
	if !hidden.skips(referrerHost) {
		referrer, _, _ := SplitURL(h.referrer)
		v.ReferrerHost = hostOf(referrer, s)
	}
	v.HasDevice = h.userAgent != "" || h.hints != device.Hints{}
	if v.HasDevice {
		v.Device = device.Classify(h.userAgent, h.hints)
	}
	v.SaveData = equalFold(h.saveData, "on")
	v.EffectiveType = effectiveType(h.ect)
	return v
}

// headers is the header lines that a view needs.
type headers struct {
	host, referrer, userAgent, saveData, ect string
	hints                                    device.Hints
	languages                                languages
}

// read finds them in one pass. Of a header that comes several times the first
// line counts, and all of Accept-Language.
func (h *headers) read(lines []Header, s *Scratch) {
	*h = headers{}
	h.languages.s = s
	for i := range lines {
		name, value := lines[i].Name, trim(lines[i].Value)
		switch len(name) { // few names get as far as a comparison
		case len("ect"):
			first(&h.ect, name, "ect", value)
		case len("host"):
			first(&h.host, name, "host", value)
		case len("referer"):
			first(&h.referrer, name, "referer", value)
		case len("save-data"): // and sec-ch-ua
			first(&h.saveData, name, "save-data", value)
			first(&h.hints.Brands, name, "sec-ch-ua", value)
		case len("user-agent"):
			first(&h.userAgent, name, "user-agent", value)
			if name[0] == ':' {
				first(&h.host, name, ":authority", value)
			}
		case len("accept-language"):
			if equalFold(name, "accept-language") {
				h.languages.add(value)
			}
		case len("sec-ch-ua-mobile"):
			first(&h.hints.Mobile, name, "sec-ch-ua-mobile", value)
		case len("sec-ch-ua-platform"):
			first(&h.hints.Platform, name, "sec-ch-ua-platform", value)
		}
	}
}

// first sets *field to the value of the first line whose name is want.
func first(field *string, name, want, value string) {
	if *field == "" && equalFold(name, want) {
		*field = value
	}
}

// effectiveType is the value of an ECT header, or nothing for what is no value of it.
func effectiveType(value string) string {
	switch value {
	case "slow-2g", "2g", "3g", "4g":
		return value
	}
	return ""
}
