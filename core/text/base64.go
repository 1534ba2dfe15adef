package text

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// AppendBase64 writes b in the standard base64 alphabet of RFC 4648 with padding, as JSON carries bytes.
func AppendBase64(dst, b []byte) []byte {
	for len(b) > 0 {
		count := min(len(b), 3)
		group := uint32(0) // up to three bytes, from bit 23 downwards
		for i, c := range b[:count] {
			group |= uint32(c) << (16 - 8*uint(i))
		}
		for i := 0; i <= count; i++ {
			dst = AppendByte(dst, base64Digits[group>>(18-6*uint(i))&63])
		}
		dst = AppendText(dst, "=="[:3-count])
		b = b[count:]
	}
	return dst
}

// DecodeBase64 reads that encoding, with or without its padding, into dst, which has room for all of s, and says how many bytes
// there are. As encoding/base64 does, it skips line ends and does not look at bits that are left over.
//
//go:noinline
func DecodeBase64(dst []byte, s string) (n int, ok bool) {
	group := uint32(0)
	digits, padding := 0, 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '\n' || c == '\r':
			continue
		case c == '=':
			padding++
			continue
		case c >= 'A' && c <= 'Z':
			c -= 'A'
		case c >= 'a' && c <= 'z':
			c -= 'a' - 26
		case isDigit(c):
			c += 52 - '0'
		case c == '+':
			c = 62
		case c == '/':
			c = 63
		default:
			return 0, false
		}
		if padding > 0 {
			return 0, false
		}
		group = group<<6 | uint32(c)
		if digits++; digits%4 != 1 {
			dst[n] = byte(group >> (uint(-digits) & 3 * 2))
			n++
		}
	}
	return n, digits%4 != 1 && (padding == 0 || padding == -digits&3)
}
