package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Read reads the bundle source at a path: one YAML or JSON file, or a folder of them. Of a folder it reads all *.yaml, *.yml and
// *.json below it in the order of their names, leaving out tests (*.test.yaml) and what begins with a dot.
//
// The error is of type Faults where the source can be read but is not a bundle.
func Read(path string) (*Bundle, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	names := []string{path}
	if info.IsDir() {
		if names, err = list(path, isSource); err != nil {
			return nil, err
		}
	}
	files := make([]File, 0, len(names))
	total := 0
	for _, name := range names {
		data, err := readFile(name)
		if err != nil {
			return nil, err
		}
		if total += len(data); total > MaxSource {
			return nil, fmt.Errorf("%s: the files of a bundle have more than %d MiB together", path, MaxSource>>20)
		}
		files = append(files, File{Name: name, Data: data})
	}
	return parse(files, func(name string) (File, error) {
		data, err := readFile(name)
		return File{Name: name, Data: data}, err
	})
}

// errNoFiles is wrapped where a folder has no file of those looked for.
var errNoFiles = errors.New("no *.yaml, *.yml or *.json file in this folder")

// list names the files below a folder that are wanted by their names, sorted.
func list(folder string, wanted func(name string) bool) ([]string, error) {
	var names []string
	entries := 0
	root := folder
	if info, err := os.Lstat(folder); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if root, err = filepath.EvalSymlinks(folder); err != nil { // WalkDir follows no link, not even the one it begins at
			return nil, err
		}
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entries++; entries > MaxEntries {
			return fmt.Errorf("%s: more than %d files: is this the folder of a bundle?", folder, MaxEntries)
		}
		if path != root && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.IsDir() && wanted(entry.Name()) {
			if root != folder { // files are named as they were asked for
				inside, err := filepath.Rel(root, path)
				if err != nil {
					return err
				}
				path = filepath.Join(folder, inside)
			}
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: %w", folder, errNoFiles)
	}
	if len(names) > MaxFiles {
		return nil, fmt.Errorf("%s: %d files, the limit is %d", folder, len(names), MaxFiles)
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(filepath.ToSlash(a), filepath.ToSlash(b)) })
	return names, nil
}

// isSource says whether a file of that name belongs to a bundle's source.
func isSource(name string) bool {
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return !strings.HasSuffix(stem, ".test")
	}
	return false
}

// readFile reads an ordinary file, up to one byte over the limit, so that Parse sees that it is too large.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not an ordinary file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && bytes.Contains(data, []byte(privateKey)) {
		return nil, fmt.Errorf("%s: holds a private key, which is for --key alone: what it says is not shown", name)
	}
	return data, err
}

// privateKey stands in every PEM file with a private key, of whatever algorithm. Faults quote what they find, so that such a file is not looked into.
const privateKey = "PRIVATE KEY-----"

// Parse reads a bundle source from files in the order given. Their names are shown in faults and, by .json, tell JSON; JSON is read
// as the YAML that it is. The error is of type Faults.
func Parse(files ...File) (*Bundle, error) {
	if len(files) == 0 {
		return nil, errors.New("a bundle needs at least one file")
	}
	return parse(files, func(name string) (File, error) {
		for _, file := range files {
			if file.Name == name {
				return file, nil
			}
		}
		return File{}, fs.ErrNotExist
	})
}

// parse reads a source. tables opens the CSV files that it names.
func parse(files []File, tables func(name string) (File, error)) (*Bundle, error) {
	r := &reader{files: make(Files, len(files)), names: make(map[string]Pos), tables: tables}
	bundle := &Bundle{Files: r.files}
	named := false
	for _, file := range files {
		if filepath.Ext(file.Name) == ".csv" {
			continue
		}
		if root := r.parse(file); root != nil {
			named = named || hasKey(root, "bundle")
			readKeys(r, root, bundleKeys, bundle)
		}
	}
	r.expand(bundle)
	if !bundle.Name.Present() && len(r.faults) == 0 {
		r.add(Fault{Pos: r.files[files[0].Name].clamp(1, 1), Message: "the bundle has no name", Hint: "begin with a line such as bundle: storefront"})
	}
	if !named && len(files) > 1 && len(r.faults) > 1 {
		r.add(Fault{Message: "no file here has the key bundle", Hint: "give the folder or the file of a bundle, which begins with bundle: NAME"})
	}
	if err := r.files.Report(r.faults).Err(); err != nil {
		return nil, err
	}
	return bundle, nil
}
