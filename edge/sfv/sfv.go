// Package sfv reads and writes Structured Field Values for HTTP (RFC 9651), the form of
// client hints such as Sec-CH-UA and of the Edgewise-Decisions header.
//
// Reading walks the field's own text and allocates nothing: a [List] and a [Dictionary]
// are steps through it, an [Item] is a kind and a part of it.
//
//	l := sfv.NewList(`"Chromium";v="126", "Not/A)Brand";v="8"`)
//	for l.Next() {
//		use(l.Member())
//	}
//	if l.Err() != nil {
//		// the whole field counts as absent, what was read so far too
//	}
//
// A field that came as several header lines is the lines joined with ", ". The limits
// are those that the RFC asks every reader to have at least; more text than [MaxField]
// is refused unread.
//
// Writing appends to a buffer of the caller's: see [AppendItem] and its family. Writing
// what was read gives the canonical form.
package sfv

import "errors"

// MaxField is how many bytes a field may have. The RFC's smallest allowed limits
// (1,024 members, keys of 64 characters) fit for ordinary values.
const MaxField = 64 << 10

// Errors of reading and writing. A field with an error counts as absent.
var (
	ErrSyntax  = errors.New("sfv: not a structured field")
	ErrTooLong = errors.New("sfv: field over 64 KiB")
	ErrValue   = errors.New("sfv: value outside what a structured field can hold")
)

// Kind is the type of a value.
type Kind uint8

// The kinds: the bare items of RFC 9651 section 3.3, and the inner list of section 3.1.1.
const (
	Integer Kind = iota + 1
	Decimal
	String
	Token
	Bytes
	Boolean
	Date
	DisplayString
	InnerList
)

// Item is a value with its parameters. It is a view of the field's text and lives as
// long as that.
type Item struct {
	Kind   Kind
	Number int64  // Integer; Decimal in thousandths; Date in seconds since 1970; Boolean 0 or 1
	Raw    string // text between the delimiters, escapes as written: String, Bytes, DisplayString, InnerList; Token as it is
	params string
}

// Bool is the value of a Boolean; ok is false for other kinds.
func (i Item) Bool() (value, ok bool) { return i.Number != 0, i.Kind == Boolean }

// Params steps through the item's parameters.
func (i Item) Params() Params { return Params{rest: i.params} }

// Param is the item's parameter of a name; of several the last counts.
func (i Item) Param(key string) (value Item, ok bool) {
	p := i.Params() // not in the loop's header: each round's copy would be allocated under TinyGo
	for p.Next() {
		if p.Key() == key {
			value, ok = p.Value(), true
		}
	}
	return value, ok
}

// Items steps through the members of an InnerList; of other kinds it has none.
func (i Item) Items() InnerItems {
	if i.Kind != InnerList {
		return InnerItems{}
	}
	return InnerItems{rest: i.Raw}
}

// EqualText reports whether the decoded text of a String, Token or DisplayString is s.
func (i Item) EqualText(s string) bool {
	if i.Kind != String && i.Kind != Token && i.Kind != DisplayString {
		return false
	}
	raw := i.Raw
	for raw != "" {
		c, n := i.decode(raw)
		if s == "" || s[0] != c {
			return false
		}
		raw, s = raw[n:], s[1:]
	}
	return s == ""
}

// AppendText appends the decoded value of a String, Token, DisplayString or Bytes to
// dst. Other kinds append nothing.
func (i Item) AppendText(dst []byte) []byte {
	switch i.Kind {
	case Bytes:
		return appendBase64(dst, i.Raw)
	case String, Token, DisplayString:
		for raw := i.Raw; raw != ""; {
			c, n := i.decode(raw)
			dst, raw = append(dst, c), raw[n:]
		}
	}
	return dst
}

// decode is the first decoded byte of raw and how many bytes stand for it.
func (i Item) decode(raw string) (c byte, n int) {
	switch {
	case i.Kind == String && raw[0] == '\\':
		return raw[1], 2
	case i.Kind == DisplayString && raw[0] == '%':
		return hexValue(raw[1])<<4 | hexValue(raw[2]), 3
	}
	return raw[0], 1
}

// ParseItem reads a field that is one item.
func ParseItem(field string) (Item, error) {
	p := parser{s: field}
	if len(field) > MaxField {
		return Item{}, ErrTooLong
	}
	p.skipSpaces()
	item, ok := p.item()
	p.skipSpaces()
	if !ok || p.at < len(p.s) {
		return Item{}, ErrSyntax
	}
	return item, nil
}

// List steps through the members of a field that is a list.
type List struct{ members }

// NewList is a list before its first member. An empty field is an empty list.
func NewList(field string) List { return List{newMembers(field)} }

// Next steps to the next member, until the end or an error.
func (l *List) Next() bool {
	if !l.begin() {
		return false
	}
	var ok bool
	l.item, ok = l.p.itemOrInnerList()
	return l.end(ok)
}

// Member is the member that Next stepped to: an item or an inner list.
func (l *List) Member() Item { return l.item }

// Dictionary steps through the members of a field that is a dictionary. A key may come
// several times: its last value counts, in the place of the first.
type Dictionary struct {
	members
	key string
}

// NewDictionary is a dictionary before its first member. An empty field is an empty one.
func NewDictionary(field string) Dictionary { return Dictionary{members: newMembers(field)} }

// Next steps to the next member, until the end or an error.
func (d *Dictionary) Next() bool {
	if !d.begin() {
		return false
	}
	var ok bool
	if d.key, ok = d.p.key(); ok {
		d.item, ok = d.p.value()
	}
	return d.end(ok)
}

// Key is the key of the member that Next stepped to.
func (d *Dictionary) Key() string { return d.key }

// Value is the value of the member that Next stepped to: an item or an inner list.
func (d *Dictionary) Value() Item { return d.item }

// Get reads the whole field for the value of a key.
func Get(field, key string) (value Item, ok bool, err error) {
	d := NewDictionary(field)
	for d.Next() {
		if d.key == key {
			value, ok = d.item, true
		}
	}
	if d.err != nil {
		return Item{}, false, d.err
	}
	return value, ok, nil
}

// members is what lists and dictionaries share: members between commas.
type members struct {
	p       parser
	item    Item
	err     error
	started bool
}

func newMembers(field string) members {
	m := members{p: parser{s: field}}
	if len(field) > MaxField {
		m.err = ErrTooLong
	}
	m.p.skipSpaces()
	return m
}

// Err is what stopped Next, nil at the end of the field.
func (m *members) Err() error { return m.err }

// begin moves to where the next member starts.
func (m *members) begin() bool {
	if m.err != nil {
		return false
	}
	if !m.started {
		m.started = true
		return m.p.at < len(m.p.s)
	}
	m.p.skipTabs()
	if m.p.at == len(m.p.s) {
		return false
	}
	if !m.p.take(',') {
		m.err = ErrSyntax
		return false
	}
	m.p.skipTabs()
	if m.p.at == len(m.p.s) { // a comma at the end
		m.err = ErrSyntax
		return false
	}
	return true
}

func (m *members) end(ok bool) bool {
	if !ok {
		m.err, m.item = ErrSyntax, Item{}
	}
	return ok
}

// InnerItems steps through the items of an inner list, which was checked when it was read.
type InnerItems struct {
	rest string
	item Item
}

// Next steps to the next item.
func (l *InnerItems) Next() bool {
	p := parser{s: l.rest}
	p.skipSpaces()
	if p.at == len(p.s) {
		return false
	}
	item, ok := p.item()
	l.item, l.rest = item, p.s[p.at:]
	return ok
}

// Item is the item that Next stepped to.
func (l *InnerItems) Item() Item { return l.item }

// Params steps through parameters, which were checked when they were read.
type Params struct {
	rest  string
	key   string
	value Item
}

// Next steps to the next parameter.
func (p *Params) Next() bool {
	r := parser{s: p.rest}
	key, value, more, _ := r.param()
	p.key, p.value, p.rest = key, value, r.s[r.at:]
	return more
}

// Key is the name of the parameter that Next stepped to.
func (p *Params) Key() string { return p.key }

// Value is its value; a parameter without one is true.
func (p *Params) Value() Item { return p.value }
