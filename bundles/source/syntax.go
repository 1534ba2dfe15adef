package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
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
	hidden := strings.HasSuffix(file.Name, ".json") && hideEscapes(data)
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

// Whether an alias leads to a node that the walk has met already: an anchor stands before its aliases.
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
	// A source's types follow from its keys. The parser drops the tag "!", so this looks at the text too.
	if n.Style&yaml.TaggedStyle != 0 || c.page.character(n.Line, n.Column) == '!' {
		c.fault(n, "YAML tags are not supported", `put text that begins with ! in single quotes: '!granted("analytics")'`)
	}
	if n.Kind == yaml.MappingNode {
		c.checkKeys(n)
	} else {
		c.showEscapes(n)
	}
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

// checkKeys refuses keys that are not plain names or stand twice, and merge keys.
func (c *checker) checkKeys(n *yaml.Node) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		c.showEscapes(key)
		switch {
		case key.Kind != yaml.ScalarNode:
			c.fault(key, "a key must be a name", `put text that begins with { [ or * in single quotes`)
		case key.Value == "<<" && !quoted(key):
			c.fault(key, "YAML merge keys are not supported", "write the keys out, or use an alias for a whole value")
		case first[key.Value] != nil:
			c.fault(key, fmt.Sprintf("key %s stands twice", strconv.Quote(key.Value)),
				fmt.Sprintf("it stands in line %d already", first[key.Value].Line))
		default:
			first[key.Value] = key
		}
	}
}

// problem is what the YAML parser says about a mistake, and what we say.
type problem struct {
	says    string
	message string
	hint    string
	atStart bool // shown where the construct begins, which the parser names, not where the parser stopped
}

var problems = []problem{
	{"found unexpected end of stream", "this quote is not closed", "add the closing quote, or double a quote inside: ''", true},
	{"mapping values are not allowed", `": " begins a value, and there is no key here`, "put text that holds ': ' in single quotes, and check the indentation", false},
	{"did not find expected ',' or '}'", "expected , or } here", "close the { before, or put the text in single quotes", false},
	{"did not find expected ',' or ']'", "expected , or ] here", "close the [ before, or put the text in single quotes", false},
	{"could not find expected ':'", "expected a key followed by a colon", "write key: value, and check the indentation", false},
	{"did not find expected key", "expected a key here", "check the indentation, and put text that begins with a quote in single quotes as a whole", false},
	{"did not find expected '-' indicator", "expected an item of the list here", "begin it with '- ', and check the indentation", false},
	{"block sequence entries are not allowed", "a list cannot begin here", "begin each item on its own line", false},
	{"did not find expected node content", "expected a value here", "", false},
	{"found character that cannot start any token", "text cannot begin with this character", "put it in single quotes; indent with spaces, not tabs", false},
	{"found a tab character", "a tab cannot indent", "use spaces", false},
	{"found unknown escape character", "double quotes do not know this escape", `use single quotes, or double the backslash: \\`, false},
	{"did not find expected hexdecimal number", "this escape needs hexadecimal digits", "", false},
	{"found invalid Unicode character escape code", "this escape is not a character", "write the character itself", false},
	{"did not find expected alphabetic or numeric character", "expected a name after & or *", "put text that begins with & or * in single quotes", false},
	{"found undefined tag handle", "YAML tags are not supported", `put text that begins with ! in single quotes: '!granted("analytics")'`, false},
	{"exceeded max depth", fmt.Sprintf("more than %d mappings and lists inside one another", MaxDepth), "", false},
}

var (
	sayingLine    = regexp.MustCompile(`^line ([0-9]{1,9}): `)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// syntaxFault puts the YAML parser's error in our words and at its place.
//
// The parser names a line at best, and for most mistakes that of the construct around them. But it reads no further than it must: given
// the text byte by byte, it stops within a few characters of what it could not go on with.
func (r *reader) syntaxFault(data []byte, err error) Fault {
	saying := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := sayingLine.FindStringSubmatch(saying); m != nil {
		line, _ = strconv.Atoi(m[1])
		saying = saying[len(m[0]):]
	}
	stopped := r.page.position(data, stopOffset(data))
	if m := unknownAnchor.FindStringSubmatch(saying); m != nil {
		return Fault{Pos: stopped, Message: fmt.Sprintf("no anchor &%s for this alias", m[1]),
			Hint: "put text that begins with * in single quotes"}
	}
	for _, known := range problems {
		if !strings.HasPrefix(saying, known.says) {
			continue
		}
		if known.atStart {
			return Fault{Pos: r.page.openQuote(line, stopped), Message: known.message, Hint: known.hint}
		}
		return Fault{Pos: stopped, Message: known.message, Hint: known.hint}
	}
	return Fault{Pos: stopped, Message: "not YAML: " + saying}
}

// stopOffset is the number of bytes that the parser reads until it fails.
func stopOffset(data []byte) int {
	source := &byteReader{data: data}
	decoder := yaml.NewDecoder(source)
	for {
		if _, err := decode(decoder); err != nil {
			return source.read
		}
	}
}

// byteReader gives one byte at a time and counts them.
type byteReader struct {
	data []byte
	read int
}

func (b *byteReader) Read(into []byte) (int, error) {
	if b.read == len(b.data) || len(into) == 0 {
		return 0, io.EOF
	}
	into[0] = b.data[b.read]
	b.read++
	return 1, nil
}

// position is the place of the last character before an offset that is neither blank nor a line break.
func (p *page) position(data []byte, offset int) Pos {
	before := bytes.TrimRight(data[:offset], " \t\n")
	line := bytes.Count(before, []byte("\n"))
	begin := bytes.LastIndexByte(before, '\n') + 1
	return p.clamp(line+1, len([]rune(string(before[begin:]))))
}

// openQuote is the place of the quote that a line leaves open, or else the place given.
func (p *page) openQuote(line int, otherwise Pos) Pos {
	open, before, found := rune(0), ' ', 0
	escaped := false
	for i, c := range []rune(p.line(line)) {
		switch {
		case escaped:
			escaped = false
		case open == '"' && c == '\\':
			escaped = true
		case c == open: // a doubled quote closes and opens again
			open = 0
		case open == 0 && (c == '"' || c == '\'') && strings.ContainsRune(" \t[{,:'\"", before):
			open = c
			if before != c {
				found = i
			}
		}
		before = c
	}
	if open == 0 {
		return otherwise
	}
	return p.clamp(line, found+1)
}
