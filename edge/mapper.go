package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// Mapper tells what a request says of one bundle's attributes. Names are resolved when it is made; it is immutable and may be
// shared among goroutines.
type Mapper struct {
	inputs []input
	hidden []parameter
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
