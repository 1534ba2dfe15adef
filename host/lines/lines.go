// Package lines answers files of questions: a line of JSON each, a line of JSON back, in order.
//
// Reach for Run, with Decide for lines of `edgewise decide` or an Expressions' Answer for lines of `edgewise expr`. Memory stays
// constant however long the file is.
package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/question"
)

// Answer appends the answer to one line, without a line's end. An error says what is wrong with the line. It keeps nothing of line.
type Answer func(dst, line []byte) ([]byte, error)

// Decide answers lines of `edgewise decide`. now stands in where a line has none; zero is the clock's time at each line.
func Decide(ctx context.Context, h *host.Host, now time.Time) Answer {
	return func(dst, line []byte) ([]byte, error) {
		at := now
		if at.IsZero() {
			at = time.Now()
		}
		result, err := h.DecideJSON(ctx, line, at)
		if err != nil {
			return dst, err
		}
		return result.AppendJSON(dst), nil
	}
}

// Plan answers lines of `edgewise plan`. now is as for Decide.
func Plan(ctx context.Context, h *host.Host, now time.Time) Answer {
	return func(dst, line []byte) ([]byte, error) {
		at := now
		if at.IsZero() {
			at = time.Now()
		}
		plan, err := h.PlanJSON(ctx, line, at)
		return append(dst, plan...), err
	}
}

// Run answers each line of in with a line of out, until in ends. A bad line is answered with {"line":N,"error":"..."}, counted from 1,
// and the rest go on; bad is how many there were. What is known is written before Run waits for more input, so a program may talk with it
// line by line. The error is of reading or writing.
func Run(in io.Reader, out io.Writer, answer Answer) (bad int, err error) {
	r := bufio.NewReaderSize(in, 64<<10)
	w := bufio.NewWriterSize(out, 64<<10)
	defer func() { err = errors.Join(err, w.Flush()) }()
	var line, answered []byte
	for number := 1; ; number++ {
		if waiting, _ := r.Peek(r.Buffered()); bytes.IndexByte(waiting, '\n') < 0 {
			if err := w.Flush(); err != nil {
				return bad, err
			}
		}
		var size int
		if line, size, err = readLine(r, line[:0]); err != nil {
			if err == io.EOF {
				err = nil
			}
			return bad, err
		}
		if number == 1 {
			if rest, marked := bytes.CutPrefix(line, []byte("\ufeff")); marked { // a byte order mark, as some editors begin files
				line, size = rest, size-len("\ufeff")
			}
		}
		var problem error
		if answered, problem = answerLine(answered[:0], line, size, answer); problem != nil {
			bad++
			answered = appendBad(answered[:0], number, problem)
		}
		if _, err := w.Write(append(answered, '\n')); err != nil {
			return bad, err
		}
	}
}

func answerLine(dst, line []byte, size int, answer Answer) ([]byte, error) {
	switch {
	case size > question.MaxLine:
		return dst, fmt.Errorf("line has %d bytes, the limit is %d", size, question.MaxLine)
	case len(bytes.TrimSpace(line)) == 0:
		return dst, errors.New("empty line")
	}
	return answer(dst, bytes.TrimSuffix(line, []byte("\r")))
}

// readLine appends the next line without its end, and gives its size likewise. Of a line beyond the limit only the beginning is kept. The error
// is io.EOF where there is no line left.
func readLine(r *bufio.Reader, line []byte) (_ []byte, size int, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if size += len(part); size <= question.MaxLine+len("\n") {
			line = append(line, part...)
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), size - len("\n"), nil
		case err == io.EOF && size > 0: // the last line has no end
			return line, size, nil
		case err != bufio.ErrBufferFull:
			return line, size, err
		}
	}
}

func appendBad(dst []byte, number int, err error) []byte {
	dst = text.AppendUint(append(dst, `{"line":`...), uint64(number))
	return append(text.AppendJSONString(append(dst, `,"error":`...), err.Error()), '}')
}
