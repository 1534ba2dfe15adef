// Package preview makes and reads the tokens of preview links: what a site is to show to whoever follows the link, signed by the site's secret
// and good for a while. A token forces variants, and it may replace the visitor altogether by a persona: the values of attributes and the
// purposes that are granted.
//
// Whoever writes links fills a [Token] and calls its Append; an edge node calls [Open] and then Apply. A token travels as the value of the query
// parameter [Parameter], and then of the cookie [Cookie], so that clicks stay in the preview.
//
// # The token
//
// It is base64url of, integers little-endian:
//
//	1 byte       version: 1
//	4 bytes      until when it is good, in seconds since 1970
//	1 byte       1: a persona stands for the visitor; else 0
//	1 byte       how many answers are forced
//	8 bytes each a decision and its variant: FNV-1a of the decision's name, and of the two names one after the other
//	1 byte       how many purposes the persona grants
//	4 bytes each a purpose: FNV-1a of its name
//	...          the persona's attributes: FNV-1a of the name, 2 bytes how many follow, the value as core/wire.go encodes it
//	16 bytes     the first half of HMAC-SHA256 by the secret, over mac.Preview, the bundle's name and all the above (mac.Key.Begin)
//
// Names are hashes, so that a link outlives the bundle that it was made for; what a bundle does not know any more is left out.
package preview

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/hash32"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

// Where a token travels. Off as the parameter's value ends a preview.
const (
	Parameter = "edgewise-preview"
	Cookie    = "__Host-edgewise-preview"
	Off       = "off"
)

// Limits.
const (
	MaxToken = 2 << 10          // bytes of a token: browsers keep cookies of twice that
	MaxLife  = 7 * 24 * 60 * 60 // seconds that a token is good for: a link is sent on, and ends up who knows where
	skew     = 5 * 60           // seconds that the clocks of whoever writes links and of edge nodes may be apart
	tagSize  = 16
	headSize = 7
	version  = 1

	maxContent = MaxToken*3/4 - tagSize
)

// Outcome is what became of a token.
type Outcome uint8

// The outcomes.
const (
	Opened Outcome = iota
	Malformed
	Forged
	Expired
	outcomes
)

var outcomeTexts = [outcomes]string{"opened", "malformed", "forged", "expired"}

// String gives the outcome's word.
func (o Outcome) String() string {
	if o < outcomes {
		return outcomeTexts[o]
	}
	return "unknown"
}

// Preview is a token that was read. It can be opened again and again, and allocates nothing.
type Preview struct {
	Expires int64          // until when it is good, in seconds since 1970
	Persona bool           // nothing is known of the visitor but what the token says
	Unit    [mac.Size]byte // the same for all requests by this token, and for nobody else

	forced     []byte
	purposes   []byte
	attributes []byte
	room       [maxContent + tagSize]byte
}

// Open reads a token of a site (the bundle's name) that was signed with one of the keys, at a time in seconds since 1970.
func (p *Preview) Open(keys []mac.Key, site, token string, now int64) Outcome {
	n, ok := mac.DecodeBase64(p.room[:], token)
	if !ok || n < headSize+1+tagSize || p.room[0] != version {
		return Malformed
	}
	content := p.room[:n-tagSize]
	for i := range keys {
		code := sign(&keys[i], site, content)
		if mac.Equal(code[:tagSize], p.room[n-tagSize:n]) {
			copy(p.Unit[:], code)
			return p.read(content, now)
		}
	}
	return Forged
}

func sign(key *mac.Key, site string, content []byte) []byte {
	key.Begin(mac.Preview, site)
	key.Write(content)
	return key.Sum()
}

func (p *Preview) read(content []byte, now int64) Outcome {
	p.Expires, p.Persona = int64(word(content[1:])), content[5] != 0
	forced := headSize + 8*int(content[6])
	if forced >= len(content) {
		return Malformed
	}
	purposes := forced + 1 + 4*int(content[forced])
	if purposes > len(content) {
		return Malformed
	}
	p.forced, p.purposes, p.attributes = content[headSize:forced], content[forced+1:purposes], content[purposes:]
	if now >= p.Expires || p.Expires-now > MaxLife+skew {
		return Expired
	}
	return Opened
}

// Apply makes a context that of the preview: the forced answers, and of a persona what is granted and known. unknown is how many answers,
// purposes and attributes the bundle does not have.
func (p *Preview) Apply(b *format.Bundle, c *core.Context) (unknown int) {
	for rest := p.forced; len(rest) >= 8; rest = rest[8:] {
		if !force(b, c, word(rest), word(rest[4:])) {
			unknown++
		}
	}
	if !p.Persona {
		return unknown
	}
	c.SettleConsent()
	for rest := p.purposes; len(rest) >= 4; rest = rest[4:] {
		i := len(b.Purposes) - 1
		for i >= 0 && hash(b.String(b.Purposes[i].Name)) != word(rest) {
			i--
		}
		if c.Grant(i); i < 0 {
			unknown++
		}
	}
	for rest := p.attributes; len(rest) >= 6; {
		end := 6 + int(rest[4]) + int(rest[5])<<8
		if end > len(rest) {
			break
		}
		i := len(b.Attributes) - 1
		for i >= 0 && hash(b.String(b.Attributes[i].Name)) != word(rest) {
			i--
		}
		if !c.SetEncoded(i, rest[6:end]) {
			unknown++
		}
		rest = rest[end:]
	}
	return unknown
}

// force makes a decision answer a variant, both given as hashes of their names. It says false where the bundle does not have them.
func force(b *format.Bundle, c *core.Context, decision, variant uint32) bool {
	for i := range b.Decisions {
		d := &b.Decisions[i]
		if hash(b.String(d.Name)) != decision {
			continue
		}
		for v := d.FirstVariant; v < d.FirstVariant+d.Variants; v++ {
			if hash32.FNV1a(decision, b.String(b.Variants[v].Name)) == variant {
				return c.SetPreview(i, int(v))
			}
		}
	}
	return false
}

func hash(name string) uint32 { return hash32.FNV1a(hash32.FNVBasis, name) }

func word(p []byte) uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}
