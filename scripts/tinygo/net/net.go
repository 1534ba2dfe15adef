// Package net is what Fastly's SDK needs of the standard library's net: addresses as values. It takes its place when TinyGo
// builds from its Go module, which has none: the real one needs a network, and a Compute service has backends instead.
//
// An official TinyGo has a net of its own, and with it nothing here is used.
package net

import (
	"errors"
	"net/netip"
)

// Addr is an address of an end of a connection.
type Addr interface {
	Network() string
	String() string
}

// Conn is a connection. There are none: it is a type that others name.
type Conn interface {
	Read(b []byte) (n int, err error)
	Write(b []byte) (n int, err error)
	Close() error
}

// Error is an error of the network.
type Error interface {
	error
	Timeout() bool
	Temporary() bool
}

// ErrClosed is that a connection was closed.
var ErrClosed = errors.New("use of closed network connection")

var errNoNetwork = errors.New("there is no network here: send requests to backends")

// Dial always fails.
func Dial(network, address string) (Conn, error) { return nil, errNoNetwork }

// IP is an address of 4 or 16 bytes; any other length is none.
type IP []byte

// IPv4 gives the address a.b.c.d.
func IPv4(a, b, c, d byte) IP {
	return IP{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}
}

// ParseIP reads an address; nil where the text is none. A zone is not taken.
func ParseIP(s string) IP {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return nil
	}
	b := a.As16()
	return b[:]
}

// To4 gives an IPv4 address as 4 bytes, and nil for any other.
func (ip IP) To4() IP {
	a, _ := netip.AddrFromSlice(ip)
	if a = a.Unmap(); !a.Is4() {
		return nil
	}
	b := a.As4()
	return b[:]
}

// To16 gives an address as 16 bytes, and nil for what is none.
func (ip IP) To16() IP {
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return nil
	}
	b := a.As16()
	return b[:]
}

// Equal says whether two addresses are the same; an IPv4 address is the same in both its forms.
func (ip IP) Equal(x IP) bool { return string(ip.To16()) == string(x.To16()) }

// String writes an address, "<nil>" for none.
func (ip IP) String() string {
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return "<nil>"
	}
	return a.Unmap().String()
}

// MarshalText writes an address, nothing for none.
func (ip IP) MarshalText() ([]byte, error) {
	if len(ip) == 0 {
		return nil, nil
	}
	return []byte(ip.String()), nil
}

// JoinHostPort writes host:port, with brackets around a host that has colons.
func JoinHostPort(host, port string) string {
	for i := range len(host) {
		if host[i] == ':' {
			return "[" + host + "]:" + port
		}
	}
	return host + ":" + port
}
