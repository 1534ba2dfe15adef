package sign_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/sign"
)

// TestActAsSigner is the program that TestOpenFindsAKeyWhereverItIsKept runs: it has the key of its environment.
func TestActAsSigner(t *testing.T) {
	at := slices.Index(os.Args, "--")
	if at < 0 {
		t.Skip("only run by another test")
	}
	key, err := sign.Open("env:EDGEWISE_TEST_KEY")
	require.NoError(t, err)
	public := key.Public()
	out := public[:]
	if os.Args[at+1] == "sign" {
		message, err := io.ReadAll(os.Stdin)
		require.NoError(t, err)
		signature, err := key.Sign(message)
		require.NoError(t, err)
		out = signature[:]
	}
	fmt.Println(base64.StdEncoding.EncodeToString(out))
	os.Exit(0)
}
