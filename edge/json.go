package edge

import "github.com/edgewise-dev/edgewise/core/text"

// json writes objects and lists: a comma where one belongs.
type json struct {
	dst   []byte
	comma bool
}

//go:noinline
func (j *json) separate() {
	if j.comma {
		j.dst = text.AppendByte(j.dst, ',')
	}
	j.comma = true
}

//go:noinline
func (j *json) open(bracket byte) {
	j.separate()
	j.dst = text.AppendByte(j.dst, bracket)
	j.comma = false
}

//go:noinline
func (j *json) close(bracket byte) {
	j.dst = text.AppendByte(j.dst, bracket)
	j.comma = true
}

//go:noinline
func (j *json) string(s string) {
	j.separate()
	j.dst = text.AppendJSONString(j.dst, s)
}

// key begins a member of an object. Keys are words of this package and names of the bundle's, in which nothing is escaped.
//
//go:noinline
func (j *json) key(name string) {
	j.separate()
	j.dst = text.AppendText(text.AppendText(text.AppendByte(j.dst, '"'), name), `":`)
	j.comma = false
}

// raw is a value that is JSON already.
//
//go:noinline
func (j *json) raw(s string) {
	j.separate()
	j.dst = text.AppendText(j.dst, s)
}

//go:noinline
func (j *json) text(key, value string) {
	j.key(key)
	j.string(value)
}

//go:noinline
func (j *json) uint(key string, n uint64) {
	j.key(key)
	j.separate()
	j.dst = text.AppendUint(j.dst, n)
}

// int writes seconds, which may be over.
func (j *json) int(key string, n int64) {
	j.key(key)
	j.separate()
	j.dst = text.AppendInt(j.dst, n)
}

// yes writes a member only where it is true.
//
//go:noinline
func (j *json) yes(key string, on bool) {
	if on {
		j.key(key)
		j.raw("true")
	}
}
