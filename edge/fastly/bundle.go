package fastly

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// The bundle that decides is the newest that was accepted at this point of presence. Its cache keeps it, verified, with what a verifier remembers
// (verify.Mark); only this service writes there. When the entry is older than the setting refresh, one request looks into the KV store for
// something newer, after it has answered its visitor. Only where there is no entry at all, at a point of presence that starts, visitors wait for the
// store; requests that arrive meanwhile wait for the first of them.

const (
	retry    = 5        // seconds until the store is asked again after it did not answer, or had nothing to be accepted
	maxHead  = 32 << 10 // bytes of a channel's head
	maxLists = 64       // key lists that are followed; whoever rotates more often builds a new service
)

// memory is what the cache keeps of a bundle besides its bytes.
type memory struct {
	mark    verify.Mark
	version uint64      // of the release that decides; 0: the site's own bundle does
	refused verify.Code // why the KV store's is not the one that decides; 0: it is
}

// bundle gives the bundle that decides and, where there is a store, its place in the cache.
func (h *handler) bundle(site *Site) (*core.Bundle, Entry) {
	if len(site.Policy) == 0 {
		return Load(site.Bundle), nil
	}
	entry := h.Lookup(h.cacheKey(site))
	m, ok := readMemory(entry.Metadata())
	if entry.Found() && ok {
		h.refused = m.refused
		if m.version == 0 {
			return Load(site.Bundle), entry
		}
		if b := Load(entry.Contents()); b != nil {
			return b, entry
		}
		m.refused = verify.Torn
	}
	if entry.Due() {
		m.version = 0
		if data := h.look(site, &m); data != nil {
			entry.Replace(m.text(), data, h.refresh())
			return Load(data), entry
		}
		entry.Replace(m.text(), nil, retry)
	}
	h.refused = m.refused
	return Load(site.Bundle), entry
}

// renew looks for a newer bundle where the cache's is due, and closes its entry.
func (h *handler) renew(site *Site, entry Entry) {
	if entry == nil {
		return
	}
	if entry.Found() && entry.Due() {
		m, _ := readMemory(entry.Metadata())
		if data := h.look(site, &m); data != nil {
			entry.Replace(m.text(), data, h.refresh())
		} else if m.refused == 0 {
			entry.Refresh(m.text(), h.refresh())
		} else {
			entry.Refresh(m.text(), retry)
		}
	}
	entry.Close()
}

// cacheKey differs between services that trust others, or have another bundle of last resort.
func (h *handler) cacheKey(site *Site) string {
	sum := xxhash.Sum64(unsafe.String(&site.Policy[0], len(site.Policy)), 0)
	return "edgewise/bundle/" + string(text.AppendUint(nil, sum))
}

// look reads what is current in the channel. It gives the bytes of a release that is accepted and not the one that is remembered, and what to
// remember of it in m; nil, and why in m, where there is none.
func (h *handler) look(site *Site, m *memory) []byte {
	policy, _, err := verify.ReadPolicy(site.Policy, verify.CheckSignature)
	if err != nil {
		m.refused = codeOf(err)
		return nil
	}
	store := or(h.Setting(settingStore), "edgewise")
	head, found := h.Object(store, "channels/"+policy.Channel+"/head", maxHead)
	if found != Present {
		m.refused = verify.Unavailable
		return nil
	}
	policy.Place = h.Place()
	policy.Accepted = m.mark
	h.follow(policy, store)
	m.refused = verify.Torn // where the head names nothing
	for _, name := range envelopes(head) {
		data, found := h.Object(store, "envelopes/"+name, verify.MaxEnvelope)
		if m.refused = unavailable(found); m.refused != 0 {
			continue
		}
		now := int64(h.Now() / 1e9)
		_, release, err := policy.Load(data, now)
		if err != nil {
			m.refused = codeOf(err)
			continue
		}
		m.refused = 0
		if m.version == release.Statement.Version {
			return nil
		}
		m.mark, m.version = m.mark.After(release, now), release.Statement.Version
		return data
	}
	return nil
}

// follow reads the signed key lists that came after the one built in. One that does not follow ends it: what is signed by the keys so far counts.
func (h *handler) follow(policy *verify.Policy, store string) {
	for range maxLists {
		file, found := h.Object(store, "keys/"+string(text.AppendInt(nil, int64(policy.Keys.Version+1))), verify.MaxPolicy)
		if found != Present {
			return
		}
		next, err := policy.Keys.Next(file, verify.CheckSignature)
		if err != nil {
			return
		}
		policy.Keys = next
	}
}

func unavailable(found Found) verify.Code {
	switch found {
	case Present:
		return 0
	case TooLarge:
		return verify.Limit
	}
	return verify.Unavailable
}

func codeOf(err error) verify.Code {
	if r, ok := err.(*verify.Refusal); ok {
		return r.Code
	}
	return verify.Torn
}

// envelopes gives the names of the releases that a channel's head names (package bundles/channel), a candidate before the one that is for all. A
// head begins with a line of JSON that nobody has to believe: what it names is verified. A text in it cannot look like a name, as its quotes are escaped.
func envelopes(head []byte) []string {
	const key, digits = `"envelope":"sha512-256:`, 64
	var names []string
	line := unsafe.String(unsafe.SliceData(head), len(head))
	for i := 0; i+len(key)+digits <= len(line) && line[i] != '\n' && len(names) < 2; i++ {
		if line[i:i+len(key)] == key {
			names = append(names, line[i+len(key):i+len(key)+digits])
		}
	}
	if len(names) == 2 {
		names[0], names[1] = names[1], names[0]
	}
	return names
}

func (h *handler) refresh() int {
	return max(number(h.Setting(settingRefresh), 30), 1)
}

// text is what readMemory reads.
func (m *memory) text() string {
	dst := make([]byte, 0, memorySize)
	dst = append(appendDouble(dst, m.mark.Version), m.mark.Payload[:]...)
	dst = append(appendDouble(dst, m.mark.Candidate), m.mark.Tried[:]...)
	dst = appendDouble(dst, uint64(m.mark.Time))
	dst = appendDouble(appendDouble(dst, m.version), uint64(m.refused))
	return unsafe.String(&dst[0], len(dst))
}

const memorySize = 5*8 + 2*len(verify.Digest{})

func readMemory(s string) (m memory, ok bool) {
	if len(s) != memorySize {
		return memory{}, false
	}
	double := func() uint64 {
		v := uint64(word(s, 0)) | uint64(word(s, 1))<<32
		s = s[8:]
		return v
	}
	m.mark.Version = double()
	s = s[copy(m.mark.Payload[:], s):]
	m.mark.Candidate = double()
	s = s[copy(m.mark.Tried[:], s):]
	m.mark.Time = int64(double())
	m.version, m.refused = double(), verify.Code(double())
	return m, true
}

func appendDouble(dst []byte, v uint64) []byte {
	for shift := 0; shift < 64; shift += 8 {
		dst = append(dst, byte(v>>shift))
	}
	return dst
}
