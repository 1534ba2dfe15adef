package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scalar is what an unquoted scalar stands for. The rules are those of YAML 1.2's JSON-compatible core, with one spelling of each
// word: true, false, null (or ~, or nothing). The YAML parser knows older rules too, so its own view is not asked: yes, on, NO, True,
// 0b1, 1_000 and 2026-12-01 are text, and 010 is ten.
type scalar int

const (
	notScalar scalar = iota
	scalarNull
	scalarBool
	scalarNumber
	scalarText
)

var (
	decimal  = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	prefixed = regexp.MustCompile(`^0(o[0-7]+|x[0-9a-fA-F]+)$`)
	notANum  = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

func quoted(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

func scalarOf(n *yaml.Node) scalar {
	if n.Kind != yaml.ScalarNode {
		return notScalar
	}
	if quoted(n) {
		return scalarText
	}
	switch n.Value {
	case "", "~", "null":
		return scalarNull
	case "true", "false":
		return scalarBool
	}
	if !strings.ContainsRune("+-.0123456789", rune(n.Value[0])) {
		return scalarText
	}
	if decimal.MatchString(n.Value) || prefixed.MatchString(n.Value) || notANum.MatchString(n.Value) {
		return scalarNumber
	}
	return scalarText
}

// kindOf names what a node is, for messages.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch scalarOf(n) {
	case scalarNull:
		return "nothing"
	case scalarBool:
		return n.Value
	case scalarNumber:
		return "the number " + shortQuote(n.Value)[1:len(shortQuote(n.Value))-1]
	}
	return "the text " + shortQuote(n.Value)
}

// appendJSON appends a node as compact JSON, object keys in the order written. Numbers keep their digits where JSON writes them so.
func (r *reader) appendJSON(dst []byte, n *yaml.Node) []byte {
	switch n.Kind {
	case yaml.MappingNode:
		dst = append(dst, '{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, n.Content[i].Value)
			dst = append(dst, ':')
			dst = r.appendJSON(dst, n.Content[i+1])
		}
		return append(dst, '}')
	case yaml.SequenceNode:
		dst = append(dst, '[')
		for i, item := range n.Content {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.appendJSON(dst, item)
		}
		return append(dst, ']')
	}
	switch scalarOf(n) {
	case scalarNull:
		return append(dst, "null"...)
	case scalarBool:
		return append(dst, n.Value...)
	case scalarNumber:
		number, ok := jsonNumber(n.Value)
		switch {
		case !ok:
			r.fault(n, "this number is out of range", "a value's numbers are at most 1.8e308; put it in quotes if it is text")
		case !exact(number):
			r.fault(n, fmt.Sprintf("no double holds the whole number %s: clients would be given another", shortQuote(number)[1:len(shortQuote(number))-1]), "write it as a string, in quotes")
		}
		return append(dst, number...)
	}
	return appendString(dst, n.Value)
}

// appendString appends text as JSON, < and > as they are.
func appendString(dst []byte, text string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic("source: internal error: text that JSON cannot hold: " + err.Error())
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// exact says whether what reads JSON's numbers as doubles, as JavaScript does, gets a whole number beyond 2^53 as it is written. A number with a
// fraction or an exponent is rounded anyway.
func exact(number string) bool {
	if strings.ContainsAny(number, ".eE") {
		return true
	}
	value, err := strconv.ParseFloat(number, 64)
	whole, ok := new(big.Int).SetString(number, 10)
	if err != nil || !ok {
		return false
	}
	rounded, _ := new(big.Float).SetFloat64(value).Int(nil)
	return rounded.Cmp(whole) == 0
}

// jsonNumber writes a YAML number as JSON does: no plus sign, no leading zeros, digits around the point, no hexadecimal. It says
// whether a double can hold it; where not, it gives 0.
func jsonNumber(text string) (string, bool) {
	const longest = 400 // characters: more digits than the longest double has before its point
	if len(text) > longest || notANum.MatchString(text) {
		return "0", false
	}
	if prefixed.MatchString(text) {
		whole, ok := new(big.Int).SetString(text, 0)
		if !ok {
			return "0", false
		}
		text = whole.String()
	}
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign = "-"
	}
	text = strings.TrimLeft(text, "+-")
	digits, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		digits, exponent = text[:i], text[i:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	number := sign + whole + fraction + exponent
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(value, 0) {
		return "0", false
	}
	return number, true
}
