// Package storetest is the test that every kind of store passes.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
)

// Kind is what is tested.
type Kind struct {
	// Open gives a store that is empty. Opened again with the same name it is the same store.
	Open func(t *testing.T, name string) store.Store
	// Many is how many objects to list: more than a page holds.
	Many int
	// Unguarded is a store that cannot write under a condition. What it promises instead is tested beside it.
	Unguarded bool
}

// Run runs the test.
func Run(t *testing.T, kind Kind) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Kind)
	}{
		{"an object is read as it was written", roundTrip},
		{"what is not there is not found", notFound},
		{"an object is made once", once},
		{"an object is replaced by who has seen it last", replaced},
		{"what has not changed is not read again", same},
		{"keys are listed by prefix, all of them", listed},
		{"one of many writers wins, each time", race},
		{"a request can be given up", cancelled},
		{"objects have a largest size", large},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, kind) })
	}
}

func put(t *testing.T, s store.Store, key, data, unchanged string) (tag string) {
	t.Helper()
	tag, err := s.Put(t.Context(), key, []byte(data), unchanged)
	require.NoError(t, err)
	require.NotEmpty(t, tag)
	return tag
}

func get(t *testing.T, s store.Store, key string) store.Object {
	t.Helper()
	object, err := s.Get(t.Context(), key, "")
	require.NoError(t, err)
	require.NotEmpty(t, object.Tag)
	return object
}

func roundTrip(t *testing.T, kind Kind) {
	s := kind.Open(t, "round-trip")
	every := make([]byte, 256*3)
	for i := range every {
		every[i] = byte(i)
	}
	for key, data := range map[string]string{
		"head":                    "x",
		"channels/main/head.json": "{}\n",
		"a/b/c-d_e.f":             string(every),
		"empty":                   "",
		"utf":                     "grüße",
	} {
		tag := put(t, s, key, data, "")
		object := get(t, kind.Open(t, "round-trip"), key)
		require.Equal(t, data, string(object.Data), key)
		require.Equal(t, tag, object.Tag, key)
	}
	require.NotContains(t, s.String(), "SECRET")
}

func notFound(t *testing.T, kind Kind) {
	s := kind.Open(t, "not-found")
	_, err := s.Get(t.Context(), "channels/main/head", "")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorContains(t, err, s.String(), "an error names the store")
	require.ErrorContains(t, err, "channels/main/head", "an error names the object")
	keys, err := s.List(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, keys)
	_, err = s.Put(t.Context(), "head", []byte("x"), put(t, s, "other", "y", ""))
	require.ErrorIs(t, err, store.ErrChanged, "replacing what is not there")
	_, err = s.Get(t.Context(), "head", "")
	require.ErrorIs(t, err, store.ErrNotFound, "replacing what is not there wrote it")
}

func once(t *testing.T, kind Kind) {
	s := kind.Open(t, "once")
	put(t, s, "head", "first", "")
	_, err := s.Put(t.Context(), "head", []byte("second"), "")
	require.ErrorIs(t, err, store.ErrChanged)
	_, err = s.Put(t.Context(), "head", []byte("first"), "")
	require.ErrorIs(t, err, store.ErrChanged, "the same content is there already")
	require.Equal(t, "first", string(get(t, s, "head").Data))
}

func replaced(t *testing.T, kind Kind) {
	s := kind.Open(t, "replaced")
	first := put(t, s, "head", "first", "")
	second := put(t, s, "head", "second", first)
	require.NotEqual(t, first, second)
	_, err := s.Put(t.Context(), "head", []byte("late"), first)
	require.ErrorIs(t, err, store.ErrChanged)
	require.ErrorContains(t, err, "write")
	require.Equal(t, "second", string(get(t, s, "head").Data))
	put(t, s, "head", "third", get(t, s, "head").Tag)
	require.Equal(t, "third", string(get(t, s, "head").Data))
}

func same(t *testing.T, kind Kind) {
	s := kind.Open(t, "same")
	tag := put(t, s, "head", "first", "")
	_, err := s.Get(t.Context(), "head", tag)
	require.ErrorIs(t, err, store.ErrSame)
	tag2 := put(t, s, "head", "second", tag)
	object, err := s.Get(t.Context(), "head", tag)
	require.NoError(t, err)
	require.Equal(t, tag2, object.Tag)
	require.Equal(t, "second", string(object.Data))
}

func listed(t *testing.T, kind Kind) {
	s := kind.Open(t, "listed")
	var want []string
	for i := range kind.Many {
		key := fmt.Sprintf("log/%04d", i)
		put(t, s, key, "x", "")
		want = append(want, key)
	}
	put(t, s, "logs", "x", "")
	put(t, s, "a/log/1", "x", "")
	keys, err := s.List(t.Context(), "log/")
	require.NoError(t, err)
	require.Equal(t, want, keys)
	keys, err = s.List(t.Context(), "log/000")
	require.NoError(t, err)
	require.Len(t, keys, 10)
	keys, err = s.List(t.Context(), "none/")
	require.NoError(t, err)
	require.Empty(t, keys)
}

func race(t *testing.T, kind Kind) {
	if kind.Unguarded {
		return
	}
	const writers, rounds = 4, 6
	first := kind.Open(t, "race")
	tag := put(t, first, "head", "start", "")
	for round := range rounds {
		var won atomic.Int32
		var winner string
		var all sync.WaitGroup
		for writer := range writers {
			s := kind.Open(t, "race") // as another process would
			all.Go(func() {
				data := fmt.Sprintf("round %d by %d", round, writer)
				_, err := s.Put(t.Context(), "head", []byte(data), tag)
				if err == nil {
					won.Add(1)
					winner = data
				} else if !errors.Is(err, store.ErrChanged) {
					t.Errorf("the loser is told %v", err)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, won.Load(), "winners of round %d", round)
		object := get(t, first, "head")
		require.Equal(t, winner, string(object.Data))
		tag = object.Tag
	}
}

func cancelled(t *testing.T, kind Kind) {
	s := kind.Open(t, "cancelled")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Get(ctx, "head", "")
	require.ErrorIs(t, err, context.Canceled)
}

func large(t *testing.T, kind Kind) {
	s := kind.Open(t, "large")
	data := bytes.Repeat([]byte("0123456789abcdef"), store.MaxSize/16)
	put(t, s, "bundle", string(data), "")
	require.Equal(t, store.DigestTag(data), store.DigestTag(get(t, s, "bundle").Data))
	_, err := s.Put(t.Context(), "larger", append(data, '!'), "")
	require.ErrorIs(t, err, store.ErrTooLarge)
}
