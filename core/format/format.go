// Package format is the compiled bundle: its layout, its reader, which checks everything once, and its writer.
//
// Reach for Read first: it takes the bytes of a bundle and gives a Bundle whose every offset, index, jump and depth has been checked,
// so that what evaluates it needs no checks of its own. Random bytes never panic it. Package bundles fills a Bundle
// and calls Append; the same Bundle always gives the same bytes.
//
// # Layout
//
// All numbers are 32-bit words, little-endian; a 64-bit number is two words, the low one first. The file is
//
//	word  0     magic: the bytes "EDGW"
//	word  1     format version
//	words 2, 3  checksum: XXH64 of all that follows word 3, seeded with words 0 and 1
//	word  4     length of the whole file in bytes
//	word  5     number of sections
//	then        the section table: for each section its tag (four characters) and its length in bytes
//	then        the sections, end to end, in the order of the table, each padded with zeros to a multiple of 8 bytes
//
// A section has no offset: it begins where the one before it ends, so sections cannot overlap or leave gaps. A file holds each section of
// its version exactly once and in the order of the table below, empty ones too. A section is its records laid end to
// end, and a record is words (see the record types); only the text section is bytes.
//
//	ABOU About        PURP Purpose      CPOL Policy       COOK Cookie      CGRP ConsentGroup JURI Jurisdiction
//	STRS Span         ATTR Attribute    CNST Constant     PRED Predicate   PATS Pattern      PATT word
//	COND Condition    CODE Instr        SEGM Segment      DECI Decision    VARI Variant      RULE Rule
//	SCHD Schedule     DRAW Draw         SPLT Split        RNGE Range       HOLD Holdout      GROU Group
//	DEFR Deferral     ALOW word         DCDR Decider      DRUL DeciderRule ROUT Route        LIST word
//	IDXT Indexed      IDXK IndexKey     IDXC word         IDXR 64 bits     TEXT bytes
//
// The checksum finds accidents (a torn upload, a flipped bit); trust is the envelope's business. Reading tests, in this order: size,
// magic, length, checksum, version, the section table, then each section. A bundle of a newer format or with an unknown section is
// refused by name.
//
// # Worked example
//
// The smallest bundle is named "a", knows the one purpose "necessary" and decides nothing; 416 bytes:
//
//	45444757 01000000 f0a952c6 624cb068 a0010000 23000000   EDGW, version 1, checksum, 416 bytes, 35 sections
//	41424f55 24000000 50555250 1c000000 43504f4c 00000000   ABOU 36 bytes, PURP 28, CPOL
//	434f4f4b 00000000 43475250 00000000 4a555249 00000000   COOK, CGRP, JURI: empty
//	53545253 18000000 41545452 00000000 434e5354 00000000   STRS 24, ATTR, CNST
//	50524544 00000000 50415453 00000000 50415454 00000000   PRED, PATS, PATT
//	434f4e44 00000000 434f4445 00000000 5345474d 00000000   COND, CODE, SEGM
//	44454349 00000000 56415249 00000000 52554c45 00000000   DECI, VARI, RULE
//	53434844 00000000 44524157 00000000 53504c54 00000000   SCHD, DRAW, SPLT
//	524e4745 00000000 484f4c44 00000000 47524f55 00000000   RNGE, HOLD, GROU
//	44454652 00000000 414c4f57 00000000 44434452 00000000   DEFR, ALOW, DCDR
//	4452554c 00000000 524f5554 00000000 4c495354 00000000   DRUL, ROUT, LIST
//	49445854 00000000 4944584b 00000000 49445843 00000000   IDXT, IDXK, IDXC
//	49445852 00000000 54455854 0a000000                     IDXR, TEXT 10 bytes
//	01000000 00000000 00000000 00000000 00000000 00000000   About: name is string 1
//	00000000 00000000 00000000 00000000                     its other fields; padding
//	02000000 00000000 00000000 00000000 00000000 00000000   Purpose 0: name is string 2
//	00000000 00000000                                       padding
//	00000000 00000000 00000000 01000000 01000000 09000000   strings: "" at 0, "a" at 0 length 1, "necessary" at 1 length 9
//	616e6563 65737361 72790000 00000000                     text: "anecessary"; padding
//
// To add a section: a record type in record.go or consent.go, a Tag, a row in sections and a field of Bundle in the same place (bundle.go), its checks in
// check.go, a higher Version, and its place in the layout above.
package format

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// Version is the format that this package reads and writes. There is one: until the first release a change of format
// means compiling the sources again.
const Version = 1

// Level is what this engine can do beyond reading the format: a higher level knows operations that a lower one does not.
const Level = 1

// Magic is word 0: "EDGW".
const Magic = 'E' | 'D'<<8 | 'G'<<16 | 'W'<<24

const (
	headerSize    = 24 // words 0 to 5
	checkedFrom   = 16 // the checksum covers what follows it
	tableRowSize  = 8
	contentsStart = headerSize + tableRowSize*len(sections)
)

// Tag is a section's name: four characters in a word.
type Tag uint32

// The sections' tags.
const (
	TagAbout         Tag = 'A' | 'B'<<8 | 'O'<<16 | 'U'<<24
	TagPurposes      Tag = 'P' | 'U'<<8 | 'R'<<16 | 'P'<<24
	TagPolicies      Tag = 'C' | 'P'<<8 | 'O'<<16 | 'L'<<24
	TagCookies       Tag = 'C' | 'O'<<8 | 'O'<<16 | 'K'<<24
	TagConsentGroups Tag = 'C' | 'G'<<8 | 'R'<<16 | 'P'<<24
	TagJurisdictions Tag = 'J' | 'U'<<8 | 'R'<<16 | 'I'<<24
	TagStrings       Tag = 'S' | 'T'<<8 | 'R'<<16 | 'S'<<24
	TagAttributes    Tag = 'A' | 'T'<<8 | 'T'<<16 | 'R'<<24
	TagConstants     Tag = 'C' | 'N'<<8 | 'S'<<16 | 'T'<<24
	TagPredicates    Tag = 'P' | 'R'<<8 | 'E'<<16 | 'D'<<24
	TagPatterns      Tag = 'P' | 'A'<<8 | 'T'<<16 | 'S'<<24
	TagTables        Tag = 'P' | 'A'<<8 | 'T'<<16 | 'T'<<24
	TagConditions    Tag = 'C' | 'O'<<8 | 'N'<<16 | 'D'<<24
	TagCode          Tag = 'C' | 'O'<<8 | 'D'<<16 | 'E'<<24
	TagSegments      Tag = 'S' | 'E'<<8 | 'G'<<16 | 'M'<<24
	TagDecisions     Tag = 'D' | 'E'<<8 | 'C'<<16 | 'I'<<24
	TagVariants      Tag = 'V' | 'A'<<8 | 'R'<<16 | 'I'<<24
	TagRules         Tag = 'R' | 'U'<<8 | 'L'<<16 | 'E'<<24
	TagSchedules     Tag = 'S' | 'C'<<8 | 'H'<<16 | 'D'<<24
	TagDraws         Tag = 'D' | 'R'<<8 | 'A'<<16 | 'W'<<24
	TagSplits        Tag = 'S' | 'P'<<8 | 'L'<<16 | 'T'<<24
	TagRanges        Tag = 'R' | 'N'<<8 | 'G'<<16 | 'E'<<24
	TagHoldouts      Tag = 'H' | 'O'<<8 | 'L'<<16 | 'D'<<24
	TagGroups        Tag = 'G' | 'R'<<8 | 'O'<<16 | 'U'<<24
	TagDeferrals     Tag = 'D' | 'E'<<8 | 'F'<<16 | 'R'<<24
	TagAllowed       Tag = 'A' | 'L'<<8 | 'O'<<16 | 'W'<<24
	TagDeciders      Tag = 'D' | 'C'<<8 | 'D'<<16 | 'R'<<24
	TagDeciderRules  Tag = 'D' | 'R'<<8 | 'U'<<16 | 'L'<<24
	TagRoutes        Tag = 'R' | 'O'<<8 | 'U'<<16 | 'T'<<24
	TagLists         Tag = 'L' | 'I'<<8 | 'S'<<16 | 'T'<<24
	TagIndexed       Tag = 'I' | 'D'<<8 | 'X'<<16 | 'T'<<24
	TagIndexKeys     Tag = 'I' | 'D'<<8 | 'X'<<16 | 'K'<<24
	TagClasses       Tag = 'I' | 'D'<<8 | 'X'<<16 | 'C'<<24
	TagRows          Tag = 'I' | 'D'<<8 | 'X'<<16 | 'R'<<24
	TagText          Tag = 'T' | 'E'<<8 | 'X'<<16 | 'T'<<24
)

// String is the tag's four characters; one that is not printable is shown as '?'.
func (t Tag) String() string {
	name := [4]byte{byte(t), byte(t >> 8), byte(t >> 16), byte(t >> 24)}
	for i, c := range name {
		if c < ' ' || c > '~' {
			name[i] = '?'
		}
	}
	return string(name[:])
}

// Read checks data and gives the bundle in it. The bundle shares data, which must not change afterwards; only where data does
// not start at a word's boundary, or the machine is big-endian, is it copied. The error is an *Refusal.
func Read(data []byte) (*Bundle, error) {
	b := &Bundle{}
	refusal := intact(data)
	if refusal == nil {
		refusal = b.cut(data)
	}
	if refusal == nil {
		refusal = b.check()
	}
	if refusal != nil {
		return nil, refusal
	}
	return b, nil
}

// View is Read for bytes that Read has accepted, and that nobody could change since: it reads the header and the section table and nothing
// else, whatever the bundle's size. A bundle made of other bytes can read and write memory that is not its own.
func View(data []byte) (*Bundle, error) {
	b := &Bundle{}
	if err := b.cut(data); err != nil {
		return nil, err
	}
	return b, nil
}

// intact tests whether data is a bundle, whole and as it was written.
func intact(data []byte) *Refusal {
	switch {
	case len(data) > MaxSize:
		return refuse(TooLarge, 0, uint32(len(data)>>10), MaxSize>>10)
	case len(data) < headerSize || word(data, 0) != Magic:
		return refuse(NotABundle, 0, 0, 0)
	case uint64(word(data, 4)) != uint64(len(data)):
		return refuse(WrongLength, 0, uint32(len(data)), word(data, 4))
	case checksum(data) != uint64(word(data, 2))|uint64(word(data, 3))<<32:
		return refuse(Corrupt, 0, 0, 0)
	}
	return nil
}

// cut tests the rest of the header and the section table and cuts data into the bundle's sections.
func (b *Bundle) cut(data []byte) *Refusal {
	switch {
	case len(data) < headerSize || word(data, 0) != Magic:
		return refuse(NotABundle, 0, 0, 0)
	case word(data, 1) > Version:
		return refuse(NewerFormat, 0, word(data, 1), Version)
	case word(data, 1) < Version:
		return refuse(OlderFormat, 0, word(data, 1), Version)
	}
	count := int(word(data, 5))
	for i := 0; i < count && headerSize+tableRowSize*(i+1) <= len(data); i++ {
		tag := Tag(word(data, 6+2*i))
		if i < len(sections) && tag == sections[i].tag {
			continue
		}
		if !known(tag) {
			return refuse(UnknownSection, tag, 0, 0)
		}
		return refuse(MisplacedSection, tag, 0, 0)
	}
	if count != len(sections) || len(data) < contentsStart {
		return refuse(MissingSection, 0, uint32(count), uint32(len(sections)))
	}
	table := data
	data = aligned(data)
	at := contentsStart
	for i, s := range sections {
		length := int64(word(table, 7+2*i))
		end := align(int64(at) + length)
		if length%int64(s.size) != 0 || end > int64(len(data)) || !zeros(data[at+int(length):end]) {
			return refuse(BadSectionLength, s.tag, uint32(length), 0)
		}
		if bigEndian {
			turnWords(data[at:at+int(length)], s.word())
		}
		b.setPart(i, data[at:at+int(length)])
		at = int(end)
	}
	if at != len(data) {
		return refuse(BadSectionLength, TagText, uint32(len(data)-at), 0)
	}
	return nil
}

// align is the next multiple of 8, where a section may begin.
func align(n int64) int64 { return (n + 7) &^ 7 }

func zeros(data []byte) bool {
	for _, c := range data {
		if c != 0 {
			return false
		}
	}
	return true
}

func known(tag Tag) bool {
	for i := range sections {
		if sections[i].tag == tag {
			return true
		}
	}
	return false
}

// word reads word i of a file.
func word(data []byte, i int) uint32 {
	p := data[4*i : 4*i+4]
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

func checksum(data []byte) uint64 {
	return xxhash.Sum64(asString(data[checkedFrom:]), uint64(word(data, 0))|uint64(word(data, 1))<<32)
}

// asString views bytes as a string.
func asString(data []byte) string { return unsafe.String(unsafe.SliceData(data), len(data)) }

// aligned gives data itself where its memory can serve as records, and a copy that can where it cannot.
func aligned(data []byte) []byte {
	if !bigEndian && uintptr(unsafe.Pointer(&data[0]))%8 == 0 {
		return data
	}
	words := make([]uint64, (len(data)+7)/8)
	moved := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(data))
	copy(moved, data)
	return moved
}

// Append writes the bundle after dst, which it extends. It checks nothing: Read does.
func (b *Bundle) Append(dst []byte) []byte {
	start := len(dst)
	total := int64(contentsStart)
	for i := range sections {
		total = align(total + int64(len(b.part(i))))
	}
	dst = appendWords(dst, Magic, Version, 0, 0, uint32(total), uint32(len(sections)))
	for i, s := range sections {
		dst = appendWords(dst, uint32(s.tag), uint32(len(b.part(i))))
	}
	for i := range sections {
		at := len(dst)
		dst = append(dst, b.part(i)...)
		if bigEndian {
			turnWords(dst[at:], sections[i].word())
		}
		for (len(dst)-start)%8 != 0 {
			dst = append(dst, 0)
		}
	}
	file := dst[start:]
	sum := checksum(file)
	appendWords(file[:8], uint32(sum), uint32(sum>>32))
	return dst
}

func appendWords(dst []byte, words ...uint32) []byte {
	for _, w := range words {
		dst = append(dst, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	return dst
}
