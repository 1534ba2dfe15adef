package text_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

func TestParseBool(t *testing.T) {
	for _, s := range []string{"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False", "", "tRUE", "yes", "no", "01", "true "} {
		t.Run(s, func(t *testing.T) {
			want, err := strconv.ParseBool(s)
			v, ok := text.ParseBool(s)
			require.Equal(t, err == nil, ok)
			require.Equal(t, want, v)
		})
	}
}
