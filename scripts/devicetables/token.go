package main

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// kind says what finding a token means. The numbers are those of edge/device.
type kind uint8

const (
	kindBot kind = iota
	kindBrowser
	kindOS
	kindSign
)

// token is one text to look for in a user agent.
type token struct {
	text  string
	fold  bool // upper and lower case are the same
	left  cond
	right cond
	kind  kind
	value uint8
	rank  uint8 // of tokens of one kind the lowest rank decides; signs and bots need none
}

// cond is what must hold beside a token: a named condition or a list of texts
// that must not stand there.
type cond struct {
	name string // Go name of the condition in edge/device, or ""
	not  string // texts joined with |
}

var (
	anywhere     = cond{}
	atStart      = cond{name: "start"}
	atEnd        = cond{name: "end"}
	atWord       = cond{name: "word"}
	afterSpace   = cond{name: "space"}
	afterWord    = cond{name: "letter"}
	beforeDigit  = cond{name: "digit"}
	wordOrScore  = cond{name: "score"}
	noneOf       = func(texts string) cond { return cond{not: texts} }
	leftMarks    = []mark{{`(?:^|[^g])`, noneOf("g")}, {`(^| )`, afterSpace}, {`\b\w+`, afterWord}, {`\b`, atWord}, {`^`, atStart}}
	rightMarks   = []mark{{`(?:\b|_)`, wordOrScore}, {`\b`, atWord}, {`\d`, beforeDigit}, {`$`, atEnd}}
	notBefore    = regexp.MustCompile(`^\(\?<!([^()]*)\)`)
	notAfter     = regexp.MustCompile(`\(\?!(?:\(\?:)?([^()]*)\)?\)$`)
	maxTexts     = 24 // of one pattern; more means that it is not a list of words
	maxClassSize = 8
)

// mark is a piece of pattern at one end that stands for a condition.
type mark struct {
	text string
	cond cond
}

// split turns a pattern into the texts that it matches, with the conditions at
// both ends. It fails for a pattern that is more than that.
func split(pattern string, fold bool) ([]token, error) {
	t := token{fold: fold}
	if m := notBefore.FindStringSubmatch(pattern); m != nil {
		t.left, pattern = noneOf(m[1]), pattern[len(m[0]):]
	}
	if m := notAfter.FindStringSubmatch(pattern); m != nil {
		t.right, pattern = noneOf(m[1]), strings.TrimSuffix(pattern, m[0])
	}
	for _, m := range leftMarks {
		if t.left == anywhere && strings.HasPrefix(pattern, m.text) {
			t.left, pattern = m.cond, pattern[len(m.text):]
		}
	}
	for _, m := range rightMarks {
		if t.right == anywhere && strings.HasSuffix(pattern, m.text) {
			t.right, pattern = m.cond, strings.TrimSuffix(pattern, m.text)
		}
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	texts, err := expand(re)
	if err != nil {
		return nil, err
	}
	var tokens []token
	for _, text := range texts {
		if len(text) < 2 {
			return nil, fmt.Errorf("%q is too short", text)
		}
		if fold {
			text = strings.ToLower(text)
		}
		t.text = text
		tokens = append(tokens, t)
	}
	return tokens, nil
}

// expand lists the texts that re matches.
func expand(re *syntax.Regexp) ([]string, error) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, nil
	case syntax.OpLiteral:
		return []string{string(re.Rune)}, nil
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpCharClass:
		return expandClass(re)
	case syntax.OpQuest:
		texts, err := expand(re.Sub[0])
		return append(texts, ""), err
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts, err := expand(sub)
			if err != nil {
				return nil, err
			}
			all = append(all, texts...)
		}
		return all, nil
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			texts, err := expand(sub)
			if err != nil {
				return nil, err
			}
			if all = product(all, texts); len(all) > maxTexts {
				return nil, fmt.Errorf("more than %d texts", maxTexts)
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("%v is no list of texts", re)
}

func product(heads, tails []string) []string {
	var all []string
	for _, h := range heads {
		for _, t := range tails {
			all = append(all, h+t)
		}
	}
	return all
}

// expandClass lists the printable members of a small character class.
func expandClass(re *syntax.Regexp) ([]string, error) {
	var all []string
	for i := 0; i < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if r >= ' ' && r < 127 {
				all = append(all, string(r))
			}
			if len(all) > maxClassSize {
				return nil, fmt.Errorf("%v is too wide", re)
			}
		}
	}
	return all, nil
}

// dedupe drops a bot token that a shorter, unconditional one always finds too, and
// repeated tokens.
func dedupe(tokens []token) []token {
	var kept []token
	for i, t := range tokens {
		covered := slices.ContainsFunc(tokens, func(s token) bool {
			return t.kind == kindBot && s.kind == kindBot && s.fold && s.left == anywhere && s.right == anywhere &&
				len(s.text) < len(t.text) && strings.Contains(strings.ToLower(t.text), s.text)
		})
		same := slices.ContainsFunc(tokens[:i], func(s token) bool {
			return s.text == t.text && s.kind == t.kind && s.left == t.left && s.right == t.right && (s.rank <= t.rank || t.kind == kindBot)
		})
		if !covered && !same {
			kept = append(kept, t)
		}
	}
	return kept
}
