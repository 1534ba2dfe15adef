package verify

import "unsafe"

// What is signed is words of 32 bits, little-endian, the low word of a 64-bit number first; a text is a word with its length in bytes, the bytes,
// and zeros to the next whole word.

//go:noinline
func appendWord(dst []byte, w uint32) []byte {
	return append(dst, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
}

//go:noinline
func appendDouble(dst []byte, w uint64) []byte {
	return appendWord(appendWord(dst, uint32(w)), uint32(w>>32))
}

func appendText(dst []byte, s string) []byte {
	return appendBlob(dst, unsafe.Slice(unsafe.StringData(s), len(s)))
}

// appendBlob appends bytes as a text.
func appendBlob(dst, data []byte) []byte {
	dst = append(appendWord(dst, uint32(len(data))), data...)
	for n := len(data); n%4 != 0; n++ {
		dst = append(dst, 0)
	}
	return dst
}

// reader goes through words. Once it has met something that cannot be it is broken, and gives zeros.
type reader struct {
	rest   []byte
	broken bool
}

// take gives the next n bytes. They are the file's, not a copy.
//
//go:noinline
func (r *reader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.rest)) {
		r.broken, r.rest = true, nil
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

//go:noinline
func (r *reader) word() uint32 {
	p := r.take(4)
	if p == nil {
		return 0
	}
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

//go:noinline
func (r *reader) double() uint64 { return uint64(r.word()) | uint64(r.word())<<32 }

// time reads a time within CEL's years that is not before 1970.
//
//go:noinline
func (r *reader) time() int64 {
	t := r.double()
	r.want(t <= maxTime)
	return int64(t)
}

//go:noinline
func (r *reader) digest() (d Digest) {
	copy(d[:], r.take(uint32(len(d))))
	return d
}

// want breaks the reader where something does not hold.
func (r *reader) want(holds bool) {
	if !holds {
		r.broken = true
	}
}

// blob reads bytes with their length before and zeros behind them, to the next whole word.
//
//go:noinline
func (r *reader) blob() []byte {
	n := r.word()
	blob := r.take(n)
	for range -n & 3 {
		if padding := r.take(1); padding == nil || padding[0] != 0 {
			r.broken = true
		}
	}
	return blob
}

// name reads a text that is a name, or empty: a view of what is read, so that it stays in the module while its envelope does.
//
//go:noinline
func (r *reader) name() string {
	blob := r.blob()
	name := unsafe.String(unsafe.SliceData(blob), len(blob))
	r.want(name == "" || IsName(name))
	return name
}

// IsName says whether s can be the name of a bundle, a channel, an audience or a key: a letter, then at most 63 letters, digits, dots,
// underscores and hyphens.
func IsName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case c >= 'a' && c <= 'z':
		case i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' || s[i] == '_' || s[i] == '-'):
		default:
			return false
		}
	}
	return len(s) > 0 && len(s) <= maxName
}
