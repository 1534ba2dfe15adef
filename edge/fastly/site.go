package fastly

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Site is what is built into a service, where whoever can write the stores cannot change it. As a file (`edgewise embed` writes it) it is, in 32-bit
// words, little-endian:
//
//	"EDGB", 1, length of the policy in bytes, length of the bundle in bytes
//	the policy (verify.AppendPolicy), zeros to a multiple of 8
//	the bundle: a signed release (verify.Envelope), or without a policy a compiled bundle
//
// A service without a policy looks into no store: its bundle changes when it is deployed.
type Site struct {
	Policy []byte // what verify.ReadPolicy reads
	Bundle []byte // starts at a multiple of 8, as far as the file does
}

const (
	siteMagic  = 'E' | 'D'<<8 | 'G'<<16 | 'B'<<24
	siteHeader = 16 // bytes
)

// Append writes the site's file after dst.
func (s *Site) Append(dst []byte) []byte {
	for _, w := range [...]uint32{siteMagic, 1, uint32(len(s.Policy)), uint32(len(s.Bundle))} {
		dst = append(dst, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	dst = append(dst, s.Policy...)
	for n := len(s.Policy); n%8 != 0; n++ {
		dst = append(dst, 0)
	}
	return append(dst, s.Bundle...)
}

// ReadSite reads what Append writes, and views it: nothing may write to it. false: it is no site.
func ReadSite(file string) (Site, bool) {
	if len(file) < siteHeader || word(file, 0) != siteMagic || word(file, 1) != 1 {
		return Site{}, false
	}
	policy, bundle := uint64(word(file, 2)), uint64(word(file, 3))
	start := (siteHeader + policy + 7) &^ 7
	if start+bundle != uint64(len(file)) {
		return Site{}, false
	}
	data := unsafe.Slice(unsafe.StringData(file), len(file))
	return Site{Policy: data[siteHeader : siteHeader+policy], Bundle: data[start:]}, true
}

func word(s string, i int) uint32 {
	p := s[4*i : 4*i+4]
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// Load makes a bundle ready that was checked before, when it was built in or put into the cache: a compiled one or a signed release. nil: it is neither.
func Load(data []byte) *core.Bundle {
	validity := core.Validity{}
	if verify.IsEnvelope(data) {
		e, err := verify.ReadEnvelope(data)
		if err != nil {
			return nil
		}
		s, err := verify.ReadStatement(e.Release.Body)
		if err != nil {
			return nil
		}
		data, validity = e.Payload, s.Validity()
	}
	b, err := core.LoadAgain(data, validity)
	if err != nil {
		return nil
	}
	return b
}
