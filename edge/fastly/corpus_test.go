package fastly_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/testdata/exchange"
)

var corpus built

// The cases in testdata/exchange get the same bytes in Fastly's runtime as natively.
func TestExchangeCorpus(t *testing.T) {
	p := serve(t, corpus.wasm(t, "--command", "edge/fastly/corpus"), config{})
	for _, g := range exchange.Groups(t) {
		t.Run(g.Name, func(t *testing.T) {
			x := edge.NewExchange(g.Load(t))
			for _, c := range g.Cases {
				t.Run(c.Name, func(t *testing.T) {
					v := c.Visit(t)
					plan := x.Plan(&v.Visit)
					if v.HandOver != nil {
						plan = x.Finish(v.HandOver)
					}
					want := x.AppendHandOver(append(plan.AppendJSON(nil), '\n'))

					asked := binary.LittleEndian.AppendUint64(nil, uint64(len(g.Bundle)))
					asked = append(asked, g.Bundle...)
					asked = append(asked, make([]byte, -len(asked)&7)...)
					answer, err := http.Post(p.url, "application/octet-stream", bytes.NewReader(v.Append(asked)))
					require.NoError(t, err)
					defer answer.Body.Close()
					got, err := io.ReadAll(answer.Body)
					require.NoError(t, err)
					require.Equal(t, http.StatusOK, answer.StatusCode)
					require.Equal(t, string(want), string(got))
				})
			}
		})
	}
}
