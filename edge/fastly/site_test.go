package fastly_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge/fastly"
)

func TestSite(t *testing.T) {
	for name, site := range map[string]fastly.Site{
		"with a policy":    {Policy: []byte("policy"), Bundle: []byte("bundle")},
		"without a policy": {Policy: []byte{}, Bundle: []byte("bundle")},
		"empty":            {Policy: []byte{}, Bundle: []byte{}},
	} {
		t.Run(name, func(t *testing.T) {
			file := site.Append(nil)
			require.Zero(t, (len(file)-len(site.Bundle))%8, "the bundle's records lie at words")
			got, ok := fastly.ReadSite(string(file))
			require.True(t, ok)
			require.Equal(t, site, got)
			for n := range file {
				_, ok := fastly.ReadSite(string(file[:n]))
				require.False(t, ok, "cut to %d bytes", n)
			}
			_, ok = fastly.ReadSite(string(file) + "\x00")
			require.False(t, ok, "something behind it")
			_, ok = fastly.ReadSite("x" + string(file[1:]))
			require.False(t, ok, "another magic")
		})
	}
}
