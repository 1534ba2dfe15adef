package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// first and last bound the part of uap-core's browser list that matters here: before
// it are feed readers and map programs, which name no other browser, and after it
// nothing is left that one of the seven could be taken for.
const (
	first = `(HbbTV)/(\d+)\.(\d+)\.(\d+) \(`
	last  = `(Safari)/\d+`
)

// otherPrograms are names in that part which no other browser's token ever stands beside:
// programs that play, fetch or index, and libraries.
var otherPrograms = regexp.MustCompile(`(?i)bot|http|pod|player|feed|rss|vlc|espn|zune|lavf|wmplayer|media|zdm|pyamf|office|outlook [a-z0-9]|barca|lotus|amarok|stitcher|custom|openvas|anyconnect|carddav|1password|bacaberita|surveyon|globalprotect|monitis|superhuman|skype|rackspace|prtg|hipchat|links|mosaic|symphony|evolution|kinoma|quicktime|vox|cita|clementine|foobar|fancy|replay|mirall|owncloud|nextcloud|thunderbird|thunderbrowse|postbox|airmail|bat!|newswire|kmail|mailbar|mailproxy|exchange|google earth|space bison|skydrive|watch|^pre/|^avant`)

// browserTokens merges ownBrowsers into uap-core's ordered list. Of uap-core it takes
// the entries that are a name and a version; their browsers are "other" here.
func browserTokens(s source) ([]token, error) {
	data, err := os.ReadFile(filepath.Join(s.dir, "regexes.yaml"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Parsers []struct {
			Regex  string
			Family string `yaml:"family_replacement"`
		} `yaml:"user_agent_parsers"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	mine := map[string][]own{}
	for _, o := range ownBrowsers {
		mine[o.before] = append(mine[o.before], o)
	}
	var tokens []token
	var left []string
	rank, inside := uint8(0), false
	for _, p := range file.Parsers {
		inside = inside && p.Regex != last || p.Regex == first
		rows := mine[p.Regex]
		delete(mine, p.Regex)
		var found []token
		for _, o := range rows {
			found = append(found, o.tokens(kindBrowser, browserNames, rank)...)
		}
		if inside && len(rows) == 0 {
			names := productNames(p.Regex)
			if names == nil {
				left = append(left, p.Regex)
			}
			for _, n := range names {
				if otherPrograms.MatchString(n) {
					continue
				}
				t := token{text: n, kind: kindBrowser, rank: rank}
				if isWord(n[0]) {
					t.left = atWord
				}
				found = append(found, t)
			}
		}
		if len(found) > 0 {
			rank++
		}
		tokens = append(tokens, found...)
	}
	for before := range mine {
		return nil, fmt.Errorf("%s: no entry %s; see ownBrowsers", s.name, before)
	}
	tokens = dropClaimed(tokens)
	fmt.Printf("%s %s: %d browser tokens, these entries are more than names and were left out:\n", s.name, s.version, len(tokens))
	for _, l := range left {
		fmt.Println("   ", l)
	}
	return tokens, nil
}

// tokens makes a token of each of the row's texts.
func (o own) tokens(k kind, names []string, rank uint8) []token {
	value := slices.Index(names, o.name)
	if value < 0 {
		panic("devicetables: own.go: no value " + o.name)
	}
	var all []token
	for _, text := range strings.Split(o.texts, "|") {
		all = append(all, token{text: text, left: o.left, right: o.right, kind: k, value: uint8(value), rank: rank})
	}
	return all
}

func osTokens() []token {
	var all []token
	for rank, o := range ownSystems {
		all = append(all, o.tokens(kindOS, osNames, uint8(rank))...)
	}
	return all
}

func signTokens() []token {
	var all []token
	for _, o := range ownSigns {
		all = append(all, o.tokens(kindSign, signNames, 0)...)
	}
	return all
}

// dropClaimed removes names that begin one of the seven browsers' own tokens, or
// that a shorter token of the same or a better rank finds already.
func dropClaimed(tokens []token) []token {
	var kept []token
	for _, t := range tokens {
		claimed := slices.ContainsFunc(tokens, func(s token) bool {
			return t.value == 0 && s.value != 0 && strings.HasPrefix(s.text, strings.TrimRight(t.text, "/ "))
		})
		found := slices.ContainsFunc(tokens, func(s token) bool {
			return t.value == s.value && s.rank <= t.rank && s.right == anywhere && len(s.text) < len(t.text) && strings.HasPrefix(t.text, s.text)
		})
		again := slices.ContainsFunc(kept, func(s token) bool { return s.text == t.text })
		if !claimed && !found && !again {
			kept = append(kept, t)
		}
	}
	return kept
}

// productNames lists the names that an entry such as `(Vivaldi)/(\d+)` looks for, or
// nothing where the entry is more than names with a version. What may be absent ends
// the name.
func productNames(pattern string) []string {
	re, err := syntax.Parse(strings.TrimPrefix(pattern, `\b`), syntax.Perl)
	if err != nil {
		return nil
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	heads := []string{""}
	for i, part := range parts {
		texts, err := names(part)
		if err == nil && len(texts) > 0 && !slices.Contains(texts, "") {
			heads = product(heads, texts)
			continue
		}
		if slices.ContainsFunc(parts[i:], hasWord) {
			return nil
		}
		break
	}
	var kept []string
	for _, h := range heads {
		if len(h) >= 3 {
			kept = append(kept, h)
		}
	}
	return kept
}

// names is expand for lists of any length.
func names(re *syntax.Regexp) ([]string, error) {
	switch re.Op {
	case syntax.OpCapture:
		return names(re.Sub[0])
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts, err := names(sub)
			if err != nil {
				return nil, err
			}
			all = append(all, texts...)
		}
		return all, nil
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			texts, err := names(sub)
			if err != nil {
				return nil, err
			}
			all = product(all, texts)
		}
		return all, nil
	case syntax.OpQuest:
		texts, err := names(re.Sub[0])
		return append(texts, ""), err
	}
	return expand(re)
}

// hasWord reports whether re asks for letters, as a second name would.
func hasWord(re *syntax.Regexp) bool {
	if re.Op == syntax.OpLiteral {
		return strings.ContainsFunc(string(re.Rune), func(r rune) bool { return r >= 'A' && isWord(byte(r)) })
	}
	return slices.ContainsFunc(re.Sub, hasWord)
}
