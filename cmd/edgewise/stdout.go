package main

import (
	"cmp"
	"os"
)

// stdout is where results go. It remembers the first error of writing, so that no command ends well whose results are lost.
var stdout = &output{file: os.Stdout}

type output struct {
	file *os.File
	err  error
}

func (o *output) Write(data []byte) (int, error) {
	n, err := o.file.Write(data)
	o.err = cmp.Or(o.err, err)
	return n, err
}

// Fd tells package term which file this is.
func (o *output) Fd() uintptr { return o.file.Fd() }
