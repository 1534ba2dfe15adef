package text

// reader takes a text apart from its front, piece by piece. The first piece that does not fit sets bad; what later ones give then
// means nothing.
type reader struct {
	rest string
	bad  bool
}

// skip takes c if it comes next.
//
//go:noinline
func (r *reader) skip(c byte) bool {
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// expect takes c, which must come next.
//
//go:noinline
func (r *reader) expect(c byte) {
	if !r.skip(c) {
		r.bad = true
	}
}

// sign takes a sign if there is one.
//
//go:noinline
func (r *reader) sign() (negative bool) {
	if r.skip('-') {
		return true
	}
	r.skip('+')
	return false
}

// digits takes all the digits that come next. Their value goes only as far as the digits do that keep it within limit, which is 9
// or more: kept of them, out of count.
//
//go:noinline
func (r *reader) digits(limit uint64) (value uint64, kept, count int) {
	for ; r.rest != "" && isDigit(r.rest[0]); r.rest = r.rest[1:] {
		digit := uint64(r.rest[0] - '0')
		if kept == count && value <= (limit-digit)/10 {
			value = value*10 + digit
			kept++
		}
		count++
	}
	return value, kept, count
}

// number takes a number of exactly width digits between low and high.
//
//go:noinline
func (r *reader) number(width, low, high int) int {
	n := 0
	for range width {
		if r.rest == "" || !isDigit(r.rest[0]) {
			r.bad = true
			return low
		}
		n = n*10 + int(r.rest[0]-'0')
		r.rest = r.rest[1:]
	}
	if n < low || n > high {
		r.bad = true
		return low
	}
	return n
}

func isDigit(c byte) bool { return c-'0' <= 9 }
