//go:build edgewise_steps

package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/steps"
)

// However many groups a bundle asks for, each character of a cookie is read a few times: what a request can make of it is within its price.
func TestEachCookieIsReadOnce(t *testing.T) {
	twice := func(text string) string {
		var all strings.Builder
		for i := range len(text) {
			all.WriteString("%25" + strings.ToUpper(string("0123456789abcdef"[text[i]>>4])+string("0123456789abcdef"[text[i]&15])))
		}
		return all.String()
	}
	for name, groups := range map[string]string{
		"not escaped":         strings.Repeat("x:1,", 2100),
		"escaped twice":       twice(strings.Repeat("x:1,", 420)),
		"one that is asked":   strings.Repeat("C0003:1,", 1050),
		"escapes of escapes":  strings.Repeat("%25253A", 1200),
		"nothing but commas":  strings.Repeat(",", 8200),
		"nothing but percent": strings.Repeat("%", 8200),
	} {
		t.Run(name, func(t *testing.T) {
			work := func(count uint32) uint64 {
				b := bundle(format.ModeOptIn)
				first := b.ConsentGroups[0]
				b.ConsentGroups = nil
				for range count {
					b.ConsentGroups = append(b.ConsentGroups, first)
				}
				b.Purposes[1].Groups = count
				cookies := []said{}
				for range 4 {
					cookies = append(cookies, said{oneTrust, ("interactionCount=1&groups=" + groups)[:consent.MaxCookie-200]})
				}
				r := &policy.Resolver{}
				resolveOnly(r, b, cookies) // makes the table of groups
				consent.Work = 0
				resolveOnly(r, b, cookies)
				return consent.Work
			}
			require.Equal(t, work(1), work(248))
			require.LessOrEqual(t, work(248)/steps.ReadBytes, steps.Consent(bundle(format.ModeOptIn)))
			require.Positive(t, work(1))
		})
	}
}
