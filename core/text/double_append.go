package text

import "math"

// AppendDouble writes v as CEL's string(double) does: the fewest digits that read back as v, with an exponent of at least two
// digits for what is below 1e-4 or at least 1e6; NaN, +Inf and -Inf. That is format 'g' of strconv.AppendFloat.
func AppendDouble(dst []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "+Inf"...)
	case math.IsInf(v, -1):
		return append(dst, "-Inf"...)
	}
	dst, d := appendSign(dst, v)
	if exponent := d.point - 1; exponent < -4 || exponent >= 6 {
		return d.appendScientific(dst, 2)
	}
	return d.appendPlain(dst)
}

// AppendDoubleJSON writes v as encoding/json writes a float64: the fewest digits that read back as v, with an exponent for what
// is below 1e-6 or at least 1e21. What JSON has no numbers for becomes the strings "NaN", "Infinity" and "-Infinity".
func AppendDoubleJSON(dst []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(dst, `"-Infinity"`...)
	}
	dst, d := appendSign(dst, v)
	if exponent := d.point - 1; exponent < -6 || exponent >= 21 {
		return d.appendScientific(dst, 1)
	}
	return d.appendPlain(dst)
}

// appendDoublePlain writes a finite v without an exponent, however long that is: format 'f' of strconv.AppendFloat.
func appendDoublePlain(dst []byte, v float64) []byte {
	dst, d := appendSign(dst, v)
	return d.appendPlain(dst)
}

// appendSign writes the sign of a finite v, if it is negative, and gives the digits of the rest.
func appendSign(dst []byte, v float64) ([]byte, decimal) {
	if math.Signbit(v) {
		dst = append(dst, '-')
	}
	return dst, shortest(math.Abs(v))
}

// decimal is the number 0.DIGITS * 10^point.
type decimal struct {
	digits [maxShortest]byte // '0' to '9', of which count are in use: the first and the last are not 0, but for the number 0 itself
	count  int
	point  int
}

// maxShortest is the most digits that shortest gives: 17 tell any two doubles apart.
const maxShortest = 17

// appendPlain writes d without an exponent: 0.00123, 12.3, 12300.
func (d *decimal) appendPlain(dst []byte) []byte {
	if d.point <= 0 {
		dst = append(dst, '0', '.')
		dst = appendZeros(dst, -d.point)
		return append(dst, d.digits[:d.count]...)
	}
	if d.point >= d.count {
		dst = append(dst, d.digits[:d.count]...)
		return appendZeros(dst, d.point-d.count)
	}
	dst = append(dst, d.digits[:d.point]...)
	dst = append(dst, '.')
	return append(dst, d.digits[d.point:d.count]...)
}

// appendScientific writes d with one digit before the decimal point and an exponent of at least width digits: 1.23e+07.
func (d *decimal) appendScientific(dst []byte, width int) []byte {
	dst = append(dst, d.digits[0])
	if d.count > 1 {
		dst = append(dst, '.')
		dst = append(dst, d.digits[1:d.count]...)
	}
	exponent, sign := d.point-1, byte('+')
	if exponent < 0 {
		exponent, sign = -exponent, '-'
	}
	dst = append(dst, 'e', sign)
	return appendPadded(dst, uint64(exponent), width)
}

func appendZeros(dst []byte, count int) []byte {
	for ; count > 0; count-- {
		dst = append(dst, '0')
	}
	return dst
}
