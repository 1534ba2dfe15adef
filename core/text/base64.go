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
