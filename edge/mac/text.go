package mac

import "unsafe"

// unsafeBytes is the bytes of a text, which nobody may write to.
func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

const hexDigits = "0123456789abcdef"

// AppendHex writes bytes in hexadecimal digits, in lower case.
//
//go:noinline
func AppendHex(dst, data []byte) []byte {
	for _, c := range data {
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// AppendBase64 writes bytes in base64url without padding (RFC 4648, section 5), as a cookie and a URL can carry them.
//
//go:noinline
func AppendBase64(dst, data []byte) []byte {
	group, bits := uint32(0), uint(0)
	for _, c := range data {
		group = group<<8 | uint32(c)
		for bits += 8; bits >= 6; {
			bits -= 6
			dst = append(dst, base64Digits[group>>bits&63])
		}
	}
	if bits > 0 {
		dst = append(dst, base64Digits[group<<(6-bits)&63])
	}
	return dst
}

// DecodeBase64 reads what AppendBase64 writes, and only that, into dst. It says how many bytes there are, or false where
// the text is not what AppendBase64 would have written, or has no room in dst.
//
//go:noinline
func DecodeBase64(dst []byte, s string) (n int, ok bool) {
	group, bits := uint32(0), uint(0)
	for i := range len(s) {
		digit := digitOf(s[i])
		if digit > 63 {
			return 0, false
		}
		group = group<<6 | digit
		if bits += 6; bits >= 8 {
			if n == len(dst) {
				return 0, false
			}
			bits -= 8
			dst[n] = byte(group >> bits)
			n++
		}
	}
	return n, bits < 6 && group&(1<<bits-1) == 0
}

// digitOf is what a digit of base64url stands for; above 63 for what is none.
func digitOf(c byte) uint32 {
	switch {
	case 'A' <= c && c <= 'Z':
		return uint32(c - 'A')
	case 'a' <= c && c <= 'z':
		return uint32(c - 'a' + 26)
	case '0' <= c && c <= '9':
		return uint32(c - '0' + 52)
	case c == '-':
		return 62
	case c == '_':
		return 63
	}
	return 64
}
