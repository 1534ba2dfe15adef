// Package web reads objects from any web server: https://host/path. It cannot write. Whoever publishes there publishes to a folder and
// copies it, the heads of channels last.
package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/internal/remote"
)

// Store is a folder of a web server.
type Store struct{ url *url.URL }

// Open gives the store below a URL.
func Open(u *url.URL) *Store { return &Store{u} }

// String is the URL without what may be secret: who asks, and a query, in which some hosts want a signature or a token.
func (s *Store) String() string {
	u := *s.url
	if u.User != nil {
		u.User = url.User("xxxxx")
	}
	if u.RawQuery != "" {
		u.RawQuery = "xxxxx"
	}
	return u.String()
}

// Get reads an object, with an ETag where the server gives them.
func (s *Store) Get(ctx context.Context, key, known string) (store.Object, error) {
	object, err := s.get(ctx, key, known)
	if err != nil {
		return store.Object{}, &store.Error{Op: "read", URL: s.String(), Key: key, Err: err}
	}
	return object, nil
}

func (s *Store) get(ctx context.Context, key, known string) (store.Object, error) {
	header := http.Header{}
	if strings.HasSuffix(known, `"`) { // an ETag; else it is a digest of our own
		header.Set("If-None-Match", known)
	}
	response, err := remote.Do(ctx, http.MethodGet, s.url.JoinPath(key).String(), header, nil, nil)
	if err != nil {
		return store.Object{}, err
	}
	switch response.Status {
	case http.StatusOK:
	case http.StatusNotModified:
		return store.Object{}, store.ErrSame
	case http.StatusNotFound, http.StatusGone:
		return store.Object{}, store.ErrNotFound
	default:
		return store.Object{}, remote.Unexpected(response)
	}
	tag := response.Header.Get("ETag")
	if !strings.HasSuffix(tag, `"`) {
		tag = store.DigestTag(response.Body)
	}
	if tag == known {
		return store.Object{}, store.ErrSame
	}
	return store.Object{Data: response.Body, Tag: tag}, nil
}

// Put always fails.
func (s *Store) Put(_ context.Context, key string, _ []byte, _ string) (string, error) {
	return "", &store.Error{Op: "write", URL: s.String(), Key: key, Err: store.ErrReadOnly,
		Todo: "publish to a folder that the web server serves, or to s3://, fastly-kv:// or cloudflare-kv://"}
}

// List always fails.
func (s *Store) List(context.Context, string) ([]string, error) {
	return nil, &store.Error{Op: "list", URL: s.String(), Err: store.ErrReadOnly}
}
