package source

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// FuzzParse: whatever the input, Parse does not panic, each fault lies in the file, and At finds letters and digits where they stand.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"read", "yaml", "keys", "shapes"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		require.NoError(f, err)
		for _, file := range archive.Files {
			f.Add(file.Data, len(file.Name) > 5 && file.Name[len(file.Name)-5:] == ".json")
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		name := "fuzz.yaml"
		if isJSON {
			name = "fuzz.json"
		}
		b, err := Parse(File{Name: name, Data: data})
		if err != nil {
			faults, ok := err.(Faults)
			require.True(t, ok)
			require.NotEmpty(t, faults)
			p, _, _ := newPage(File{Name: name, Data: data})
			for _, fault := range faults {
				requireInside(t, p, fault.Pos)
				require.NotEmpty(t, fault.Message)
			}
			require.True(t, utf8.ValidString(faults.Error()), "%q", faults.Error())
			return
		}
		for _, text := range texts(b) {
			for i, c := range []rune(text.Value) {
				pos := text.At(i)
				requireInside(t, text.page, pos)
				at := text.page.character(pos.Line, pos.Column)
				if (unicode.IsLetter(c) || unicode.IsDigit(c)) && at != '\\' {
					require.Equal(t, string(c), string(at), "character %d of %q, at %v", i, text.Value, pos)
				}
			}
			requireInside(t, text.page, text.At(utf8.RuneCountInString(text.Value)))
			require.Positive(t, text.Length())
		}
	})
}

func requireInside(t *testing.T, p *page, pos Pos) {
	t.Helper()
	require.GreaterOrEqual(t, pos.Line, 1)
	require.LessOrEqual(t, pos.Line, len(p.lines))
	require.GreaterOrEqual(t, pos.Column, 1)
	require.LessOrEqual(t, pos.Column, utf8.RuneCountInString(p.line(pos.Line))+1)
}

// texts are the texts of a bundle that were written, not made.
func texts(b *Bundle) []Text {
	list := []Text{b.Name, b.Owner, b.TargetingKey}
	for _, s := range b.Segments {
		list = append(list, s.Name, s.When)
	}
	for _, a := range b.Attributes {
		list = append(append(list, a.Name, a.Type, a.Purpose, a.From), a.Enum...)
	}
	for _, d := range b.Decisions {
		list = append(append(list, d.Name, d.Objective, d.Default), d.Purposes...)
		for _, rule := range d.Rules {
			list = append(list, rule.ID, rule.When, rule.Serve, rule.From, rule.Until)
		}
	}
	written := list[:0]
	for _, text := range list {
		if text.page != nil {
			written = append(written, text)
		}
	}
	return written
}
