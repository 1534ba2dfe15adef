package question

import (
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
)

// valueType is the type of an attribute, of a list's elements, of a map's keys or values. Without elem, a list or map holds dyn.
type valueType struct {
	kind      format.Kind // format.Dyn: any
	key, elem *valueType
}

var dyn = &valueType{kind: format.Dyn}

// takesObjects says whether a JSON object can be a value of the type, rather than names nested in one another.
func (t *valueType) takesObjects() bool { return t.kind == format.Map || t.kind == format.Dyn }

// typeOf is an attribute's type: as its text has it, or, where that is none, as its word does, which knows no types below elements.
func typeOf(text string, word format.Type) *valueType {
	p := typeReader{rest: text}
	if t := p.read(0); t != nil && p.rest == "" && t.kind == word.Kind() {
		return t
	}
	return &valueType{kind: word.Kind(), key: &valueType{kind: word.Key()}, elem: &valueType{kind: word.Elem()}}
}

var typeNames = map[string]format.Kind{
	"dyn": format.Dyn, "null_type": format.Null, "bool": format.Bool, "int": format.Int, "uint": format.Uint, "double": format.Double,
	"string": format.String, "bytes": format.Bytes, "list": format.List, "map": format.Map, "type": format.TypeOf,
	"timestamp": format.Timestamp, "google.protobuf.Timestamp": format.Timestamp,
	"duration": format.Duration, "google.protobuf.Duration": format.Duration,
}

// typeReader reads a type as CEL writes it.
type typeReader struct{ rest string }

// read gives nil where there is no type, or where types lie deeper within each other than values can.
func (p *typeReader) read(depth int) *valueType {
	p.rest = strings.TrimLeft(p.rest, " ")
	end := strings.IndexAny(p.rest, "(), ")
	if end < 0 {
		end = len(p.rest)
	}
	kind, ok := typeNames[p.rest[:end]]
	if !ok || depth > format.MaxDepth {
		return nil
	}
	p.rest = strings.TrimLeft(p.rest[end:], " ")
	t := &valueType{kind: kind, key: dyn, elem: dyn}
	if !p.skip('(') {
		return t
	}
	switch kind {
	case format.Map:
		if t.key = p.read(depth + 1); t.key == nil || !p.skip(',') {
			return nil
		}
		t.elem = p.read(depth + 1)
	case format.List, format.TypeOf:
		t.elem = p.read(depth + 1)
	default:
		return nil
	}
	if t.elem == nil || !p.skip(')') {
		return nil
	}
	return t
}

func (p *typeReader) skip(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = strings.TrimLeft(p.rest[1:], " ")
	return true
}
