package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/edge/preview"
)

// jar finds in one pass over a request's cookies those that somebody asks for.
type jar struct {
	slots   []slot
	heads   [64]uint16 // by hash: the slot to look at first, +1
	off     int        // slots of the exchange's own cookies
	state   int
	preview int
}

// slot is a cookie that is asked for.
type slot struct {
	name   string
	signal policy.Kind // 0: it is no signal of consent
	next   uint16      // slot of the same hash, +1
	found  bool
	value  string // of the first cookie of that name, as sent
}

// fill asks for the cookies of a bundle.
func (j *jar) fill(b *core.Bundle, inputs []input) {
	j.slots = make([]slot, 0, 3+len(b.Cookies)+len(inputs))
	j.off = j.add(policy.OffCookie)
	j.slots[j.off].signal = policy.Off
	j.state, j.preview = j.add(StateCookie), j.add(preview.Cookie)
	for i, c := range b.Cookies {
		at := j.add(b.String(c.Name)) // first: it makes the slots longer
		j.slots[at].signal = policy.FirstCookie + policy.Kind(i)
	}
	for i := range inputs {
		if in := &inputs[i]; in.source == fromCookie {
			in.slot = j.add(in.name)
		}
	}
}

// add gives the slot of a name.
func (j *jar) add(name string) int {
	if i := j.find(name); i >= 0 {
		return i
	}
	head := &j.heads[hashName(name)]
	j.slots = append(j.slots, slot{name: name, next: *head})
	*head = uint16(len(j.slots))
	return len(j.slots) - 1
}

func (j *jar) find(name string) int {
	for i := j.heads[hashName(name)]; i > 0; i = j.slots[i-1].next {
		if j.slots[i-1].name == name {
			return int(i) - 1
		}
	}
	return -1
}

func hashName(name string) byte {
	if name == "" {
		return 0
	}
	return (name[0]<<2 ^ name[len(name)-1] ^ byte(len(name))<<1) & 63
}

// read finds the cookies of a request and gives a context those with signals of consent, all of them. Otherwise of a name that comes several
// times the first value counts.
func (j *jar) read(headers []Header, c *core.Context) {
	for i := range j.slots {
		j.slots[i].found = false
	}
	cookies := Cookies{headers: headers, left: MaxCookie} // their length is bounded, so that none of them counts against another
	for cookies.Next() {
		i := j.find(cookies.name)
		if i < 0 {
			continue
		}
		s := &j.slots[i]
		if s.signal > 0 {
			c.AddSignal(s.signal, cookies.value)
		}
		if !s.found {
			s.found, s.value = true, cookies.value
		}
	}
}
