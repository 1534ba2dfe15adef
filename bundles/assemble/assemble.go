// Package assemble lays out a compiled bundle piece by piece. It hands out the indexes that records refer to one another by, and keeps what
// is said twice only once: strings, constants, predicates, patterns, conditions.
//
// Reach for New first; the compiler adds records through a Builder and takes the finished bundle from Bundle. Everything is
// numbered in the order in which it is asked for, so the same calls give the same bytes. A Builder checks nothing; format.Read does.
package assemble

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Builder is a bundle that is being made. The records of its other sections are filled in directly; strings, constants, predicates, patterns
// and conditions come from the methods.
type Builder struct {
	format.Bundle
	strings    map[string]format.Str
	constants  map[string]uint32
	predicates map[format.Predicate]uint32
	patterns   map[string]uint32
	conditions map[string]uint32
	needs      []Need
	blob       []byte            // of bytes constants, which lie behind the strings
	blobs      map[string]uint32 // where each begins
}

// New begins a bundle of that name.
func New(name string) *Builder {
	b := &Builder{
		strings:    map[string]format.Str{},
		constants:  map[string]uint32{},
		predicates: map[format.Predicate]uint32{},
		patterns:   map[string]uint32{},
		conditions: map[string]uint32{},
		blobs:      map[string]uint32{},
	}
	b.Str("") // index 0: what an unset field means
	b.About = []format.About{{Name: b.Str(name)}}
	return b
}

// Str is the index of a string.
func (b *Builder) Str(s string) format.Str {
	if known, ok := b.strings[s]; ok {
		return known
	}
	index := format.Str(len(b.Strings))
	b.Strings = append(b.Strings, format.Span{Offset: uint32(len(b.Text)), Length: uint32(len(s))})
	b.Text = append(b.Text, s...)
	b.strings[s] = index
	return index
}

// Predicate is the index of a test of an attribute against a constant.
func (b *Builder) Predicate(test format.Test, attribute, constant uint32) uint32 {
	p := format.Predicate{Test: uint32(test), Attribute: attribute, Constant: constant}
	if known, ok := b.predicates[p]; ok {
		return known
	}
	index := uint32(len(b.Predicates))
	b.Predicates = append(b.Predicates, p)
	b.predicates[p] = index
	return index
}

// Pattern is the index of a regular expression and its table.
func (b *Builder) Pattern(source string, table []uint32) uint32 {
	if known, ok := b.patterns[source]; ok {
		return known
	}
	index := uint32(len(b.Patterns))
	b.Patterns = append(b.Patterns, format.Pattern{Offset: uint32(len(b.Tables)), Length: uint32(len(table)), Source: b.Str(source)})
	b.Tables = append(b.Tables, table...)
	b.patterns[source] = index
	return index
}

// Need is what running a condition takes, the conditions it uses included. Package format keeps each within a limit.
type Need struct {
	Stack   int // values: format.MaxStack
	Walks   int // comprehensions inside one another: format.MaxWalks
	Nesting int // conditions that wait for one another: format.MaxNesting
}

// Condition is the index of a program. The same program written in the same words is the same condition, so it is evaluated
// once however many rules use it; line is that of its first use.
func (b *Builder) Condition(code []format.Instr, need Need, source string, line int) uint32 {
	key := make([]byte, 0, 8*len(code)+len(source))
	for _, in := range code {
		key = binary.LittleEndian.AppendUint32(key, uint32(in.Op())|in.A()<<8)
		key = binary.LittleEndian.AppendUint32(key, in.B())
	}
	key = append(key, source...)
	if known, ok := b.conditions[string(key)]; ok {
		return known
	}
	index := uint32(len(b.Conditions))
	b.Conditions = append(b.Conditions, format.Condition{
		Start: uint32(len(b.Code)), Length: uint32(len(code)), Source: b.source(code, source), Line: uint32(line),
	})
	b.Code = append(b.Code, code...)
	b.needs = append(b.needs, need)
	b.conditions[string(key)] = index
	return index
}

// source keeps the text of a condition: with its predicates, where it is theirs joined by && and they have no other yet.
func (b *Builder) source(code []format.Instr, text string) format.Str {
	parts := strings.Split(text, format.Conjunction)
	if text == "" || len(parts) != len(code) || !format.IsConjunction(code) {
		return b.Str(text)
	}
	for i, part := range parts {
		known := b.String(b.Predicates[code[i].B()].Source)
		if first := slices.IndexFunc(code, func(in format.Instr) bool { return in.B() == code[i].B() }); first < i {
			known = parts[first]
		}
		if part == "" || known != "" && known != part {
			return b.Str(text)
		}
	}
	for i, part := range parts {
		b.Predicates[code[i].B()].Source = b.Str(part)
	}
	return 0
}

// Need is what a condition takes.
func (b *Builder) Need(condition uint32) Need { return b.needs[condition] }

// Finish gives the bundle. The Builder is used up.
func (b *Builder) Finish() *format.Bundle {
	for i, c := range b.Constants {
		switch format.Kind(c.Kind) {
		case format.Bytes, format.IP, format.CIDR:
			b.Constants[i].Lo += uint32(len(b.Text))
		}
	}
	b.Text = slices.Concat(b.Text, b.blob)
	for len(b.Text)%4 != 0 {
		b.Text = append(b.Text, 0)
	}
	return &b.Bundle
}
