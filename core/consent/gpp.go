package consent

// MaxSections bounds the sections of a GPP string. There are ids for 27, and nobody writes more than a few.
const MaxSections = 64

// GPP goes through the sections of a GPP string, in their order. A section is read when it is asked for, so that one with a fault spoils
// no other.
type GPP struct {
	ids  ids
	text string // the sections that come next
}

// Section is a section of a GPP string: its id, and its text as it stands there.
type Section struct {
	ID   int
	Text string
}

// The ids of the sections that are read here; see also USName. There are others, and there will be: they are skipped.
const (
	SectionTCF       = 2  // tcfeuv2: a TC string
	SectionCanada    = 5  // tcfcav1
	SectionUSPrivacy = 6  // uspv1: a US Privacy string
	SectionUSNat     = 7  // the first of the sections for the United States, of which SectionUSRI is the last
	SectionUSMD      = 24 // the last of those that hold their sensitive items in a list, or have none
	SectionUSRI      = 27
)

// ParseGPP reads the header of a GPP string and counts its sections. What is wrong within a section shows when that is read.
func ParseGPP(s string) (g GPP, f Fault) {
	switch {
	case s == "":
		return g, Empty
	case len(s) > MaxString:
		return g, TooLong
	}
	header, text, more, f := cut(s, '~')
	if f != None {
		return g, f
	}
	r := reader{s: header}
	head := r.take(6 + 6 + 12) // type, version, number of items
	switch {
	case s[0] != 'D':
		return g, Foreign
	case r.fault == None && head>>12&63 != 1:
		return g, Version
	}
	g = GPP{ids{bits: r, items: int(head & 0xfff)}, text}
	listed := 0
	ids := g.ids
	for ids.next() != 0 && listed <= MaxSections {
		listed++
	}
	if ids.bits.fault != None {
		return GPP{}, ids.bits.fault
	}
	found := 0
	for blank := false; more; found++ {
		if text, blank, more = afterSection(text); blank {
			return GPP{}, EmptySegment
		}
	}
	if listed != found || listed > MaxSections {
		return GPP{}, Sections
	}
	return g, None
}

// afterSection passes over the section that comes first; blank says that it has no characters, more that there is another behind it.
func afterSection(s string) (rest string, blank, more bool) {
	n := sectionLength(s)
	if n < len(s) {
		return s[n+1:], n == 0, true
	}
	return "", n == 0, false
}

// sectionLength counts the characters up to the next section, of whatever kind they are.
//
//go:noinline
func sectionLength(s string) (n int) {
	for {
		n += span(s[n:])
		if n == len(s) || s[n] == '~' {
			return n
		}
		n++
	}
}

// Next gives the next section; not ok at the end.
func (g *GPP) Next() (s Section, ok bool) {
	s.ID = g.ids.next()
	if s.ID == 0 {
		return s, false
	}
	n := sectionLength(g.text)
	s.Text = g.text[:n]
	g.text = g.text[min(n+1, len(g.text)):]
	return s, true
}

// Find gives the section with an id, among those that Next has not given yet.
func (g GPP) Find(id int) (s Section, ok bool) {
	for {
		if s, ok = g.Next(); !ok || s.ID == id {
			return s, ok
		}
	}
}

// ids goes through the ids of a header.
type ids struct {
	bits       reader
	items      int // items that come next
	last, upTo int // the id that was given last, and the last of its group
}

// next gives the next id, 0 at the end or at a fault.
//
//go:noinline
func (l *ids) next() int {
	if l.last < l.upTo {
		l.last++
		return l.last
	}
	if l.items == 0 || l.bits.fault != None {
		return 0
	}
	l.items--
	l.last, l.upTo = l.bits.group(l.upTo, maxVendor)
	if l.bits.fault != None {
		return 0
	}
	return l.last
}

// Check looks at a section that is not read here: it has to be segments of base64url like all of them.
func (s Section) Check() (f Fault) {
	for rest, more := s.Text, true; more && f == None; {
		_, rest, more, f = cut(rest, '.')
	}
	return f
}
