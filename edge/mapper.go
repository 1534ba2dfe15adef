package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Mapper tells what a request says of one bundle's attributes. Names are resolved when it is made; it is immutable and may be
// shared among goroutines.
type Mapper struct {
	inputs []input
	hidden []parameter
}

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

// NewMapper makes the mapper of a bundle.
func NewMapper(b *format.Bundle) *Mapper {
	m := &Mapper{inputs: make([]input, 0, len(b.Attributes)), hidden: make([]parameter, 0, len(b.Attributes))}
	for i := range b.Attributes {
		a := &b.Attributes[i]
		in := input{attribute: i, purpose: a.Purpose, kind: a.Type}
		if from := b.String(a.From); from != "" {
			in.source, in.name = declared(from)
		} else if a.Flags&format.AttributeStandard != 0 {
			in.source = standardSource(b.String(a.Name))
		}
		if in.source == nowhere {
			continue
		}
		m.inputs = append(m.inputs, in)
		if in.source == fromQuery || in.source == fromCookie {
			m.hidden = append(m.hidden, parameter{in.source, in.name, in.purpose})
		}
	}
	return m
}

// declared reads an attribute's from: "cookie:cart".
func declared(from string) (source, string) {
	kind, name, _ := cut(from, ':')
	switch kind {
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

// Append appends to a question, as core.AppendQuestion began it, the attributes that a request has. granted are the question's
// granted purposes: values of others are not read, and a query parameter that belongs to an attribute is left out of request.query
// too while the attribute's purpose is not granted.
//
// A cookie, parameter or header is read as its attribute's type, the way CEL converts strings; a list as comma separated. What
// has no such reading, or no room in the question, is said to be so (core.Mistyped, core.Oversized). What the caller knows besides,
// such as session.id, it appends before. Given room in question, nothing is allocated.
func (m *Mapper) Append(question []byte, granted uint32, r *Request, s *Scratch) []byte {
	granted |= 1
	hidden := mask{parameters: m.hidden, granted: granted}
	for i := range m.inputs {
		if in := &m.inputs[i]; granted>>in.purpose&1 == 0 {
			hidden.sources |= 1 << in.source
		}
	}
	view := parse(r, s, hidden)
	w := writer{question: question, limit: core.Room - oversizedSize*len(m.inputs)}
	for i := range m.inputs {
		in := &m.inputs[i]
		w.limit += oversizedSize // kept free until here, so that each that follows can be said to be too large
		if granted>>in.purpose&1 == 0 {
			continue
		}
		var value string
		found := true
		switch in.source {
		case fromCookie:
			value, found = fromCookies(r, in.name, s, &hidden)
		case fromQuery:
			if hidden.skips(query) || hidden.hides(fromQuery, in.name) { // for another attribute; this one's purpose is granted
				_, _, all := SplitURL(r.URL)
				value, found = fromURL(all, in.name, s)
			} else {
				value, found = FromQuery(&view, in.name)
			}
		case fromHeader:
			value, found = FromHeader(r, in.name)
		default:
			w.standard(in, &view)
			continue
		}
		if found {
			w.read(in, value)
		}
	}
	return w.question
}

// mask is what may not be read of a request. The zero mask hides nothing.
type mask struct {
	sources    uint32 // a bit for each source of a standard attribute whose purpose is not granted
	parameters []parameter
	granted    uint32
}

// skips says whether the standard attribute of a source is masked.
func (m *mask) skips(s source) bool { return m.sources>>s&1 != 0 }

// hides says whether a query parameter or cookie feeds a masked attribute.
func (m *mask) hides(s source, name string) bool {
	for i := range m.parameters {
		if p := &m.parameters[i]; p.source == s && p.name == name && m.granted>>p.purpose&1 == 0 {
			return true
		}
	}
	return false
}

// hidesRaw is hides for a query parameter's name as it stands in the URL.
func (m *mask) hidesRaw(name string) bool {
	for i := range m.parameters {
		if p := &m.parameters[i]; p.source == fromQuery && m.granted>>p.purpose&1 == 0 && decodesTo(name, p.name) {
			return true
		}
	}
	return false
}

// Sizes in a question, in bytes.
const (
	wordSize      = 4
	oversizedSize = 2 * wordSize // an attribute's index and core.Oversized
)

// writer appends attributes to a question that may not grow beyond limit.
type writer struct {
	question []byte
	limit    int
	overflow bool // the value being written has no room
}

// fits says whether so many words and bytes more have room, and notes where they have not.
func (w *writer) fits(words, bytes int) bool {
	if bytes > core.MaxText || len(w.question)+wordSize*(words+1)+bytes > w.limit {
		w.overflow = true
	}
	return !w.overflow
}

// begin starts an attribute and gives what end needs.
func (w *writer) begin(in *input) int {
	w.overflow = false
	w.question = core.AppendAttribute(w.question, in.attribute)
	return len(w.question)
}

// end replaces a value without reading or room by a word that says so.
func (w *writer) end(value int, ok bool) {
	switch {
	case w.overflow:
		w.question = core.AppendOversized(w.question[:value])
	case !ok:
		w.question = core.AppendMistyped(w.question[:value])
	}
}

func (w *writer) text(v string) {
	if w.fits(2, len(v)) {
		w.question = core.AppendText(w.question, v)
	}
}

func (w *writer) bool(v bool) {
	if w.fits(3, 0) {
		w.question = core.AppendBool(w.question, v)
	}
}

// standard appends a standard attribute, unless it is absent.
func (w *writer) standard(in *input, v *View) {
	var value string
	switch in.source {
	case query:
		w.pairs(in, v.Query)
		return
	case acceptedLanguages:
		w.texts(in, v.Languages)
		return
	case saveData:
		w.flag(in, v.SaveData)
		return
	case deviceBot:
		if v.HasDevice {
			w.flag(in, v.Device.Bot)
		}
		return
	case deviceClass, deviceOS, deviceBrowser:
		value = deviceWord(in.source, v)
	case method:
		value = v.Method
	case host:
		value = v.Host
	case path:
		value = v.Path
	case language:
		value = v.Language
	case referrerHost:
		value = v.ReferrerHost
	case connection:
		value = v.EffectiveType
	case country:
		value = v.Geo.Country
	case region:
		value = v.Geo.Region
	case city:
		value = v.Geo.City
	case continent:
		value = v.Geo.Continent
	case timezone:
		value = v.Geo.Timezone
	case clientIP:
		value = v.ClientIP
	}
	if value != "" {
		start := w.begin(in)
		w.text(value)
		w.end(start, true)
	}
}

func deviceWord(s source, v *View) string {
	switch {
	case !v.HasDevice:
		return ""
	case s == deviceClass:
		return v.Device.Class.String()
	case s == deviceOS:
		return v.Device.OS.String()
	}
	return v.Device.Browser.String()
}

func (w *writer) flag(in *input, v bool) {
	start := w.begin(in)
	w.bool(v)
	w.end(start, true)
}

// pairs appends a query. One without parameters is an empty map: a request always has a query.
func (w *writer) pairs(in *input, pairs []Pair) {
	start := w.begin(in)
	if w.fits(2, 0) {
		w.question = core.AppendMapHead(w.question, len(pairs))
	}
	for i := 0; i < len(pairs) && !w.overflow; i++ {
		w.text(pairs[i].Name)
		w.text(pairs[i].Value)
	}
	w.end(start, true)
}

// texts appends a list, unless it is empty.
func (w *writer) texts(in *input, list []string) {
	if len(list) == 0 {
		return
	}
	start := w.begin(in)
	if w.fits(2, 0) {
		w.question = core.AppendListHead(w.question, len(list))
	}
	for i := 0; i < len(list) && !w.overflow; i++ {
		w.text(list[i])
	}
	w.end(start, true)
}

// read appends the text of a cookie, parameter or header as its attribute's type.
func (w *writer) read(in *input, value string) {
	start := w.begin(in)
	ok := true
	if in.kind.Kind() == format.List {
		ok = w.list(in.kind.Elem(), value)
	} else {
		ok = w.scalar(in.kind.Kind(), value)
	}
	w.end(start, ok)
}

// list appends comma-separated elements, without the white space around each. Empty text is an empty list.
func (w *writer) list(kind format.Kind, value string) bool {
	count := 0
	if value != "" {
		count = 1
	}
	for i := 0; i < len(value); i++ {
		if value[i] == ',' {
			count++
		}
	}
	if w.fits(2, 0) {
		w.question = core.AppendListHead(w.question, count)
	}
	for ; count > 0 && !w.overflow; count-- {
		var element string
		element, value, _ = cut(value, ',')
		if !w.scalar(kind, trim(element)) {
			return false
		}
	}
	return true
}

// scalar appends text as a value of that kind and says whether it is one. Dyn is a string.
func (w *writer) scalar(kind format.Kind, value string) bool {
	switch kind {
	case format.String, format.Dyn:
		w.text(value)
		return true
	case format.Bool:
		v, ok := parseBool(value)
		w.bool(v)
		return ok
	}
	if !w.fits(4, 0) {
		return true
	}
	switch kind {
	case format.Int:
		v, ok := text.ParseInt(value)
		w.question = core.AppendInt(w.question, v)
		return ok
	case format.Uint:
		v, ok := text.ParseUint(value)
		w.question = core.AppendUint(w.question, v)
		return ok
	case format.Double:
		v, ok := text.ParseDouble(value)
		w.question = core.AppendFloat(w.question, v)
		return ok
	case format.Timestamp:
		seconds, nanos, ok := text.ParseTimestamp(value)
		w.question = core.AppendTime(w.question, seconds, nanos)
		return ok
	case format.Duration:
		v, ok := text.ParseDuration(value)
		w.question = core.AppendNanos(w.question, v)
		return ok
	}
	return false
}

// parseBool reads the words that CEL reads as a bool.
func parseBool(value string) (v, ok bool) {
	switch value {
	case "1", "t", "T", "true", "TRUE", "True":
		return true, true
	case "0", "f", "F", "false", "FALSE", "False":
		return false, true
	}
	return false, false
}
