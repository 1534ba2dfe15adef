package accesslog

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/edge"
)

// combinedTime is how the format writes times.
const combinedTime = "02/Jan/2006:15:04:05 -0700"

// parseCombined reads one line of Common or Combined Log Format. Status and size
// are the answer's and not looked at.
func parseCombined(line string) (r edge.Request, at time.Time, err error) {
	who, rest, ok := strings.Cut(line, " [")
	client, _, _ := strings.Cut(who, " ")
	stamp, rest, closed := strings.Cut(rest, "] ")
	if !ok || !closed {
		return r, at, errors.New("neither JSON nor Combined Log Format: no [time]")
	}
	if at, err = time.Parse(combinedTime, stamp); err != nil {
		return r, at, fmt.Errorf("the time %q is not like %q", stamp, combinedTime)
	}
	request, rest, err := quoted(rest)
	if err != nil {
		return r, at, fmt.Errorf("the request: %w", err)
	}
	if r.Method, r.URL, err = requestLine(request); err != nil {
		return r, at, err
	}
	if addr, err := netip.ParseAddr(client); err == nil {
		r.ClientIP = addr.String() // a log may have names instead
	}
	_, rest, found := strings.Cut(rest, ` "`) // status and size
	for _, name := range []string{"Referer", "User-Agent"} {
		if !found {
			break
		}
		var value string
		if value, rest, err = quoted(`"` + rest); err != nil {
			return r, at, fmt.Errorf("the %s: %w", name, err)
		}
		if value != "" && value != "-" {
			r.Headers = append(r.Headers, edge.Header{Name: name, Value: value})
		}
		_, rest, found = strings.Cut(rest, ` "`)
	}
	return r, at, nil
}

// requestLine takes "GET /path HTTP/1.1" apart. What servers log for connections that
// never sent a request ("-", or the bytes of another protocol) is an error.
func requestLine(line string) (method, url string, err error) {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || !strings.HasPrefix(parts[2], "HTTP/") || parts[0] == "" || parts[1] == "" {
		return "", "", fmt.Errorf("%.40q is no request line", line)
	}
	for _, c := range parts[0] {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return "", "", fmt.Errorf("%.40q is no method", parts[0])
		}
	}
	return parts[0], parts[1], nil
}

// quoted reads a quoted text, in which servers write \" and \xHH for what would end it.
func quoted(s string) (text, rest string, err error) {
	if s == "" || s[0] != '"' {
		return "", "", errors.New("no opening quote")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s):
			c, n := unescape(s[i+1:])
			b.WriteByte(c)
			i += n
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errors.New("no closing quote")
}

// unescape is the byte that the text behind a backslash stands for, and the text's length.
func unescape(s string) (c byte, n int) {
	if s[0] == 'x' && len(s) >= 3 {
		if v, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			return byte(v), 3
		}
	}
	switch s[0] {
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	}
	return s[0], 1
}
