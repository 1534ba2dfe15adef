package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// What is loaded again is what was loaded, and its answers are told how old it is.
func TestLoadAgain(t *testing.T) {
	data := again()
	validity := core.Validity{Version: 3, FreshUntil: 100, Expires: 200}
	first, err := core.LoadSigned(data, validity)
	require.NoError(t, err)
	second, err := core.LoadAgain(data, validity)
	require.NoError(t, err)
	require.Equal(t, first.Bundle, second.Bundle)
	require.Equal(t, validity, second.Validity())
	for i := range first.Decisions {
		require.Equal(t, explained(first, i), explained(second, i))
	}
}

// explained is all that is to be said of a decision for a visitor in Germany, once the bundle is stale.
func explained(b *core.Bundle, decision int) string {
	c := b.NewContext()
	c.SetTime(150, 0)
	c.Grant(1)
	c.Set(country, core.String("DE"))
	return string(b.NewEvaluator().Explain(c, uint32(decision), nil))
}

// Of the bytes themselves only the header is looked at: that is the point, and why they must be what was accepted before.
func TestLoadAgainLooksAtTheHeader(t *testing.T) {
	data := again()
	for name, c := range map[string]struct {
		data []byte
		want format.Code
	}{
		"nothing":          {nil, format.NotABundle},
		"half a header":    {data[:20], format.NotABundle},
		"something else":   {append([]byte("BUND"), data[4:]...), format.NotABundle},
		"half of a bundle": {data[:len(data)/2&^7], format.BadSectionLength},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := core.LoadAgain(c.data, core.Validity{})
			var refusal *format.Refusal
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, c.want, refusal.Code)
		})
	}
}

// again is a bundle with rules, a split and a consent policy.
func again() []byte {
	s := newShop()
	s.policy()
	s.decide("hero", 0b11, serve(s.when(s.is(country, "DE")), 1), s.halves("summer"))
	return s.Finish().Append(nil)
}
