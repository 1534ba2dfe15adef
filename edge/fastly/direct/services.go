//go:build tinygo

package direct

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/edge/fastly"
)

const storeName = "edgewise" // of the config store and the secret store

// HasBackend is described at fastly.Platform.
func (h *Host) HasBackend(name string) bool {
	count = 0
	return backendExists(pointer(name), size(name), unsafe.Pointer(&count)) == ok && count != 0
}

var config struct {
	store  Handle
	opened bool
	absent bool
}

// Setting is described at fastly.Platform.
func (h *Host) Setting(name string) string {
	if !config.opened {
		config.opened = true
		config.absent = configOpen(pointer(storeName), size(storeName), unsafe.Pointer(&config.store)) != ok
	}
	if config.absent {
		return ""
	}
	buffer, n := rest()
	value, _ := keep(configGet(config.store, pointer(name), size(name), buffer, n, unsafe.Pointer(&count)))
	return value
}

// Secret is described at fastly.Platform.
func (h *Host) Secret(name string) string {
	if secretOpen(pointer(storeName), size(storeName), unsafe.Pointer(&first)) != ok ||
		secretGet(first, pointer(name), size(name), unsafe.Pointer(&second)) != ok {
		return ""
	}
	buffer, n := rest()
	value, _ := keep(secretPlaintext(second, buffer, n, unsafe.Pointer(&count)))
	return value
}

// What a lookup in a KV store ends with.
const (
	kvFound  = 1
	kvAbsent = 3
)

// Object is described at fastly.Platform.
func (h *Host) Object(store, key string, limit int) ([]byte, fastly.Found) {
	var options [1]uint32
	if kvOpen(pointer(store), size(store), unsafe.Pointer(&first)) != ok ||
		kvLookup(first, pointer(key), size(key), 0, unsafe.Pointer(&options), unsafe.Pointer(&second)) != ok {
		return nil, fastly.Unavailable
	}
	var metadata [2000]byte
	var problem uint32
	status := kvWait(second, unsafe.Pointer(&first), unsafe.Pointer(&metadata), uint32(len(metadata)), unsafe.Pointer(&count), unsafe.Pointer(&wide), unsafe.Pointer(&problem))
	switch {
	case status != ok || problem != kvFound && problem != kvAbsent:
		return nil, fastly.Unavailable
	case problem == kvAbsent:
		return nil, fastly.Absent
	}
	return grow(first, limit)
}

// grow reads a body whose length is not known.
func grow(body Handle, limit int) ([]byte, fastly.Found) {
	data, n := space(64<<10), 0
	for {
		if n == len(data) {
			more := space(min(2*len(data), limit+1))
			copy(more, data)
			data = more
		}
		if bodyRead(body, unsafe.Pointer(&data[n]), uint32(len(data)-n), unsafe.Pointer(&count)) != ok {
			return nil, fastly.Unavailable
		}
		if count == 0 {
			return data[:n], fastly.Present
		}
		if n += int(count); n > limit {
			return nil, fastly.TooLarge
		}
	}
}

// Log is described at fastly.Platform.
func (h *Host) Log(endpoint, line string) {
	if logEndpoint(pointer(endpoint), size(endpoint), unsafe.Pointer(&first)) == ok {
		logWrite(first, pointer(line), size(line), unsafe.Pointer(&count))
	}
}

// Now is described at fastly.Platform.
func (h *Host) Now() uint64 { return clock(0) }

// Elapsed is described at fastly.Platform.
func (h *Host) Elapsed() uint64 { return clock(1) }

func clock(id uint32) uint64 {
	wide = 0
	clockTimeGet(id, 1, unsafe.Pointer(&wide))
	return wide
}

// Random is described at fastly.Platform.
func (h *Host) Random(dst []byte) bool {
	return randomGet(unsafe.Pointer(unsafe.SliceData(dst)), uint32(len(dst))) == 0
}

// Place is the environment's FASTLY_POP.
func (h *Host) Place() string {
	const name = "FASTLY_POP="
	var n, total uint32
	var starts [64]unsafe.Pointer
	if environSizesGet(unsafe.Pointer(&n), unsafe.Pointer(&total)) != 0 || int(n) > len(starts) || int(total) > len(room)-used {
		return ""
	}
	buffer, _ := rest()
	if environGet(unsafe.Pointer(&starts), buffer) != 0 {
		return ""
	}
	all := unsafe.String((*byte)(buffer), int(total))
	used += int(total)
	for all != "" {
		var item string
		if item, all = next(all); len(item) > len(name) && item[:len(name)] == name {
			return item[len(name):]
		}
	}
	return ""
}
