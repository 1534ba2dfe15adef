// Package visit reads requests that are written as lines of `edgewise plan`: what a platform tells package edge, as JSON.
//
// Reach for Visit.ReadJSON. Keys that it does not know are ignored; what is wrong with one is said by its name.
package visit

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/device"
	"github.com/edgewise-dev/edgewise/host/question"
)

// Visit is a request with what became of its hand-over.
type Visit struct {
	edge.Visit
	HandOver *edge.HandOver // nil: nothing was handed over, or its answer is not there yet
}

// Append writes the visit as engines take it.
func (v *Visit) Append(dst []byte) []byte { return edge.AppendVisit(dst, &v.Visit, v.HandOver) }

// ReadJSON reads a line such as
//
//	{"method":"GET","url":"/shop/?q=x","headers":[["user-agent","Mozilla/5.0"],["cookie","cart=80"]],"client_ip":"192.0.2.7",
//	 "geo":{"country":"DE","region":"BY","city":"Munich","continent":"EU","timezone":"Europe/Berlin"},
//	 "device":{"class":"mobile","os":"android","browser":"chrome","bot":false},"now":"2026-12-01T08:00:00Z",
//	 "random":"64 hexadecimal digits","secret":"hexadecimal digits","body":"{}",
//	 "handover":{"outcome":"answered","status":200,"body":"{}","signature":"t=1764576000,v1=...","at":"2026-12-01T08:00:01Z"}}
//
// Only url is needed. now stands in where the line has none. A secret may be a list: the first seals, all open. Without device the user agent
// says. The error says which key is wrong, or at which byte the line is no JSON.
func (v *Visit) ReadJSON(line []byte, now time.Time) error {
	root, err := question.ParseLine(line)
	if err != nil {
		return err
	}
	*v = Visit{}
	v.Method, v.Seconds, v.Nanos = "GET", now.Unix(), uint32(now.Nanosecond())
	r := reader{}
	root.ForEach(func(key, value gjson.Result) bool {
		if value.Type != gjson.Null {
			v.read(&r, key.Str, value)
		}
		return r.err == nil
	})
	if r.err == nil && v.URL == "" {
		return errors.New(`url: not there, want a path such as "/shop/?q=x"`)
	}
	return r.err
}

func (v *Visit) read(r *reader, key string, value gjson.Result) {
	switch key {
	case "method":
		v.Method = r.text(key, value)
	case "url":
		v.URL = r.text(key, value)
	case "headers":
		v.Headers = r.headers(value)
	case "client_ip":
		v.ClientIP = r.text(key, value)
	case "geo":
		g := &v.Geo
		r.object(key, value, map[string]func(string, gjson.Result){
			"country": r.into(&g.Country), "region": r.into(&g.Region), "city": r.into(&g.City), "continent": r.into(&g.Continent), "timezone": r.into(&g.Timezone),
		})
	case "device":
		v.Device = r.device(value)
	case "now":
		v.Seconds, v.Nanos = r.time(key, value)
	case "random":
		if v.Random = r.hex(key, value); r.err == nil && len(v.Random) != edge.RandomSize {
			r.fail(key, "want %d hexadecimal digits, have %d", 2*edge.RandomSize, 2*len(v.Random))
		}
	case "secret":
		secrets := []gjson.Result{value}
		if value.IsArray() {
			secrets = value.Array()
		}
		for _, secret := range secrets {
			v.Secrets = append(v.Secrets, r.hex(key, secret))
		}
	case "body":
		v.Body = []byte(r.text(key, value))
	case "handover":
		v.HandOver = r.handOver(value)
	}
}

// reader reads values by key, until the first mistake.
type reader struct{ err error }

func (r *reader) fail(key, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...))
	}
}

func (r *reader) text(key string, value gjson.Result) string {
	if value.Type != gjson.String {
		r.fail(key, "want a string, have %s", kindOf(value))
	}
	return value.Str
}

func (r *reader) into(field *string) func(string, gjson.Result) {
	return func(key string, value gjson.Result) { *field = r.text(key, value) }
}

// object reads an object's members by functions that know them.
func (r *reader) object(name string, value gjson.Result, members map[string]func(string, gjson.Result)) {
	if !value.IsObject() {
		r.fail(name, "want an object, have %s", kindOf(value))
		return
	}
	value.ForEach(func(key, value gjson.Result) bool {
		if read := members[key.Str]; read != nil && value.Type != gjson.Null {
			read(name+"."+key.Str, value)
		}
		return r.err == nil
	})
}

func (r *reader) headers(value gjson.Result) (all []edge.Header) {
	if !value.IsArray() {
		r.fail("headers", `want an array of pairs such as ["cookie","cart=80"], have %s`, kindOf(value))
		return nil
	}
	for i, pair := range value.Array() {
		parts := pair.Array()
		if !pair.IsArray() || len(parts) != 2 || parts[0].Type != gjson.String || parts[1].Type != gjson.String {
			r.fail(fmt.Sprintf("headers[%d]", i), `want a pair such as ["cookie","cart=80"]`)
			return nil
		}
		all = append(all, edge.Header{Name: parts[0].Str, Value: parts[1].Str})
	}
	return all
}

func (r *reader) device(value gjson.Result) *device.Device {
	d := &device.Device{}
	number := func(words []string, set func(int)) func(string, gjson.Result) {
		return func(key string, value gjson.Result) {
			n := slices.Index(words, r.text(key, value))
			if n < 0 {
				r.fail(key, "want one of %v, have %q", words, value.Str)
			}
			set(n)
		}
	}
	r.object("device", value, map[string]func(string, gjson.Result){
		"class":   number(device.Classes[:], func(n int) { d.Class = device.Class(n) }),
		"os":      number(device.Systems[:], func(n int) { d.OS = device.OS(n) }),
		"browser": number(device.Browsers[:], func(n int) { d.Browser = device.Browser(n) }),
		"bot": func(key string, value gjson.Result) {
			if !value.IsBool() {
				r.fail(key, "want true or false, have %s", kindOf(value))
			}
			d.Bot = value.Bool()
		},
	})
	return d
}

func (r *reader) time(key string, value gjson.Result) (int64, uint32) {
	seconds, nanos, ok := text.ParseTimestamp(value.Str)
	if value.Type != gjson.String || !ok {
		r.fail(key, "want an RFC 3339 time such as 2026-12-01T08:00:00Z")
	}
	return seconds, nanos
}

// hex reads hexadecimal digits. What they are is a secret, so an error does not repeat them.
func (r *reader) hex(key string, value gjson.Result) []byte {
	data, err := hex.DecodeString(value.Str)
	if value.Type != gjson.String || err != nil {
		r.fail(key, "want hexadecimal digits")
	}
	return data
}

// outcomes are what can become of a hand-over, in words.
var outcomes = map[string]edge.Outcome{"answered": edge.Answered, "late": edge.Late, "failed": edge.Failed}

func (r *reader) handOver(value gjson.Result) *edge.HandOver {
	h := &edge.HandOver{Status: 200}
	r.object("handover", value, map[string]func(string, gjson.Result){
		"outcome": func(key string, value gjson.Result) {
			if h.Outcome = outcomes[value.Str]; h.Outcome == 0 {
				r.fail(key, "want answered, late or failed")
			}
		},
		"status": func(key string, value gjson.Result) {
			if h.Status = int(value.Int()); value.Type != gjson.Number || h.Status < 100 || h.Status > 999 {
				r.fail(key, "want a status of HTTP such as 200")
			}
		},
		"body":      func(key string, value gjson.Result) { h.Body = []byte(r.text(key, value)) },
		"signature": r.into(&h.Signature),
		"at":        func(key string, value gjson.Result) { h.Seconds, _ = r.time(key, value) },
	})
	if r.err == nil && h.Outcome == 0 {
		r.fail("handover.outcome", "not there, want answered, late or failed")
	}
	return h
}

func kindOf(value gjson.Result) string {
	switch {
	case value.IsObject():
		return "an object"
	case value.IsArray():
		return "an array"
	case value.IsBool():
		return "a bool"
	case value.Type == gjson.Number:
		return "a number"
	case value.Type == gjson.String:
		return "a string"
	}
	return "null"
}
