package text

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// AppendBase64 writes b in the standard base64 alphabet of RFC 4648 with padding, as JSON carries bytes.
func AppendBase64(dst, b []byte) []byte {
	for ; len(b) >= 3; b = b[3:] {
		group := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
		dst = append(dst, base64Digits[group>>18], base64Digits[group>>12&63], base64Digits[group>>6&63], base64Digits[group&63])
	}
	switch len(b) {
	case 1:
		dst = append(dst, base64Digits[b[0]>>2], base64Digits[b[0]<<4&63], '=', '=')
	case 2:
		group := uint32(b[0])<<8 | uint32(b[1])
		dst = append(dst, base64Digits[group>>10], base64Digits[group>>4&63], base64Digits[group<<2&63], '=')
	}
	return dst
}
