package sfv_test

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge/sfv"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// TestVectors reads and rewrites the cases of the HTTP working group.
func TestVectors(t *testing.T) {
	type testCase struct {
		ID         string
		Name       string
		Raw        []string
		HeaderType string          `json:"header_type"`
		Expected   json.RawMessage // bare items and parameters, as nested arrays
		Canonical  *[]string       // what writing gives, where it differs from Raw
		MustFail   bool            `json:"must_fail"`
		CanFail    bool            `json:"can_fail"`
	}
	for _, c := range vectors.Lines[testCase](t, "structured-fields", "cases.jsonl") {
		t.Run(c.ID+" "+c.Name, func(t *testing.T) {
			value, written, err := read(c.HeaderType, strings.Join(c.Raw, ", "))
			if c.MustFail {
				require.Error(t, err)
				return
			}
			if c.CanFail && err != nil {
				return
			}
			require.NoError(t, err)
			got, err := json.Marshal(value)
			require.NoError(t, err)
			require.JSONEq(t, string(c.Expected), string(got))
			want := c.Raw
			if c.Canonical != nil {
				want = *c.Canonical
			}
			require.Equal(t, strings.Join(want, ", "), written)
		})
	}
}

// read gives a field's value in the form of the cases, and the field written again.
func read(kind, field string) (value any, written string, err error) {
	var out []byte
	switch kind {
	case "item":
		item, err := sfv.ParseItem(field)
		return pair(item), string(sfv.AppendItem(nil, item)), err
	case "list":
		all := []any{}
		l := sfv.NewList(field)
		for l.Next() {
			if len(all) > 0 {
				out = append(out, ", "...)
			}
			all = append(all, pair(l.Member()))
			out = sfv.AppendItem(out, l.Member())
		}
		return all, string(out), l.Err()
	}
	var keys []string
	d := sfv.NewDictionary(field)
	for d.Next() {
		if !strings.Contains("\n"+strings.Join(keys, "\n")+"\n", "\n"+d.Key()+"\n") {
			keys = append(keys, d.Key())
		}
	}
	if d.Err() != nil {
		return nil, "", d.Err()
	}
	all := []any{}
	for i, key := range keys {
		item, ok, err := sfv.Get(field, key)
		if err != nil || !ok {
			return nil, "", fmt.Errorf("get %s: %v %w", key, ok, err)
		}
		if i > 0 {
			out = append(out, ", "...)
		}
		all = append(all, []any{key, pair(item)})
		out = sfv.AppendMember(out, key, item)
	}
	return all, string(out), nil
}

func pair(item sfv.Item) []any {
	params := []any{}
	seen := map[string]bool{}
	for p := item.Params(); p.Next(); {
		if !seen[p.Key()] {
			seen[p.Key()] = true
			value, _ := item.Param(p.Key())
			params = append(params, []any{p.Key(), bare(value)})
		}
	}
	if item.Kind == sfv.InnerList {
		all := []any{}
		for items := item.Items(); items.Next(); {
			all = append(all, pair(items.Item()))
		}
		return []any{all, params}
	}
	return []any{bare(item), params}
}

func bare(item sfv.Item) any {
	typed := func(kind string, value any) any { return map[string]any{"__type": kind, "value": value} }
	text := item.AppendText(nil)
	switch item.Kind {
	case sfv.Integer:
		return item.Number
	case sfv.Decimal:
		return json.Number(fmt.Sprintf("%g", float64(item.Number)/1000))
	case sfv.Boolean:
		on, _ := item.Bool()
		return on
	case sfv.Token:
		return typed("token", string(text))
	case sfv.Bytes:
		return typed("binary", base32.StdEncoding.EncodeToString(text))
	case sfv.Date:
		return typed("date", item.Number)
	case sfv.DisplayString:
		return typed("displaystring", string(text))
	}
	return string(text)
}

func TestAppendRefusesWhatCannotBeWritten(t *testing.T) {
	dst := []byte("a=")
	for name, call := range map[string]func() ([]byte, error){
		"key that starts with a digit":    func() ([]byte, error) { return sfv.AppendKey(dst, "1a") },
		"empty key":                       func() ([]byte, error) { return sfv.AppendKey(dst, "") },
		"upper case in a key":             func() ([]byte, error) { return sfv.AppendKey(dst, "aB") },
		"integer of 16 digits":            func() ([]byte, error) { return sfv.AppendInteger(dst, 1e15) },
		"smallest integer there is":       func() ([]byte, error) { return sfv.AppendInteger(dst, -1<<63) },
		"decimal of 13 digits":            func() ([]byte, error) { return sfv.AppendDecimal(dst, 1e15) },
		"date out of range":               func() ([]byte, error) { return sfv.AppendDate(dst, 1e15) },
		"newline in a string":             func() ([]byte, error) { return sfv.AppendString(dst, "a\nb") },
		"letter beyond ASCII in a string": func() ([]byte, error) { return sfv.AppendString(dst, "ä") },
		"empty token":                     func() ([]byte, error) { return sfv.AppendToken(dst, "") },
		"space in a token":                func() ([]byte, error) { return sfv.AppendToken(dst, "a b") },
		"display string that is no UTF-8": func() ([]byte, error) { return sfv.AppendDisplayString(dst, "\xff") },
	} {
		t.Run(name, func(t *testing.T) {
			out, err := call()
			require.ErrorIs(t, err, sfv.ErrValue)
			require.Equal(t, "a=", string(out))
		})
	}
}

func TestAppendGoesBackAndForth(t *testing.T) {
	for _, text := range []string{"", "plain", `quo"te`, `back\slash`, "grüße", "100 %", "two\nlines"} {
		out, err := sfv.AppendDisplayString(nil, text)
		require.NoError(t, err)
		item, err := sfv.ParseItem(string(out))
		require.NoError(t, err)
		require.Equal(t, text, string(item.AppendText(nil)))
		require.True(t, item.EqualText(text))
		require.False(t, item.EqualText(text+"x"))
	}
	for n := range 8 {
		value := bytes.Repeat([]byte{0xfe}, n)
		item, err := sfv.ParseItem(string(sfv.AppendBytes(nil, value)))
		require.NoError(t, err)
		require.Equal(t, value, item.AppendText([]byte{}))
	}
}

func TestFieldOverLimitIsRefused(t *testing.T) {
	l := sfv.NewList(strings.Repeat("a,", sfv.MaxField))
	require.False(t, l.Next())
	require.ErrorIs(t, l.Err(), sfv.ErrTooLong)
}

func TestReadingAllocatesNothing(t *testing.T) {
	const field = `"Chromium";v="126", "Google Chrome";v="126", "Not/A)Brand";v="8.0.0.0"`
	members := 0
	require.Zero(t, testing.AllocsPerRun(100, func() {
		l := sfv.NewList(field)
		for l.Next() {
			m := l.Member()
			if v, ok := m.Param("v"); ok && v.Kind == sfv.String {
				members++
			}
		}
	}))
	require.NotZero(t, members)
}

// FuzzRoundTrip reads, writes and reads again.
func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []string{
		`"Chromium";v="126", "Not/A)Brand";v="8"`, `hero="gold";reason=SPLIT, banner=?0;a;b=1`,
		`a=(1 2.5 "x\"y" :aGk=:);lvl=5, b;q=?0`, `%"gr%c3%bc%c3%9fe"`, `@1700000000`, `-0.5;a=1;a=2`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		for _, kind := range []string{"item", "list", "dictionary"} {
			value, written, err := read(kind, field)
			if err != nil {
				continue
			}
			again, twice, err := read(kind, written)
			require.NoError(t, err, "%s %q wrote %q", kind, field, written)
			require.Equal(t, value, again)
			require.Equal(t, written, twice)
		}
	})
}

func BenchmarkBrandList(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		l := sfv.NewList(`"Chromium";v="126", "Google Chrome";v="126", "Not/A)Brand";v="8.0.0.0"`)
		for l.Next() {
		}
	}
}
