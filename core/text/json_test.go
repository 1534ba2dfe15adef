package text_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

func TestAppendJSONString(t *testing.T) {
	for name, c := range map[string]struct{ s, want string }{
		"nothing":                       {"", `""`},
		"plain":                         {"plain text", `"plain text"`},
		"quotes and backslashes":        {`a "b" \c/`, `"a \"b\" \\c/"`},
		"short escapes":                 {"\b\f\n\r\t", `"\b\f\n\r\t"`},
		"other control characters":      {"\x00\x0b\x1f", `"\u0000\u000b\u001f"`},
		"delete is no control for JSON": {"\x7f", "\"\x7f\""},
		"markup is not escaped":         {"<a href='x'>&", `"<a href='x'>&"`},
		"characters of all lengths":     {"aé€😀", `"aé€😀"`},
		"line ends of JavaScript":       {"\u2027\u2028\u2029\u202a", "\"\u2027\\u2028\\u2029\u202a\""},
		"a bad byte":                    {"a\xffb", `"a\ufffdb"`},
		"a character cut off":           {"\xe2\x82", `"\ufffd\ufffd"`},
		"a surrogate":                   {"\xed\xa0\x80", `"\ufffd\ufffd\ufffd"`},
		"too long an encoding":          {"\xc0\x80", `"\ufffd\ufffd"`},
		"the replacement character":     {"\ufffd", "\"\ufffd\""},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "s="+c.want, string(text.AppendJSONString([]byte("s="), c.s)))
			require.Equal(t, standardJSON(t, c.s), c.want)
		})
	}
}

func TestJSONStringsAtRandom(t *testing.T) {
	r := random()
	for range 20_000 {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = byte(r.Uint32() >> r.IntN(4))
		}
		s := mutate(r, string(b)+"\u2028é😀", "\xe2\x80\xa8\"\\\n")
		require.Equal(t, standardJSON(t, s), string(text.AppendJSONString(nil, s)))
	}
}

func standardJSON(t *testing.T, s string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(s))
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}
