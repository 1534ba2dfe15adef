package host_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/testdata/exchange"
	"github.com/edgewise-dev/edgewise/testdata/v8"
)

// The cases in testdata/exchange are answered natively, in wazero and in V8: with the same bytes, and as the cases say.
func TestExchangeCorpus(t *testing.T) {
	cacheDir := t.TempDir()
	for _, g := range exchange.Groups(t) {
		t.Run(g.Name, func(t *testing.T) {
			native, wasm := hostOf(t, &g, host.Native, ""), hostOf(t, &g, host.Wasm, cacheDir)
			for _, c := range g.Cases {
				t.Run(c.Name, func(t *testing.T) {
					plan, err := native.PlanJSON(context.Background(), c.In, time.Unix(0, 0))
					require.NoError(t, err)
					c.Check(t, plan)
					other, err := wasm.PlanJSON(context.Background(), c.In, time.Unix(0, 0))
					require.NoError(t, err)
					require.Equal(t, string(plan), string(other), "native, and then the module")

					sent, signature, err := native.HandOver(context.Background(), c.Visit(t))
					require.NoError(t, err)
					if len(c.Sends) > 0 {
						require.JSONEq(t, string(c.Sends), string(sent))
					}
					otherSent, otherSignature, err := wasm.HandOver(context.Background(), c.Visit(t))
					require.NoError(t, err)
					require.Equal(t, signature+string(sent), otherSignature+string(otherSent), "native, and then the module")
				})
			}
		})
	}
}

func TestExchangeCorpusInV8(t *testing.T) {
	module := v8.Start(t, module.Wasm)
	for _, g := range exchange.Groups(t) {
		t.Run(g.Name, func(t *testing.T) {
			code, err := uint32(0), error(nil)
			if g.Policy != nil {
				code, err = module.LoadSigned(verify.AppendPolicy(nil, g.Policy, 0), g.Bundle)
			} else {
				code, err = module.Load(g.Bundle)
			}
			require.NoError(t, err)
			require.Zero(t, code, "refused")
			x := edge.NewExchange(g.Load(t))
			for _, c := range g.Cases {
				t.Run(c.Name, func(t *testing.T) {
					v := c.Visit(t)
					p := x.Plan(&v.Visit)
					sent := x.AppendHandOver(nil)
					if v.HandOver != nil {
						p = x.Finish(v.HandOver)
						sent = x.AppendHandOver(nil)
					}
					plan, err := module.Plan(v.Append(nil))
					require.NoError(t, err)
					require.Equal(t, string(p.AppendJSON(nil)), string(plan))
					handed, err := module.HandOver(v.Append(nil))
					require.NoError(t, err)
					require.Equal(t, string(sent), string(handed))
				})
			}
		})
	}
}

// hostOf starts an engine with a group's bundle.
func hostOf(t *testing.T, g *exchange.Group, engine host.Engine, cacheDir string) *host.Host {
	options := host.Options{Bundle: g.Bundle, Engine: engine, Instances: 1, CacheDir: cacheDir}
	if g.Policy != nil {
		options.Trust = &host.Trust{Policy: *g.Policy}
	}
	h, err := host.New(context.Background(), options)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.Zero(t, h.Faults())
		require.NoError(t, h.Close(context.Background()))
	})
	return h
}
