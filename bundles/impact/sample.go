package impact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Sample gives made-up contexts for two bundles, n lines of `edgewise decide`, the same for the same seed. Each attribute is absent, or has a value
// that some rule compares it with, one beside it, or one of its enum; units are drawn at random; each purpose is consented to or not. So every
// value that makes a difference to a rule alone turns up, as often as any other: the shares are those of no real visitors.
func Sample(seed uint64, n int, bundles ...*format.Bundle) io.Reader {
	s := &sampler{random: rand.New(rand.NewPCG(seed, 0)), left: n}
	for _, b := range bundles {
		s.learn(b)
	}
	return s
}

// sampler writes lines as they are read.
type sampler struct {
	random     *rand.Rand
	left       int
	attributes []candidate
	purposes   []string
	rest       []byte // of the line that is being read
}

// candidate is an attribute and what it can be.
type candidate struct {
	name   string
	unit   bool
	values []any
}

// learn adds what a bundle's attributes are compared with.
func (s *sampler) learn(b *format.Bundle) {
	for _, p := range b.Purposes[1:] { // the first is necessary
		if name := b.String(p.Name); !slices.Contains(s.purposes, name) {
			s.purposes = append(s.purposes, name)
		}
	}
	units := map[uint32]bool{}
	for _, d := range b.Draws {
		units[d.Unit] = true
	}
	for i := range b.Attributes {
		a := &b.Attributes[i]
		c := s.candidate(b.String(a.Name))
		c.unit = c.unit || units[uint32(i)]
		c.add(a.Type, usual(a.Type)...)
		if a.Enum > 0 {
			c.add(a.Type, valuesOf(b, b.Constants[a.Enum-1])...)
		}
		for _, p := range b.Predicates {
			if p.Attribute == uint32(i) && format.Test(p.Test) != format.TestTrue && format.Test(p.Test) != format.TestMatches {
				c.add(a.Type, valuesOf(b, b.Constants[p.Constant])...)
			}
		}
	}
}

func (s *sampler) candidate(name string) *candidate {
	for i := range s.attributes {
		if s.attributes[i].name == name {
			return &s.attributes[i]
		}
	}
	s.attributes = append(s.attributes, candidate{name: name})
	return &s.attributes[len(s.attributes)-1]
}

// usual are values of a type that need no rule to be of interest.
func usual(t format.Type) []any {
	switch t.Kind() {
	case format.Bool:
		return []any{true, false}
	case format.String:
		return []any{"other"}
	case format.Int, format.Uint, format.Double:
		return []any{1.0}
	}
	return nil
}

// valuesOf gives a constant as JSON knows it, numbers with those beside them; of a list its elements. What JSON contexts write in another way is left out.
func valuesOf(b *format.Bundle, c format.Constant) (values []any) {
	bits := uint64(c.Lo) | uint64(c.Hi)<<32
	switch format.Kind(c.Kind) {
	case format.String:
		return []any{b.String(format.Str(c.Lo))}
	case format.Semver:
		return []any{b.String(format.Str(c.Lo)), "0.0.0"}
	case format.Bool:
		return []any{bits != 0}
	case format.Int:
		return beside(float64(int64(bits)))
	case format.Uint:
		return beside(float64(bits))
	case format.Double:
		return beside(math.Float64frombits(bits))
	case format.List:
		for _, element := range b.Constants[c.Lo : c.Lo+c.Hi] {
			values = append(values, valuesOf(b, element)...)
		}
	}
	return values
}

func beside(number float64) []any {
	if math.IsInf(number, 0) || math.IsNaN(number) || math.Abs(number) > 1<<53 {
		return nil
	}
	return []any{number, number - 1, number + 1}
}

// add adds values that fit an attribute's type. A list has one or the other as its only element.
func (c *candidate) add(t format.Type, values ...any) {
	for _, v := range values {
		if number, ok := v.(float64); t.Kind() == format.Map || t.Kind() == format.Uint && ok && number < 0 {
			continue
		}
		if t.Kind() == format.List {
			v = []any{v}
		}
		if !c.has(v) {
			c.values = append(c.values, v)
		}
	}
}

func (c *candidate) has(v any) bool {
	return slices.ContainsFunc(c.values, func(w any) bool { return fmt.Sprint(v) == fmt.Sprint(w) })
}

// Read gives the lines one after the other.
func (s *sampler) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		if s.left == 0 {
			return 0, io.EOF
		}
		s.left--
		s.rest = s.line()
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *sampler) line() []byte {
	context := map[string]any{}
	for i := range s.attributes {
		c := &s.attributes[i]
		switch n := s.random.IntN(len(c.values) + 1); {
		case c.unit:
			context[c.name] = fmt.Sprintf("%016x", s.random.Uint64())
		case n > 0:
			context[c.name] = c.values[n-1]
		}
	}
	granted := []string{}
	for _, purpose := range s.purposes {
		if s.random.IntN(2) > 0 {
			granted = append(granted, purpose)
		}
	}
	var line bytes.Buffer
	if err := json.NewEncoder(&line).Encode(map[string]any{"context": context, "consent": map[string]any{"granted": granted}}); err != nil {
		return []byte("\n") // all of it is JSON
	}
	return line.Bytes()
}
