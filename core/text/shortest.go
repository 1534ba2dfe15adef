package text

import (
	"math"
	"math/bits"
)

// setShortest makes d the fewest digits that read back as v, which is finite and not negative; of several such, those nearest
// to v.
func (d *decimal) setShortest(v float64) {
	if digits, fraction, ok := fewDigits(v); ok {
		d.setWord(digits, fraction)
		return
	}
	d.setFreeFormat(v)
}

// fewDigits gives v as digits / 10^fraction where v is a whole number below 2^53, or has at most 15 digits: no two decimals of
// at most 15 digits are the same double, and so the first that is found is the shortest.
func fewDigits(v float64) (digits uint64, fraction int, ok bool) {
	const digitsLimit = 1e15
	if v < maxWhole && v == math.Trunc(v) {
		return uint64(v), 0, true
	}
	power := 1.0
	for fraction = 1; fraction <= maxPower; fraction++ {
		power *= 10
		scaled := float64(v * power)
		if scaled >= digitsLimit {
			break
		}
		// Rounded to the nearest whole number: the product is less than 1/4 off. The quotient of two whole doubles is exact or
		// correctly rounded, and so what ParseDouble would read.
		digits = uint64(scaled + 0.5)
		if float64(digits)/power == v {
			return digits, fraction, true
		}
	}
	return 0, 0, false
}

// setWord makes d digits / 10^fraction, for digits of at most 17 digits.
func (d *decimal) setWord(digits uint64, fraction int) {
	d.digits.size = 0
	d.digits.number(digits, 1)
	d.point = d.digits.size - fraction
	d.digits.trimZeros()
}

// maxDigits is how many digits tell any two doubles apart.
const maxDigits = 17

// setFreeFormat finds the shortest digits of any positive v by long division of naturals: Steele and White's free-format algorithm,
// as Burger and Dybvig improved it.
//
//	   low        v             high     low and high are halfway to the neighbouring doubles;
//	----+---------+---------------+---   what lies between them reads back as v
//
// v is above/below * 10^point. The way from v to low is margin/below, and to high the same or, where the neighbours are not
// equally near, twice that. Each round takes the next digit off above/below. The digits are enough as soon as they, or they with
// one added to the last, lie between low and high; where both do, the nearer is taken.
//
//go:noinline
func (d *decimal) setFreeFormat(v float64) {
	mantissa, place := split(v)
	even := mantissa&1 == 0                              // then low and high themselves read back as v
	uneven := mantissa == 1<<52 && place > smallestPlace // the neighbour below is half as far as the one above
	binary := place + bits.Len64(mantissa) - 1           // 2^binary <= v < 2^(binary+1)
	d.point = binary*78913>>18 + 1                       // binary * log10(2), rounded down: right, or one too low

	d.digits.size = 0

	var above, below, margin, reach natural
	above.set(mantissa)
	below.set(1)
	margin.set(1)
	above.multiplyPower(-d.point)
	margin.multiplyPower(-d.point)
	below.multiplyPower(d.point)
	place -= d.point // of the powers of ten only their fives are multiplied in so far
	above.shift(max(place, 0) + 1)
	margin.shift(max(place, 0))
	below.shift(max(-place, 0) + 1)
	if uneven {
		above.shift(1)
		below.shift(1)
	}

	if reach.reaches(&above, &margin, &below, uneven, even) {
		d.point++
		below.multiplyAdd(10, 0)
	}
	for {
		above.multiplyAdd(10, 0)
		margin.multiplyAdd(10, 0)
		digit := byte('0')
		for above.compare(&below) >= 0 {
			above.subtract(&below)
			digit++
		}
		low := within(above.compare(&margin), even)
		high := reach.reaches(&above, &margin, &below, uneven, even)
		if low && high {
			above.shift(1) // which half of the digit is v in?
			half := above.compare(&below)
			high = half > 0 || half == 0 && digit&1 == 1
		}
		if high {
			digit++
		}
		d.digits.put(digit)
		if low || high || d.digits.size == maxDigits {
			return
		}
	}
}

// reaches tells whether above/below and the margin upwards come to at least one, which is where the next higher digit begins. It
// leaves their sum in reach.
//
//go:noinline
func (reach *natural) reaches(above, margin, below *natural, uneven, inclusive bool) bool {
	reach.copy(above)
	reach.add(margin)
	if uneven {
		reach.add(margin)
	}
	return within(below.compare(reach), inclusive)
}

// within tells whether a comparison came out below or, where the bound is included, equal.
func within(comparison int, inclusive bool) bool {
	return comparison < 0 || comparison == 0 && inclusive
}

// smallestPlace is the place of the lowest bit of the smallest doubles.
const smallestPlace = -1074

// split gives a positive v as mantissa * 2^place.
func split(v float64) (mantissa uint64, place int) {
	word := math.Float64bits(v)
	mantissa, place = word&(1<<52-1), int(word>>52)
	if place == 0 {
		return mantissa, smallestPlace
	}
	return mantissa | 1<<52, smallestPlace + place - 1
}
