// Package http is what Fastly's SDK names of the standard library's net/http, where it adapts one to the other: types, and nothing that sends or
// serves. Like the package net beside it, it takes its place when TinyGo builds from its Go module.
package http

import (
	"context"
	"io"
	"net/url"
)

// Header is the lines of a header by name.
type Header map[string][]string

// Clone copies a header.
func (h Header) Clone() Header {
	if h == nil {
		return nil
	}
	c := make(Header, len(h))
	for name, values := range h {
		c[name] = append([]string(nil), values...)
	}
	return c
}

// Handler answers requests.
type Handler interface {
	ServeHTTP(ResponseWriter, *Request)
}

// ResponseWriter takes an answer.
type ResponseWriter interface {
	Header() Header
	Write([]byte) (int, error)
	WriteHeader(statusCode int)
}

// Request is a request.
type Request struct {
	Method        string
	URL           *url.URL
	Proto         string
	ProtoMajor    int
	ProtoMinor    int
	Header        Header
	Body          io.ReadCloser
	ContentLength int64
	Host          string
	RemoteAddr    string

	ctx context.Context
}

// NewRequestWithContext makes a request. A body that is no io.ReadCloser is not closed.
func NewRequestWithContext(ctx context.Context, method, target string, body io.Reader) (*Request, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	rc, ok := body.(io.ReadCloser)
	if !ok && body != nil {
		rc = io.NopCloser(body)
	}
	return &Request{ctx: ctx, Method: method, URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: Header{}, Body: rc, Host: u.Host}, nil
}

// Context gives the request's context.
func (r *Request) Context() context.Context {
	if r.ctx == nil {
		return context.Background()
	}
	return r.ctx
}

// WithContext gives a copy of the request with another context.
func (r *Request) WithContext(ctx context.Context) *Request {
	c := *r
	c.ctx = ctx
	return &c
}

// Response is an answer.
type Response struct {
	Status     string
	StatusCode int
	Header     Header
	Body       io.ReadCloser
	Request    *Request
}

// Client is a type that others name.
type Client struct {
	Transport RoundTripper
}

// RoundTripper sends a request.
type RoundTripper interface {
	RoundTrip(*Request) (*Response, error)
}
