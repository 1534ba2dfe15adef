package source

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	names := []string{"geo.country", "geo.city", "geo.continent", "device.class", "session.id", "now", "plain", "plane"}
	for _, c := range []struct{ name, word, want string }{
		{"one letter left out", "geo.county", "geo.country"},
		{"one letter too many", "geo.ccity", "geo.city"},
		{"one letter wrong", "device.clazs", "device.class"},
		{"neighbours swapped", "nwo", "now"},
		{"neighbours swapped, twice", "edvice.calss", "device.class"},
		{"upper case", "Geo.Country", "geo.country"},
		{"only the last part", "class", "device.class"},
		{"the first of equals", "plan", "plain"},
		{"nothing near", "weather", ""},
		{"too short to guess", "no", ""},
		{"the word itself is no suggestion", "now", ""},
		{"nothing", "", ""},
		{"absurdly long", strings.Repeat("geo.country", 1000), ""},
		{"not UTF-8", "geo.c\xffntry", "geo.country"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, found := Nearest(c.word, names)
			require.Equal(t, c.want, got)
			require.Equal(t, c.want != "", found)
		})
	}
}
