package workload

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Granted is the purpose that a context's visitor must have consented to, so that Source's rules may read what they read.
const Granted = "personalization"

// Decision is the name of a placement's decision in Source.
func Decision(placement int) string { return fmt.Sprintf("p%d", placement) }

// Source writes the rules as a bundle in YAML: a decision for each placement, a rule of the same id for each rule, and, where there is a
// split, one more that splits. What the visitor did and which cookies there are is personal.
func (s *Set) Source() string {
	var text strings.Builder
	text.WriteString("bundle: workload\nattributes:\n")
	for _, a := range Attributes {
		purpose := "necessary"
		if strings.HasPrefix(a.Name, "session.") || strings.HasPrefix(a.Name, "cookies.") || a.Name == "visitor_id" {
			purpose = Granted
		}
		if a.Name != "now" { // which every bundle has
			fmt.Fprintf(&text, "  %s: {type: %s, purpose: %s}\n", a.Name, a.Type, purpose)
		}
	}
	text.WriteString("decisions:\n")
	for placement := range s.Placements {
		fmt.Fprintf(&text, "  %s:\n    purpose: %s\n", Decision(placement), Granted)
		if s.Split {
			fmt.Fprintf(&text, "    variants: {none: \"\", %s: a, %s: b}\n    default: none\n    rules:\n", SplitA, SplitB)
		} else {
			fmt.Fprintf(&text, "    variants: {none: \"\", %s: a}\n    default: none\n    rules:\n", SplitA)
		}
		for _, r := range s.Of(placement) {
			fmt.Fprintf(&text, "      - {id: %s, when: '%s', serve: %s}\n", r.ID, r.CEL(), SplitA)
		}
		if s.Split {
			fmt.Fprintf(&text, "      - {id: split, split: {by: visitor_id, weights: {%s: 50, %s: 50}, seed: workload}}\n", SplitA, SplitB)
		}
	}
	return text.String()
}

// CEL writes the rule's conditions as one expression of CEL, with the functions that Edgewise knows.
func (r Rule) CEL() string {
	var all []string
	for _, c := range r.Conds {
		all = append(all, c.CEL())
	}
	return strings.Join(all, " && ")
}

// CEL writes a condition in CEL.
func (c Condition) CEL() string {
	switch c.Op {
	case "eq":
		switch c.Value {
		case true:
			return c.Attr
		case false:
			return "!" + c.Attr
		}
		return fmt.Sprintf("%s == %q", c.Attr, c.Value)
	case "in":
		return fmt.Sprintf("%s in [%s]", c.Attr, quoted(c.Texts()))
	case "prefix":
		return fmt.Sprintf("%s.startsWith(%q)", c.Attr, c.Value)
	case "semver_gte":
		return fmt.Sprintf("semver(%s).compareTo(semver(%q)) >= 0", c.Attr, c.Value)
	case "between":
		from, to := c.Range()
		return fmt.Sprintf("%s >= timestamp(%q) && %s < timestamp(%q)", c.Attr, rfc3339(from), c.Attr, rfc3339(to))
	}
	return fmt.Sprintf("%s %s %s", c.Attr, map[string]string{"gte": ">=", "gt": ">", "lt": "<"}[c.Op], Double(c.Value.(float64)))
}

// Double writes a number so that it is a double in CEL.
func Double(f float64) string {
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func rfc3339(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

func quoted(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, strconv.Quote(text))
	}
	return strings.Join(all, ", ")
}
