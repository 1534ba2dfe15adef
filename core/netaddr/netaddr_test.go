package netaddr_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/netaddr"
)

var texts = []string{"", "1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "1..3.4", "::", "::1", "1::", "1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:7", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8::9", ":1", "1:", ":::", "2001:DB8::1", "2001:db8:0:0:1:0:0:1", "12345::", "::1.2.3.4", "::ffff:1.2.3.4", "::ffff:102:304",
	"64:ff9b::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "0:0:1::", "1:0:0:0:0:0:0:0", "g::", "::1.2.3", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
	"10.0.0.0/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/+8", "::/0", "::/128", "::/129", "fe80::%a/64", "/8", "1.2.3.4/-1", "2001:db8::/32", "10.1.2.3/12", "::ffff:1.2.3.4/96"}

func check(t *testing.T, s string) {
	var a [netaddr.Size]byte
	want, err := netip.ParseAddr(s)
	n := netaddr.Parse(&a, s)
	if err != nil || want.Zone() != "" || want.Is4In6() {
		require.Zero(t, n, s)
	} else {
		require.Equal(t, want.AsSlice(), a[:n], s)
		require.Equal(t, want.String(), string(netaddr.Append(nil, string(a[:n]))), s)
	}
	prefix, err := netip.ParsePrefix(s)
	n, bits := netaddr.ParsePrefix(&a, s)
	if err != nil || prefix.Addr().Is4In6() {
		require.Zero(t, n, s)
		return
	}
	require.Equal(t, prefix.Bits(), bits, s)
	address := string(a[:n])
	netaddr.Mask(a[:n], bits)
	require.Equal(t, prefix.Masked().Addr().AsSlice(), a[:n], s)
	for _, other := range []string{"10.1.2.3", "10.200.0.1", "11.0.0.0", "2001:db8:ffff::", "2001:db9::", "::"} {
		o := netip.MustParseAddr(other)
		require.Equal(t, prefix.Contains(o), netaddr.Contains(address, bits, string(o.AsSlice())), "%s %s", s, other)
	}
}

func TestSameAsNetip(t *testing.T) {
	for _, s := range texts {
		check(t, s)
	}
}

func FuzzSameAsNetip(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	f.Fuzz(check)
}
