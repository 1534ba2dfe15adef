package state

// reader goes through bytes. After reading beyond the end it is broken, and gives zeros.
type reader struct {
	data   []byte
	broken bool
}

// take takes the next n bytes.
//
//go:noinline
func (r *reader) take(n int) []byte {
	if n > len(r.data) {
		r.data, r.broken = nil, true
		return nil
	}
	taken := r.data[:n:n]
	r.data = r.data[n:]
	return taken
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// set takes an unsigned LEB128 of 32 bits in its shortest spelling.
func (r *reader) set() (v uint32) {
	for shift := uint(0); ; shift += 7 {
		c := r.byte()
		if shift == 28 && c > 15 || shift > 0 && c == 0 {
			r.broken = true
		}
		if v |= uint32(c&0x7f) << shift; c < 0x80 || r.broken {
			return v
		}
	}
}

// word reads four bytes; of fewer it is 0.
//
//go:noinline
func word(p []byte) uint32 {
	if len(p) < 4 {
		return 0
	}
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

func putWord(p []byte, w uint32) {
	p[0], p[1], p[2], p[3] = byte(w), byte(w>>8), byte(w>>16), byte(w>>24)
}

// writer fills room. It counts on where that is too small.
type writer struct {
	room []byte
	n    int
}

//go:noinline
func (w *writer) byte(c byte) {
	if w.n < len(w.room) {
		w.room[w.n] = c
	}
	w.n++
}

func (w *writer) word(v uint32) {
	for range 4 {
		w.byte(byte(v))
		v >>= 8
	}
}

func (w *writer) set(v uint32) {
	for ; v >= 0x80; v >>= 7 {
		w.byte(byte(v) | 0x80)
	}
	w.byte(byte(v))
}
