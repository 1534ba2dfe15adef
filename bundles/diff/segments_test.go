package diff_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/diff"
)

const reaching = `bundle: shop
attributes: {cart.value: {type: double, purpose: personalization}}
consent:
  jurisdictions:
    - {name: europe, when: segment("eu"), modes: {"*": opt_in}}
    - {name: elsewhere, modes: {"*": opt_in}}
segments:
  buyers: segment("rich") && device.class == "mobile"
  curious: decision("hero") == "gold"
  eu: geo.country in ["DE", "FR"]
  phones: device.class == "mobile"
  rich: cart.value >= 50.0
decisions:
  hero: {purpose: personalization, variants: {plain: 1, gold: 2}, default: plain, rules: [{id: rich, when: segment("rich"), serve: gold}]}
  page:
    purpose: personalization
    variants: {a: 1, b: 2}
    default: a
    rules: [{when: segment("buyers"), serve: b}, {when: segment("curious"), serve: b}, {when: segment("phones"), serve: b}, {when: segment("eu"), serve: b}]
`

func TestReachOf(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		segments []string
		consent  bool
	}{
		{"nothing", "bundle: shop", "bundle: shop", nil, false},
		{"a segment that another uses", "cart.value >= 50.0", "cart.value >= 60.0", []string{"buyers", "rich"}, false},
		{"a decision that a segment asks for", "serve: gold", "serve: plain", []string{"curious"}, false},
		{"an attribute's purpose", "purpose: personalization}}\nconsent", "purpose: necessary}}\nconsent", []string{"buyers", "curious", "eu", "phones", "rich"}, true},
		{"a jurisdiction's mode", `segment("eu"), modes: {"*": opt_in}`, `segment("eu"), modes: {"*": opt_out}`, []string{"buyers", "curious", "eu", "phones", "rich"}, true},
		{"a segment that a jurisdiction uses", `["DE", "FR"]`, `["DE"]`, []string{"buyers", "curious", "eu", "phones", "rich"}, true},
		{"a segment that is new", "  phones: ", "  handhelds: network.save_data\n  phones: ", []string{"handhelds"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := compile(t, reaching)
			require.Contains(t, reaching, test.old)
			after := compile(t, strings.Replace(reaching, test.old, test.new, 1))
			want := diff.Reach{Segments: test.segments, Consent: test.consent}
			require.Equal(t, want, diff.ReachOf(before, after, diff.Of(before, after)))
			require.Equal(t, want, diff.ReachOf(after, before, diff.Of(after, before)), "the other way round")
		})
	}
}
