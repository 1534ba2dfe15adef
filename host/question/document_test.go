package question

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
)

var documents = []struct{ name, text string }{
	{"nothing", ``},
	{"white space", " \t\r\n"},
	{"null", `null`},
	{"words", ` [true ,false, null] `},
	{"a word cut off", `tru`},
	{"a word too long", `nulls`},
	{"words in capitals", `[True]`},
	{"empty ones", `[{},[],""]`},
	{"an object", `{"a":1,"b":{"c":[2,{"d":3}]},"e":"f"}`},
	{"white space everywhere", " { \"a\" :\t[ 1 , 2 ]\r\n, \"b\" : { } } "},
	{"a key that stands twice", `{"a":1,"a":2}`},
	{"a key that is empty", `{"":1}`},
	{"a key that is escaped", `{"\u0061\"":1}`},
	{"a comma too many in an object", `{"a":1,}`},
	{"a comma too many in an array", `[1,]`},
	{"a comma alone", `[,]`},
	{"a comma that is missing", `[1 2]`},
	{"a key without a colon", `{"a" 1}`},
	{"a key without a value", `{"a":}`},
	{"a key that is a number", `{1:1}`},
	{"a key in an array", `["a":1]`},
	{"a value without a key", `{1}`},
	{"an object that is an array's", `{"a":1]`},
	{"an array that is an object's", `[1}`},
	{"an object that does not end", `{"a":1`},
	{"an array that does not end", `[[1]`},
	{"an array that does not begin", `1]`},
	{"two values", `1 1`},
	{"two objects", `{}{}`},
	{"more than ends", `{}}`},
	{"a zero byte", "1\x00"},
	{"a zero byte within", "[1\x00]"},
	{"a form feed", "\f1"},
	{"numbers", `[0,-0,10,-1.5,0.25,1e5,1E+5,2.5e-10,123456789012345678901234567890]`},
	{"a minus alone", `-`},
	{"a plus", `+1`},
	{"a zero too many", `01`},
	{"a zero too many behind a minus", `-01`},
	{"a point without digits before it", `.5`},
	{"a point without digits behind it", `5.`},
	{"a point and an exponent", `5.e1`},
	{"an exponent without digits", `5e`},
	{"an exponent of a sign", `5e+`},
	{"hexadecimal", `0x1`},
	{"not a number", `NaN`},
	{"strings of all lengths", `["","1","12","123","1234","12345","123456","1234567","12345678","123456789","1234567890123456"]`},
	{"escapes", `["\"\\\/\b\f\n\r\t\u00e4\uD83D\uDE00\ud800","12345678\"12345678\\"]`},
	{"an escape that is none", `"\a"`},
	{"an escape that is short", `"\u12"`},
	{"an escape that is shorter than the text", `"\u123"`},
	{"an escape of other letters", `"\u12g4"`},
	{"an escape of brackets", `"\u12[4"`},
	{"an escape at the end", `"\`},
	{"an escaped quote at the end", `"\"`},
	{"a string that does not end", `"a`},
	{"a long string that does not end", `"abcdefghijklmnopq`},
	{"a control character", "\"\x1f\""},
	{"a control character in a long string", "\"abcdefg\nhijklmnop\""},
	{"a control character behind one that is not ASCII", "\"\xff\x80\xa0\x9f\x1f12\""},
	{"what is not ASCII", "\"\u00e4\u20ac\U0001f600 \x7f\x80\xff\""},
	{"bytes that differ from quotes by little", `"!#[]{}\u0022 #!"`},
	{"deep", strings.Repeat("[", 5000) + strings.Repeat("]", 5000)},
	{"deep objects", strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)},
}

func TestDocuments(t *testing.T) {
	for _, c := range documents {
		t.Run(c.name, func(t *testing.T) { requireDivided(t, []byte(c.text)) })
	}
}

// A document that was used before is as good as a fresh one, and keeps no more than it needs.
func TestDocumentIsUsedAgain(t *testing.T) {
	var d document
	require.True(t, d.read([]byte("["+strings.Repeat("1,", keptNodes)+"1]")))
	d.reset()
	require.LessOrEqual(t, cap(d.nodes), keptNodes)
	require.False(t, d.read([]byte(`{"a":[`)))
	require.True(t, d.read([]byte(`{"b":1}`)))
	for key, value := range d.root().members() {
		require.Equal(t, []string{"b", "1"}, []string{key, value.raw()})
	}
}

func FuzzDocument(f *testing.F) {
	for _, c := range documents {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { requireDivided(t, text) })
}

// requireDivided compares a document with what others make of it.
func requireDivided(t *testing.T, text []byte) {
	if deeper(text, 9000) {
		t.Skip("encoding/json does not go so deep")
	}
	var d document
	valid := json.Valid(text)
	require.Equal(t, valid, d.read(text))
	if !valid {
		return
	}
	var want bytes.Buffer
	require.NoError(t, json.Compact(&want, text))
	require.Equal(t, want.String(), string(appendCompact(nil, d.root())))
	if d.root().kind() == jsonString {
		require.Equal(t, gjson.ParseBytes(text).Str, d.root().str())
	}
}

// appendCompact writes a value without white space, from what is in it.
func appendCompact(dst []byte, v jsonValue) []byte {
	switch v.kind() {
	case jsonArray:
		dst = append(dst, '[')
		for element := range v.elements() {
			dst = append(appendCompact(dst, element), ',')
		}
		return append(bytes.TrimSuffix(dst, []byte(",")), ']')
	case jsonObject:
		dst = append(dst, '{')
		at := v.at + 1
		for key, value := range v.members() {
			raw := jsonValue{v.in, at}
			if raw.str() != key {
				return append(dst, "another key"...)
			}
			dst = append(append(dst, raw.raw()...), ':')
			dst = append(appendCompact(dst, value), ',')
			at = v.in.nodes[value.at].next
		}
		return append(bytes.TrimSuffix(dst, []byte(",")), '}')
	}
	return append(dst, v.raw()...)
}
