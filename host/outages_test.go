package host_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/core/xxhash"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

// Four kinds of changes that have taken down large networks, past all guards, signed by those who may, and at a host that serves: what is refused changes
// nothing, what is accepted is decided by both engines alike and without a fault, and afterwards everything is as before, memory too.

const served = `
bundle: shop
consent:
  purposes: {personalization: {tcf: {purposes: [1]}, gpc: denies}}
  jurisdictions: [{name: us, when: geo.country == "US", modes: {"*": opt_out}}, {modes: {"*": opt_in}}]
segments: {phones: device.class == "mobile"}
holdouts: {all: {by: session.id, percent: 5}}
decisions:
  hero:
    purpose: personalization
    holdout: all
    variants: {plain: /plain.html, small: /small.html, gold: /gold.html}
    default: plain
    rules:
      - {id: phones, when: segment("phones"), serve: small}
      - {id: test, when: 'request.path.startsWith("/shop")', split: {by: session.id, weights: {plain: 50, gold: 50}}}
  banner: {purpose: necessary, variants: {none: 0, sale: 1}, default: none, rules: [{when: 'geo.country in ["DE", "FR"]', serve: sale}]}
routes: [{path: "/checkout/*", locked: true}, {path: "/*"}]
`

// place is a host that serves what its verifier accepts, once with each engine.
type place struct {
	t        *testing.T
	signer   sign.Signer
	verifier *trust.Verifier
	state    string
	hosts    [2]*host.Host
	version  uint64
	good     []byte
	before   []string // answers
	refused  map[string]int
	taken    int
}

func newPlace(t *testing.T) *place {
	signer, _, err := sign.Generate()
	require.NoError(t, err)
	p := &place{t: t, signer: signer, state: t.TempDir(), good: sample.Compile(t, served), refused: map[string]int{}}
	keys := &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: signer.Public()}}}
	p.verifier, err = trust.Open(verify.Policy{Keys: keys, Channel: "production"}, p.state)
	require.NoError(t, err)
	for i, engine := range []host.Engine{host.Native, host.Wasm} {
		p.hosts[i], err = host.New(context.Background(), host.Options{Bundle: p.good, Engine: engine, Instances: 1})
		require.NoError(t, err)
		t.Cleanup(func() { p.hosts[i].Close(context.Background()) })
	}
	require.NoError(t, p.offer(p.good))
	p.before = p.answers()
	return p
}

// offer signs a payload as the next version, whatever it is, and puts it in service where it is accepted.
func (p *place) offer(payload []byte) error {
	s := verify.Statement{Version: p.version + 1, Channel: "production", Bundle: "shop", Payload: verify.Sum(payload), Size: uint32(len(payload)),
		Format: format.Version, Engine: format.Level}
	release, err := sign.All(s.Append(nil), p.signer)
	require.NoError(p.t, err)
	envelope := (&verify.Envelope{Release: release, Payload: payload}).Append(nil)
	by := host.Trust{Policy: p.verifier.Policy(), At: sample.Now.Unix()}
	if _, err := p.verifier.Accept(envelope, sample.Now); err != nil {
		for _, h := range p.hosts { // neither do hosts take it that nobody has asked before
			require.Error(p.t, h.LoadSigned(envelope, by))
		}
		return err
	}
	p.version++
	for _, h := range p.hosts {
		require.NoError(p.t, h.LoadSigned(envelope, by), "what is accepted is served")
	}
	return nil
}

var asked = []string{
	`{}`,
	`{"context":{"device.class":"mobile","geo.country":"DE","session.id":"a","request.path":"/shop/1"},"consent":{"granted":["personalization"]}}`,
	`{"context":{"device.class":"desktop","geo.country":"US","session.id":"b","request.path":"/shop/2"}}`,
	`{"context":{"device.class":"desktop","geo.country":"FR","session.id":"c","request.path":"/shop/3"},"consent":{"granted":["personalization"],"gpc":"1"}}`,
}

// answers are those of both engines, which must be alike. Their versions are left out.
func (p *place) answers(more ...string) []string {
	p.t.Helper()
	var all []string
	for _, line := range append(more, asked...) {
		var both [2]string
		for i, h := range p.hosts {
			result, err := h.DecideJSON(context.Background(), []byte(line), sample.Now)
			require.NoError(p.t, err)
			result.Version = 0
			both[i] = string(result.AppendJSON(nil))
			require.Zero(p.t, h.Faults())
		}
		require.Equal(p.t, both[0], both[1], "native, and then the module")
		all = append(all, both[0])
	}
	return all
}

// attack offers a payload and looks at what became of it.
func (p *place) attack(payload []byte) {
	p.t.Helper()
	before := p.remembered()
	version := p.version
	if err := p.offer(payload); err != nil {
		var refusal *verify.Refusal
		require.True(p.t, errors.As(err, &refusal), "%v", err)
		p.refused[refusal.Code.String()]++
		require.Equal(p.t, version, p.version)
		require.Equal(p.t, before, p.remembered(), "what is refused leaves nothing behind")
		require.Equal(p.t, p.before, p.answers(), "the same decisions as before")
		return
	}
	p.taken++
	p.answers()
	require.NoError(p.t, p.offer(p.good))
	require.Equal(p.t, p.before, p.answers(), "the same decisions as before")
}

// remembered is what lies in the verifier's folder.
func (p *place) remembered() map[string]string {
	files := map[string]string{}
	names, err := filepath.Glob(filepath.Join(p.state, "*"))
	require.NoError(p.t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(p.t, err)
		files[name] = string(data)
	}
	return files
}

// heap is what this process has in use, in KiB: instances of the module too, whose memory is Go's.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc >> 10)
}

// told runs attacks, and says what became of them and of memory.
func (p *place) told(t *testing.T, attacks func()) {
	p.t, p.refused, p.taken = t, map[string]int{}, 0
	before := heap()
	attacks()
	require.NoError(t, p.offer(p.good))
	require.Equal(t, p.before, p.answers())
	after := heap()
	_, name, _ := strings.Cut(t.Name(), "/")
	t.Logf("%s: refused %v, served %d, the same decisions after each; %d KiB of memory before, %d after", strings.ReplaceAll(name, "_", " "), p.refused, p.taken, before, after)
	require.Less(t, after, before+4<<10, "memory in KiB")
}

func TestOutages(t *testing.T) {
	p := newPlace(t)
	t.Run("a feature file of twice the size", func(t *testing.T) {
		p.told(t, func() {
			rules := strings.Builder{}
			for i := 0; rules.Len() < 2*len(served); i++ {
				fmt.Fprintf(&rules, "      - {id: more%d, when: request.path == \"/%d\", serve: gold}\n", i, i)
			}
			twice := sample.Compile(t, strings.Replace(served, "      - {id: test", rules.String()+"      - {id: test", 1))
			require.Greater(t, len(twice), 2*len(p.good))
			p.attack(twice)
			require.Equal(t, 1, p.taken, "there is room for it")
			p.attack(append(bytes.Clone(p.good), p.good...))
			p.attack(longer(p.good, len(p.good)))
			p.attack(longer(p.good, format.MaxSize))
			require.NotZero(t, p.refused["limit"])
		})
	})
	t.Run("a policy with blank fields", func(t *testing.T) {
		p.told(t, func() {
			blank := 0
			for at := 16; at+4 <= len(p.good); at += 12 { // behind the header and the checksum: every third word, if it is not blank already
				if binary.LittleEndian.Uint32(p.good[at:]) == 0 {
					continue
				}
				payload := bytes.Clone(p.good)
				clear(payload[at : at+4])
				p.attack(sealed(payload))
				blank++
			}
			require.Greater(t, blank, 100)
			require.NotEmpty(t, p.refused)
		})
	})
	t.Run("one input field more than the code expects", func(t *testing.T) {
		p.told(t, func() {
			for at := 24; at < 24+8*int(binary.LittleEndian.Uint32(p.good[20:])); at += 8 { // each section a field, and a record, longer than its bytes
				if binary.LittleEndian.Uint32(p.good[at:]) == uint32(format.TagText) { // has no fields
					continue
				}
				for _, more := range []uint32{4, 8, 100} {
					payload := bytes.Clone(p.good)
					binary.LittleEndian.PutUint32(payload[at+4:], binary.LittleEndian.Uint32(payload[at+4:])+more)
					p.attack(sealed(payload))
					payload = append(payload, make([]byte, more)...)
					p.attack(longer(payload, 0))
				}
			}
			require.LessOrEqual(t, p.taken, 1, "lists may have a word that nothing uses")
			for _, more := range []string{`"device.bot_score":7,`, `"features":[1,2,3,{"a":null}],`, `"device.class2":"x","geo":{"country2":"y"},`} {
				for i, line := range asked[1:] {
					with := strings.Replace(line, `{"context":{`, `{"score":21,"context":{`+more, 1)
					require.Equal(t, p.before[i+1], p.answers(with)[0], with)
				}
			}
		})
	})
	t.Run("a valid setting, hardly used, that reaches code that nothing has run before", func(t *testing.T) {
		p.told(t, func() {
			rare := []string{
				`holdouts: {all: {by: session.id, percent: 5}}`, `holdouts: {all: {by: device.class, percent: 100}}`,
				`holdouts: {all: {by: session.id, percent: 5}}`, `holdouts: {all: {by: session.id, percent: 0}}`,
				`weights: {plain: 50, gold: 50}`, `weights: {plain: 0, gold: 1}, buckets: 2`,
				`weights: {plain: 50, gold: 50}`, `weights: {plain: 1, gold: 0}, ramp: {from: 2026-12-24T17:30:00Z, until: 2026-12-24T17:30:01Z, start: {plain: 0, gold: 1}}`,
				`weights: {plain: 50, gold: 50}`, `weights: {plain: 50, gold: 50}, hash: fnv1a_twice, buckets: 16777216, seed: ""`,
				`gold: /gold.html}`, `gold: {value: /gold.html, until: 2026-12-24T17:30:00Z}}`,
				`purpose: personalization` + "\n    holdout", `purpose: personalization` + "\n    sticky: {hold: 36500d}\n    holdout",
				`gpc: denies}}`, `gpc: denies, tcf: {vendor: 65535, purposes: [2], legitimate_interest: true}}}`,
				`request.path.startsWith("/shop")`, `request.path.matches("^(/[a-z0-9]{0,40}){1,3}$") && request.languages.all(l, l != "x")`,
				`request.path.startsWith("/shop")`, `now.getHours("Pacific/Kiritimati") == 7 && cidr("2001:db8::/127").containsIP("2001:DB8:0:0:0:0:0:1")`,
				`modes: {"*": opt_out}`, `modes: {"*": deny}`,
				`path: "/*"`, `path: "/*/*/*/*"`,
			}
			tried := 0
			for i := 0; i < len(rare); i += 2 {
				text := strings.Replace(served, rare[i], rare[i+1], 1)
				if strings.Contains(rare[i+1], "tcf: {vendor") {
					text = strings.Replace(text, "tcf: {purposes: [1]}, ", "", 1)
				}
				require.NotEqual(t, served, text, rare[i])
				p.attack(sample.Compile(t, text))
				tried++
			}
			require.Equal(t, tried, p.taken)
		})
	})
}

// sealed gives changed bytes of a bundle the checksum that they should have.
func sealed(payload []byte) []byte {
	seed := uint64(binary.LittleEndian.Uint32(payload)) | uint64(binary.LittleEndian.Uint32(payload[4:]))<<32
	binary.LittleEndian.PutUint64(payload[8:], xxhash.Sum64(string(payload[16:]), seed))
	return payload
}

// longer adds blank bytes to a bundle, and says so in its header.
func longer(payload []byte, more int) []byte {
	payload = append(bytes.Clone(payload), make([]byte, more)...)
	binary.LittleEndian.PutUint32(payload[16:], uint32(len(payload)))
	return sealed(payload)
}
