package host

import (
	"encoding/json"
	"strconv"
)

// Boolean is the value, if it is a bool.
func (d *Decision) Boolean() (value, ok bool) {
	text := string(d.Value)
	return text == "true", text == "true" || text == "false"
}

// Text is the value, if it is a string.
func (d *Decision) Text() (value string, ok bool) {
	return value, d.decode('"', &value)
}

// Object is the value, if it is an object, as encoding/json reads it.
func (d *Decision) Object() (value map[string]any, ok bool) {
	return value, d.decode('{', &value)
}

// Float is the value, if it is a number.
func (d *Decision) Float() (value float64, ok bool) {
	value, err := strconv.ParseFloat(string(d.Value), 64)
	return value, err == nil
}

// Int is the value, if it is a whole number, as 5 and 5.0 are.
func (d *Decision) Int() (value int64, ok bool) {
	if n, err := strconv.ParseInt(string(d.Value), 10, 64); err == nil {
		return n, true
	}
	const exact = 1 << 53 // no double beyond it can be told from its neighbours
	f, number := d.Float()
	if !number || f < -exact || f > exact {
		return 0, false
	}
	return int64(f), float64(int64(f)) == f
}

// decode reads a value that begins with a byte.
func (d *Decision) decode(begin byte, into any) bool {
	return len(d.Value) > 0 && d.Value[0] == begin && json.Unmarshal(d.Value, into) == nil
}

// Of gives the decision of a name, if it is in the result.
func (r *Result) Of(name string) (d *Decision, ok bool) {
	for i := range r.Decisions {
		if r.Decisions[i].Name == name {
			return &r.Decisions[i], true
		}
	}
	return nil, false
}

// BooleanValue is the value of the decision of that name; otherwise where it has none, or one of another type.
func (r *Result) BooleanValue(name string, otherwise bool) bool {
	return valueOf(r, name, otherwise, (*Decision).Boolean)
}

// StringValue is the value of the decision of that name; otherwise where it has none, or one of another type.
func (r *Result) StringValue(name, otherwise string) string {
	return valueOf(r, name, otherwise, (*Decision).Text)
}

// IntValue is the value of the decision of that name; otherwise where it has none, or one that is no whole number.
func (r *Result) IntValue(name string, otherwise int64) int64 {
	return valueOf(r, name, otherwise, (*Decision).Int)
}

// FloatValue is the value of the decision of that name; otherwise where it has none, or one of another type.
func (r *Result) FloatValue(name string, otherwise float64) float64 {
	return valueOf(r, name, otherwise, (*Decision).Float)
}

// ObjectValue is the value of the decision of that name; otherwise where it has none, or one of another type.
func (r *Result) ObjectValue(name string, otherwise map[string]any) map[string]any {
	return valueOf(r, name, otherwise, (*Decision).Object)
}

func valueOf[T any](r *Result, name string, otherwise T, read func(*Decision) (T, bool)) T {
	if d, ok := r.Of(name); ok {
		if value, ok := read(d); ok {
			return value
		}
	}
	return otherwise
}
