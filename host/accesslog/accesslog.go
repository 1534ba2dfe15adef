// Package accesslog reads the requests out of a web server's access log, so that anyone
// can try decisions on the traffic of their own site.
//
// Two kinds of line are understood, also mixed in one file:
//
//   - Combined Log Format, which nginx and Apache httpd write unless told otherwise, and
//     Common Log Format, which lacks the last two fields:
//
//     192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "GET /shop?q=x HTTP/1.1" 200 512 "https://www.example/" "Mozilla/5.0 ..."
//
//   - JSON, one object a line, with all that a decision may need. Only url is required;
//     headers may be an object too, whose values are a string or a list of strings:
//
//     {"method":"GET","url":"/shop?q=x","headers":[["Cookie","cart=80"]],"client_ip":"192.0.2.7","time":"2026-11-20T09:00:00Z","geo":{"country":"DE"}}
//
// A line that is no request is an error of that line only: see [Reader.Read].
package accesslog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/edge"
)

// MaxLine is how many bytes a line may have.
const MaxLine = 64 << 10

// Entry is one request of a log.
type Entry struct {
	Line    int       // from 1
	Time    time.Time // zero where the line has none
	Request edge.Request
}

// LineError says why a line is no request.
type LineError struct {
	Line   int // from 1
	Reason string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Reader reads the entries of a log in order.
type Reader struct {
	r    *bufio.Reader
	line int
}

// NewReader reads from r, which it buffers.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, MaxLine+2)} }

// Read returns the next entry, and io.EOF after the last. A *LineError is about one line:
// reading goes on behind it. Any other error is that of the underlying reader, and
// final. Empty lines are skipped.
func (r *Reader) Read() (Entry, error) {
	for {
		text, err := r.next()
		if err != nil {
			return Entry{}, err
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		parse := parseCombined
		if text[0] == '{' {
			parse = parseJSON
		}
		request, at, err := parse(text)
		if err != nil {
			return Entry{}, &LineError{r.line, err.Error()}
		}
		return Entry{r.line, at, request}, nil
	}
}

// next is the next line without its end.
func (r *Reader) next() (string, error) {
	r.line++
	text, err := r.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.r.ReadSlice('\n')
		}
		if err == nil || errors.Is(err, io.EOF) {
			err = &LineError{r.line, fmt.Sprintf("longer than %d bytes", MaxLine)}
		}
		return "", err
	}
	if errors.Is(err, io.EOF) && len(text) > 0 {
		err = nil
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if r.line == 1 {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	if err == nil && len(line) > MaxLine {
		err = &LineError{r.line, fmt.Sprintf("longer than %d bytes", MaxLine)}
	}
	return line, err
}
