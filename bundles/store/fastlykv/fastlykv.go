// Package fastlykv keeps objects in a Fastly KV store, where a Compute service can read them: fastly-kv://STORE, with the identifier that
// `fastly kv-store list` prints. It speaks the API described at
// https://www.fastly.com/documentation/reference/api/services/resources/kv-store-item/. FASTLY_API_TOKEN is the token of somebody who may
// write there; FASTLY_API_ENDPOINT stands for https://api.fastly.com.
//
// Every write of a key gives it a new generation, and a write may ask for one: that is how one of two publishers wins. At the edge a change arrives
// some seconds later.
package fastlykv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/internal/remote"
)

// Store is one KV store.
type Store struct {
	name  string // fastly-kv://STORE
	keys  string // the URL of its keys
	token string
}

// Open gives a KV store. getenv is os.Getenv, or what stands for it.
func Open(u *url.URL, getenv func(string) string) (*Store, error) {
	if u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%s: write fastly-kv://STORE, with the identifier of a KV store", u.Redacted())
	}
	s := &Store{name: u.String(), token: getenv("FASTLY_API_TOKEN")}
	if s.token == "" {
		return nil, &store.Error{Op: "open", URL: s.name, Err: errors.New("no credentials"), Todo: "set FASTLY_API_TOKEN"}
	}
	endpoint := getenv("FASTLY_API_ENDPOINT")
	if endpoint == "" {
		endpoint = "https://api.fastly.com"
	}
	var err error
	s.keys, err = url.JoinPath(endpoint, "resources/stores/kv", url.PathEscape(u.Host), "keys")
	return s, err
}

func (s *Store) String() string { return s.name }

// Get reads an item. Its generation is its tag.
func (s *Store) Get(ctx context.Context, key, known string) (store.Object, error) {
	response, err := s.do(ctx, http.MethodGet, s.item(key), nil, nil)
	if err == nil && response.Header.Get("Generation") == "" {
		err = errors.New("the server gave no generation")
	}
	if err == nil && response.Header.Get("Generation") == known {
		err = store.ErrSame
	}
	if err != nil {
		return store.Object{}, s.fail("read", key, err)
	}
	return store.Object{Data: response.Body, Tag: response.Header.Get("Generation")}, nil
}

// Put writes an item if it has a generation still, or was not there.
func (s *Store) Put(ctx context.Context, key string, data []byte, unchanged string) (string, error) {
	at, header := s.item(key), http.Header{}
	if unchanged == "" {
		at += "?add=true"
	} else {
		header.Set("If-Generation-Match", unchanged)
	}
	_, err := s.do(ctx, http.MethodPut, at, header, data)
	var f *failure
	if errors.As(err, &f) && (f.status == http.StatusPreconditionFailed || unchanged != "" && f.status == http.StatusNotFound) {
		err = store.ErrChanged
	}
	if err != nil {
		return "", s.fail("write", key, err)
	}
	// The answer to a write does not say the new generation.
	object, err := s.Get(ctx, key, "")
	if err != nil || !bytes.Equal(object.Data, data) { // what was read is older, or another has written since
		return noGeneration, nil
	}
	return object.Tag, nil
}

// noGeneration is a tag that nothing has: a write that asks for it is told that somebody else was faster.
const noGeneration = "0"

// listing is a page of keys.
type listing struct {
	Data []string `json:"data"`
	Meta struct {
		NextCursor string `json:"next_cursor"`
	} `json:"meta"`
}

// List asks for page after page, of what is current.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	keys := []string{}
	for cursor := ""; ; {
		query := url.Values{"prefix": {prefix}, "limit": {"1000"}, "consistency": {"strong"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		response, err := s.do(ctx, http.MethodGet, s.keys+"?"+query.Encode(), nil, nil)
		var page listing
		if err == nil {
			err = json.Unmarshal(response.Body, &page)
		}
		if err != nil {
			return nil, s.fail("list", prefix, err)
		}
		keys = append(keys, page.Data...)
		if cursor = page.Meta.NextCursor; cursor == "" {
			slices.Sort(keys)
			return keys, nil
		}
	}
}

func (s *Store) item(key string) string { return s.keys + "/" + url.PathEscape(key) }

func (s *Store) do(ctx context.Context, method, at string, header http.Header, body []byte) (*remote.Response, error) {
	response, err := remote.Do(ctx, method, at, header, body, func(request *http.Request) error {
		request.Header.Set("Fastly-Key", s.token)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if response.Status/100 != 2 {
		return nil, &failure{response.Status, remote.Unexpected(response)}
	}
	return response, nil
}

// failure is an answer with a status that is an error.
type failure struct {
	status int
	error
}

func (s *Store) fail(op, key string, err error) error {
	todo := ""
	var f *failure
	if errors.As(err, &f) {
		switch {
		case f.status == http.StatusUnauthorized || f.status == http.StatusForbidden:
			todo = "see whether FASTLY_API_TOKEN is that of somebody who may " + op + " there"
		case f.status == http.StatusNotFound && op == "read":
			err = store.ErrNotFound
		case f.status == http.StatusNotFound:
			todo = "see whether there is such a store: `fastly kv-store list` prints identifiers"
		}
	}
	return &store.Error{Op: op, URL: s.name, Key: key, Err: err, Todo: todo}
}
