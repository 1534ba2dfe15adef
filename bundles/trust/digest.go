package trust

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/edgewise-dev/edgewise/core/verify"
)

// ParseDigest reads a digest as its String writes it.
func ParseDigest(text string) (d verify.Digest, err error) {
	digits, ok := strings.CutPrefix(text, "sha512-256:")
	data, err := hex.DecodeString(digits)
	if !ok || err != nil || len(data) != len(d) {
		return d, fmt.Errorf("%q is no digest: want sha512-256: and 64 hexadecimal digits", text)
	}
	return verify.Digest(data), nil
}
