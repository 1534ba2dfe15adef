package index_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/compile"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// rules compiles a bundle of one decision with a rule for each condition.
func rules(t *testing.T, segments string, conditions ...string) *format.Bundle {
	t.Helper()
	var b strings.Builder
	b.WriteString("bundle: b\n" + segments + "decisions:\n  d:\n    purpose: necessary\n    variants: {a: 1, b: 2}\n    default: a\n    rules:\n")
	for _, c := range conditions {
		fmt.Fprintf(&b, "      - {when: '%s', serve: b}\n", c)
	}
	src, err := source.Parse(source.File{Name: "b.yaml", Data: []byte(b.String())})
	require.NoError(t, err)
	bundle, faults := compile.Compile(src)
	require.NotNil(t, bundle, "%v", faults)
	return bundle
}

// Texts that begin and end alike, of one length, are still told apart.
func TestTextsThatLookAlike(t *testing.T) {
	var conditions []string
	for _, kind := range []string{"shoes", "coats", "bikes", "books"} {
		for i := range 4 {
			conditions = append(conditions, fmt.Sprintf(`request.path == "/shop/category/%s/%d/overview.html"`, kind, i))
		}
	}
	require.Len(t, rules(t, "", conditions...).Indexed, 1)
}

// A bundle whose rules only ask whether something is true has no constants at all.
func TestNothingButBools(t *testing.T) {
	b := rules(t, "", strings.Split(strings.Repeat("device.bot ", 12)+"!device.bot", " ")...)
	require.Len(t, b.Indexed, 1)
	require.Equal(t, uint32(format.IndexBool), b.Indexed[0].Kind)
}

// Segments that use segments several times over stand for conditions that are exponentially large.
func TestSegmentsThatMultiply(t *testing.T) {
	segments := "segments:\n  s0: geo.country == \"DE\"\n"
	for i := range 12 {
		segments += fmt.Sprintf("  s%d: %s\n", i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("segment(\"s%d\") || ", i), 6), " || "))
	}
	var conditions []string
	for i := range 12 {
		conditions = append(conditions, fmt.Sprintf(`segment("s12") && geo.region == "R%d"`, i))
	}
	require.NotEmpty(t, rules(t, segments, conditions...).Indexed)
}
