package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// shapePatterns are isbot's patterns about the form of the whole text rather than
// about words in it. edge/device/shape.go has each of them by hand, and a test
// there compares the two.
var shapePatterns = []string{
	`;\s\w+;$`,
	`@[a-z][\w-]+\.`,
	`\|`,
	`^[<\(;]`,
	`^[\w \.\-\(?:\):%]+(?:/v?\d+(?:\.\d+)?(?:\.\d{1,10})*?)?(?:,|$)`,
	`^[\w\-]+/[\w]+$`,
	`^[^ ]{50,}$`,
	`^\d+\b`,
	`^\w*search\b`,
	`^\w+/[\w\(\)]*$`,
	`^\w+/\d\.\d\s\([\w@]+\)$`,
	`^mozilla/\d\.\d\s[\w\.-]+$`,
	`^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w\d-.]+[\s/]\d+\.\d+)?\)$`,
}

// isbotTokens reads isbot's pattern list, which is JSON inside a module.
func isbotTokens(s source) (tokens []token, shapes []string, err error) {
	data, err := os.ReadFile(filepath.Join(s.dir, "index.mjs"))
	if err != nil {
		return nil, nil, err
	}
	_, list, ok := bytes.Cut(data, []byte("patterns_default = "))
	end := bytes.Index(list, []byte("];"))
	if !ok || end < 0 {
		return nil, nil, fmt.Errorf("%s: no pattern list in index.mjs", s.name)
	}
	var patterns []string
	if err := json.Unmarshal(list[:end+1], &patterns); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", s.name, err)
	}
	for _, p := range patterns {
		if slices.Contains(shapePatterns, p) {
			shapes = append(shapes, p)
			continue
		}
		found, err := split(p, true)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: pattern %q: %w; add it to shape.go and to shapePatterns", s.name, p, err)
		}
		tokens = append(tokens, found...)
	}
	if len(shapes) != len(shapePatterns) {
		return nil, nil, fmt.Errorf("%s has %d of the %d patterns that shape.go writes out", s.name, len(shapes), len(shapePatterns))
	}
	fmt.Printf("%s %s: %d patterns, %d of them in shape.go, %d tokens\n", s.name, s.version, len(patterns), len(shapes), len(tokens))
	return tokens, shapes, nil
}

// people are patterns of crawler-user-agents left out because what they match is
// also, or mostly, a person at a browser.
var people = map[string]string{
	`AP3A\.240617\.008`: "the build number of an ordinary Android 15 telephone",
	`MetaIAB Facebook`:  "Facebook's browser inside its app",
	`Code\/1\.`:         "the browser inside an editor",
	`Trae\/`:            "the browser inside an editor",
	`Fluid`:             "a browser for one site",
}

// crawlerTokens takes from crawler-user-agents the patterns needed to recognise
// those of its examples that the tokens so far miss. It is the longer list, but
// nearly every robot on it gives itself away by a word that isbot knows, and its
// short names ("Sonic", "RED/") also occur in the names of televisions and telephones.
func crawlerTokens(s source, bots []token, shapes []string) ([]token, error) {
	data, err := os.ReadFile(filepath.Join(s.dir, "crawler-user-agents.json"))
	if err != nil {
		return nil, err
	}
	var list []struct {
		Pattern   string
		Instances []string
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	known, err := matcher(bots, shapes)
	if err != nil {
		return nil, err
	}
	var more []token
	examples := 0
	for _, entry := range list {
		examples += len(entry.Instances)
		missed := slices.IndexFunc(entry.Instances, func(ua string) bool { return !known(ua) })
		if missed < 0 {
			continue
		}
		if why, ok := people[entry.Pattern]; ok {
			fmt.Printf("%s: left out %s: %s\n", s.name, entry.Pattern, why)
			continue
		}
		found, err := split(entry.Pattern, false)
		if err != nil {
			return nil, fmt.Errorf("%s: pattern %q: %w", s.name, entry.Pattern, err)
		}
		more = append(more, found...)
	}
	fmt.Printf("%s %s: %d patterns, %d examples, %d tokens needed beyond isbot's\n", s.name, s.version, len(list), examples, len(more))
	return more, nil
}

// matcher is a slow reading of tokens and shapes, for use here only.
func matcher(tokens []token, shapes []string) (func(string) bool, error) {
	var all []*regexp.Regexp
	for _, p := range shapes {
		re, err := regexp.Compile("(?i)" + p)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
		all = append(all, re)
	}
	return func(ua string) bool {
		lower := strings.ToLower(ua)
		return slices.ContainsFunc(all, func(re *regexp.Regexp) bool { return re.MatchString(ua) }) ||
			slices.ContainsFunc(tokens, func(t token) bool { return t.in(lower) })
	}, nil
}

func (t token) in(lower string) bool {
	for from := 0; ; from++ {
		i := strings.Index(lower[from:], t.text)
		if i < 0 {
			return false
		}
		from += i
		if t.left.holdsBefore(lower[:from]) && t.right.holdsAfter(lower[from+len(t.text):], t.text) {
			return true
		}
	}
}

func (c cond) holdsBefore(s string) bool {
	last := byte(' ')
	if s != "" {
		last = s[len(s)-1]
	}
	switch c {
	case atStart:
		return s == ""
	case atWord:
		return s == "" || !isWord(last)
	case afterSpace:
		return last == ' '
	case afterWord:
		return s != "" && isWord(last)
	}
	for _, text := range strings.Split(c.not, "|") {
		if text != "" && strings.HasSuffix(s, text) {
			return false
		}
	}
	return true
}

func (c cond) holdsAfter(s, text string) bool {
	first := byte(' ')
	if s != "" {
		first = s[0]
	}
	switch c {
	case atEnd:
		return s == ""
	case atWord:
		return isWord(first) != isWord(text[len(text)-1])
	case wordOrScore:
		return first == '_' || isWord(first) != isWord(text[len(text)-1])
	case beforeDigit:
		return first >= '0' && first <= '9'
	}
	for _, text := range strings.Split(c.not, "|") {
		if text != "" && strings.HasPrefix(s, text) {
			return false
		}
	}
	return true
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
