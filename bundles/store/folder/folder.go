// Package folder keeps objects as files in a folder: file:///path or a plain path. Every file is written beside its place, brought to the
// disk and renamed, so that a reader sees all of it or nothing and a power cut leaves the old one. Writers wait for each other at a lock
// file, also those of other processes; a process that dies lets go of it, and what it was writing is removed by the next one an hour later.
//
// The folder may be a symbolic link to one, and an object a link to a file. Anything else that is neither file nor folder is refused by name,
// since whatever lies behind it would be missing from a list.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/edgewise-dev/edgewise/bundles/store"
)

// Store is a folder. It is made when it is first written to.
type Store struct{ path string }

// leftover is how old a file is that its writer has not renamed and never will.
const leftover = time.Hour

// temporary begins the name of a file until it is renamed.
const temporary = ".new-"

var errIrregular = errors.New("not an ordinary file")

// Open gives the store in the folder at a path.
func Open(path string) *Store { return &Store{path} }

func (s *Store) String() string { return s.path }

// Get reads a file.
func (s *Store) Get(ctx context.Context, key, known string) (store.Object, error) {
	object, err := s.read(ctx, key)
	if err == nil && object.Tag == known {
		object, err = store.Object{}, store.ErrSame
	}
	if err != nil {
		return store.Object{}, s.fail("read", key, err)
	}
	return object, nil
}

func (s *Store) read(ctx context.Context, key string) (store.Object, error) {
	if err := ctx.Err(); err != nil {
		return store.Object{}, err
	}
	name, err := s.file(key)
	if err != nil {
		return store.Object{}, err
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return store.Object{}, store.ErrNotFound
	}
	if err == nil && !info.Mode().IsRegular() { // which a reader might wait at for good
		err = errIrregular
	}
	if err != nil {
		return store.Object{}, err
	}
	f, err := os.Open(name)
	if err != nil {
		return store.Object{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, store.MaxSize+1))
	if err == nil && len(data) > store.MaxSize {
		err = store.ErrTooLarge
	}
	return store.Object{Data: data, Tag: store.DigestTag(data)}, err
}

// Put writes a file.
func (s *Store) Put(ctx context.Context, key string, data []byte, unchanged string) (string, error) {
	if err := s.put(ctx, key, data, unchanged); err != nil {
		return "", s.fail("write", key, err)
	}
	return store.DigestTag(data), nil
}

func (s *Store) put(ctx context.Context, key string, data []byte, unchanged string) error {
	if len(data) > store.MaxSize {
		return store.ErrTooLarge
	}
	name, err := s.file(key)
	if err != nil {
		return err
	}
	if err := makeFolder(filepath.Dir(name)); err != nil {
		return err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(s.path, ".lock")).Lock()
	if err != nil {
		return err
	}
	defer unlock()
	object, err := s.read(ctx, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if object.Tag != unchanged {
		return store.ErrChanged
	}
	if err := removeLeftovers(filepath.Dir(name)); err != nil {
		return err
	}
	return Replace(name, data, 0o644)
}

// List walks over the files.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	keys, err := s.list(ctx, prefix)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, s.fail("list", "", err)
	}
	slices.Sort(keys)
	return keys, nil
}

func (s *Store) list(ctx context.Context, prefix string) (keys []string, err error) {
	root, err := filepath.EvalSymlinks(s.path) // a walk does not follow it
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case name != root && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		key, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		key = filepath.ToSlash(key)
		// What a link leads to. One that leads nowhere is refused too, and does not look like a folder that is not there.
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s: %w", key, errIrregular)
		}
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
		return nil
	})
	return keys, err
}

// file is the place of an object. Files whose names begin with a dot are no objects.
func (s *Store) file(key string) (string, error) {
	local, err := filepath.Localize(key)
	if err != nil || strings.HasPrefix(key, ".") || strings.Contains(key, "/.") {
		return "", fmt.Errorf("%q is no key", key)
	}
	return filepath.Join(s.path, local), nil
}

func (s *Store) fail(op, key string, err error) error {
	todo := ""
	if errors.Is(err, fs.ErrPermission) {
		todo = "see who may read and write that folder"
	}
	if errors.Is(err, errIrregular) {
		todo = "put the file or the folder itself there"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // the place is named already
	}
	return &store.Error{Op: op, URL: s.path, Key: key, Err: err, Todo: todo}
}

// removeLeftovers removes from a folder what writers have left behind that died.
func removeLeftovers(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), temporary) || !entry.Type().IsRegular() {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > leftover {
			os.Remove(filepath.Join(folder, entry.Name())) // where it may not be removed it is in nobody's way
		}
	}
	return err
}

// Replace puts a file into its place all at once, and durably: what returned without error is there after the power went.
func Replace(name string, data []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), temporary+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// makeFolder makes a folder and those above it, each on the disk before the next.
func makeFolder(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// syncFolder brings the names in a folder to the disk. Not every system can; then it does so by itself.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}
