package question

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// encoder appends values to a question. Its methods say false where a value has no reading as its type; what they appended until then
// is to be cut off.
type encoder struct {
	dst       []byte
	rooms     [format.MaxPurposes]int // bytes left for the values of each purpose
	shared    int                     // the room of each parameter that feeds attributes of several purposes
	hides     *core.Bundle            // while request.query is read: which parameters are of other purposes
	apart     int                     // bytes of such parameters, which are not in the query's own room
	depth     int                     // of the lists and maps that the value being read lies in
	keys      []string                // of the Go maps that are being read
	pairs     []pair                  // of the JSON objects that are being read
	oversized bool                    // the value has too many elements, or too many within each other, to be worth reading
}

// pair is a key and its value.
type pair struct {
	key   string
	value jsonValue
}

// begin begins a value, and end ends it: it puts something in its place where it has no reading, and where it has no room.
func (e *encoder) begin() (start int) {
	e.oversized, e.apart = false, 0
	return len(e.dst)
}

func (e *encoder) end(start int, ok bool, room *int) {
	e.hides = nil
	size := len(e.dst) - start - e.apart
	switch {
	case e.oversized || ok && size > *room:
		e.dst = core.AppendOversized(e.dst[:start])
	case !ok:
		e.dst = core.AppendMistyped(e.dst[:start])
	default:
		*room -= size
	}
}

// apartFor gives the purposes, as a bit set, that a pair of the map that is being read needs as a parameter; 0 where it is part of the map.
func (e *encoder) apartFor(key string) (purposes uint32) {
	if e.hides == nil {
		return 0
	}
	return e.hides.HiddenParameter(key)
}

// pair appends a map's key and its value. A parameter of other purposes is whatever it is: that shows only where it does. One of several
// takes nothing from any of them, since some may be granted where it is masked.
func (e *encoder) pair(t *valueType, key string, value func() bool) bool {
	start := len(e.dst)
	if !e.key(keyType(t), key) {
		return false
	}
	purposes := e.apartFor(key)
	if purposes == 0 {
		return value()
	}
	place := len(e.dst)
	shared := e.shared
	room := &shared
	if bits.OnesCount32(purposes) == 1 {
		room = &e.rooms[bits.TrailingZeros32(purposes)]
	}
	switch ok := value(); {
	case ok && len(e.dst)-place > *room:
		e.dst = core.AppendOversized(e.dst[:place])
	case !ok:
		e.dst = core.AppendMistyped(e.dst[:place])
	default:
		*room -= len(e.dst) - place
	}
	e.apart += len(e.dst) - start
	return true
}

// json appends a JSON value as type t.
func (e *encoder) json(t *valueType, v jsonValue) bool {
	switch kind := v.kind(); kind {
	case jsonNull:
		return e.null(t)
	case jsonFalse, jsonTrue:
		return e.bool(t, kind == jsonTrue)
	case jsonNumber:
		return e.number(t, v.raw())
	case jsonString:
		return e.text(t, v.str())
	case jsonArray:
		return e.array(t, v)
	}
	return e.object(t, v)
}

// null is the value null: inside of lists and maps of any kind, or where nothing else can stand.
func (e *encoder) null(t *valueType) bool {
	e.dst = core.AppendNull(e.dst)
	return t.kind == format.Dyn || t.kind == format.Null
}

func (e *encoder) bool(t *valueType, v bool) bool {
	e.dst = core.AppendBool(e.dst, v)
	return t.kind == format.Dyn || t.kind == format.Bool
}

// number appends a number as JSON writes it. A dyn is a double, whatever the number looks like: JSON has one kind of number.
func (e *encoder) number(t *valueType, raw string) bool {
	switch t.kind {
	case format.Int:
		if i, err := strconv.ParseInt(raw, 10, 64); err == nil {
			e.dst = core.AppendInt(e.dst, i)
			return true
		}
	case format.Uint:
		if u, err := strconv.ParseUint(raw, 10, 64); err == nil {
			e.dst = core.AppendUint(e.dst, u)
			return true
		}
	}
	f, err := strconv.ParseFloat(raw, 64) // beyond the largest double is an error
	return err == nil && e.double(t, f)
}

// exactIntegers is 2^53: doubles beyond it do not tell neighbouring integers apart.
const exactIntegers = 1 << 53

func (e *encoder) double(t *valueType, f float64) bool {
	whole := f >= -exactIntegers && f <= exactIntegers && f == float64(int64(f))
	switch t.kind {
	case format.Dyn, format.Double:
		e.dst = core.AppendFloat(e.dst, f)
		return true
	case format.Int:
		if whole {
			e.dst = core.AppendInt(e.dst, int64(f))
		}
		return whole
	case format.Uint:
		whole = whole && f >= 0
		if whole {
			e.dst = core.AppendUint(e.dst, uint64(f))
		}
		return whole
	}
	return false
}

func (e *encoder) int(t *valueType, i int64) bool {
	switch t.kind {
	case format.Int:
		e.dst = core.AppendInt(e.dst, i)
		return true
	case format.Uint:
		e.dst = core.AppendUint(e.dst, uint64(i))
		return i >= 0
	}
	return e.double(t, float64(i))
}

func (e *encoder) uint(t *valueType, u uint64) bool {
	switch t.kind {
	case format.Int:
		e.dst = core.AppendInt(e.dst, int64(u))
		return int64(u) >= 0
	case format.Uint:
		e.dst = core.AppendUint(e.dst, u)
		return true
	}
	return e.double(t, float64(u))
}

// text appends a JSON string: as itself, or as what other types are written as in JSON.
func (e *encoder) text(t *valueType, s string) bool {
	switch t.kind {
	case format.Dyn, format.String:
		e.dst = core.AppendText(e.dst, s)
		return true
	case format.Bytes:
		b, ok := parseBase64(s)
		e.dst = core.AppendBlob(e.dst, b)
		return ok
	case format.Timestamp:
		seconds, nanos, ok := text.ParseTimestamp(s)
		e.dst = core.AppendTime(e.dst, seconds, nanos)
		return ok
	case format.Duration:
		nanos, ok := text.ParseDuration(s)
		e.dst = core.AppendNanos(e.dst, nanos)
		return ok
	}
	return false
}

// parseBase64 takes the standard and the URL alphabet, with and without padding, as JSON mappings of other formats do.
func parseBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.RawURLEncoding
	}
	b, err := encoding.DecodeString(s)
	return b, err == nil
}

func (e *encoder) array(t *valueType, v jsonValue) bool {
	if t.kind != format.List && t.kind != format.Dyn {
		return false
	}
	if !e.enter() {
		return false
	}
	defer e.leave()
	head := e.beginList()
	count := 0
	for element := range v.elements() {
		count++
		if !e.fits(count) || !e.json(elementType(t), element) {
			return false
		}
	}
	e.setCount(head, count)
	return true
}

// object appends a map. Of a key that stands twice the last counts.
func (e *encoder) object(t *valueType, v jsonValue) bool {
	if t.kind != format.Map && t.kind != format.Dyn {
		return false
	}
	if !e.enter() {
		return false
	}
	defer e.leave()
	first := len(e.pairs)
	defer func() {
		clear(e.pairs[first:]) // keeps nothing of the line
		e.pairs = e.pairs[:first]
	}()
	apart := 0
	for key, value := range v.members() {
		if i := slices.IndexFunc(e.pairs[first:], func(p pair) bool { return p.key == key }); i >= 0 {
			e.pairs[first+i].value = value
			continue
		}
		e.pairs = append(e.pairs, pair{key, value})
		if e.apartFor(key) != 0 {
			apart++
		}
		if !e.fits(2 * (len(e.pairs) - first - apart)) { // also what keeps the search above short
			return false
		}
	}
	pairs := e.pairs[first:]
	e.dst = core.AppendMapHead(e.dst, len(pairs))
	for _, p := range pairs {
		if !e.pair(t, p.key, func() bool { return e.json(elementType(t), p.value) }) {
			return false
		}
	}
	return true
}

// fits says whether so many elements can be asked about.
func (e *encoder) fits(elements int) bool {
	if elements > core.MaxValues {
		e.oversized = true
	}
	return !e.oversized
}

// enter begins a list or map, and says whether it lies in few enough others to be asked about.
func (e *encoder) enter() bool {
	if e.depth == format.MaxDepth {
		e.oversized = true
		return false
	}
	e.depth++
	return true
}

func (e *encoder) leave() { e.depth-- }

// key appends a map's key, which is always text in JSON. Numbers are written in one way only, so that no key can stand twice.
func (e *encoder) key(t *valueType, s string) bool {
	switch t.kind {
	case format.Dyn, format.String:
		e.dst = core.AppendText(e.dst, s)
		return true
	case format.Bool:
		e.dst = core.AppendBool(e.dst, s == "true")
		return s == "true" || s == "false"
	case format.Int:
		i, err := strconv.ParseInt(s, 10, 64)
		e.dst = core.AppendInt(e.dst, i)
		return err == nil && strconv.FormatInt(i, 10) == s
	case format.Uint:
		u, err := strconv.ParseUint(s, 10, 64)
		e.dst = core.AppendUint(e.dst, u)
		return err == nil && strconv.FormatUint(u, 10) == s
	}
	return false
}

// beginList appends a list's head; setCount fills in the number of elements when it is known.
func (e *encoder) beginList() (head int) {
	head = len(e.dst)
	e.dst = core.AppendListHead(e.dst, 0)
	return head
}

func (e *encoder) setCount(head, count int) {
	binary.LittleEndian.PutUint32(e.dst[head+4:], uint32(count))
}

func elementType(t *valueType) *valueType {
	if t.kind == format.Dyn {
		return dyn
	}
	return t.elem
}

func keyType(t *valueType) *valueType {
	if t.kind == format.Dyn {
		return dyn
	}
	return t.key
}
