// Package signals reads consent strings with core/consent and with the libraries of prebid, to measure them in one run.
//
// Reach for Classes; OursReads and TheirsReads read one string of a class each, as somebody does who is about to decide for a visitor.
package signals

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prebid/go-gdpr/vendorconsent"
	"github.com/prebid/go-gpp"
	"github.com/prebid/go-gpp/constants"

	"github.com/edgewise-dev/edgewise/core/consent"
)

// Vendor is whom a TC string is asked for: an id that is high enough to be somewhere in the middle of a list.
const Vendor = 755

// Class is strings of one framework, tcf or gpp, that are alike.
type Class struct {
	Framework, Name string
	Strings         []string
}

// Own are strings that are made here: what each class is for says its name.
func Own() []Class {
	return []Class{
		{"tcf", "own: fixed fields only", []string{tcString(func(b *bits) { b.field(0).field(0) })}},
		{"tcf", "own: 500 characters", []string{tcString(func(b *bits) { b.field(1367).field(1367) })}},
		{"tcf", "own: all segments", []string{Usual()}},
		{"tcf", "own: 50 ranges", []string{tcString(func(b *bits) { b.ranges(50).ranges(50) })}},
		{"gpp", "own: usnat", []string{"DBABLA~BVQqAAAAAAKA.QA"}},
	}
}

// Usual is a TC string as a consent manager writes it today: with some hundred vendors, the vendors disclosed, and the publisher's segment,
// which consents to the purposes 1 to 10.
func Usual() string {
	disclosed := (&bits{}).put(1, 3).field(400)
	publisher := (&bits{}).put(3, 3).put(0b1111111111<<14, 24).put(0, 24).put(0, 6)
	return tcString(func(b *bits) { b.field(400).field(400) }) + "." + disclosed.String() + "." + publisher.String()
}

// Read reads the samples in a folder: tcf.jsonl and gpp.jsonl, lines with a string and its tags. The first tag that is not about how a string
// was made is its class.
func Read(folder string) ([]Class, error) {
	var all []Class
	for _, framework := range []string{"tcf", "gpp"} {
		file, err := os.Open(filepath.Join(folder, framework+".jsonl"))
		if err != nil {
			return nil, err
		}
		defer file.Close()
		scanner := bufio.NewScanner(file)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			var sample struct {
				String string
				Tags   []string
			}
			if err := json.Unmarshal(scanner.Bytes(), &sample); err != nil {
				return nil, err
			}
			name := className(sample.Tags)
			i := slices.IndexFunc(all, func(c Class) bool { return c.Framework == framework && c.Name == name })
			if i < 0 {
				i = len(all)
				all = append(all, Class{Framework: framework, Name: name})
			}
			all[i].Strings = append(all[i].Strings, sample.String)
		}
		if err := scanner.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func className(tags []string) string {
	for _, tag := range tags {
		if tag != "bits" && tag != "single" {
			if strings.HasPrefix(tag, "us") && !strings.HasPrefix(tag, "usp") && !strings.HasPrefix(tag, "usnat") {
				return "a state"
			}
			if strings.HasPrefix(tag, "single-") {
				return "a single bit"
			}
			return tag
		}
	}
	return "others"
}

// OursReads reads a string with core/consent and says whether it could: of a TC string what it grants Vendor, of a GPP string the
// sections that go-gpp reads.
func OursReads(framework, s string) bool {
	if framework == "tcf" {
		_, fault := consent.ParseTCF(s, Vendor)
		return fault == consent.None
	}
	g, fault := consent.ParseGPP(s)
	for section, ok := g.Next(); ok && fault == consent.None; section, ok = g.Next() {
		if section.ID >= consent.SectionUSNat && section.ID <= lastOfTheirs {
			_, fault = consent.ParseUS(section)
		}
	}
	return fault == consent.None
}

// lastOfTheirs is the last section that go-gpp reads; the others it passes over.
const lastOfTheirs = int(constants.SectionUSPCT)

// TheirsReads is OursReads with go-gdpr and go-gpp. These stop the program at some strings; that counts as not being able to read them.
func TheirsReads(framework, s string) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	if framework == "tcf" {
		parsed, err := vendorconsent.ParseString(s)
		if err != nil {
			return false
		}
		parsed.VendorConsent(Vendor)
		return true
	}
	container, errors := gpp.Parse(s)
	return len(errors) == 0 && len(container.Sections) > 0
}
