package consent

// notSextet marks in sextets what is no character of base64url.
const notSextet = 0x80

// sextets gives the six bits that a character of base64url (RFC 4648, section 5) stands for.
var sextets = func() (table [256]uint8) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range table {
		table[i] = notSextet
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = uint8(i)
	}
	return table
}()

// span counts the characters of base64url that s begins with.
//
//go:noinline
func span(s string) int {
	n := 0
	for ; len(s) >= 8; s = s[8:] {
		if (sextets[s[0]] | sextets[s[1]] | sextets[s[2]] | sextets[s[3]] |
			sextets[s[4]] | sextets[s[5]] | sextets[s[6]] | sextets[s[7]]) >= notSextet {
			break
		}
		n += 8
	}
	for i := 0; i < len(s) && sextets[s[i]] < notSextet; i++ {
		n++
	}
	return n
}

// window gives the bits of s that come from a place on, the next in the highest bit: at least maxTake, with zeros behind the end.
func window(s string, at int) uint64 {
	i := uint(at) / 6
	within := uint(at) % 6
	if i+8 <= uint(len(s)) {
		return (four(s[i:])<<24 | four(s[i+4:])) << (64 - 48 + within)
	}
	return lastWindow(s, i) << within
}

// maxTake is how many bits a window has at least: eight characters, but for up to five bits of the first.
const maxTake = 8*6 - 5

// four gives the 24 bits of the first four characters.
func four(s string) uint64 {
	s = s[:4]
	return uint64(sextets[s[0]])<<18 | uint64(sextets[s[1]])<<12 | uint64(sextets[s[2]])<<6 | uint64(sextets[s[3]])
}

// lastWindow is a window where fewer than eight characters are left.
//
//go:noinline
func lastWindow(s string, i uint) (w uint64) {
	for shift := 64 - 6; i < uint(len(s)); i++ {
		w |= uint64(sextets[s[i]]) << uint(shift)
		shift -= 6
	}
	return w
}

// reader takes a segment apart from its front, bit by bit: six bits a character, the highest first. Nothing is decoded into memory.
// The first fault stays; what is taken after it is zero.
type reader struct {
	s     string // the segment: base64url only
	at    int    // the next bit
	fault Fault
}

// fail notes a fault.
func (r *reader) fail(f Fault) {
	if r.fault == None {
		r.fault = f
	}
	r.at = 6 * len(r.s)
}

// left counts the bits that are left.
func (r *reader) left() int { return 6*len(r.s) - r.at }

// take gives the next n bits as a number; n is at most maxTake.
//
//go:noinline
func (r *reader) take(n int) uint64 {
	if n > r.left() {
		r.fail(Truncated)
		return 0
	}
	v := window(r.s, r.at) >> uint(64-n)
	r.at += n
	return v
}

// flag takes one bit.
func (r *reader) flag() bool { return r.take(1) == 1 }

// set takes n bits as a set of the ids 1 to n; n is at most 64.
//
//go:noinline
func (r *reader) set(n int) Set {
	high := min(n, 32)
	return Set(r.take(high)<<uint(64-high) | r.take(n-high)<<uint(64-n))
}

// skip passes over n bits.
func (r *reader) skip(n int) {
	if n > r.left() {
		r.fail(Truncated)
		return
	}
	r.at += n
}

// bit gives one bit of the segment, which has to have it.
func (r *reader) bit(at int) bool {
	return sextets[r.s[at/6]]>>uint(5-at%6)&1 == 1
}

// zeros says whether only zeros are left.
func (r *reader) zeros() bool {
	for r.left() > 0 {
		if r.take(min(maxTake, r.left())) != 0 {
			return false
		}
	}
	return true
}
