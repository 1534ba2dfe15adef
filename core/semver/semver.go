// Package semver reads and orders versions as Semantic Versioning 2.0.0 says: 1.2.3-rc.1+build.
package semver

import (
	"strings"

	"github.com/edgewise-dev/edgewise/core/text"
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
	if plus := strings.IndexByte(s, '+'); plus >= 0 {
		if !identifiers(s[plus+1:], false) {
			return v, false
		}
		s = s[:plus]
	}
	if dash := strings.IndexByte(s, '-'); dash >= 0 {
		if v.pre = s[dash+1:]; !identifiers(v.pre, true) {
			return v, false
		}
		s = s[:dash]
	}
	for i := range v.Number {
		part := s
		if i < 2 {
			part, s = cut(s)
		}
		if !isNumber(part) || len(part) > 1 && part[0] == '0' {
			return v, false
		}
		if v.Number[i], ok = text.ParseUint(part); !ok {
			return v, false
		}
	}
	return v, true
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

// Mark is a number that grows with a version, or stays the same where what tells two apart has no room: numbers of two million and more,
// and what stands behind the dash.
func (v *Version) Mark() uint64 {
	const bits, most = 21, 1<<21 - 1
	mark := uint64(0)
	full := false
	for _, n := range v.Number {
		full = full || n >= most
		if full {
			n = most
		}
		mark = mark<<bits | n
	}
	mark <<= 1
	if v.pre == "" || full {
		mark++
	}
	return mark
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
