package question

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"
)

// document is JSON, checked and divided into its values. Each byte is looked at once: what walks the values afterwards goes from one to
// the next without reading what is in between.
type document struct {
	text string
	// In the order in which they stand there: what is in an array or object comes behind it, a key before its value.
	nodes []node
}

// node is a value, or a key.
type node struct {
	start, end uint32 // in text
	next       uint32 // the node behind this one and all that is in it; of what is still open, the node that it lies in
	kind       kind
	escaped    bool // it is a string that is not written as it is
}

// kind is a kind of JSON value.
type kind uint8

const (
	jsonNull kind = iota
	jsonFalse
	jsonTrue
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// root is the one value that is in no other.
func (d *document) root() jsonValue { return jsonValue{d, 0} }

// jsonValue is a value in a document. The zero jsonValue is null.
type jsonValue struct {
	in *document
	at uint32
}

func (v jsonValue) kind() kind {
	if v.in == nil {
		return jsonNull
	}
	return v.in.nodes[v.at].kind
}

// raw is the value as it is written; empty for the zero jsonValue.
func (v jsonValue) raw() string {
	if v.in == nil {
		return ""
	}
	n := &v.in.nodes[v.at]
	return v.in.text[n.start:n.end]
}

// str is a string's text, a view of the document unless it is escaped there; empty for other values.
func (v jsonValue) str() string {
	if v.kind() != jsonString {
		return ""
	}
	raw := v.raw()
	if v.in.nodes[v.at].escaped {
		return gjson.Parse(raw).Str
	}
	return raw[1 : len(raw)-1]
}

// elements are an array's; other values have none.
func (v jsonValue) elements() iter.Seq[jsonValue] {
	return func(yield func(jsonValue) bool) {
		if v.kind() != jsonArray {
			return
		}
		for at, end := v.at+1, v.in.nodes[v.at].next; at < end; at = v.in.nodes[at].next {
			if !yield(jsonValue{v.in, at}) {
				return
			}
		}
	}
}

// members are an object's, each a key and a value; other values have none.
func (v jsonValue) members() iter.Seq2[string, jsonValue] {
	return func(yield func(string, jsonValue) bool) {
		if v.kind() != jsonObject {
			return
		}
		for at, end := v.at+1, v.in.nodes[v.at].next; at < end; at = v.in.nodes[at+1].next {
			if !yield(jsonValue{v.in, at}.str(), jsonValue{v.in, at + 1}) {
				return
			}
		}
	}
}

// keptNodes is how many nodes a document keeps room for: a few times what a large request has.
const keptNodes = 4 << 10

// reset forgets the text, and what room only an unusual one needs.
func (d *document) reset() {
	d.text, d.nodes = "", d.nodes[:0]
	if cap(d.nodes) > keptNodes {
		d.nodes = nil
	}
}

// read divides a text of less than 4 GiB, which must stay as it is until reset, and says whether it is JSON (RFC 8259): one value, however
// deep. Whether strings are UTF-8 is not looked at.
func (d *document) read(text []byte) bool {
	s := scanner{text: text, nodes: d.nodes[:0], open: none}
	ok := s.values() && s.next() == 0 && s.at == len(text)
	d.text, d.nodes = unsafe.String(unsafe.SliceData(text), len(text)), s.nodes
	return ok
}

// scanner goes through a document's text.
type scanner struct {
	text  []byte
	at    int // in text
	nodes []node
	open  uint32 // the innermost array or object that is open, or none
	ended bool   // a value has just ended, rather than being about to begin
}

const none = 1<<32 - 1

// next passes white space and gives the byte behind it; 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// values reads a value and all that is in it, and says whether there is one.
func (s *scanner) values() bool {
	for s.begin() {
		for s.ended {
			if s.open == none {
				return true
			}
			switch c, in := s.next(), s.nodes[s.open].kind; {
			case c == ',':
				s.at++
				if in == jsonObject && !s.key() {
					return false
				}
				s.ended = false
			case c == ']' && in == jsonArray, c == '}' && in == jsonObject:
				s.close()
			default:
				return false
			}
		}
	}
	return false
}

// begin reads a value, of an array or object that holds something only the beginning, and says whether there is one.
func (s *scanner) begin() bool {
	switch c := s.next(); c {
	case '"':
		s.ended = true
		return s.string()
	case '{':
		s.enter(jsonObject)
		if s.next() != '}' {
			return s.key()
		}
		s.close()
		return true
	case '[':
		s.enter(jsonArray)
		if s.next() == ']' {
			s.close()
		}
		return true
	case 'n':
		return s.word("null", jsonNull)
	case 't':
		return s.word("true", jsonTrue)
	case 'f':
		return s.word("false", jsonFalse)
	}
	return s.number()
}

// add adds a value that ends at end.
func (s *scanner) add(kind kind, end int, escaped bool) {
	s.nodes = append(s.nodes, node{uint32(s.at), uint32(end), uint32(len(s.nodes)) + 1, kind, escaped})
	s.at, s.ended = end, true
}

func (s *scanner) enter(kind kind) {
	s.nodes = append(s.nodes, node{start: uint32(s.at), next: s.open, kind: kind})
	s.open = uint32(len(s.nodes)) - 1
	s.at, s.ended = s.at+1, false
}

// close ends the innermost array or object, at its bracket.
func (s *scanner) close() {
	s.at++
	n := &s.nodes[s.open]
	s.open, n.next, n.end = n.next, uint32(len(s.nodes)), uint32(s.at)
	s.ended = true
}

func (s *scanner) word(word string, kind kind) bool {
	end := s.at + len(word)
	if end > len(s.text) || string(s.text[s.at:end]) != word {
		return false
	}
	s.add(kind, end, false)
	return true
}

// key reads a key and its colon.
func (s *scanner) key() bool {
	if s.next() != '"' || !s.string() || s.next() != ':' {
		return false
	}
	s.at++
	s.ended = false
	return true
}

// string reads a string, at its quote.
func (s *scanner) string() bool {
	escaped := false
	for i := plain(s.text, s.at+1); i < len(s.text); i = plain(s.text, i) {
		switch s.text[i] {
		case '"':
			s.add(jsonString, i+1, escaped)
			return true
		case '\\':
			escaped = true
			if i = escape(s.text, i+1); i < 0 {
				return false
			}
		default: // a control character
			return false
		}
	}
	return false
}

// plain gives where from i on the first byte is that does not stand for itself in a string: a quote, a backslash, a control character;
// the text's length where there is none. It looks at eight bytes at a time: of those that it marks, the first is one for sure.
func plain(text []byte, i int) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		eight := binary.LittleEndian.Uint64(text[i:])
		quote, backslash := eight^each*'"', eight^each*'\\'
		found := ((quote-each)&^quote | (backslash-each)&^backslash | (eight-each*' ')&^eight) & high
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// escape gives where the escape ends whose backslash stands before i; -1 where it is none.
func escape(text []byte, i int) int {
	const digits = 4
	switch {
	case i == len(text):
	case text[i] == 'u':
		if len(text)-i <= digits {
			return -1
		}
		for _, c := range text[i+1 : i+1+digits] {
			if lower := c | 0x20; !isDigit(c) && (lower < 'a' || lower > 'f') {
				return -1
			}
		}
		return i + 1 + digits
	case strings.IndexByte(`"\/bfnrt`, text[i]) >= 0:
		return i + 1
	}
	return -1
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// number reads a number.
func (s *scanner) number() bool {
	i := s.at
	if i < len(s.text) && s.text[i] == '-' {
		i++
	}
	first := i
	i = digits(s.text, i)
	if i == first || i > first+1 && s.text[first] == '0' {
		return false
	}
	if i < len(s.text) && s.text[i] == '.' {
		fraction := i + 1
		if i = digits(s.text, fraction); i == fraction {
			return false
		}
	}
	if i < len(s.text) && s.text[i]|0x20 == 'e' {
		i++
		if i < len(s.text) && (s.text[i] == '+' || s.text[i] == '-') {
			i++
		}
		exponent := i
		if i = digits(s.text, exponent); i == exponent {
			return false
		}
	}
	s.add(jsonNumber, i, false)
	return true
}

// digits gives where from i on the first byte is that is no digit.
func digits(text []byte, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}
