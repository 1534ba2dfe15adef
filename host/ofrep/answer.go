package ofrep

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/apikey"
	"github.com/edgewise-dev/edgewise/host/flag"
)

// The error codes of OpenFeature that a whole request can have.
const (
	parseError     = "PARSE_ERROR"
	invalidContext = "INVALID_CONTEXT"
	general        = "GENERAL"
)

// answerOne answers with a flag: evaluationSuccess, evaluationFailure or flagNotFound.
func (h *Handler) answerOne(w http.ResponseWriter, m *room, key string, result host.Result) {
	f := flag.Flag{Key: key, ErrorCode: flag.NotFound, Details: "no flag of this name"} // that the caller may see
	if len(result.Decisions) > 0 {
		f = flag.Of(&result.Decisions[0], result.Version)
	}
	m.out = appendFlag(m.out[:0], &f)
	switch f.ErrorCode {
	case "":
		say(w, http.StatusOK, m.out)
	case flag.NotFound:
		say(w, http.StatusNotFound, m.out)
	default:
		say(w, http.StatusBadRequest, m.out)
	}
}

// answerAll answers with every flag: bulkEvaluationSuccess.
func (h *Handler) answerAll(w http.ResponseWriter, r *http.Request, m *room, caller *apikey.Entry, result host.Result) {
	out := append(m.out[:0], `{"flags":[`...)
	first := true
	for i := range result.Decisions {
		if result.Decisions[i].Unknown { // the bundle has just lost it
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		f := flag.Of(&result.Decisions[i], result.Version)
		out = appendFlag(out, &f)
	}
	out = append(append(out, `],"metadata":`...), h.setMetadata(&result)...)
	if h.Events {
		out = h.appendStream(out, caller)
	}
	m.out = append(out, '}')
	digest := sha256.Sum256(m.out)
	etag := `"` + hex.EncodeToString(digest[:16]) + `"`
	w.Header().Set("ETag", etag)
	if names(r.Header.Values("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	say(w, http.StatusOK, m.out)
}

// setMetadata is what the bundle says of itself, and which it is.
func (h *Handler) setMetadata(result *host.Result) []byte {
	own := result.Metadata
	m := []byte{'{'}
	if len(own) > len("{}") {
		m = append(append(m[:0], own[:len(own)-1]...), ',')
	}
	m = text.AppendJSONString(append(m, `"edgewise.bundle":`...), result.Bundle)
	return append(text.AppendUint(append(m, `,"edgewise.version":`...), result.Version), '}')
}

// names says whether one of the entity tags in If-None-Match is etag. Only "*" is never it: what the client has may be anything.
func names(header []string, etag string) bool {
	for _, line := range header {
		for tag := range strings.SplitSeq(line, ",") { // no tag of ours has a comma in it
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == strings.Trim(etag, `"`) { // some clients take the quotes off
				return true
			}
		}
	}
	return false
}

// appendFlag appends a flag.
func appendFlag(dst []byte, f *flag.Flag) []byte {
	dst = text.AppendJSONString(append(dst, `{"key":`...), f.Key)
	if f.ErrorCode != "" {
		return append(appendError(append(dst, ','), f.ErrorCode, f.Details), '}')
	}
	if f.Value != nil {
		dst = append(append(dst, `,"value":`...), f.Value...)
	}
	dst = text.AppendJSONString(append(dst, `,"reason":`...), f.Reason)
	if f.Variant != "" {
		dst = text.AppendJSONString(append(dst, `,"variant":`...), f.Variant)
	}
	if len(f.Metadata) > 0 {
		dst = append(append(dst, `,"metadata":`...), f.Metadata...)
	}
	return append(dst, '}')
}

func appendError(dst []byte, code, details string) []byte {
	dst = text.AppendJSONString(append(dst, `"errorCode":`...), code)
	return text.AppendJSONString(append(dst, `,"errorDetails":`...), details)
}

// refuse says why a request cannot be answered: evaluationFailure or bulkEvaluationFailure.
func (h *Handler) refuse(w http.ResponseWriter, key string, single bool, err error) {
	var large *http.MaxBytesError
	status, code, details := http.StatusBadRequest, parseError, err.Error()
	switch {
	case errors.As(err, &large):
		status, code, details = http.StatusRequestEntityTooLarge, general, fmt.Sprintf("the body has more than %d bytes", large.Limit)
	case errors.Is(err, errEncoded):
		status, code = http.StatusUnsupportedMediaType, general
	case errors.Is(err, host.ErrContext):
		code = invalidContext
	}
	body := []byte{'{'}
	if single {
		body = append(text.AppendJSONString(append(body, `"key":`...), key), ',')
	}
	say(w, status, append(appendError(body, code, details), '}'))
}

// sayLater refuses a request beyond the rate: Retry-After is in whole seconds.
func sayLater(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	sayDetails(w, http.StatusTooManyRequests, "more requests than are allowed in a second")
}

// sayDetails answers with errorDetails alone: generalErrorResponse.
func sayDetails(w http.ResponseWriter, status int, details string) {
	say(w, status, append(text.AppendJSONString([]byte(`{"errorDetails":`), details), '}'))
}

func say(w http.ResponseWriter, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body) // who does not read it needs no answer
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
