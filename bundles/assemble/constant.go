package assemble

import (
	"encoding/binary"
	"math"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Constant is a value that is known when a bundle is compiled.
type Constant struct {
	Kind     format.Kind
	Number   uint64     // a Bool's 0 or 1, an Int, a Uint, a Double's bits, nanoseconds, seconds, a TypeOf's kind
	Nanos    uint32     // of a Timestamp; a CIDR's bits
	Text     string     // of a String, Bytes or Semver; an IP's or CIDR's address
	Elements []Constant // of a List; a Map's keys and values in turn
}

// The constants of each kind.
func Null() Constant              { return Constant{Kind: format.Null} }
func Int(i int64) Constant        { return Constant{Kind: format.Int, Number: uint64(i)} }
func Uint(u uint64) Constant      { return Constant{Kind: format.Uint, Number: u} }
func Double(f float64) Constant   { return Constant{Kind: format.Double, Number: math.Float64bits(f)} }
func String(s string) Constant    { return Constant{Kind: format.String, Text: s} }
func IP(address []byte) Constant  { return Constant{Kind: format.IP, Text: string(address)} }
func Semver(s string) Constant    { return Constant{Kind: format.Semver, Text: s} }
func Bytes(b []byte) Constant     { return Constant{Kind: format.Bytes, Text: string(b)} }
func Duration(ns int64) Constant  { return Constant{Kind: format.Duration, Number: uint64(ns)} }
func Type(k format.Kind) Constant { return Constant{Kind: format.TypeOf, Number: uint64(k)} }

// Bool is a bool.
func Bool(v bool) Constant {
	c := Constant{Kind: format.Bool}
	if v {
		c.Number = 1
	}
	return c
}

// Timestamp is a point in time: seconds since 1970 and nanoseconds below 1e9.
func Timestamp(seconds int64, nanos uint32) Constant {
	return Constant{Kind: format.Timestamp, Number: uint64(seconds), Nanos: nanos}
}

// CIDR is a range of addresses: those that agree with an address in its first bits.
func CIDR(address []byte, bits int) Constant {
	return Constant{Kind: format.CIDR, Text: string(address), Nanos: uint32(bits)}
}

// List and Map are containers. A map's keys are bool, int, uint or string, each once; pairs are keys and values in turn.
func List(elements []Constant) Constant { return Constant{Kind: format.List, Elements: elements} }
func Map(pairs []Constant) Constant     { return Constant{Kind: format.Map, Elements: pairs} }

// IsScalar says whether the constant is no list or map.
func (c Constant) IsScalar() bool { return c.Kind != format.List && c.Kind != format.Map }

// Depth is how many lists and maps lie within each other: 0 for a scalar.
func (c Constant) Depth() int {
	deepest := 0
	for _, e := range c.Elements {
		deepest = max(deepest, e.Depth())
	}
	if c.IsScalar() {
		return 0
	}
	return deepest + 1
}

// Constant is the index of a constant.
func (b *Builder) Constant(c Constant) uint32 {
	key := string(c.appendKey(nil))
	if known, ok := b.constants[key]; ok {
		return known
	}
	first := b.placeElements([]Constant{c})
	b.constants[key] = first
	return first
}

// placeElements writes a run of constants and, before it, what the lists among them hold; it gives the index of the first.
//
// The format wants the elements of each list together, before the list, and lists in the order of their elements. So the
// deepest level is written first: all elements of all lists of a level, in the order of those lists.
func (b *Builder) placeElements(run []Constant) uint32 {
	var below []Constant
	for _, c := range run {
		below = append(below, c.Elements...)
	}
	next := uint32(0)
	if len(below) > 0 {
		next = b.placeElements(below)
	}
	first := uint32(len(b.Constants))
	for _, c := range run {
		record := format.Constant{Kind: uint32(c.Kind), Lo: uint32(c.Number), Hi: uint32(c.Number >> 32), Nanos: c.Nanos}
		switch c.Kind {
		case format.String, format.Semver:
			record.Lo = uint32(b.Str(c.Text))
		case format.Bytes, format.IP, format.CIDR:
			at, known := b.blobs[c.Text]
			if !known {
				at = uint32(len(b.blob))
				b.blob = append(b.blob, c.Text...)
				b.blobs[c.Text] = at
			}
			record.Lo, record.Hi = at, uint32(len(c.Text)) // moved behind the strings by Finish
		case format.List, format.Map:
			record.Lo, record.Hi = next, uint32(len(c.Elements))
			next += record.Hi
			if c.Kind == format.Map {
				record.Hi /= 2
			}
		}
		b.Constants = append(b.Constants, record)
	}
	return first
}

// appendKey writes what tells the constant from all others.
func (c Constant) appendKey(key []byte) []byte {
	key = append(key, byte(c.Kind))
	key = binary.LittleEndian.AppendUint64(key, c.Number)
	key = binary.LittleEndian.AppendUint32(key, c.Nanos)
	key = binary.LittleEndian.AppendUint32(key, uint32(len(c.Text)))
	key = append(key, c.Text...)
	key = binary.LittleEndian.AppendUint32(key, uint32(len(c.Elements)))
	for _, e := range c.Elements {
		key = e.appendKey(key)
	}
	return key
}
