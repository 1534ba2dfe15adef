package house

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every key that the schema knows stands in a snippet of the page on writing rules.
func TestEveryKeyIsExplained(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "bundles", "bundle.schema.json"))
	require.NoError(t, err)
	var schema any
	require.NoError(t, json.Unmarshal(text, &schema))
	var rules string
	for _, b := range blocks(t, "bundles/README.md") {
		if b.kind == "yaml" {
			rules += b.text
		}
	}
	keys := keysOf(schema, map[string]bool{})
	require.Greater(t, len(keys), 20)
	for key := range keys {
		found := regexp.MustCompile(`(?m)(^|[ {])` + regexp.QuoteMeta(key) + `:( |$)`).MatchString(rules)
		assert.True(t, found, "bundles/README.md has no example of the key %s", key)
	}
}

// keysOf collects the names of properties.
func keysOf(schema any, into map[string]bool) map[string]bool {
	switch s := schema.(type) {
	case map[string]any:
		for name, part := range s {
			if properties, ok := part.(map[string]any); ok && name == "properties" {
				for key := range properties {
					into[key] = true
				}
			}
			keysOf(part, into)
		}
	case []any:
		for _, part := range s {
			keysOf(part, into)
		}
	}
	return into
}
