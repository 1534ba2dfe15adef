// Command edgewise writes, checks, compiles and tries rules for decisions at the edge.
//
// Every command is a file of this folder and thin: it reads flags, calls the packages that do the work, and prints. Results go to
// standard output, all else to standard error. The exit status is 0 where all is well, 1 where something was found or a line was
// bad, 2 for wrong usage.
//
// To add a command: a file with its constructor, its place in root.go, and a script in testdata/script that reads like its manual.
package main

import (
	"errors"
	"os"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:])) }

// run runs a command line and gives its exit status.
func run(args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		err = stdout.err
	}
	var wrong *usageError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE): // whoever was reading has seen enough
		return 0
	case errors.As(err, &wrong):
		report(os.Stderr, err)
		return 2
	}
	report(os.Stderr, err)
	return 1
}
