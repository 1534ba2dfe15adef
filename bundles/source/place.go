package source

// At returns the place in the file of a character of the text, given its offset in characters (code points, as CEL counts) from
// the beginning of Value. The offset of the end is one past the last character; offsets outside are moved inside. Where the text
// was made rather than written, every character stands at Pos.
//
// How a scalar is written decides what lies between its characters: quotes, escapes, the indentation of each further line, line
// breaks that YAML folds into a space. So At walks through the source and the value side by side, until it has met the character.
func (t Text) At(offset int) Pos {
	w := t.walk()
	if t.page == nil || !w.start(t.Pos) || !w.run() {
		return t.Pos
	}
	offset = min(max(offset, 0), len(w.places)-1)
	place := w.places[offset]
	return t.page.clamp(place.line+1, place.column+1)
}

// Length is the number of characters that the text takes in its first line, quotes included: what a caret underlines.
func (t Text) Length() int {
	w := t.walk()
	if t.page == nil || !w.start(t.Pos) || !w.run() {
		return 1
	}
	if w.line != t.Pos.Line-1 {
		return max(len(t.page.characters(t.Pos.Line))-t.Pos.Column+1, 1)
	}
	return max(w.column-(t.Pos.Column-1), 1)
}

// place is a line and a column, both from 0.
type place struct{ line, column int }

// walk goes through a scalar's source. Each character of the value that it meets gets its place.
type walk struct {
	page   *page
	line   int    // from 0
	text   []rune // the line's characters
	column int    // from 0, in characters
	inked  int    // from column up to here, if that is further, the line has only blanks
	value  []rune
	tail   int     // from here on value is line breaks
	places []place // of value's characters met so far, at last also of its end
}

func (t Text) walk() walk {
	w := walk{page: t.page, value: []rune(t.Value)}
	for w.tail = len(w.value); w.tail > 0 && w.value[w.tail-1] == '\n'; {
		w.tail--
	}
	return w
}

// start goes to a place, and says whether it is one.
func (w *walk) start(pos Pos) bool {
	if pos.Line < 1 || pos.Line > len(w.page.lines) {
		return false
	}
	w.goTo(pos.Line - 1)
	w.column = pos.Column - 1
	return w.column <= len(w.text)
}

// run walks through the scalar that begins here. It says whether source and value agreed to the end.
func (w *walk) run() bool {
	ok := false
	switch c := w.peek(); {
	case w.page.table:
		ok = w.cell()
	case c == '\'':
		w.column++
		ok = w.quoted('\'')
	case c == '"':
		w.column++
		ok = w.quoted('"')
	case c == '|':
		ok = w.block(false)
	case c == '>':
		ok = w.block(true)
	default:
		ok = w.plain()
	}
	return ok && len(w.places) == len(w.value)+1
}

// peek returns the character here, '\n' at the end of a line.
func (w *walk) peek() rune {
	if w.column < len(w.text) {
		return w.text[w.column]
	}
	return '\n'
}

func (w *walk) goTo(line int) {
	w.line, w.column, w.inked = line, 0, 0
	w.text = w.page.characters(line + 1)
}

// next goes to the beginning of the next line, and says whether there is one.
func (w *walk) next() bool {
	if w.line+1 >= len(w.page.lines) {
		return false
	}
	w.goTo(w.line + 1)
	return true
}

func (w *walk) skipBlanks() {
	for w.peek() == ' ' || w.peek() == '\t' {
		w.column++
	}
}

func (w *walk) done() bool { return len(w.places) >= len(w.value) }

// put gives the value's next character the place p, if it is c.
func (w *walk) put(c rune, p place) bool {
	if w.done() || w.value[len(w.places)] != c {
		return false
	}
	w.places = append(w.places, p)
	return true
}

// take consumes a character that stands for itself.
func (w *walk) take() bool {
	ok := w.put(w.peek(), place{w.line, w.column})
	w.column++
	return ok
}

// end gives the value's end the place here.
func (w *walk) end() bool {
	if !w.done() {
		return false
	}
	w.places = append(w.places, place{w.line, w.column})
	return true
}

// plain walks through an unquoted scalar. Its end is where the value ends: what may follow depends on what is around it.
func (w *walk) plain() bool {
	for !w.done() {
		if ok := w.atFold() && w.fold() || !w.atFold() && w.take(); !ok {
			return false
		}
	}
	return w.end()
}

// quoted walks to the closing quote: a doubled one in single quotes is a quote, a backslash in double quotes begins an escape.
func (w *walk) quoted(quote rune) bool {
	for {
		c := w.peek()
		ok := false
		switch {
		case w.atFold():
			ok = w.fold()
		case c == quote && quote == '\'' && w.column+1 < len(w.text) && w.text[w.column+1] == quote:
			ok = w.put(quote, place{w.line, w.column})
			w.column += 2
		case c == quote:
			ok = w.end()
			w.column++
			return ok
		case c == '\\' && quote == '"':
			ok = w.escape()
		default:
			ok = w.take()
		}
		if !ok {
			return false
		}
	}
}

// cell walks through a cell of a CSV file, whose value is without the blanks around it. In a quoted cell a doubled quote is one, and line
// breaks are of the value.
func (w *walk) cell() bool {
	quoted := w.peek() == '"'
	if quoted {
		w.column++
	}
	w.skipBlanks()
	for quoted && len(w.value) > 0 && w.column >= len(w.text) && w.next() {
		w.skipBlanks()
	}
	for !w.done() {
		ok := false
		switch {
		case w.column < len(w.text) && quoted && w.text[w.column] == '"':
			ok = w.put('"', place{w.line, w.column})
			w.column += 2
		case w.column < len(w.text):
			ok = w.take()
		case quoted:
			ok = w.put('\n', place{w.line, w.column}) && w.next()
		}
		if !ok {
			return false
		}
	}
	ok := w.end()
	if w.skipBlanks(); quoted && w.peek() == '"' {
		w.column++
	}
	return ok
}

// escape walks through a backslash and what belongs to it: one character of the value, or a line break that is not there.
func (w *walk) escape() bool {
	if w.column+1 >= len(w.text) {
		return w.continued()
	}
	length := 2
	switch w.text[w.column+1] {
	case 'x':
		length = 4
	case 'u':
		length = 6
		if high, low := surrogate(w.text[w.column:], 0), surrogate(w.text[w.column:], 6); high == highSurrogate && low == lowSurrogate {
			length = 12
		}
	case 'U':
		length = 10
	}
	if w.done() {
		return false
	}
	w.places = append(w.places, place{w.line, w.column})
	w.column += length
	return w.column <= len(w.text)
}

// continued walks over a line break escaped by a backslash: blanks before it stay, it and the next line's indentation vanish, and
// each empty line after it is a line break of the value.
func (w *walk) continued() bool {
	for w.next() {
		w.skipBlanks()
		if w.peek() != '\n' {
			return true
		}
		if !w.put('\n', place{w.line, w.column}) {
			return false
		}
	}
	return false
}

// atFold says whether nothing but blanks is left in this line.
func (w *walk) atFold() bool {
	if w.inked <= w.column {
		for w.inked = w.column; w.inked < len(w.text) && (w.text[w.inked] == ' ' || w.text[w.inked] == '\t'); {
			w.inked++
		}
	}
	return w.inked >= len(w.text)
}

// fold walks over a line break, the blanks around it, and empty lines: a space where no line is empty, else a line break each.
func (w *walk) fold() bool {
	here := place{w.line, w.column}
	for empty := 0; w.next(); empty++ {
		w.skipBlanks()
		if w.peek() == '\n' {
			if !w.put('\n', place{w.line, w.column}) {
				return false
			}
			continue
		}
		return empty > 0 || w.put(' ', here)
	}
	return false
}

// block walks through a block scalar: | keeps its line breaks, > folds those between lines that are not indented further.
// Its end is where the value ends, as how many line breaks at the end belong to it depends on the indicator.
func (w *walk) block(folded bool) bool {
	indent, found := w.indentation()
	if !found {
		return false
	}
	empty, further, first := 0, false, true // since the last line with content, and of that line
	last := place{w.line, len(w.text)}
	for !w.done() {
		if !w.next() {
			return false
		}
		for w.column < indent && w.peek() == ' ' {
			w.column++
		}
		if w.column == len(w.text) && w.onlyBreaksLeft() {
			if first {
				last = place{w.line, w.column}
			}
			w.breaks(last, w.column)
			break
		}
		if w.column == len(w.text) {
			empty++
			continue
		}
		indented := w.peek() == ' ' || w.peek() == '\t'
		if !w.join(last, joint{folded: folded, first: first, further: further || indented, empty: empty}) {
			return false
		}
		for w.column < len(w.text) && !w.done() {
			if !w.take() {
				return false
			}
		}
		last = place{w.line, w.column}
		if w.onlyBreaksLeft() {
			w.breaks(last, w.column)
		}
		empty, further, first = 0, indented, false
	}
	return w.end()
}

// joint is what lies between two lines of a block scalar.
type joint struct {
	folded  bool
	first   bool // no line came before
	further bool // one of the two is indented further than the block
	empty   int  // lines between them
}

// join puts the characters that a joint stands for.
func (w *walk) join(last place, j joint) bool {
	breaks := j.empty
	switch {
	case j.first:
	case !j.folded || j.further:
		breaks++
	case j.empty == 0:
		return w.put(' ', last)
	}
	for i := range breaks {
		if !w.put('\n', place{last.line + i, last.column}) {
			return false
		}
	}
	return true
}

// onlyBreaksLeft says whether the rest of the value is line breaks.
func (w *walk) onlyBreaksLeft() bool { return len(w.places) >= w.tail }

// breaks puts the line breaks at the end of the value.
func (w *walk) breaks(last place, column int) {
	for i := 0; !w.done(); i++ {
		w.put('\n', place{min(last.line+i, len(w.page.lines)-1), column})
	}
}

// indentation compares the block's first line that is not empty, in the source and in the value: what the source has more is the
// block's indentation. Without such a line there is none.
func (w *walk) indentation() (int, bool) {
	inValue := 0
	for _, c := range w.value {
		if c == ' ' {
			inValue++
		} else if c == '\n' {
			inValue = 0
		} else {
			break
		}
	}
	if len(w.value) == 0 || w.onlyBreaksLeft() {
		return 1 << 30, true
	}
	for _, line := range w.page.lines[w.line+1:] {
		for i, c := range line {
			if c != ' ' {
				return i - inValue, i >= inValue
			}
		}
	}
	return 0, false
}
