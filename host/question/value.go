package question

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// value appends a Go value as type t. It means what the JSON means that it marshals to, except that times, durations and byte slices
// are values of their own types.
func (e *encoder) value(t *valueType, v any) bool {
	switch v := v.(type) {
	case nil:
		return e.null(t)
	case bool:
		return e.bool(t, v)
	case string:
		return e.text(t, v)
	case int:
		return e.int(t, int64(v))
	case int64:
		return e.int(t, v)
	case int32:
		return e.int(t, int64(v))
	case uint64:
		return e.uint(t, v)
	case uint32:
		return e.uint(t, uint64(v))
	case float64:
		return e.double(t, v)
	case json.Number:
		return e.number(t, string(v))
	case time.Time:
		return e.time(t, v)
	case time.Duration:
		e.dst = core.AppendNanos(e.dst, int64(v))
		return t.kind == format.Dyn || t.kind == format.Duration
	case []byte:
		e.dst = core.AppendBlob(e.dst, v)
		return t.kind == format.Dyn || t.kind == format.Bytes
	case []string:
		return appendList(e, t, v, e.text)
	case []any:
		return appendList(e, t, v, e.value)
	case map[string]string:
		return appendMap(e, t, v, e.text)
	case map[string]any:
		return appendMap(e, t, v, e.value)
	}
	marshalled, err := marshalForeign(v)
	var d document
	return err == nil && d.read(marshalled) && e.json(t, d.root())
}

// marshalForeign marshals a value of a type that is not known here. A MarshalJSON that panics has no reading.
func marshalForeign(v any) (data []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("MarshalJSON of %T: %v", v, cause)
		}
	}()
	return json.Marshal(v)
}

func (e *encoder) time(t *valueType, v time.Time) bool {
	seconds := v.Unix()
	e.dst = core.AppendTime(e.dst, seconds, uint32(v.Nanosecond()))
	// Outside of CEL's years it would be no question.
	return (t.kind == format.Dyn || t.kind == format.Timestamp) && v.UTC().Year() >= 1 && v.UTC().Year() <= 9999
}

func appendList[T any](e *encoder, t *valueType, elements []T, element func(*valueType, T) bool) bool {
	if t.kind != format.List && t.kind != format.Dyn || !e.fits(len(elements)) {
		return false
	}
	if !e.enter() {
		return false
	}
	defer e.leave()
	e.dst = core.AppendListHead(e.dst, len(elements))
	for _, v := range elements {
		if !element(elementType(t), v) {
			return false
		}
	}
	return true
}

// appendMap appends a map in the order of its keys, so that the same map gives the same question.
func appendMap[T any](e *encoder, t *valueType, m map[string]T, element func(*valueType, T) bool) bool {
	apart := 0
	for key := range m {
		if e.apartFor(key) != 0 {
			apart++
		}
	}
	if t.kind != format.Map && t.kind != format.Dyn || !e.fits(2*(len(m)-apart)) {
		return false
	}
	if !e.enter() {
		return false
	}
	defer e.leave()
	e.dst = core.AppendMapHead(e.dst, len(m))
	first := len(e.keys)
	defer func() { e.keys = e.keys[:first] }()
	for key := range m {
		e.keys = append(e.keys, key)
	}
	slices.Sort(e.keys[first:])
	for _, key := range e.keys[first:] {
		if !e.pair(t, key, func() bool { return element(elementType(t), m[key]) }) {
			return false
		}
	}
	return true
}
