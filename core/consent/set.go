package consent

import "math/bits"

// Set holds small ids, such as those of purposes, as they stand in a string: id n, from 1 to 64, is the nth bit from the highest.
type Set uint64

// SetOf is the set of ids; those that are not between 1 and 64 are left out.
func SetOf(ids ...int) (s Set) {
	for _, id := range ids {
		s |= 1 << uint(64-id)
	}
	return s
}

// Has says whether the set holds an id.
func (s Set) Has(id int) bool { return s<<uint(id-1)>>63 == 1 }

// First is the lowest id of the set, 0 where it is empty.
func (s Set) First() int {
	if s == 0 {
		return 0
	}
	return bits.LeadingZeros64(uint64(s)) + 1
}
