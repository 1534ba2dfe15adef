package openfeature_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/follow"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	provider "github.com/edgewise-dev/edgewise/host/openfeature"
)

// shop is a channel, and who publishes in it.
type shop struct {
	t       *testing.T
	folder  string
	channel *channel.Channel
	signer  sign.Signer
	head    *channel.Record
}

func newShop(t *testing.T) *shop {
	s := &shop{t: t, folder: t.TempDir()}
	var err error
	s.signer, _, err = sign.Generate()
	require.NoError(t, err)
	list := &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: s.signer.Public()}}}
	require.NoError(t, os.WriteFile(filepath.Join(s.folder, "trust"), trust.Format(list), 0o600))
	s.channel = &channel.Channel{Store: folder.Open(filepath.Join(s.folder, "rules")), Name: "production"}
	return s
}

// publish releases rules whose decision hero is a path.
func (s *shop) publish(path string, freshFor, expires time.Duration) {
	var err error
	s.head, err = s.channel.Publish(context.Background(), s.head, channel.Release{Action: channel.Publish, Why: "test", Signers: []sign.Signer{s.signer},
		Payload:  sample.Compile(s.t, strings.Replace("bundle: shop\ndecisions: {hero: {purpose: necessary, variants: {a: PATH}, default: a}}", "PATH", path, 1)),
		FreshFor: freshFor, Expires: expires}, time.Now())
	require.NoError(s.t, err)
}

func (s *shop) provider() *provider.Provider {
	f, err := follow.Open(filepath.Join(s.folder, "rules"), "production", filepath.Join(s.folder, "trust"), filepath.Join(s.folder, "state"))
	require.NoError(s.t, err)
	f.Interval = 10 * time.Millisecond
	return provider.Follow(f, host.Options{})
}

func hero(p *provider.Provider) string {
	return p.StringEvaluation(context.Background(), "hero", "none", nil).Value
}

// next is the next event.
func next(t *testing.T, p *provider.Provider) of.EventType {
	select {
	case e := <-p.EventChannel():
		return e.EventType
	case <-time.After(10 * time.Second):
		require.Fail(t, "no event came")
		return ""
	}
}

func TestEventsOfAChannel(t *testing.T) {
	s := newShop(t)
	s.publish("/one", time.Hour, 0)
	p := s.provider()
	require.NoError(t, p.Init(of.EvaluationContext{}))
	require.NoError(t, p.Init(of.EvaluationContext{}), "as for another domain")
	require.Equal(t, "/one", hero(p))

	s.publish("/two", time.Second, 0)
	require.Equal(t, of.ProviderConfigChange, next(t, p))
	require.Equal(t, "/two", hero(p))
	require.Equal(t, of.ProviderStale, next(t, p))
	answer := p.StringEvaluation(context.Background(), "hero", "none", nil)
	require.Equal(t, of.Reason("STALE"), answer.Reason)
	require.Equal(t, int64(2), answer.FlagMetadata["edgewise.version"])

	s.publish("/three", 3*time.Second, 3*time.Second)
	require.Equal(t, of.ProviderReady, next(t, p))
	require.Equal(t, of.ProviderConfigChange, next(t, p))
	require.Equal(t, of.ProviderError, next(t, p), "it has expired")
	require.Equal(t, "/three", hero(p), "which is necessary")

	p.Shutdown()
	require.Equal(t, "none", hero(p))
	require.Equal(t, of.ErrorReason, p.StringEvaluation(context.Background(), "hero", "none", nil).Reason)
	p.Shutdown() // once more is nothing
}

func TestChannelsThatHaveNothingYet(t *testing.T) {
	s := newShop(t)
	p := s.provider()
	require.NoError(t, of.SetNamedProvider(t.Name(), p))
	client := of.NewClient(t.Name())
	require.Eventually(t, func() bool { return client.State() == of.ErrorState }, 10*time.Second, 5*time.Millisecond)
	details, err := client.StringValueDetails(context.Background(), "hero", "none", of.EvaluationContext{})
	require.Error(t, err)
	require.Equal(t, "none", details.Value)

	s.publish("/one", 0, 0)
	require.Eventually(t, func() bool { return client.State() == of.ReadyState }, 10*time.Second, 5*time.Millisecond)
	value, err := client.StringValue(context.Background(), "hero", "none", of.EvaluationContext{})
	require.NoError(t, err)
	require.Equal(t, "/one", value)
	p.Shutdown()
}

// A start needs no network.
func TestTheLastGoodReleaseIsOnDisk(t *testing.T) {
	s := newShop(t)
	s.publish("/one", 0, 0)
	first := s.provider()
	require.NoError(t, first.Init(of.EvaluationContext{}))
	first.Shutdown()
	require.NoError(t, os.RemoveAll(filepath.Join(s.folder, "rules")))
	second := s.provider()
	require.NoError(t, second.Init(of.EvaluationContext{}))
	require.Equal(t, "/one", hero(second))
	second.Shutdown()
}
