package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
)

// usageError is a command line that makes no sense: exit status 2.
type usageError struct {
	message string
	hint    string // what to type instead
}

func (e *usageError) Error() string { return e.message }

// hinted is an error with something that can be done about it.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

// errSaid ends a command with status 1 where everything has been printed already.
var errSaid = errors.New("said")

// faulty is a source that does not compile.
type faulty struct {
	path   string
	faults source.Faults
}

func (e *faulty) Unwrap() error { return e.faults }

func (e *faulty) Error() string { return e.path + ": " + counted(e.faults) }

// counted says how many errors and warnings there are: "2 errors, 1 warning".
func counted(faults source.Faults) string {
	errs, warnings := 0, 0
	for _, f := range faults {
		if f.Warning {
			warnings++
		} else {
			errs++
		}
	}
	var parts []string
	if errs > 0 {
		parts = append(parts, plural(errs, "error"))
	}
	if warnings > 0 {
		parts = append(parts, plural(warnings, "warning"))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%s %ss", thousands(n), what)
}

// thousands writes a number with a comma between every three digits.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// report prints an error for a person.
func report(w io.Writer, err error) {
	if errors.Is(err, errSaid) {
		return
	}
	style := term.StyleOf(w)
	var bad *faulty
	if errors.As(err, &bad) {
		printFaults(w, bad.faults)
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s %s\n", style.Red("edgewise:"), term.PrintableLines(err.Error()))
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(term.PrintableLines(hint), "\n", "\n  "))
	}
}

// printFaults shows mistakes of a source with their lines.
func printFaults(w io.Writer, faults source.Faults) {
	if len(faults) > 0 {
		fmt.Fprintln(w, faults.Error())
	}
}

func hintOf(err error) string {
	var wrong *usageError
	var withHint *hinted
	var misspelled *trust.Misspelled
	var elsewhere interface{ Hint() string } // of packages below
	switch {
	case errors.As(err, &wrong):
		return wrong.hint
	case errors.As(err, &withHint):
		return withHint.hint
	case errors.As(err, &misspelled):
		return didYouMean(misspelled.Key, trust.Words, "")
	case errors.As(err, &elsewhere):
		return elsewhere.Hint()
	}
	return ""
}

// noSuchBundle adds to the error of a missing path how to come by a bundle.
func noSuchBundle(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &hinted{err, "`edgewise init FOLDER` writes a small bundle to begin with"}
	}
	return err
}
