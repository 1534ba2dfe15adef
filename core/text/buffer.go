package text

// maxBuffer is enough for the longest of what goes through a buffer: a timestamp with nanoseconds has 30 bytes, a double that
// is written without an exponent 26.
const maxBuffer = 32

// buffer holds one short text while it is written, so that its pieces cost the module less than an append each.
type buffer struct {
	size  int
	bytes [maxBuffer]byte
}

// appendTo writes the text.
//
//go:noinline
func (b *buffer) appendTo(dst []byte) []byte {
	return append(dst, b.bytes[:b.size]...)
}

// put adds one byte.
//
//go:noinline
func (b *buffer) put(c byte) {
	b.bytes[b.size] = c
	b.size++
}

// zeros adds count zeros, none where it is negative.
//
//go:noinline
func (b *buffer) zeros(count int) {
	for ; count > 0; count-- {
		b.put('0')
	}
}

// number adds v in decimal with at least width digits.
//
//go:noinline
func (b *buffer) number(v uint64, width int) {
	count := 1
	for n := v; n > 9; n /= 10 {
		count++
	}
	count = max(count, width)
	b.size += count
	for i := 1; i <= count; i++ {
		b.bytes[b.size-i] = byte(v%10) + '0'
		v /= 10
	}
}

// trimZeros takes zeros off the end, but leaves one byte.
//
//go:noinline
func (b *buffer) trimZeros() {
	for b.size > 1 && b.bytes[b.size-1] == '0' {
		b.size--
	}
}
