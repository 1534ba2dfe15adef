package format

// SectionSize is how much of a file a section takes.
type SectionSize struct {
	Tag     Tag
	Records int // of the text section: bytes
	Bytes   int
}

// Sizes gives the size of each section, in the order in which they lie in the file.
func (b *Bundle) Sizes() []SectionSize {
	sizes := make([]SectionSize, len(sections))
	for i, s := range sections {
		sizes[i] = SectionSize{Tag: s.tag, Records: b.slice(i).len, Bytes: len(b.part(i))}
	}
	return sizes
}
