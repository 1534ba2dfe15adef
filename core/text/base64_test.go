package text_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

func TestAppendBase64(t *testing.T) {
	for name, c := range map[string]struct{ s, want string }{
		"nothing":                    {"", ""},
		"one byte, two pads":         {"f", "Zg=="},
		"two bytes, one pad":         {"fo", "Zm8="},
		"three bytes":                {"foo", "Zm9v"},
		"six bytes":                  {"foobar", "Zm9vYmFy"},
		"the last two of the digits": {"\xfb\xff", "+/8="},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "b="+c.want, string(text.AppendBase64([]byte("b="), []byte(c.s))))
		})
	}
}

func TestBase64AtRandom(t *testing.T) {
	r := random()
	for range 5000 {
		b := make([]byte, r.IntN(30))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		require.Equal(t, base64.StdEncoding.EncodeToString(b), string(text.AppendBase64(nil, b)))
	}
}
