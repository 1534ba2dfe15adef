package source

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFaultsAreSortedShownAndCapped(t *testing.T) {
	b, err := Parse(File{"b.yaml", []byte("bundle: b\nsegments:\n  x: '日本語\t== a'\n")}, File{"a.yaml", []byte("owner: x\n")})
	require.NoError(t, err)
	when := b.Segments[0].When
	faults := b.Files.Report([]Fault{
		{Pos: when.At(7), Length: 1, Message: "no attribute a", Hint: "did you mean b?"},
		{Pos: when.Pos, Length: when.Length(), Message: "all of it", Warning: true},
		{Pos: Pos{"a.yaml", 1, 8}, Length: 99, Message: "no such owner"},
		{Pos: Pos{"a.yaml", 1, 8}, Length: 99, Message: "no such owner"},
		{Message: "the bundle is too large", Hint: "make it smaller"},
		{Pos: Pos{File: "c.yaml"}, Message: "not read"},
	})
	require.Equal(t, strings.TrimPrefix(`
the bundle is too large
      = make it smaller
a.yaml:1:8: no such owner
    1 | owner: x
      |        ^
b.yaml:3:6: warning: all of it
    3 |   x: '日本語	== a'
      |      ^^^^^^^	^^^^^
b.yaml:3:14: no attribute a
    3 |   x: '日本語	== a'
      |             	   ^
      = did you mean b?
c.yaml: not read`, "\n"), faults.Error())
	require.Error(t, faults.Err())
	require.NoError(t, faults[2:3].Err(), "a warning alone is no error")
	require.NoError(t, Files{}.Report(nil).Err())
}

func TestFaultsAsJSON(t *testing.T) {
	data, err := json.Marshal(Faults{
		{Pos: Pos{"a.yaml", 1, 8}, Length: 5, Message: "unknown", Hint: "did you mean x?"},
		{Message: "too large", Warning: true},
	})
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"file": "a.yaml", "line": 1, "column": 8, "length": 5, "message": "unknown", "hint": "did you mean x?"},
		{"message": "too large", "warning": true}
	]`, string(data))
}

func TestWhatIsShownHoldsNoControlCharacters(t *testing.T) {
	_, err := Parse(File{"a.yaml", []byte("bundle: b\nowner: x\x1b[31m\n")})
	require.ErrorContains(t, err, "a.yaml:2:9: character U+001B cannot stand in a source")
	_, err = Parse(File{"a.yaml", []byte("bundle: b\n\"\\e[31m\\u202e\": x\n")})
	require.ErrorContains(t, err, `unknown key "\x1b[31m\u202e"`)
	_, err = Parse(File{"a.yaml", []byte("bundle: b\n\u202ex: y # \u202e\n")})
	require.ErrorContains(t, err, "2:1: unknown key")
	_, err = Parse(File{"b\n\x1b[31m\xff日.yaml", []byte("nope: 1\n")})
	require.ErrorContains(t, err, `b\n\x1b[31m\xff日.yaml:1:1: unknown key`)
	require.NotContains(t, err.Error(), "\u202e")
	require.NotContains(t, err.Error(), "\x1b")
}
