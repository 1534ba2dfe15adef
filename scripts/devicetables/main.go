// Command devicetables writes edge/device/tables.go: what to look for in a
// User-Agent, drawn from three published lists and one kept here.
//
//	isbot                bot patterns: all of them
//	crawler-user-agents  bot patterns: those whose own examples isbot misses
//	uap-core             names of the browsers that also claim to be another
//	own.go               operating systems, device classes, the eight browsers
//
// Usage:
//
//	npm pack isbot crawler-user-agents uap-core     # and unpack each
//	go run ./scripts/devicetables -isbot isbot/package \
//	    -crawlers crawler-user-agents/package -uap uap-core/package -out edge/device
//
// It prints what it left out and why. A pattern that it can neither turn into
// tokens nor find among those that edge/device/shape.go writes out by hand is an
// error, so that a new release of a list is never half read.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// source is one list: where it came from and what it holds.
type source struct {
	name, version, licence string
	dir                    string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("devicetables: ")
	isbotDir := flag.String("isbot", "", "folder of the unpacked isbot package")
	crawlersDir := flag.String("crawlers", "", "folder of the unpacked crawler-user-agents package")
	uapDir := flag.String("uap", "", "folder of the unpacked uap-core package")
	out := flag.String("out", "edge/device", "folder to write tables.go and patterns_test.go to")
	flag.Parse()

	sources := make([]source, 0, 3)
	for _, dir := range []string{*isbotDir, *crawlersDir, *uapDir} {
		s, err := readSource(dir)
		if err != nil {
			log.Fatal(err)
		}
		sources = append(sources, s)
	}
	if err := run(sources[0], sources[1], sources[2], *out); err != nil {
		log.Fatal(err)
	}
}

func run(isbot, crawlers, uap source, out string) error {
	bots, shapes, err := isbotTokens(isbot)
	if err != nil {
		return err
	}
	more, err := crawlerTokens(crawlers, bots, shapes)
	if err != nil {
		return err
	}
	browsers, err := browserTokens(uap)
	if err != nil {
		return err
	}
	tokens := append(append(bots, more...), browsers...)
	tokens = append(tokens, osTokens()...)
	tokens = append(tokens, signTokens()...)
	tables, size, err := render(dedupe(tokens), []source{isbot, crawlers, uap})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "tables.go"), tables, 0o644); err != nil {
		return err
	}
	fmt.Printf("%d bytes of tables\n", size)
	return os.WriteFile(filepath.Join(out, "patterns_test.go"), renderPatterns(shapes, isbot), 0o644)
}

// readSource reads name, version and licence from dir/package.json.
func readSource(dir string) (source, error) {
	data, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return source{}, fmt.Errorf("%w (see the usage in main.go)", err)
	}
	var p struct {
		Name, Version, License string
		Licenses               []struct{ Type string }
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return source{}, fmt.Errorf("%s/package.json: %w", dir, err)
	}
	if p.License == "" && len(p.Licenses) > 0 {
		p.License = p.Licenses[0].Type
	}
	return source{p.Name, p.Version, p.License, dir}, nil
}
