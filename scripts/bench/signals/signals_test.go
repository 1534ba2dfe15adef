package signals

import (
	"path/filepath"
	"testing"

	"github.com/prebid/go-gdpr/consentconstants"
	"github.com/prebid/go-gdpr/vendorconsent"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// What is measured is read, and means the same to both.
func TestOwn(t *testing.T) { requireSame(t, Own()) }

func TestSamples(t *testing.T) {
	classes, err := Read(filepath.Dir(vectors.Path(t, "consent", "tcf.jsonl")))
	require.NoError(t, err)
	require.Greater(t, len(classes), 20)
	requireSame(t, classes)
}

func requireSame(t *testing.T, classes []Class) {
	compared := 0
	for _, c := range classes {
		for _, s := range c.Strings {
			require.True(t, OursReads(c.Framework, s), "%s: %s", c.Name, s)
			if c.Framework != "tcf" || !TheirsReads(c.Framework, s) {
				continue
			}
			theirs, err := vendorconsent.ParseString(s)
			require.NoError(t, err)
			ours, fault := consent.ParseTCF(s, Vendor)
			require.Equal(t, consent.None, fault)
			for purpose := 1; purpose <= 24; purpose++ {
				require.Equal(t, theirs.PurposeAllowed(consentconstants.Purpose(purpose)), ours.PurposesConsent.Has(purpose), "%s: purpose %d", s, purpose)
			}
			require.Equal(t, theirs.VendorConsent(Vendor), ours.Vendor.Consent, s)
			compared++
		}
	}
	require.NotZero(t, compared)
}

func TestOwnStringsAreAsTheySay(t *testing.T) {
	require.Len(t, Own()[1].Strings[0], 500)
}
