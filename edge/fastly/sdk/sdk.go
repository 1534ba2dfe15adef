//go:build tinygo

// Package sdk answers for a Fastly Compute service with Fastly's SDK, so that a service can do more with requests and answers than this: a Service
// has places for that. What the SDK is not needed for - stores, the cache, where a visitor is - is package direct's: the SDK's ways there go through
// encoding/json and copies.
//
// A request that the SDK cannot take, with a URL that net/url refuses or a header line beyond 8 KiB, would end in its panic and an error page. Those
// go package direct's way from the beginning.
package sdk

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"time"

	"github.com/fastly/compute-sdk-go/fsthttp"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/fastly"
	"github.com/edgewise-dev/edgewise/edge/fastly/direct"
)

// Service is an edge service. The zero value of each field but Site is a good default.
type Service struct {
	Site     string                             // what was built in (fastly.Site)
	Request  func(r *fsthttp.Request)           // may change a request before it goes to the origin
	Response func(w fsthttp.Header, status int) // may change headers before the visitor gets them
}

// Serve answers the instance's request.
func (s *Service) Serve() {
	p := &platform{Host: direct.Start(), service: s}
	p.whole = p.Host.Read(&p.visit)
	if !p.whole || !takes(&p.visit) {
		fastly.Handle(p.Host, s.Site)
		return
	}
	fsthttp.ServeFunc(func(ctx context.Context, w fsthttp.ResponseWriter, r *fsthttp.Request) {
		p.ctx, p.w, p.request = ctx, w, r
		fastly.Handle(p, s.Site)
	})
}

// takes says whether the SDK reads a request without panic: what it needs for all lines of a name, and for all names, are buffers of 8 KiB.
func takes(v *edge.Visit) bool {
	names := 0
	for i := range v.Headers {
		size := 0
		for j := range v.Headers {
			if v.Headers[j].Name == v.Headers[i].Name {
				size += len(v.Headers[j].Value) + 1
			}
		}
		if names += len(v.Headers[i].Name) + 1; size > fsthttp.RequestLimits.MaxHeaderValueLen() {
			return false
		}
	}
	_, err := url.ParseRequestURI(v.URL)
	return err == nil && names <= fsthttp.RequestLimits.MaxHeaderNameLen()
}

type platform struct {
	*direct.Host
	service *Service
	visit   edge.Visit // as Serve read it
	whole   bool

	ctx     context.Context
	w       fsthttp.ResponseWriter
	request *fsthttp.Request
}

// Read gives what Serve has read.
func (p *platform) Read(v *edge.Visit) bool {
	*v = p.visit
	return p.whole
}

// Send is described at fastly.Platform.
func (p *platform) Send(o *fastly.Outgoing) fastly.Response {
	r := p.request
	for _, name := range o.Drop {
		r.Header.Del(name)
	}
	for i := range o.Set {
		r.Header.Set(o.Set[i].Name, o.Set[i].Value)
	}
	if o.URL != "" {
		u, err := url.Parse(o.URL)
		if err != nil {
			return nil
		}
		r.URL = u
	}
	r.CacheOptions.Pass, r.CacheOptions.OverrideKey = o.Private, o.Key
	if p.service.Request != nil {
		p.service.Request(r)
	}
	ctx, cancel := within(p.ctx, o.Within)
	defer cancel()
	answer, err := r.Send(ctx, o.Backend)
	if err != nil {
		return nil
	}
	return &response{platform: p, answer: answer}
}

func within(ctx context.Context, milliseconds int) (context.Context, context.CancelFunc) {
	if milliseconds == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Duration(milliseconds)*time.Millisecond)
}

// Ask is described at fastly.Platform.
func (p *platform) Ask(q *fastly.Question) edge.HandOver {
	failed := edge.HandOver{Outcome: edge.Failed}
	r, err := fsthttp.NewRequest("POST", q.URL, bytes.NewReader(q.Body))
	if err != nil {
		return failed
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(edge.SignatureHeader, q.Signature)
	r.CacheOptions.Pass = true
	ctx, cancel := within(p.ctx, q.Within)
	defer cancel()
	answer, err := r.Send(ctx, q.Backend)
	if ctx.Err() != nil {
		return edge.HandOver{Outcome: edge.Late}
	}
	if err != nil {
		return failed
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, edge.MaxBody+1))
	answer.Body.Close()
	if err != nil || len(body) > edge.MaxBody {
		return failed
	}
	return edge.HandOver{Outcome: edge.Answered, Status: answer.StatusCode, Body: body, Signature: answer.Header.Get(edge.SignatureHeader), Seconds: int64(p.Now() / 1e9)}
}

// Answer is described at fastly.Platform.
func (p *platform) Answer(status int, headers []edge.Header, body string) {
	for i := range headers {
		p.w.Header().Add(headers[i].Name, headers[i].Value)
	}
	p.begin(status)
	io.WriteString(p.w, body)
	p.w.Close()
}

// begin sends the headers.
func (p *platform) begin(status int) {
	if p.service.Response != nil {
		p.service.Response(p.w.Header(), status)
	}
	p.w.WriteHeader(status)
}

// response is a fastly.Response.
type response struct {
	*platform
	answer *fsthttp.Response
}

func (r *response) Status() int { return r.answer.StatusCode }

func (r *response) Headers() []edge.Header {
	var lines []edge.Header
	for name, values := range r.answer.Header {
		for _, value := range values {
			lines = append(lines, edge.Header{Name: name, Value: value})
		}
	}
	return lines
}

func (r *response) Set(name, value string) { r.answer.Header.Set(name, value) }

func (r *response) Add(name, value string) { r.answer.Header.Add(name, value) }

func (r *response) Remove(name string) { r.answer.Header.Del(name) }

// Deliver lets the host append the page to the answer, without reading it. The answer is closed here: what the instance does after it nobody waits for.
func (r *response) Deliver() {
	r.w.Header().Reset(r.answer.Header)
	r.begin(r.answer.StatusCode)
	r.w.Append(r.answer.Body)
	r.w.Close()
}
