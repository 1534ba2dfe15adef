package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

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
