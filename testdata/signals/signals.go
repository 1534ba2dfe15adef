// Package signals writes consent signals for tests: TC strings and GPP strings, bit by bit from their specifications and apart from package
// core/consent, which reads them.
package signals

import (
	"strings"
	"time"
)

// Bits is a segment that is being written, a character of '0' or '1' for each bit.
type Bits struct{ all strings.Builder }

// Put adds the lowest count bits of value, the highest of them first.
func (b *Bits) Put(value uint64, count int) *Bits {
	for i := count - 1; i >= 0; i-- {
		b.all.WriteByte('0' + byte(value>>uint(i)&1))
	}
	return b
}

// Set adds count bits, of which those of the ids are 1, counted from 1.
func (b *Bits) Set(count int, ids ...int) *Bits {
	bits := make([]byte, count)
	for i := range bits {
		bits[i] = '0'
	}
	for _, id := range ids {
		bits[id-1] = '1'
	}
	b.all.Write(bits)
	return b
}

// vendors adds a list of vendors, a bit for each.
func (b *Bits) vendors(ids []int) *Bits {
	highest := 0
	for _, id := range ids {
		highest = max(highest, id)
	}
	return b.Put(uint64(highest), 16).Put(0, 1).Set(highest, ids...)
}

// String is the segment in base64url, six bits a character, padded with zeros.
func (b *Bits) String() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	bits := b.all.String()
	var s strings.Builder
	for ; bits != ""; bits = bits[min(6, len(bits)):] {
		sextet := 0
		for i := range 6 {
			sextet <<= 1
			if i < len(bits) && bits[i] == '1' {
				sextet |= 1
			}
		}
		s.WriteByte(alphabet[sextet])
	}
	return s.String()
}

// TC is a TC string. The zero TC permits nothing, says nothing of the site itself, and is of no policy version.
type TC struct {
	Version                     int // 2 where 0
	Updated                     time.Time
	Policy                      int
	Global                      bool // not service-specific
	Purposes, Interests         []int
	Vendors, VendorsByInterests []int
	Restrictions                []Restriction
	Disclosed                   []int // nil: there is no such segment
	Publisher                   *Publisher
}

// Restriction is what a site restricts for one vendor: 0 not allowed, 1 consent only, 2 legitimate interest only.
type Restriction struct{ Purpose, Kind, Vendor int }

// Publisher is what was asked for the site itself.
type Publisher struct{ Purposes, Interests []int }

// String writes the TC string.
func (t TC) String() string {
	const vendorListVersion, manager, managerVersion, screen, english, germany = 200, 300, 7, 1, 4<<6 | 13, 3<<6 | 4
	updated := uint64(t.Updated.UnixMilli()) / 100
	version, scope := uint64(t.Version), uint64(1)
	if version == 0 {
		version = 2
	}
	if t.Global {
		scope = 0
	}
	var core Bits
	core.Put(version, 6).Put(updated, 36).Put(updated, 36).Put(manager, 12).Put(managerVersion, 12).Put(screen, 6).Put(english, 12)
	core.Put(vendorListVersion, 12).Put(uint64(t.Policy), 6).Put(scope, 1).Put(0, 1).Put(0, 12)
	core.Set(24, t.Purposes...).Set(24, t.Interests...).Put(0, 1).Put(germany, 12)
	core.vendors(t.Vendors).vendors(t.VendorsByInterests)
	core.Put(uint64(len(t.Restrictions)), 12)
	for _, r := range t.Restrictions {
		core.Put(uint64(r.Purpose), 6).Put(uint64(r.Kind), 2).Put(1, 12).Put(0, 1).Put(uint64(r.Vendor), 16)
	}
	segments := []string{core.String()}
	if t.Disclosed != nil {
		segments = append(segments, new(Bits).Put(1, 3).vendors(t.Disclosed).String())
	}
	if t.Publisher != nil {
		segments = append(segments, new(Bits).Put(3, 3).Set(24, t.Publisher.Purposes...).Set(24, t.Publisher.Interests...).Put(0, 6).String())
	}
	return strings.Join(segments, ".")
}

// Section is a section of a GPP string.
type Section struct {
	ID   int
	Text string
}

// GPP writes a GPP string. The sections' ids ascend.
func GPP(sections ...Section) string {
	header := new(Bits).Put(3, 6).Put(1, 6).Put(uint64(len(sections)), 12)
	text, last := "", 0
	for _, s := range sections {
		header.Put(0, 1).all.WriteString(fibonacci(s.ID - last))
		text += "~" + s.Text
		last = s.ID
	}
	return header.String() + text
}

// fibonacci writes a number above 0 as a sum of Fibonacci numbers, the smallest first, with a 1 at its end.
func fibonacci(n int) string {
	weights := []int{1, 2}
	for weights[len(weights)-1] <= n {
		weights = append(weights, weights[len(weights)-1]+weights[len(weights)-2])
	}
	code := ""
	for i := len(weights) - 1; i >= 0; i-- {
		switch {
		case weights[i] <= n:
			n -= weights[i]
			code = "1" + code
		case code != "":
			code = "0" + code
		}
	}
	return code + "1"
}

// US writes the core of a section for the United States: its version, and the values of its fields in their order.
func US(version int, fields ...int) string {
	b := new(Bits).Put(uint64(version), 6)
	for _, value := range fields {
		b.Put(uint64(value), 2)
	}
	return b.String()
}
