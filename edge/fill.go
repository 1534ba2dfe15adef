package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/device"
)

// classified is a device, once somebody asked for it.
type classified struct {
	device.Device
	known, absent bool
}

// value reads an attribute, whose purpose is granted, from the request; ok is false where the request has none.
func (x *Exchange) value(in *input) (v core.Value, ok bool) {
	s := ""
	switch in.source {
	case fromCookie:
		slot := &x.jar.slots[in.slot]
		if !slot.found || len(slot.value) > 3*MaxValue { // three bytes stand for at most one
			return v, false
		}
		s, ok = limited(x.scratch.unescape(slot.value, false))
		return x.read(in, s), ok
	case fromQuery:
		s, ok = fromURL(x.at.query, in.name, &x.scratch)
		return x.read(in, s), ok
	case fromHeader:
		s, ok = FromHeader(&x.visit.Request, in.name)
		return x.read(in, s), ok
	case fromState:
		s, ok = x.keeping.state.Attribute(in.attribute)
		return x.readJSON(in.kind, s), ok
	case query:
		return x.query(), true
	case acceptedLanguages:
		return x.languages()
	case saveData:
		return core.Bool(equalFold(x.headers.saveData, "on")), true
	case deviceBot, deviceClass, deviceOS, deviceBrowser:
		return x.deviceValue(in.source)
	case path:
		s, _ = x.scratch.unescape(x.at.path, false)
	case host:
		s = x.host()
	case referrerHost:
		referrer, _, _ := SplitURL(x.headers.referrer)
		s = hostOf(referrer, &x.scratch)
	case language:
		if list := x.headers.languages.list(); len(list) > 0 {
			s = list[0]
		}
	case connection:
		s = effectiveType(x.headers.ect)
	default:
		s = x.platform(in.source)
	}
	return core.String(s), s != ""
}

// host is the host that is asked, of an absolute URL or of the Host header.
func (x *Exchange) host() string {
	s := hostOf(x.at.authority, &x.scratch)
	if s == "" {
		s = hostOf(x.headers.host, &x.scratch)
	}
	return s
}

// platform is what the platform knows.
func (x *Exchange) platform(s source) string {
	v := x.visit
	switch s {
	case method:
		return v.Method
	case country:
		return v.Geo.Country
	case region:
		return v.Geo.Region
	case city:
		return v.Geo.City
	case continent:
		return v.Geo.Continent
	case timezone:
		return v.Geo.Timezone
	case clientIP:
		return v.ClientIP
	}
	return ""
}

// deviceValue classifies the device once for all that is asked of it.
func (x *Exchange) deviceValue(s source) (core.Value, bool) {
	d := &x.device
	if !d.known {
		d.known = true
		switch h := &x.headers; {
		case x.visit.Device != nil:
			d.Device = *x.visit.Device
		case h.userAgent == "" && h.hints == device.Hints{}:
			d.absent = true
		default:
			d.Device = device.Classify(h.userAgent, h.hints)
		}
	}
	word := ""
	switch s {
	case deviceBot:
		return core.Bool(d.Bot), !d.absent
	case deviceClass:
		word = d.Class.String()
	case deviceOS:
		word = d.OS.String()
	default:
		word = d.Browser.String()
	}
	return core.String(word), !d.absent
}

// shows says whether a parameter of the query shows that was hidden while only what is necessary was granted.
func (x *Exchange) shows() bool {
	for i := range x.hidden {
		if p := &x.hidden[i]; p.source == fromQuery && p.purpose > 0 && x.granted>>p.purpose&1 != 0 {
			return true
		}
	}
	return false
}

// query is the parameters, those left out that belong to what is not granted.
func (x *Exchange) query() core.Value {
	hidden := mask{parameters: x.hidden, granted: x.granted}
	pairs := parseQuery(x.at.query, &x.scratch, &hidden)
	elements := x.elements(2 * len(pairs))
	if elements == nil {
		return core.TooLarge()
	}
	for i, p := range pairs {
		elements[2*i], elements[2*i+1] = core.String(p.Name), core.String(p.Value)
	}
	return core.Map(elements)
}

func (x *Exchange) languages() (core.Value, bool) {
	list := x.headers.languages.list()
	elements := x.elements(len(list))
	if elements == nil {
		return core.TooLarge(), true
	}
	for i, l := range list {
		elements[i] = core.String(l)
	}
	return core.List(elements), len(list) > 0
}

// elements takes room for n values; nil where there is none left.
func (x *Exchange) elements(n int) []core.Value {
	if n > len(x.values)-x.used {
		return nil
	}
	x.used += n
	return x.values[x.used-n : x.used : x.used]
}

// read reads the text of a cookie, parameter or header as its attribute's type.
func (x *Exchange) read(in *input, s string) core.Value {
	if in.kind.Kind() != format.List {
		return readScalar(in.kind.Kind(), s)
	}
	count := 0
	if s != "" {
		count = 1
	}
	for i := 0; i < len(s); i++ {
		if s[i] == ',' {
			count++
		}
	}
	elements := x.elements(count)
	if elements == nil {
		return core.TooLarge()
	}
	for i := range elements {
		var element string
		element, s, _ = cut(s, ',')
		if elements[i] = readScalar(in.kind.Elem(), trim(element)); elements[i].Kind() == format.Error {
			return elements[i]
		}
	}
	return core.List(elements)
}

// readScalar reads text the way CEL converts strings. Dyn is a string.
func readScalar(kind format.Kind, s string) core.Value {
	v, ok := core.Value{}, true
	switch kind {
	case format.String, format.Dyn:
		return core.String(s)
	case format.Bool:
		var b bool
		b, ok = parseBool(s)
		v = core.Bool(b)
	case format.Int:
		var n int64
		n, ok = text.ParseInt(s)
		v = core.Int(n)
	case format.Uint:
		var n uint64
		n, ok = text.ParseUint(s)
		v = core.Uint(n)
	case format.Double:
		var f float64
		f, ok = text.ParseDouble(s)
		v = core.Double(f)
	case format.Timestamp:
		var seconds int64
		var nanos uint32
		seconds, nanos, ok = text.ParseTimestamp(s)
		v = core.Timestamp(seconds, nanos)
	case format.Duration:
		var n int64
		n, ok = text.ParseDuration(s)
		v = core.Duration(n)
	default:
		ok = false
	}
	if !ok {
		return core.Unreadable()
	}
	return v
}
