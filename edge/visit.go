package edge

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/edge/device"
)

// A visit as it crosses the module's boundary, in little-endian words. A text is a word with its length, its bytes, and zeros to the next whole
// word.
//
//	words 0-2   the time: seconds since 1970 (low word, high word), nanoseconds
//	word  3     bit 0: the platform tells the device; bit 1: it is a robot; from bits 8, 16 and 24 on its class, system and browser (package device)
//	then        the texts method, URL, client's address, country, region, city, continent, time zone, random bytes, body
//	then        the number of secrets; each as a text
//	then        the number of header lines; of each its name and its value as texts
//	then        0; or what became of the hand-over (Outcome), the status, the time of the answer in seconds (low word, high word),
//	            the body and the signature as texts
//
// A visit with what became of its hand-over is planned, and the plan is finished with it. So no instance keeps anything from one call to the next.

// AppendVisit writes a visit; h is nil where nothing was handed over.
func AppendVisit(dst []byte, v *Visit, h *HandOver) []byte {
	dst = appendLong(dst, uint64(v.Seconds))
	dst = appendWord(dst, v.Nanos)
	told := uint32(0)
	if d := v.Device; d != nil {
		told = 1 | uint32(d.Class)<<8 | uint32(d.OS)<<16 | uint32(d.Browser)<<24
		if d.Bot {
			told |= 2
		}
	}
	dst = appendWord(dst, told)
	for _, s := range [...]string{v.Method, v.URL, v.ClientIP, v.Geo.Country, v.Geo.Region, v.Geo.City, v.Geo.Continent, v.Geo.Timezone, view(v.Random), view(v.Body)} {
		dst = appendString(dst, s)
	}
	dst = appendWord(dst, uint32(len(v.Secrets)))
	for _, secret := range v.Secrets {
		dst = appendString(dst, view(secret))
	}
	dst = appendWord(dst, uint32(len(v.Headers)))
	for i := range v.Headers {
		dst = appendString(appendString(dst, v.Headers[i].Name), v.Headers[i].Value)
	}
	if h == nil {
		return appendWord(dst, 0)
	}
	dst = appendWord(appendWord(dst, uint32(h.Outcome)), uint32(h.Status))
	dst = appendLong(dst, uint64(h.Seconds))
	return appendString(appendString(dst, view(h.Body)), h.Signature)
}

func appendString(dst []byte, s string) []byte {
	dst = append(appendWord(dst, uint32(len(s))), s...)
	for n := len(s); n%4 != 0; n++ {
		dst = append(dst, 0)
	}
	return dst
}

func appendWord(dst []byte, w uint32) []byte {
	return append(dst, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
}

func appendLong(dst []byte, w uint64) []byte {
	return appendWord(appendWord(dst, uint32(w)), uint32(w>>32))
}

// view is bytes as a text that shares them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Inbox is the room for a visit that is read from bytes.
type Inbox struct {
	Visit    Visit
	HandOver HandOver // with an Outcome of 0: nothing was handed over

	device  device.Device
	headers [MaxHeaders]Header
	secrets [4][]byte
}

// Read reads what AppendVisit wrote, in place: the bytes must stay unchanged while the visit is used. It says false where they are no visit.
// Given no more headers than MaxHeaders, it allocates nothing.
func (in *Inbox) Read(data []byte) bool {
	r := words{data: data}
	v, h := &in.Visit, &in.HandOver
	*v = Visit{}
	*h = HandOver{}
	v.Seconds, v.Nanos = int64(r.long()), r.word()
	if told := r.word(); told&1 != 0 {
		in.device = device.Device{Class: device.Class(told >> 8), OS: device.OS(told >> 16), Browser: device.Browser(told >> 24), Bot: told&2 != 0}
		v.Device = &in.device
	}
	for _, s := range [...]*string{&v.Method, &v.URL, &v.ClientIP, &v.Geo.Country, &v.Geo.Region, &v.Geo.City, &v.Geo.Continent, &v.Geo.Timezone} {
		*s = view(r.text())
	}
	v.Random, v.Body = r.text(), r.text()
	v.Secrets = in.secrets[:0]
	for n := r.count(1); n > 0; n-- {
		v.Secrets = append(v.Secrets, r.text())
	}
	v.Headers = in.headers[:0]
	for n := r.count(2); n > 0; n-- {
		name := view(r.text())
		v.Headers = append(v.Headers, Header{name, view(r.text())})
	}
	if h.Outcome = Outcome(r.word()); h.Outcome != 0 {
		h.Status, h.Seconds = int(r.word()), int64(r.long())
		h.Body, h.Signature = r.text(), view(r.text())
	}
	return !r.broken && len(r.data) == 0
}

// words goes through a visit's bytes. After reading beyond the end it is broken, and gives nothing.
type words struct {
	data   []byte
	broken bool
}

//go:noinline
func (r *words) word() uint32 {
	p := r.data
	if len(p) < 4 {
		r.data, r.broken = nil, true
		return 0
	}
	r.data = p[4:]
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

//go:noinline
func (r *words) long() uint64 { return uint64(r.word()) | uint64(r.word())<<32 }

//go:noinline
func (r *words) text() []byte {
	n := uint64(r.word())
	padded := (n + 3) &^ 3
	if padded > uint64(len(r.data)) {
		r.data, r.broken = nil, true
		return nil
	}
	s := r.data[:n:n]
	r.data = r.data[padded:]
	return s
}

// count is the number of what takes so many words each at least.
func (r *words) count(least int) int {
	n := uint64(r.word())
	if n*uint64(least)*4 > uint64(len(r.data)) {
		r.data, r.broken = nil, true
		return 0
	}
	return int(n)
}
