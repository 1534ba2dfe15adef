package text

import "math"

// AppendDouble writes v as CEL's string(double) does: the fewest digits that read back as v, with an exponent of at least two
// digits for what is below 1e-4 or at least 1e6; NaN, +Inf and -Inf. That is format 'g' of strconv.AppendFloat.
func AppendDouble(dst []byte, v float64) []byte {
	return appendDouble(dst, v, &celNotation)
}

// AppendDoubleJSON writes v as encoding/json writes a float64: the fewest digits that read back as v, with an exponent for what
// is below 1e-6 or at least 1e21. What JSON has no numbers for becomes the strings "NaN", "Infinity" and "-Infinity".
func AppendDoubleJSON(dst []byte, v float64) []byte {
	return appendDouble(dst, v, &jsonNotation)
}

// notation is a way to write doubles.
type notation struct {
	lowest, highest int // d.ddd * 10^e is written without an exponent for e in this range
	exponentDigits  int // at least so many
	notANumber      string
	infinite        string
	minusInfinite   string
}

var (
	celNotation  = notation{-4, 5, 2, "NaN", "+Inf", "-Inf"}
	jsonNotation = notation{-6, 20, 1, `"NaN"`, `"Infinity"`, `"-Infinity"`}

	// secondsNotation is for the seconds of a duration, which are between 1e-9 and 1e10 or zero, and so never need an exponent.
	secondsNotation = notation{lowest: -9, highest: 9}
)

//go:noinline
func appendDouble(dst []byte, v float64, as *notation) []byte {
	switch {
	case v != v:
		return AppendText(dst, as.notANumber)
	case v > math.MaxFloat64:
		return AppendText(dst, as.infinite)
	case v < -math.MaxFloat64:
		return AppendText(dst, as.minusInfinite)
	}
	var b buffer
	if math.Signbit(v) {
		b.put('-')
	}
	var d decimal
	d.setShortest(math.Abs(v))
	if exponent := d.point - 1; exponent < as.lowest || exponent > as.highest {
		d.scientific(&b, as.exponentDigits)
	} else {
		d.plain(&b)
	}
	return b.appendTo(dst)
}

// decimal is the number 0.DIGITS * 10^point. It is handed around by pointer, because TinyGo copies arrays element by element.
type decimal struct {
	digits buffer // '0' to '9', at least one and at most 17; the first and the last are not 0, but for the number 0 itself
	point  int
}

// plain writes d without an exponent: 0.00123, 12.3, 12300.
//
//go:noinline
func (d *decimal) plain(b *buffer) {
	if d.point <= 0 {
		b.put('0')
	}
	for i, digit := range d.digits.bytes[:d.digits.size] {
		if i == max(0, d.point) {
			b.put('.')
			b.zeros(-d.point)
		}
		b.put(digit)
	}
	b.zeros(d.point - d.digits.size)
}

// scientific writes d with one digit before the decimal point and an exponent of at least exponentDigits: 1.23e+07.
func (d *decimal) scientific(b *buffer, exponentDigits int) {
	for i, digit := range d.digits.bytes[:d.digits.size] {
		if i == 1 {
			b.put('.')
		}
		b.put(digit)
	}
	b.exponent(d.point-1, exponentDigits)
}

// exponent adds e and a number with its sign and at least width digits.
//
//go:noinline
func (b *buffer) exponent(exponent, width int) {
	sign := byte('+')
	if exponent < 0 {
		exponent, sign = -exponent, '-'
	}
	b.put('e')
	b.put(sign)
	b.number(uint64(exponent), width)
}
