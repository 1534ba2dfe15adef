package fastly_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge/fastly"
)

// source is the rules of the site in these tests. What the decision named release answers tells which release decides.
const source = `
bundle: shop
backends: [other, missing]
routes:
  - {path: "/sale", decisions: [release, landing]}
  - {path: "/other", decisions: [release, place]}
  - {path: "/missing", decisions: [release, place]}
  - {path: "/*", decisions: [release, country, hero]}
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
consent:
  purposes: {personalization: {gpc: denies}}
  jurisdictions: [{modes: {"*": opt_out}}]
deciders:
  tiers: {rules: [{when: cart.value >= 50.0, serve: gold}]}
decisions:
  release: {purpose: necessary, variants: {RELEASE: x}, default: RELEASE}
  country:
    purpose: necessary
    variants: {none: x, germany: x}
    default: none
    rules: [{id: de, when: 'geo.country == "DE"', serve: germany}]
  hero:
    purpose: personalization
    measure: {event: order, within: 7d, purpose: personalization}
    variants: {plain: x, summer: x, gold: x}
    default: plain
    rules:
      - {id: asked, when: 'request.path.startsWith("/ask")', defer: {to: tiers, within: 150ms, otherwise: summer, allow: [gold, summer]}}
      - {id: big, when: cart.value >= 50.0, serve: gold}
      - {id: halves, split: {by: session.id, weights: {plain: 50, summer: 50}, seed: summer}}
  landing:
    purpose: necessary
    act: rewrite
    variants: {same: null, sale: "/landing/sale"}
    default: same
    rules: [{id: sale, when: 'request.path == "/sale"', serve: sale}]
  place:
    purpose: necessary
    act: backend
    variants: {own: null, other: other, missing: missing}
    default: own
    rules:
      - {id: other, when: 'request.path == "/other"', serve: other}
      - {id: missing, when: 'request.path == "/missing"', serve: missing}
`

// compiled is the bundle of a release.
func compiled(t testing.TB, release string) []byte {
	t.Helper()
	return compile(t, strings.ReplaceAll(source, "RELEASE", release))
}

func compile(t testing.TB, source string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.yaml")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o644))
	loaded, err := bundles.Load(file)
	require.NoError(t, err)
	return loaded.Data
}

// shop is a channel and those who sign its releases.
type shop struct {
	t    testing.TB
	root string
	anna sign.Signer
	keys *verify.KeyList
}

func newShop(t testing.TB) *shop {
	t.Helper()
	anna, _, err := sign.Generate()
	require.NoError(t, err)
	return &shop{t: t, root: t.TempDir(), anna: anna, keys: trusting(anna)}
}

func trusting(s sign.Signer) *verify.KeyList {
	return &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: s.Public(), Name: "anna"}}}
}

func (s *shop) store() store.Store { return folder.Open(s.root) }

// publish makes a bundle current, and gives its envelope.
func (s *shop) publish(payload []byte, changes ...func(*channel.Release)) []byte {
	s.t.Helper()
	release := channel.Release{Action: channel.Publish, Payload: payload, Why: "why", Signers: []sign.Signer{s.anna}}
	for _, change := range changes {
		change(&release)
	}
	c, err := channel.Open(s.store(), "production")
	require.NoError(s.t, err)
	head, err := c.Head(context.Background(), "")
	if err != nil {
		require.ErrorIs(s.t, err, channel.ErrEmpty)
	}
	record, err := c.Publish(context.Background(), head, release, time.Now())
	require.NoError(s.t, err)
	envelope, err := c.Envelope(context.Background(), record)
	require.NoError(s.t, err)
	return envelope
}

// objects is all that lies in the store.
func (s *shop) objects() map[string][]byte {
	s.t.Helper()
	keys, err := s.store().List(context.Background(), "")
	require.NoError(s.t, err)
	objects := map[string][]byte{}
	for _, key := range keys {
		object, err := s.store().Get(context.Background(), key, "")
		require.NoError(s.t, err)
		objects[key] = object.Data
	}
	return objects
}

// site is what is built into a service that accepts releases from this one on.
func (s *shop) site(envelope []byte) []byte {
	e, err := verify.ReadEnvelope(envelope)
	require.NoError(s.t, err)
	statement, err := verify.ReadStatement(e.Release.Body)
	require.NoError(s.t, err)
	policy := verify.Policy{Keys: s.keys, Channel: "production", Bundle: statement.Bundle, Floor: statement.Version}
	site := fastly.Site{Policy: verify.AppendPolicy(nil, &policy, 0), Bundle: envelope}
	return site.Append(nil)
}

// write writes a file that ends with the test.
func write(t testing.TB, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, data, 0o644))
	return file
}

const head = "channels/production/head"

// envelopeKey is where the current release lies.
func envelopeKey(t testing.TB, objects map[string][]byte) string {
	record, err := channel.ReadRecord(objects[head])
	require.NoError(t, err)
	return fmt.Sprintf("envelopes/%x", record.Envelope[:])
}
