// Package values checks the JSON that a compiled bundle carries: what its variants serve goes into answers as it stands, so in a bundle
// that somebody made by hand it could end an answer early and begin another.
//
// Reach for Check wherever a compiled bundle comes from outside. Package core does not check it: an edge node has no JSON reader,
// and whoever puts a bundle there has loaded it before.
package values

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Check refuses a bundle with a variant whose value is not one compact JSON value of the kind that the variant says. The error names
// the decision and the variant. A list is no kind that a variant has. b must have passed format.Read.
func Check(b *format.Bundle) error {
	for _, d := range b.Decisions {
		for _, v := range b.Variants[d.FirstVariant : d.FirstVariant+d.Variants] {
			value := []byte(b.String(v.JSON))
			if !compact(value) || kindOf(value) != simple(format.Kind(v.Kind)) || format.Kind(v.Kind) == format.List {
				return fmt.Errorf("variant %q of decision %q: the value is not compact JSON of its kind", b.String(v.Name), b.String(d.Name))
			}
			if tags := []byte(b.String(v.Tags)); len(tags) > 0 && !(compact(tags) && kindOf(tags) == format.Map) {
				return fmt.Errorf("variant %q of decision %q: the tags are not a compact JSON object", b.String(v.Name), b.String(d.Name))
			}
		}
	}
	return nil
}

// compact says whether text is one JSON value without white space around its parts.
func compact(text []byte) bool {
	var without bytes.Buffer
	return json.Compact(&without, text) == nil && bytes.Equal(without.Bytes(), text)
}

// kindOf gives the kind of a JSON value by how it begins; of all numbers it is Double.
func kindOf(value []byte) format.Kind {
	switch value[0] {
	case '{':
		return format.Map
	case '[':
		return format.List
	case '"':
		return format.String
	case 't', 'f':
		return format.Bool
	case 'n':
		return format.Null
	}
	return format.Double
}

// simple gives the one kind of numbers that JSON has for each of CEL's.
func simple(kind format.Kind) format.Kind {
	switch kind {
	case format.Int, format.Uint:
		return format.Double
	}
	return kind
}
