package preview

import (
	"errors"

	"github.com/edgewise-dev/edgewise/core/hash32"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

// Token is what a link is to show.
type Token struct {
	Expires  int64    // until when it is good, in seconds since 1970
	Forced   []Forced // at most 255
	Persona  bool     // nothing is to be known of the visitor but the two below
	Granted  []string // purposes, at most 255; necessary need not be among them
	Supplied []Supplied
}

// Forced is the variant that a decision is to answer.
type Forced struct{ Decision, Variant string }

// Supplied is the value of an attribute, as core/wire.go encodes it.
type Supplied struct {
	Attribute string
	Value     []byte
}

// ErrTooLarge is Append's error for what has no room in a token.
var ErrTooLarge = errors.New("too much for one link: force fewer answers, or take a persona with fewer attributes")

// Append appends the token, signed for a site (the bundle's name).
func (t *Token) Append(dst []byte, key *mac.Key, site string) ([]byte, error) {
	if t.Expires < 0 || t.Expires >= 1<<32 || len(t.Forced) > 255 || len(t.Granted) > 255 {
		return dst, ErrTooLarge
	}
	persona := byte(0)
	if t.Persona {
		persona = 1
	}
	content := append(appendWord([]byte{version}, uint32(t.Expires)), persona, byte(len(t.Forced)))
	for _, f := range t.Forced {
		content = appendWord(appendWord(content, hash(f.Decision)), hash32.FNV1a(hash(f.Decision), f.Variant))
	}
	content = append(content, byte(len(t.Granted)))
	for _, purpose := range t.Granted {
		content = appendWord(content, hash(purpose))
	}
	for _, a := range t.Supplied {
		content = append(appendWord(content, hash(a.Attribute)), byte(len(a.Value)), byte(len(a.Value)>>8))
		content = append(content, a.Value...)
		if len(a.Value) >= 1<<16 {
			return dst, ErrTooLarge
		}
	}
	if len(content) > maxContent {
		return dst, ErrTooLarge
	}
	tag := sign(key, site, content)
	return mac.AppendBase64(dst, append(content, tag[:tagSize]...)), nil
}

func appendWord(dst []byte, w uint32) []byte {
	return append(dst, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
}
