package text_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

// random gives the same numbers in each run.
func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// mutate changes up to three bytes of s to, or by, those of alphabet.
func mutate(r *rand.Rand, s, alphabet string) string {
	b := []byte(s)
	for range r.IntN(4) {
		at, c := r.IntN(len(b)+1), alphabet[r.IntN(len(alphabet))]
		switch {
		case r.IntN(3) == 0:
			b = append(b[:at], append([]byte{c}, b[at:]...)...)
		case at == len(b):
		case r.IntN(2) == 0:
			b[at] = c
		default:
			b = append(b[:at], b[at+1:]...)
		}
	}
	return string(b)
}

func Example() {
	price, ok := text.ParseDouble("19.90")
	fmt.Println(price, ok)

	buffer := make([]byte, 0, 64)
	buffer = text.AppendJSONString(buffer, "a \"word\"")
	buffer = append(buffer, ' ')
	buffer = text.AppendDuration(buffer, 90_500_000_000)
	fmt.Println(string(buffer))
	// Output:
	// 19.9 true
	// "a \"word\"" 90.5s
}

func TestNothingAllocates(t *testing.T) {
	buffer := make([]byte, 0, 256)
	bytes := []byte("any bytes")
	for name, run := range map[string]func(){
		"ParseInt":                    func() { text.ParseInt("-9223372036854775808") },
		"ParseUint":                   func() { text.ParseUint("18446744073709551615") },
		"ParseDouble, few digits":     func() { text.ParseDouble("19.90") },
		"ParseDouble, many digits":    func() { text.ParseDouble("2.2250738585072011360574097967091319759348195463516e-308") },
		"ParseTimestamp":              func() { text.ParseTimestamp("2026-11-21T12:00:00.123456789+02:00") },
		"ParseDuration":               func() { text.ParseDuration("-1h30m0.5s") },
		"ParseOffset":                 func() { text.ParseOffset("-02:30") },
		"AppendInt":                   func() { text.AppendInt(buffer, -9223372036854775808) },
		"AppendUint":                  func() { text.AppendUint(buffer, 18446744073709551615) },
		"AppendDouble, few digits":    func() { text.AppendDouble(buffer, 19.90) },
		"AppendDouble, many digits":   func() { text.AppendDouble(buffer, 1.7976931348623157e308) },
		"AppendDoubleJSON, no number": func() { text.AppendDoubleJSON(buffer, -1/zero) },
		"AppendTimestamp":             func() { text.AppendTimestamp(buffer, 253402300799, 999999999) },
		"AppendDuration":              func() { text.AppendDuration(buffer, -9223372036854775808) },
		"AppendJSONString":            func() { text.AppendJSONString(buffer, "a\x00\u2028\xff\"") },
		"AppendBase64":                func() { text.AppendBase64(buffer, bytes) },
	} {
		t.Run(name, func(t *testing.T) {
			require.Zero(t, testing.AllocsPerRun(100, run))
		})
	}
}

var zero float64
