// Package examples holds bundles to learn from, built into every program that imports it: storefront, a shop with a news section
// that the demo decides with, consent, a consent policy with visitors from several parts of the world, and hello, the smallest one worth
// looking at.
//
// Reach for Storefront. The files themselves are meant to be read, in this folder.
package examples

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

//go:embed storefront/*.yaml consent/*.yaml hello.yaml
var files embed.FS

// Storefront reads the example of a shop: eight decisions, with and without consent, by rules and by split.
func Storefront() (*source.Bundle, error) { return read("storefront") }

// Hello reads the smallest example.
func Hello() (*source.Bundle, error) { return read("hello.yaml") }

// Consent reads the example of a consent policy.
func Consent() (*source.Bundle, error) { return read("consent") }

// ConsentPolicy is the policy of that example by itself: a file for the folder of another bundle.
func ConsentPolicy() []byte {
	data, err := files.ReadFile("consent/consent.yaml")
	if err != nil {
		panic("examples: internal error: " + err.Error()) // it is embedded
	}
	return data
}

// read parses a folder or a file, in the order of names.
func read(root string) (*source.Bundle, error) {
	var read []source.File
	err := fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".test.yaml") {
			return err
		}
		data, err := files.ReadFile(name)
		read = append(read, source.File{Name: path.Join("examples", name), Data: data})
		return err
	})
	if err != nil {
		return nil, err
	}
	return source.Parse(read...)
}
