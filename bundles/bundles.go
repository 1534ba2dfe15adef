// Package bundles makes what core reads, from rules that people write. Wherever a command or a program takes a bundle, it may be a
// folder of YAML or JSON source, one source file, or a compiled bundle.
//
// Reach for Load: it takes any of these and gives the compiled bytes. The steps lie below: package source reads the files, package
// expr checks the conditions in them, package compile lays out the bundle with package assemble, package bound says what it can cost, and package inspect
// shows one. What is no mistake but looks like one is found by package lint.
package bundles

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/edgewise-dev/edgewise/bundles/compile"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/values"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Loaded is a bundle ready to run, and what it was made from.
type Loaded struct {
	Data     []byte         // the compiled bundle, as core.Load takes it
	Bundle   *format.Bundle // Data, checked and read
	Source   *source.Bundle // nil where what was loaded is compiled already
	Warnings source.Faults  // about the source

	Statement *verify.Statement // of a release: what its signers say of Data; else nil
}

// ErrSigned is that a file is a signed release, an envelope, and not a bundle: whose signatures count is not known here. Package trust opens one.
var ErrSigned = errors.New("a signed release")

// Load reads the bundle at a path: a folder of sources, a source file, or a compiled bundle, which is told by its first bytes. The
// error is of type source.Faults where a source has faults, and wraps a *format.Refusal where a compiled bundle is refused,
// and ErrSigned where it is within an envelope.
func Load(path string) (*Loaded, error) {
	compiled, err := isCompiled(path)
	if err != nil {
		return nil, err
	}
	if compiled {
		return loadCompiled(path)
	}
	src, err := source.Read(path)
	if err != nil {
		return nil, err
	}
	return Compile(src)
}

// Compile compiles a source that has been read. The error is of type source.Faults.
func Compile(src *source.Bundle) (*Loaded, error) {
	data, faults := compile.Bytes(src)
	if data == nil {
		return nil, faults
	}
	bundle, err := format.Read(data)
	if err != nil {
		return nil, err
	}
	if over := checkBudget(bundle, src); over != nil {
		return nil, over
	}
	return &Loaded{Data: data, Bundle: bundle, Source: src, Warnings: faults}, nil
}

// isCompiled says whether a file begins as a compiled bundle does.
func isCompiled(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var begin [4]byte
	if _, err := io.ReadFull(f, begin[:]); err != nil {
		return false, nil // shorter than any compiled bundle; what it is, reading it as a source will say
	}
	if verify.IsEnvelope(begin[:]) {
		return false, fmt.Errorf("%s: %w: read it from its store with `edgewise verify` or `follow`, which ask who signed it", path, ErrSigned)
	}
	return bytes.Equal(begin[:], binary.LittleEndian.AppendUint32(nil, format.Magic)), nil
}

func loadCompiled(path string) (*Loaded, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, format.MaxSize+1))
	if err != nil {
		return nil, err
	}
	bundle, err := format.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := values.Check(bundle); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Loaded{Data: data, Bundle: bundle}, nil
}
