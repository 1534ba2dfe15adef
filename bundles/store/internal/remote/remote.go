// Package remote makes the HTTP requests of the stores that lie elsewhere, with the limits that all of them need: a size, a time, no
// redirect to another host, and few retries where nothing can have been written twice.
package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/store"
)

const (
	// timeout ends a request that goes on and on, such as a download that never comes to an end.
	timeout = time.Minute
	// tries is how often a request is made that failed for a reason that passes.
	tries = 3
	// wait stands before the second try, and twice as long before the next.
	wait = 200 * time.Millisecond
	// maxMessage limits what is shown of an answer that is an error.
	maxMessage = 300
)

// Response is an answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

var client = &http.Client{Timeout: timeout, CheckRedirect: sameHost}

// sameHost follows a redirect only within a host: another one was not asked for, and must not see what was sent.
func sameHost(request *http.Request, via []*http.Request) error {
	first := via[0].URL
	if request.URL.Host != first.Host || request.URL.Scheme != first.Scheme {
		return fmt.Errorf("redirected to another place, %s://%s", request.URL.Scheme, request.URL.Host)
	}
	if len(via) > 3 {
		return errors.New("redirected more than 3 times")
	}
	return nil
}

// Do makes a request and reads the answer, whatever its status. sign, if not nil, completes each try. A request is repeated where the
// server says that it was not carried out (429, 503), and one that only reads also where it went wrong otherwise.
func Do(ctx context.Context, method, address string, header http.Header, body []byte, sign func(*http.Request) error) (*Response, error) {
	if len(body) > store.MaxSize {
		return nil, store.ErrTooLarge
	}
	for try := 1; ; try++ {
		response, err := once(ctx, method, address, header, body, sign)
		if try == tries || ctx.Err() != nil || !passes(method, response, err) {
			return response, err
		}
		select {
		case <-ctx.Done():
			return response, err
		case <-time.After(wait << (try - 1)):
		}
	}
}

// passes says whether a failure may be gone at the next try.
func passes(method string, response *Response, err error) bool {
	reads := method == http.MethodGet
	var slow net.Error
	if err != nil { // a server that was too slow once would be again
		return reads && !errors.Is(err, store.ErrTooLarge) && !(errors.As(err, &slow) && slow.Timeout())
	}
	switch response.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return reads
	}
	return false
}

func once(ctx context.Context, method, address string, header http.Header, body []byte, sign func(*http.Request) error) (*Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		request.Header = header.Clone()
	}
	if sign != nil {
		if err := sign(request); err != nil {
			return nil, err
		}
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, bare(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, store.MaxSize+1))
	if err != nil {
		return nil, bare(err)
	}
	if len(data) > store.MaxSize {
		return nil, store.ErrTooLarge
	}
	return &Response{answer.StatusCode, answer.Header, data}, nil
}

// bare takes the URL off an error of net/http: whoever reports it names the store, and a URL may hold what is secret.
func bare(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}

// Unexpected is an answer with a status that nobody provided for.
func Unexpected(response *Response) error {
	message := bytes.TrimSpace(response.Body)
	if len(message) > maxMessage {
		message = append(message[:maxMessage:maxMessage], "..."...)
	}
	if len(message) == 0 {
		return fmt.Errorf("the server answered %d %s", response.Status, http.StatusText(response.Status))
	}
	return fmt.Errorf("the server answered %d %s: %q", response.Status, http.StatusText(response.Status), message)
}
