// Package netaddr reads and writes IP addresses and CIDR ranges, as strictly as Kubernetes' CEL functions do: no zones, no leading zeros, no
// IPv4 address dressed up as IPv6. An address is 4 or 16 bytes, the most significant first.
package netaddr

import (
	"strings"

	"github.com/edgewise-dev/edgewise/core/text"
)

// Size is the size of the largest address, in bytes.
const Size = 16

// Parse reads an address into a, and gives its length: 4, 16, or 0 where the text is none.
//
//go:noinline
func Parse(a *[Size]byte, s string) int {
	if strings.IndexByte(s, ':') < 0 {
		if parse4(a[:4], s) {
			return 4
		}
		return 0
	}
	if !parse6(a, s) || isMapped(a) {
		return 0
	}
	return Size
}

// isMapped says whether an address is an IPv4 address in IPv6 form, ::ffff:0:0/96.
func isMapped(a *[Size]byte) bool {
	for _, b := range a[:10] {
		if b != 0 {
			return false
		}
	}
	return a[10] == 0xff && a[11] == 0xff
}

// digits reads a number at the beginning of s, of a base up to 16 and not above limit, and gives how many digits it has; 0: none.
//
//go:noinline
func digits(s string, base, limit int) (n, count int) {
	for count < len(s) {
		d := int(s[count])
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d|' ' >= 'a' && d|' ' <= 'f':
			d = d | ' ' - 'a' + 10
		default:
			d = base
		}
		if d >= base {
			break
		}
		if n = n*base + d; n > limit {
			return 0, 0
		}
		count++
	}
	return n, count
}

//go:noinline
func parse4(a []byte, s string) bool {
	for i := range a {
		n, count := digits(s, 10, 255)
		if count == 0 || count > 1 && s[0] == '0' {
			return false
		}
		a[i] = byte(n)
		s = s[count:]
		if i < 3 {
			if s == "" || s[0] != '.' {
				return false
			}
			s = s[1:]
		}
	}
	return s == ""
}

func parse6(a *[Size]byte, s string) bool {
	gap, at := -1, 0 // where :: stands, and the bytes read
	if strings.HasPrefix(s, "::") {
		gap = 0
		s = s[2:]
	}
	for s != "" {
		n, count := digits(s, 16, 0xffff)
		if count == 0 || count > 4 || at > Size-2 {
			return false
		}
		if count < len(s) && s[count] == '.' {
			if at > Size-4 || !parse4(a[at:at+4], s) {
				return false
			}
			at += 4
			break
		}
		a[at], a[at+1] = byte(n>>8), byte(n)
		at += 2
		if s = s[count:]; s == "" {
			break
		}
		if s[0] != ':' || len(s) == 1 {
			return false
		}
		if s = s[1:]; s[0] == ':' {
			if gap >= 0 {
				return false
			}
			gap = at
			s = s[1:]
		}
	}
	if gap < 0 {
		return at == Size
	}
	if at == Size {
		return false
	}
	moved := at - gap
	copy(a[Size-moved:], a[gap:at])
	clear(a[gap : Size-moved])
	return true
}

// ParsePrefix reads a CIDR range such as 10.0.0.0/8. It gives the address's length, 0 where the text is none, and the prefix's in bits.
//
//go:noinline
func ParsePrefix(a *[Size]byte, s string) (n, bits int) {
	slash := strings.IndexByte(s, '/')
	if slash < 0 {
		return 0, 0
	}
	length := s[slash+1:]
	n = Parse(a, s[:slash])
	bits, count := digits(length, 10, 8*n)
	if count == 0 || count != len(length) || count > 1 && length[0] == '0' {
		return 0, 0
	}
	return n, bits
}

// Mask clears what lies behind the first bits of an address.
func Mask(a []byte, bits int) {
	for i := range a {
		if left := bits - 8*i; left <= 0 {
			a[i] = 0
		} else if left < 8 {
			a[i] &^= 0xff >> left
		}
	}
}

// Contains says whether the range of network's first bits contains an address. Addresses of different lengths have nothing in common.
//
//go:noinline
func Contains(network string, bits int, address string) bool {
	if len(network) != len(address) {
		return false
	}
	for i := 0; i < len(network) && 8*i < bits; i++ {
		mask := byte(0xff)
		if left := bits - 8*i; left < 8 {
			mask = ^(0xff >> left)
		}
		if (network[i]^address[i])&mask != 0 {
			return false
		}
	}
	return true
}

const hex = "0123456789abcdef"

// Append writes an address as RFC 5952 wants it: in lower case, the longest run of two or more zero groups as ::.
//
//go:noinline
func Append(dst []byte, a string) []byte {
	if len(a) == 4 {
		for i := range 4 {
			if i > 0 {
				dst = text.AppendByte(dst, '.')
			}
			dst = text.AppendUint(dst, uint64(a[i]))
		}
		return dst
	}
	from, to := -1, -1
	for i := 0; i < Size; i += 2 {
		j := i
		for j < Size && a[j] == 0 && a[j+1] == 0 {
			j += 2
		}
		if j-i > 2 && j-i > to-from {
			from, to = i, j
		}
	}
	for i := 0; i < Size; i += 2 {
		if i == from {
			dst = text.AppendText(dst, "::")
			if i = to; i == Size {
				break
			}
		} else if i > 0 {
			dst = text.AppendByte(dst, ':')
		}
		group := uint(a[i])<<8 | uint(a[i+1])
		for shift, begun := 12, false; shift >= 0; shift -= 4 {
			if digit := group >> shift & 15; digit != 0 || begun || shift == 0 {
				dst = text.AppendByte(dst, hex[digit])
				begun = true
			}
		}
	}
	return dst
}
