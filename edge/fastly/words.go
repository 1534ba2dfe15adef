package fastly

import (
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge"
)

// or is a setting, or what holds without one.
func or(setting, otherwise string) string {
	if setting == "" {
		return otherwise
	}
	return setting
}

// number is a setting that is a whole number from 0 on, or what holds without one.
func number(setting string, otherwise int) int {
	if n, ok := text.ParseInt(setting); ok && 0 <= n && n <= 1<<30 {
		return int(n)
	}
	return otherwise
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// secrets reads hexadecimal digits, with white space between one secret and the next. What is too short to be secret, or no such digits, is none; ok
// is false where there is some of that.
func secrets(s string) (all [][]byte, ok bool) {
	const least = 16 // bytes
	var one []byte
	ok = true
	for i := 0; i <= len(s); i++ {
		switch {
		case i == len(s) || s[i] <= ' ':
			if len(one) >= least {
				all = append(all, one)
			} else if len(one) > 0 {
				ok = false
			}
			one = nil
		case i+1 < len(s) && hexValue(s[i]) < 16 && hexValue(s[i+1]) < 16:
			one = append(one, hexValue(s[i])<<4|hexValue(s[i+1]))
			i++
		default:
			return all, false
		}
	}
	return all, ok
}

func hexValue(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// AddressText writes an address of 4 or 16 bytes, as RFC 5952 has it for IPv6.
func AddressText(address []byte) string {
	if len(address) == 16 && isMapped(address) {
		address = address[12:]
	}
	dst := make([]byte, 0, 39)
	if len(address) == 4 {
		for i, b := range address {
			if i > 0 {
				dst = append(dst, '.')
			}
			dst = text.AppendUint(dst, uint64(b))
		}
		return string(dst)
	}
	// The first of the longest runs of two or more zeros is left out.
	zeros, length := -1, 1
	for i := 0; i < 8; i++ {
		n := 0
		for i+n < 8 && address[2*(i+n)]|address[2*(i+n)+1] == 0 {
			n++
		}
		if n > length {
			zeros, length = i, n
		}
	}
	for i := 0; i < 8; i++ {
		if i == zeros {
			dst = append(dst, ':', ':')
			i += length - 1
			continue
		}
		if len(dst) > 0 && dst[len(dst)-1] != ':' {
			dst = append(dst, ':')
		}
		group, begun := uint16(address[2*i])<<8|uint16(address[2*i+1]), false
		for shift := 12; shift >= 0; shift -= 4 {
			if digit := group >> shift & 15; digit != 0 || begun || shift == 0 {
				dst, begun = append(dst, "0123456789abcdef"[digit]), true
			}
		}
	}
	return string(dst)
}

// isMapped says whether an IPv6 address stands for one of IPv4.
func isMapped(address []byte) bool {
	for _, b := range address[:10] {
		if b != 0 {
			return false
		}
	}
	return address[10] == 0xff && address[11] == 0xff
}

// GeoOf reads what fastly_geo says of an address: a flat object of JSON. Texts with escapes are absent; Fastly has no names of time zones.
func GeoOf(json string) edge.Geo {
	var g edge.Geo
	for i := 0; i < len(json); {
		key, next, ok := quoted(json, i)
		if !ok {
			break
		}
		i = next
		for i < len(json) && (json[i] == ':' || json[i] <= ' ') {
			i++
		}
		value := ""
		if i < len(json) && json[i] == '"' {
			if value, i, ok = quoted(json, i); !ok {
				break
			}
		}
		switch key {
		case "country_code":
			g.Country = known(value)
		case "region":
			g.Region = known(value)
		case "city":
			g.City = known(value)
		case "continent":
			g.Continent = known(value)
		}
	}
	return g
}

// known is a text but for those that say that it is not known.
func known(value string) string {
	switch value {
	case "?", "??", "***", "**", "NA?", "NO REGION", "reserved", "unknown":
		return ""
	}
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' {
			return ""
		}
	}
	return value
}

// quoted finds the next text in quotes from i on, and where it ends.
func quoted(json string, i int) (value string, end int, ok bool) {
	for i < len(json) && json[i] != '"' {
		i++
	}
	start := i + 1
	for i = start; i < len(json) && json[i] != '"'; i++ {
		if json[i] == '\\' {
			i++
		}
	}
	if i >= len(json) {
		return "", len(json), false
	}
	return json[start:i], i + 1, true
}
