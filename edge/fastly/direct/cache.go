//go:build tinygo

package direct

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/edge/fastly"
)

// entry is a fastly.Entry: a transaction of the point of presence's cache.
type entry struct {
	handle Handle
	state  uint32
}

// What the state of a transaction says.
const (
	stateFound = 1 << 0
	stateDue   = 1 << 3
)

// writing is how the host takes what is to be said of an entry, and the mask the parts that are.
type writing struct {
	fresh       uint64 // nanoseconds
	request     Handle
	vary        unsafe.Pointer
	varySize    uint32
	age         uint64
	stale       uint64
	keys        unsafe.Pointer
	keysSize    uint32
	length      uint64
	metadata    unsafe.Pointer
	metaSize    uint32
	edgeFresh   uint64
	service     unsafe.Pointer
	serviceSize uint32
}

const (
	writesStale    = 1 << 4
	writesKeys     = 1 << 5
	writesLength   = 1 << 6
	writesMetadata = 1 << 7

	second_ = 1e9          // nanoseconds
	month   = 30 * 86400e9 // how long a stale entry still serves
)

// purgeKey is the surrogate key of all entries: who purges it makes a new release current at once.
const purgeKey = "edgewise"

// Recall is described at fastly.Platform.
func (h *Host) Recall(key string) string {
	e := entry{}
	var options [4]uint32
	if cacheRecall(pointer(key), size(key), 0, unsafe.Pointer(&options), unsafe.Pointer(&e.handle)) != ok {
		return ""
	}
	cacheState(e.handle, unsafe.Pointer(&e.state))
	text := e.Metadata()
	e.Close()
	return text
}

// Remember is described at fastly.Platform. The text is the entry's metadata: its contents are empty.
func (h *Host) Remember(key, text string, seconds int) {
	w := say(text, seconds)
	if cacheRemember(pointer(key), size(key), writesMetadata, unsafe.Pointer(w), unsafe.Pointer(&first)) == ok {
		bodyClose(first)
	}
}

// Lookup is described at fastly.Platform.
func (h *Host) Lookup(key string) fastly.Entry {
	e := &entry{}
	var options [4]uint32
	if cacheLookup(pointer(key), size(key), 0, unsafe.Pointer(&options), unsafe.Pointer(&e.handle)) == ok {
		cacheState(e.handle, unsafe.Pointer(&e.state))
	}
	return e
}

func (e *entry) Found() bool { return e.state&stateFound != 0 }

func (e *entry) Due() bool { return e.state&stateDue != 0 }

func (e *entry) Metadata() string {
	if !e.Found() {
		return ""
	}
	buffer, n := rest()
	text, _ := keep(cacheMetadata(e.handle, buffer, n, unsafe.Pointer(&count)))
	return text
}

func (e *entry) Contents() []byte {
	var options [2]uint64
	known := cacheLength(e.handle, unsafe.Pointer(&wide)) == ok && wide <= fastly.MaxContents
	if cacheBody(e.handle, 0, unsafe.Pointer(&options), unsafe.Pointer(&first)) != ok {
		return nil
	}
	if !known { // while the host still writes the entry
		data, _ := grow(first, fastly.MaxContents)
		return data
	}
	body, data := first, space(int(wide))
	for n := 0; n < len(data); n += int(count) {
		if bodyRead(body, unsafe.Pointer(&data[n]), uint32(len(data)-n), unsafe.Pointer(&count)) != ok || count == 0 {
			return nil
		}
	}
	bodyClose(body)
	return data
}

func say(metadata string, fresh int) *writing {
	return &writing{fresh: uint64(fresh) * second_, stale: month, keys: pointer(purgeKey), keysSize: size(purgeKey),
		metadata: pointer(metadata), metaSize: size(metadata)}
}

func (e *entry) Replace(metadata string, contents []byte, fresh int) bool {
	w := say(metadata, fresh)
	w.length = uint64(len(contents))
	if cacheInsert(e.handle, writesStale|writesKeys|writesMetadata|writesLength, unsafe.Pointer(w), unsafe.Pointer(&first)) != ok {
		return false
	}
	return writeAll(first, contents)
}

func (e *entry) Refresh(metadata string, fresh int) bool {
	w, mask := say(metadata, fresh), uint32(writesStale|writesKeys|writesMetadata)
	if cacheLength(e.handle, unsafe.Pointer(&w.length)) == ok {
		mask |= writesLength
	}
	return cacheUpdate(e.handle, mask, unsafe.Pointer(w)) == ok
}

func (e *entry) Close() { cacheClose(e.handle) }
