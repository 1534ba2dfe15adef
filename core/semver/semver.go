// Package semver reads and orders versions as Semantic Versioning 2.0.0 says: 1.2.3-rc.1+build.
package semver

import (
	"math"
	"math/bits"
	"strings"
)

// MaxText is the longest version there is, in bytes: ten times what anybody writes, so that reading one costs next to nothing however long
// a visitor's text is.
const MaxText = 256

// Version is a version in its parts. What follows a + says nothing about the order and is left out.
type Version struct {
	Number [3]uint64 // major, minor, patch
	pre    string
}

// Parse reads a version; ok is false where s is none.
//
//go:noinline
func Parse(s string) (v Version, ok bool) {
	if len(s) > MaxText {
		return v, false
	}
	at := 0
	for i := range v.Number {
		if i > 0 {
			if at == len(s) || s[at] != '.' {
				return v, false
			}
			at++
		}
		first, n := at, uint64(0)
		for ; at < len(s) && s[at]-'0' <= 9; at++ {
			digit := uint64(s[at] - '0')
			if n > math.MaxUint64/10 || n*10 > math.MaxUint64-digit {
				return v, false
			}
			n = n*10 + digit
		}
		if at == first || at > first+1 && s[first] == '0' {
			return v, false
		}
		v.Number[i] = n
	}
	if s = s[at:]; s == "" {
		return v, true
	}
	if plus := strings.IndexByte(s, '+'); plus >= 0 {
		if !identifiers(s[plus+1:], false) {
			return v, false
		}
		s = s[:plus]
	}
	if s == "" {
		return v, true
	}
	v.pre = s[1:]
	return v, s[0] == '-' && identifiers(v.pre, true)
}

// cut gives what stands before the first dot, and after it.
//
//go:noinline
func cut(s string) (first, rest string) {
	if dot := strings.IndexByte(s, '.'); dot >= 0 {
		return s[:dot], s[dot+1:]
	}
	return s, ""
}

//go:noinline
func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// identifiers says whether s is identifiers with dots between them; numbers among them may be refused leading zeros.
//
//go:noinline
func identifiers(s string, strict bool) bool {
	for {
		part, rest := cut(s)
		for i := range len(part) {
			if c := part[i]; (c|' ' < 'a' || c|' ' > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
		if part == "" || strict && len(part) > 1 && part[0] == '0' && isNumber(part) {
			return false
		}
		if len(part) == len(s) {
			return true
		}
		s = rest
	}
}

// Compare orders two versions: -1, 0 or 1.
//
//go:noinline
func Compare(x, y Version) int {
	for i := range x.Number {
		if x.Number[i] != y.Number[i] {
			return sign(x.Number[i] < y.Number[i])
		}
	}
	switch {
	case x.pre == y.pre:
		return 0
	case x.pre == "" || y.pre == "":
		return sign(y.pre == "")
	}
	for a, b := x.pre, y.pre; ; {
		if a == "" || b == "" {
			return sign(a == "")
		}
		var one, other string
		one, a = cut(a)
		other, b = cut(b)
		if one == other {
			continue
		}
		numeric := isNumber(one)
		switch {
		case numeric != isNumber(other):
			return sign(numeric)
		case numeric && len(one) != len(other):
			return sign(len(one) < len(other))
		}
		return sign(one < other)
	}
}

// Marker says how many bits major, minor and patch have in a mark.
type Marker [3]uint8

// Fit widens m so that marks tell v's numbers from greater ones, where these are below a million.
func (m *Marker) Fit(v *Version) {
	for i, n := range v.Number {
		m[i] = max(m[i], uint8(bits.Len64(min(n, 1<<20)+1)))
	}
}

// Mark gives a number that grows with a version, or stays the same where what tells two apart has no room: the numbers from one that is too
// large on, and what stands behind the dash.
func (m *Marker) Mark(v *Version) uint64 {
	mark, full := uint64(0), uint64(0)
	for i, n := range v.Number {
		most := uint64(1)<<(m[i]&63) - 1
		if n >= most {
			full = math.MaxUint64
		}
		mark = mark<<(m[i]&63) | (n|full)&most
	}
	if v.pre == "" {
		full = 1
	}
	return mark<<1 | full&1
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

// Normalize appends to dst what a sloppily written version means: without a v before it, a missing minor version or patch as 0, and
// without leading zeros. What is appended need not be a version. A short one with more than numbers gives "",
// and so does a text longer than MaxText.
//
//go:noinline
func Normalize(dst []byte, s string) []byte {
	if len(s) > MaxText {
		return dst[:0]
	}
	if s != "" && s[0] == 'v' {
		s = s[1:]
	}
	for i := range 3 {
		part, rest := s, ""
		if i < 2 {
			part, rest = cut(s)
			dot := len(part) < len(s)
			if !dot && strings.ContainsAny(part, "+-") {
				return dst[:0]
			}
			if !dot {
				rest = "0"
			}
		}
		for len(part) > 1 && part[0] == '0' && part[1] >= '0' && part[1] <= '9' {
			part = part[1:]
		}
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = append(dst, part...)
		s = rest
	}
	return dst
}
