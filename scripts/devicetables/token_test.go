package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplit(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		want    []token
	}{
		"a word":                    {`crawl`, []token{{text: "crawl", fold: true}}},
		"at the start":              {`^wget`, []token{{text: "wget", fold: true, left: atStart}}},
		"at the end":                {`SSL Labs$`, []token{{text: "ssl labs", fold: true, right: atEnd}}},
		"a boundary on both sides":  {`\bperl\b`, []token{{text: "perl", fold: true, left: atWord, right: atWord}}},
		"start or space":            {`(^| )PTST\/`, []token{{text: "ptst/", fold: true, left: afterSpace}}},
		"a class":                   {`^clamav[ /]`, []token{{text: "clamav ", fold: true, left: atStart}, {text: "clamav/", fold: true, left: atStart}}},
		"an optional letter":        {`(?<! cu)bots?(?:\b|_)`, []token{{text: "bots", fold: true, left: noneOf(" cu"), right: wordOrScore}, {text: "bot", fold: true, left: noneOf(" cu"), right: wordOrScore}}},
		"not before and not after":  {`(?<! channel/|google/)google(?!(?:wv|app))`, []token{{text: "google", fold: true, left: noneOf(" channel/|google/"), right: noneOf("wv|app")}}},
		"a digit after":             {`^dispatch/\d`, []token{{text: "dispatch/", fold: true, left: atStart, right: beforeDigit}}},
		"a word before":             {`\b\w+/1\.0;`, []token{{text: "/1.0;", fold: true, left: afterWord}}},
		"alternatives":              {`Chirp|gotosocial`, []token{{text: "chirp", fold: true}, {text: "gotosocial", fold: true}}},
		"more than a list of words": {`^[\w\-]+/[\w]+$`, nil},
		"too short to look for":     {`\|`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := split(c.pattern, true)
			if c.want == nil {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestProductNames(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		want    []string
	}{
		"a name and a version":   {`(Vivaldi)/(\d+)\.(\d+)\.(\d+)`, []string{"Vivaldi/"}},
		"several names":          {`\b(Arora|Midori)/(\d+)\.(\d+)`, []string{"Arora/", "Midori/"}},
		"an optional end":        {`(QQBrowser)(?:/(\d+)|)`, []string{"QQBrowser"}},
		"two names in one entry": {`(Opera)/.{1,100}Opera Mobi`, nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, productNames(c.pattern)) })
	}
}
