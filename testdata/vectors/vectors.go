// Package vectors finds the third-party test data that lies beside the repository, for
// tests to read where it is.
package vectors

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Path is the file of that name below vectors/ in the folder $EDGEWISE_SHARED, or else in
// the folder "shared" beside the repository. Where it is absent the test is skipped.
func Path(t testing.TB, name ...string) string {
	t.Helper()
	return find(t, append([]string{"vectors"}, name...))
}

// Bench is Path for files below bench/: rules to measure engines with, what is asked of them, and the answers.
func Bench(t testing.TB, name string) string {
	t.Helper()
	return find(t, []string{"bench", name})
}

func find(t testing.TB, name []string) string {
	t.Helper()
	root := os.Getenv("EDGEWISE_SHARED")
	if root == "" {
		_, here, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(here), "..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no test data: %v (set EDGEWISE_SHARED to the folder that holds %s/)", err, name[0])
	}
	return path
}

// Lines reads a file of one JSON value a line. A file without any fails the test.
func Lines[T any](t testing.TB, name ...string) []T {
	t.Helper()
	file, err := os.Open(Path(t, name...))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []T
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var value T
		if err := json.Unmarshal(scanner.Bytes(), &value); err != nil {
			t.Fatalf("%s: line %d: %v", file.Name(), len(all)+1, err)
		}
		all = append(all, value)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", file.Name())
	}
	return all
}
