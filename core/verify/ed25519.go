package verify

import "filippo.io/edwards25519"

// CheckSignature says whether signature is the Ed25519 signature (RFC 8032, neither with a context nor over a hash) of message by the owner of
// the public key. It is as strict as can be: S and both points must be encoded canonically, and the equation holds without the cofactor. What
// it accepts crypto/ed25519 accepts too. It takes about 60 KiB of memory in the module, for as long as it runs.
func CheckSignature(public *[32]byte, message []byte, signature *[64]byte) bool {
	key, err := new(edwards25519.Point).SetBytes(public[:])
	if err != nil || [32]byte(key.Bytes()) != *public {
		return false
	}
	s, err := new(edwards25519.Scalar).SetCanonicalBytes(signature[32:])
	if err != nil {
		return false
	}
	h := hash512{state: start512}
	h.write(signature[:32])
	h.write(public[:])
	h.write(message)
	sum := h.sum()
	k, err := new(edwards25519.Scalar).SetUniformBytes(sum[:])
	if err != nil {
		return false
	}
	// R = [S]B - [k]A. The function for just this equation is faster once it has made a table, which in a fresh module takes longer than this.
	r := new(edwards25519.Point).VarTimeMultiScalarMult(
		[]*edwards25519.Scalar{k, s},
		[]*edwards25519.Point{key.Negate(key), edwards25519.NewGeneratorPoint()})
	return [32]byte(r.Bytes()) == [32]byte(signature[:32])
}
