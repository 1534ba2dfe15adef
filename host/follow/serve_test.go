package follow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
)

func TestServe(t *testing.T) {
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		t.Run(string(engine), func(t *testing.T) {
			ctx := t.Context()
			s := newScene(t)
			options := host.Options{Engine: engine, Instances: 1}
			_, err := s.follow.Serve(ctx, options)
			require.ErrorIs(t, err, channel.ErrEmpty)

			serves := func(h *host.Host, want uint64) {
				t.Helper()
				result, err := h.Decide(ctx, host.Question{Now: s.now})
				require.NoError(t, err)
				require.Equal(t, want, result.Version)
			}
			expires := func(r *channel.Release) { r.Expires = time.Hour }
			s.publish(expires)
			h, err := s.follow.Serve(ctx, options)
			require.NoError(t, err)
			defer h.Close(ctx)
			serves(h, 1)
			s.publish(expires)
			s.poll(1)
			serves(h, 2)

			s.store.down = true
			s.now = start.Add(2 * time.Hour) // it has expired since
			s.restart()
			again, err := s.follow.Serve(ctx, options)
			require.NoError(t, err, "a start without network")
			defer again.Close(ctx)
			serves(again, 2)

			s.store.down = false
			s.publish(nil)
			s.poll(1)
			serves(again, 3)
		})
	}
}

func TestServeRefuses(t *testing.T) {
	s := newScene(t)
	s.publish(func(r *channel.Release) { r.Audience = "others" })
	_, err := s.follow.Serve(t.Context(), host.Options{})
	var refusal *verify.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, verify.Audience, refusal.Code)

	_, err = Open("ftp://host/shop", "production", "shop.trust", "")
	require.ErrorContains(t, err, "there are no stores at ftp://")
	_, err = Open("rules", "a/b", "shop.trust", "")
	require.ErrorContains(t, err, "want a letter")
	_, err = Open("rules", "production", "nothing.trust", "")
	require.ErrorContains(t, err, "nothing.trust")
}
