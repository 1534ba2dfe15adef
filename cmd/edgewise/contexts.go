package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// Two words that stand for contexts where a file could. A file of that name is ./recorded.
const (
	recordedContexts = "recorded" // what the rules name with publish: {contexts: FILE}
	personaContexts  = "personas" // the made-up visitors in the rules, which publish: {contexts: personas} names too
)

// contextsHelp is what the commands that look at the impact say of contexts.
const contextsHelp = `FILE has a JSON object a line, as ` + "`edgewise decide`" + ` reads them, or is a log that
` + "`edgewise decide --log`" + ` wrote; - is standard input. Two words stand for more: recorded for
the file that the rules name with publish: {contexts: FILE}, personas for the made-up
visitors in the rules.`

// openContexts opens what the impact of new rules is looked at on: what a flag says, or where it says nothing, the rules, which lie at path and are nil of a
// compiled bundle. in is nil where neither names any. name is what to call them.
func openContexts(flag, path string, rules *source.Bundle) (in io.ReadCloser, name string, err error) {
	switch flag {
	case "", recordedContexts:
	case personaContexts:
		return openPersonas(path, rules)
	default:
		in, err = input([]string{flag})
		return in, flag, err
	}
	named := ""
	if rules != nil {
		named = rules.Publish.Contexts.Value
	}
	switch {
	case named == personaContexts:
		return openPersonas(path, rules)
	case named != "":
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			path = filepath.Dir(path)
		}
		name = filepath.Join(path, filepath.FromSlash(named))
		in, err = os.Open(name)
		return in, name, err
	case flag == "":
		return nil, "", nil
	case rules == nil:
		return nil, "", &hinted{fmt.Errorf("--contexts %s: %s is compiled, and names none", flag, path), "give the file of contexts"}
	}
	return nil, "", &hinted{fmt.Errorf("--contexts %s: the rules in %s name none", flag, path), "write publish: {contexts: FILE} into them, or give the file of contexts"}
}

// openPersonas gives the personas of the rules at path as lines of `edgewise decide`.
func openPersonas(path string, rules *source.Bundle) (io.ReadCloser, string, error) {
	personas, err := personasOf(path, rules)
	if err != nil {
		return nil, "", err
	}
	var lines []byte
	for i := range personas {
		lines = append(append(lines, personaLine(&personas[i])...), '\n')
	}
	return io.NopCloser(bytes.NewReader(lines)), "the personas in " + path, nil
}
