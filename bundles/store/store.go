// Package store keeps the objects of channels: signed bundles, the records of their logs, and their heads. A Store is three operations
// over named bytes, and package open finds the one that a URL names. Each kind lies in a folder of its own, and all pass the same test
// (package storetest).
//
// Nobody has to trust a store: what is read from one is verified by whoever uses it. What a store must do is write whole objects or none,
// and let one of two writers win.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Store keeps objects by key. Keys are names with slashes between them, of letters, digits and ".", "_", "-": "channels/main/head".
// It may be used by several goroutines.
type Store interface {
	// Get reads an object. Where it has still the tag known, of an earlier answer, the error wraps ErrSame, and a store that can tell has
	// not sent it again; "" always reads. Where there is none, it wraps ErrNotFound.
	Get(ctx context.Context, key, known string) (Object, error)

	// Put writes an object whole or not at all, if what is there has still the tag unchanged; "": if there is none. It gives the new
	// tag. Where somebody else was faster the error wraps ErrChanged and nothing is written. After any other error, such as a lost
	// connection, it may have been written or not.
	Put(ctx context.Context, key string, data []byte, unchanged string) (tag string, err error)

	// List gives the keys that begin with a prefix, sorted. The error wraps ErrReadOnly where a store cannot list.
	List(ctx context.Context, prefix string) ([]string, error)

	// String is the URL of the store, without secrets.
	String() string
}

// Object is what lay under a key.
type Object struct {
	Data []byte
	Tag  string // differs between any two contents; "" is no tag
}

// MaxSize limits an object, in bytes: the largest bundle with everything that is signed beside it. Reading stops there.
const MaxSize = format.MaxSize + 1<<20

// The errors that callers act upon.
var (
	ErrNotFound = errors.New("not found")
	ErrSame     = errors.New("not changed")
	ErrChanged  = errors.New("somebody else has written it meanwhile")
	ErrReadOnly = errors.New("can only be read")
	ErrTooLarge = fmt.Errorf("larger than %d bytes", MaxSize)
)

// Error is an operation that did not work out, for a person to read.
type Error struct {
	Op   string // "read", "write", "list"
	URL  string // of the store
	Key  string // "" for the store itself
	Err  error
	Todo string // what can be done about it; "" where that is not known
}

func (e *Error) Error() string {
	where := e.URL
	if e.Key != "" {
		where += ": " + e.Key
	}
	return fmt.Sprintf("cannot %s %s: %v", e.Op, where, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Hint is what can be done about it.
func (e *Error) Hint() string { return e.Todo }

// DigestTag is the tag of a content where a store has none of its own.
func DigestTag(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
