package source

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader goes through the files of a source and collects faults. It reads on after a fault, so that several are shown at once.
type reader struct {
	files  Files
	page   *page                           // of the file being read
	faults []Fault                         // at most maxFaults
	names  map[string]Pos                  // what stands once in a source: "bundle", "decision hero"
	tables func(name string) (File, error) // opens a CSV file that lies beside the one being read
	matrix *matrix
	nodes  int // in all files, as aliases repeat them
	size   int // bytes of scalars, likewise
}

func (r *reader) add(fault Fault) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fault)
	}
}

// fault adds a fault at a node.
func (r *reader) fault(n *yaml.Node, message, hint string) {
	if len(r.faults) == maxFaults {
		return
	}
	fault := Fault{Pos: r.page.clamp(n.Line, n.Column), Message: message, Hint: hint}
	if n.Kind == yaml.ScalarNode {
		fault.Length = Text{Value: n.Value, Pos: fault.Pos, page: r.page}.Length()
	}
	r.add(fault)
}

// once notes that a name is taken, and says whether it was free. Within a mapping the YAML checks see to that, so that this finds
// names that stand in two files.
func (r *reader) once(what string, n *yaml.Node) bool {
	pos := r.page.clamp(n.Line, n.Column)
	first, taken := r.names[what]
	if !taken {
		r.names[what] = pos
		return true
	}
	if first.File != pos.File {
		r.fault(n, what+" stands twice", fmt.Sprintf("it stands in %s:%d:%d already", first.File, first.Line, first.Column))
	}
	return false
}

// key is a key that may stand in a mapping: one row of the tables that this package reads by, and that the JSON Schema is made of.
// To add a key, add a row and, where the reader needs to hold it, a field of the model.
type key[T any] struct {
	name   string
	help   string // for people, shown by editors
	schema schema
	read   func(r *reader, n *yaml.Node, into *T)
}

// keys are the keys of one kind of mapping.
type keys[T any] struct {
	what  string // "a decision"
	rules schema // about the keys together, for editors; nil: none
	rows  []key[T]
}

// readKeys reads a mapping by its table.
func readKeys[T any](r *reader, n *yaml.Node, table keys[T], into *T) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, fmt.Sprintf("%s is a mapping of keys, not %s", table.what, kindOf(n)), "")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if row := table.find(name.Value); row != nil {
			row.read(r, value, into)
		} else {
			r.unknownKey(name, table.what, table.names())
		}
	}
}

func (t keys[T]) find(name string) *key[T] {
	for i := range t.rows {
		if t.rows[i].name == name {
			return &t.rows[i]
		}
	}
	return nil
}

func (t keys[T]) names() []string {
	var names []string
	for _, row := range t.rows {
		names = append(names, row.name)
	}
	return names
}

func (r *reader) unknownKey(n *yaml.Node, what string, known []string) {
	hint := "keys of " + what + ": " + strings.Join(known, ", ")
	if near, ok := Nearest(n.Value, known); ok {
		hint = "did you mean " + near + "?"
	}
	r.fault(n, fmt.Sprintf("unknown key %s in %s", shortQuote(n.Value), what), hint)
}

// Name is the pattern of the names of segments, attributes, purposes, rules, decisions and variants.
const Name = `^[A-Za-z][A-Za-z0-9_.-]{0,63}$`

var namePattern = regexp.MustCompile(Name)

// text reads a scalar that stands for text, which a number or true does as well. What it belongs to is named by the key.
func (r *reader) text(n *yaml.Node, key string) Text {
	switch {
	case n.Kind != yaml.ScalarNode || scalarOf(n) == scalarNull:
		r.fault(n, fmt.Sprintf("%s is text, not %s", key, kindOf(n)), "")
	case n.Value == "":
		r.fault(n, key+" is empty", "leave the key out where there is nothing to say")
	default:
		return r.written(n)
	}
	return Text{}
}

// written is a scalar as it stands.
func (r *reader) written(n *yaml.Node) Text {
	return Text{Value: n.Value, Pos: r.page.clamp(n.Line, n.Column), page: r.page}
}

// name reads a text that is a name.
func (r *reader) name(n *yaml.Node, key string) Text {
	t := r.text(n, key)
	if t.Present() && !namePattern.MatchString(t.Value) {
		r.fault(n, fmt.Sprintf("%s is not a name", shortQuote(t.Value)),
			"a name is a letter and at most 63 more of letters, digits, dots, hyphens and underscores")
		return Text{}
	}
	return t
}

// texts reads a list of texts, or one, by a function for each. A text that stands twice is a fault.
func (r *reader) texts(n *yaml.Node, key string, read func(*yaml.Node, string) Text) []Text {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var list []Text
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		t := read(item, key)
		if !t.Present() {
			continue
		}
		if seen[t.Value] {
			r.fault(item, fmt.Sprintf("%s stands twice in %s", shortQuote(t.Value), key), "")
			continue
		}
		seen[t.Value] = true
		list = append(list, t)
	}
	return list
}

// boolean reads true or false.
func (r *reader) boolean(n *yaml.Node, key string) bool {
	if scalarOf(n) != scalarBool {
		r.fault(n, fmt.Sprintf("%s is true or false, not %s", key, kindOf(n)), "")
		return false
	}
	return n.Value == "true"
}

// items are the nodes of a list. Nothing at all is an empty one.
func (r *reader) items(n *yaml.Node, key string) []*yaml.Node {
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case scalarOf(n) != scalarNull:
		r.fault(n, fmt.Sprintf("%s is a list, not %s", key, kindOf(n)), "begin each item with '- '")
	}
	return nil
}

// entries calls read for each key of a mapping whose keys are names chosen by the author. Nothing at all is an empty one.
func (r *reader) entries(n *yaml.Node, key string, read func(name Text, key, value *yaml.Node)) {
	switch {
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if name := r.name(n.Content[i], key); name.Present() {
				read(name, n.Content[i], n.Content[i+1])
			}
		}
	case scalarOf(n) != scalarNull:
		r.fault(n, fmt.Sprintf("%s is a mapping from names, not %s", key, kindOf(n)), "write name: value")
	}
}

// shortQuote quotes text from a source for a message, cut where it is long.
func shortQuote(s string) string {
	const longest = 80
	if runes := []rune(s); len(runes) > longest {
		s = string(runes[:longest]) + "..."
	}
	return strconv.Quote(s)
}
