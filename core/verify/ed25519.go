package verify

import (
	"filippo.io/edwards25519/field"

	"github.com/edgewise-dev/edgewise/core/sha2"
)

// CheckSignature says whether signature is the Ed25519 signature (RFC 8032, neither with a context nor over a hash) of message by the owner of
// the public key. It is as strict as can be: S and both points must be encoded canonically, and the equation holds without the cofactor. What
// it accepts crypto/ed25519 accepts too.
func CheckSignature(public *[32]byte, message []byte, signature *[64]byte) bool {
	var w work
	if !w.decode(public) {
		return false
	}
	minus(&w.x, &zero, &w.x)
	minus(&w.t, &zero, &w.t)
	var base, minusKey, both cached
	w.cache(&minusKey)
	var s, k scalar
	for i, c := range signature[32:] {
		s[i/8] |= uint64(c) << (i % 8 * 8)
	}
	if !s.less(&groupOrder) {
		return false
	}
	h := sha2.New512()
	h.Write(signature[:32])
	h.Write(public[:])
	h.Write(message)
	var sum [64]byte
	h.Sum(&sum)
	k.reduce(&sum)
	// R = [S]B - [k]A, for both numbers at once, a bit after the other from the top.
	w.decode(&basePoint)
	w.cache(&base)
	w.add(&minusKey)
	w.cache(&both)
	w.x, w.y, w.z, w.t = zero, one, one, zero
	for i := 255; i >= 0; i-- {
		w.double()
		switch s.bit(i) | k.bit(i)<<1 {
		case 1:
			w.add(&base)
		case 2:
			w.add(&minusKey)
		case 3:
			w.add(&both)
		}
	}
	return w.is(signature[:32])
}

// work is a point of the curve and room to calculate with it. The library's own points would do, but in the module they allocate at each step, and
// their code is three times as large: it is made for secrets, of which there are none here.
//
// The point is (x/z, y/z), and t is xy/z: the extended coordinates of Hisil, Wong, Carter and Dawson, "Twisted Edwards Curves Revisited"
// (2008), of which the formulas are: https://www.hyperelliptic.org/EFD/g1p/auto-twisted-extended-1.html.
type work struct {
	x, y, z, t field.Element
	a, b, c, d field.Element
	e, f, g, h field.Element
}

// cached is a point as it is added to others.
type cached struct{ yPlusX, yMinusX, z2, t2d field.Element }

// The base point, encoded: y is 4/5, and x is even.
var basePoint = [32]byte{0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66}

var (
	zero field.Element
	one  = *new(field.Element).One()

	// curveD is the curve's constant d, -121665/121666.
	curveD = element([]byte{0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41, 0x41, 0x4d, 0x0a, 0x70, 0x00,
		0x98, 0xe8, 0x79, 0x77, 0x79, 0x40, 0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52})

	// rootOfMinusOne is the square root of -1 that is 2 to the power of (p-1)/4.
	rootOfMinusOne = element([]byte{0xb0, 0xa0, 0x0e, 0x4a, 0x27, 0x1b, 0xee, 0xc4, 0x78, 0xe4, 0x2f, 0xad, 0x06, 0x18, 0x43, 0x2f,
		0xa7, 0xd7, 0xfb, 0x3d, 0x99, 0x00, 0x4d, 0x2b, 0x0b, 0xdf, 0xc1, 0x4f, 0x80, 0x24, 0x83, 0x2b})
)

func element(bytes []byte) (e field.Element) {
	e.SetBytes(bytes) // of this length there is no error
	return e
}

// decode reads a point, step by step as RFC 8032, section 5.1.3, and says whether it is one in its only spelling.
func (w *work) decode(encoded *[32]byte) bool {
	w.y, w.z = element(encoded[:]), one // 1, but for numbers beyond p, which is finds out
	times(&w.a, &w.y, &w.y)             // 2
	minus(&w.b, &w.a, &one)             // u
	times(&w.c, &w.a, &curveD)
	plus(&w.c, &w.c, &one) // v
	times(&w.d, &w.c, &w.c)
	times(&w.d, &w.d, &w.c) // v^3
	times(&w.e, &w.d, &w.d)
	times(&w.e, &w.e, &w.c)
	times(&w.e, &w.e, &w.b) // u v^7
	w.e.Pow22523(&w.e)
	times(&w.x, &w.b, &w.d)
	times(&w.x, &w.x, &w.e)
	times(&w.e, &w.x, &w.x)
	times(&w.e, &w.e, &w.c) // 3: v x^2
	minus(&w.f, &w.e, &w.b)
	plus(&w.g, &w.e, &w.b)
	switch zeros := zero.Bytes(); {
	case same(w.f.Bytes(), zeros): // it is u
	case same(w.g.Bytes(), zeros): // it is -u
		times(&w.x, &w.x, &rootOfMinusOne)
	default:
		return false
	}
	if byte(w.x.IsNegative()) != encoded[31]>>7 { // 4
		minus(&w.x, &zero, &w.x)
	}
	times(&w.t, &w.x, &w.y)
	return w.is(encoded[:])
}

func (w *work) cache(c *cached) {
	plus(&c.yPlusX, &w.y, &w.x)
	minus(&c.yMinusX, &w.y, &w.x)
	plus(&c.z2, &w.z, &w.z)
	times(&c.t2d, &w.t, &curveD)
	plus(&c.t2d, &c.t2d, &c.t2d)
}

// add adds p ("add-2008-hwcd-3").
func (w *work) add(p *cached) {
	minus(&w.a, &w.y, &w.x)
	times(&w.a, &w.a, &p.yMinusX)
	plus(&w.b, &w.y, &w.x)
	times(&w.b, &w.b, &p.yPlusX)
	times(&w.c, &w.t, &p.t2d)
	times(&w.d, &w.z, &p.z2)
	minus(&w.e, &w.b, &w.a)
	minus(&w.f, &w.d, &w.c)
	plus(&w.g, &w.d, &w.c)
	plus(&w.h, &w.b, &w.a)
	w.finish()
}

// double adds the point to itself ("dbl-2008-hwcd", with all signs turned).
func (w *work) double() {
	times(&w.a, &w.x, &w.x)
	times(&w.b, &w.y, &w.y)
	times(&w.c, &w.z, &w.z)
	plus(&w.c, &w.c, &w.c)
	plus(&w.h, &w.a, &w.b)
	plus(&w.e, &w.x, &w.y)
	times(&w.e, &w.e, &w.e)
	minus(&w.e, &w.h, &w.e)
	minus(&w.g, &w.a, &w.b)
	plus(&w.f, &w.c, &w.g)
	w.finish()
}

func (w *work) finish() {
	times(&w.x, &w.e, &w.f)
	times(&w.y, &w.g, &w.h)
	times(&w.z, &w.f, &w.g)
	times(&w.t, &w.e, &w.h)
}

// is says whether encoded, of 32 bytes, is the point as RFC 8032 writes it.
//
//go:noinline
func (w *work) is(encoded []byte) bool {
	w.a.Pow22523(&w.z) // 1/z is z to the power of p-2, which is 8(p-5)/8 + 3
	for range 3 {
		times(&w.a, &w.a, &w.a)
	}
	for range 3 {
		times(&w.a, &w.a, &w.z)
	}
	times(&w.b, &w.x, &w.a)
	times(&w.c, &w.y, &w.a)
	point := w.c.Bytes()
	point[31] |= byte(w.b.IsNegative()) << 7
	return same(point, encoded)
}

// Calls of these are a fraction of the code that the operations themselves would be at each place.

//go:noinline
func plus(to, x, y *field.Element) { to.Add(x, y) }

//go:noinline
func minus(to, x, y *field.Element) { to.Subtract(x, y) }

//go:noinline
func times(to, x, y *field.Element) { to.Multiply(x, y) }
