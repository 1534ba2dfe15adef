package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parse turns a file into its root node: nil where the file is empty or has a fault. The tree that it returns has neither aliases
// nor tags, each mapping's keys are scalars that stand once, and it is within the limits.
func (r *reader) parse(file File) *yaml.Node {
	p, data, fault := newPage(file)
	r.page = p
	r.files[file.Name] = p
	if fault != nil {
		r.add(*fault)
		return nil
	}
	isJSON := strings.HasSuffix(file.Name, ".json")
	if isJSON {
		if fault := p.notJSON(data); fault != nil {
			r.add(*fault)
			return nil
		}
	}
	hidden := isJSON && hideEscapes(data)
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	root, err := decode(decoder)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		r.add(r.syntaxFault(data, err))
		return nil
	}
	second, err := decode(decoder)
	if err != nil && !errors.Is(err, io.EOF) {
		r.add(r.syntaxFault(data, err))
		return nil
	}
	if second != nil {
		r.fault(second, "a file holds one document", "leave out the --- before it, or use a second file")
		return nil
	}
	c := checker{reader: r, json: hidden}
	if c.check(root, 0, firstVisit); c.stopped {
		return nil
	}
	return root
}

// decode gives the next document's root. Whatever the parser does, it does not panic.
func decode(decoder *yaml.Decoder) (root *yaml.Node, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("yaml: the parser gave up: %v", problem)
		}
	}()
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return &document, nil
	}
	return document.Content[0], nil
}

// checker refuses what YAML can do and a source may not, and puts what they stand for in the place of aliases.
type checker struct {
	*reader
	aliases int
	json    bool // a JSON file with hidden escapes
	stopped bool // a limit is passed: what is left is not looked at
}

// Whether the walk comes to a node by an alias. It has met the node before then, as an anchor stands before its aliases.
const (
	firstVisit = false
	again      = true
)

func (c *checker) check(n *yaml.Node, depth int, met bool) {
	c.nodes++
	c.size += len(n.Value)
	switch {
	case c.stopped:
		return
	case depth > MaxDepth:
		c.stop(n, fmt.Sprintf("more than %d mappings and lists inside one another", MaxDepth))
		return
	case c.nodes > MaxNodes:
		c.stop(n, fmt.Sprintf("more than %d keys and values, aliases counted", MaxNodes))
		return
	case c.size > MaxSource:
		c.stop(n, fmt.Sprintf("more than %d MiB of text, aliases counted", MaxSource>>20))
		return
	}
	if !met {
		c.checkNode(n)
	}
	for i, child := range n.Content {
		visit := met
		if child.Kind == yaml.AliasNode {
			if c.aliases++; c.aliases > MaxAliases {
				c.stop(child, fmt.Sprintf("more than %d aliases", MaxAliases))
				return
			}
			child, visit = child.Alias, again
			n.Content[i] = child
		}
		c.check(child, depth+1, visit)
	}
}

func (c *checker) checkNode(n *yaml.Node) {
	if n.Anchor != "" {
		n.Line, n.Column = c.page.afterAnchor(n.Line, n.Column)
	}
	// A source's types follow from its keys.
	if c.page.tagged(n) {
		c.fault(n, tagMessage, tagHint)
	}
	if n.Kind == yaml.MappingNode {
		c.checkKeys(n)
	} else {
		c.showEscapes(n)
	}
}

// tagged says whether a node has a tag. The parser drops the tag "!", so this looks at the text too.
func (p *page) tagged(n *yaml.Node) bool {
	return n.Style&yaml.TaggedStyle != 0 || p.character(n.Line, n.Column) == '!'
}

// showEscapes undoes hideEscapes.
func (c *checker) showEscapes(n *yaml.Node) {
	if !c.json || n.Style&yaml.DoubleQuotedStyle == 0 {
		return
	}
	value, ok := c.page.jsonString(n)
	if !ok {
		c.fault(n, "not a JSON string", "")
	}
	n.Value = value
}

func (c *checker) stop(n *yaml.Node, message string) {
	c.fault(n, message, "")
	c.stopped = true
}

// checkKeys refuses keys that are not plain names or stand twice, and merge keys, and drops them. Between braces it refuses keys without
// value too: in {title: One, two} YAML sees a key "two", and the author sees a comma.
func (c *checker) checkKeys(n *yaml.Node) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	kept := n.Content[:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		c.showEscapes(key)
		switch {
		case key.Kind != yaml.ScalarNode:
			c.fault(key, "a key must be a name", `put text that begins with { [ or * in single quotes`)
		case key.Value == "<<" && !quoted(key):
			c.fault(key, "YAML merge keys are not supported", "write the keys out, or use an alias for a whole value")
		case first[key.Value] != nil:
			c.fault(key, fmt.Sprintf("key %s stands twice", shortQuote(key.Value)),
				fmt.Sprintf("it stands in line %d already", first[key.Value].Line))
		default:
			if n.Style&yaml.FlowStyle != 0 && isMissing(value) {
				c.fault(key, fmt.Sprintf("key %s has no value", shortQuote(key.Value)),
					"put text that holds a comma in quotes, and write null where nothing is meant")
			}
			first[key.Value] = key
			kept = append(kept, key, value)
		}
	}
	n.Content = kept
}

// isMissing says whether nothing is written where a value could be.
func isMissing(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == "" && !quoted(n) }
