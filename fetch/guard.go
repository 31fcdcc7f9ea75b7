package fetch

import (
	"context"
	"net/netip"
	"slices"
	"syscall"
)

// A guard says what is wrong with connecting to an address; "" is nothing. A nil
// guard lets everything pass.
type guard func(netip.Addr) string

// permitted are the addresses that may be connected to; if there are none the
// error has what is wrong with the first.
func (g guard) permitted(addrs []netip.Addr) ([]netip.Addr, error) {
	bad := func(addr netip.Addr) bool { return g(addr) != "" }
	if g == nil || !slices.ContainsFunc(addrs, bad) {
		return addrs, nil
	}
	good := slices.DeleteFunc(slices.Clone(addrs), bad)
	if len(good) == 0 {
		return nil, denied(g(addrs[0]))
	}
	return good, nil
}

// control is net.Dialer's ControlContext: it is called with the very address that
// the socket is about to be connected to.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return denied(reserved)
	}
	if what := g(to.Addr()); what != "" {
		return denied(what)
	}
	return nil
}

func denied(what string) *Error { return &Error{Class: Denied, Detail: "address is " + what} }

// What an address is that is not public.
const (
	loopback    = "loopback"
	private     = "private"
	linkLocal   = "link-local"
	metadata    = "a metadata service"
	multicast   = "multicast"
	unspecified = "unspecified"
	reserved    = "reserved"
	public      = ""
)

// ranges are the IANA special-purpose address registries (RFC 6890 and what has
// been registered since), multicast, and what clouds tell about their machines at.
// The longest prefix counts.
var ranges = []struct {
	prefix netip.Prefix
	is     string
}{
	{netip.MustParsePrefix("0.0.0.0/0"), public},
	{netip.MustParsePrefix("0.0.0.0/8"), unspecified},
	{netip.MustParsePrefix("10.0.0.0/8"), private},
	{netip.MustParsePrefix("100.64.0.0/10"), private}, // of providers, RFC 6598
	{netip.MustParsePrefix("100.100.100.200/32"), metadata},
	{netip.MustParsePrefix("127.0.0.0/8"), loopback},
	{netip.MustParsePrefix("168.63.129.16/32"), metadata},
	{netip.MustParsePrefix("169.254.0.0/16"), linkLocal},
	{netip.MustParsePrefix("169.254.169.254/32"), metadata},
	{netip.MustParsePrefix("172.16.0.0/12"), private},
	{netip.MustParsePrefix("192.0.0.0/24"), reserved},   // protocol assignments
	{netip.MustParsePrefix("192.0.2.0/24"), reserved},   // documentation
	{netip.MustParsePrefix("192.88.99.0/24"), reserved}, // 6to4 relays
	{netip.MustParsePrefix("192.168.0.0/16"), private},
	{netip.MustParsePrefix("198.18.0.0/15"), reserved},   // benchmarks
	{netip.MustParsePrefix("198.51.100.0/24"), reserved}, // documentation
	{netip.MustParsePrefix("203.0.113.0/24"), reserved},  // documentation
	{netip.MustParsePrefix("224.0.0.0/4"), multicast},
	{netip.MustParsePrefix("240.0.0.0/4"), reserved}, // broadcast too

	{netip.MustParsePrefix("::/0"), reserved}, // all that is not global unicast
	{netip.MustParsePrefix("::/128"), unspecified},
	{netip.MustParsePrefix("::1/128"), loopback},
	{netip.MustParsePrefix("64:ff9b::/96"), public}, // NAT64, RFC 6052: what it has within is looked at
	{netip.MustParsePrefix("2000::/3"), public},
	{netip.MustParsePrefix("2001::/23"), reserved},     // protocol assignments, benchmarks
	{netip.MustParsePrefix("2001::/32"), public},       // Teredo, RFC 4380: what it has within is looked at
	{netip.MustParsePrefix("2001:db8::/32"), reserved}, // documentation
	{netip.MustParsePrefix("3fff::/20"), reserved},     // documentation
	{netip.MustParsePrefix("fc00::/7"), private},
	{netip.MustParsePrefix("fd00:ec2::254/128"), metadata},
	{netip.MustParsePrefix("fd20:ce::254/128"), metadata},
	{netip.MustParsePrefix("fe80::/10"), linkLocal},
	{netip.MustParsePrefix("fec0::/10"), private}, // site-local, RFC 3879
	{netip.MustParsePrefix("ff00::/8"), multicast},
}

// notPublic is the guard that lets only public addresses pass. An IPv6 address
// that stands for an IPv4 address is what that is.
func notPublic(addr netip.Addr) string {
	addr = addr.WithZone("") // a prefix contains none
	for _, inner := range within(addr) {
		if what := notPublic(inner); what != public {
			return what
		}
	}
	what, bits := reserved, -1
	for _, r := range ranges {
		if r.prefix.Bits() > bits && r.prefix.Contains(addr) {
			what, bits = r.is, r.prefix.Bits()
		}
	}
	return what
}

// What IPv6 addresses with an IPv4 address in them begin with, beside those that
// are mapped.
var (
	translated = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixToFour  = netip.MustParsePrefix("2002::/16")    // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")    // RFC 4380
)

// within are the IPv4 addresses in an IPv6 address.
func within(addr netip.Addr) []netip.Addr {
	if addr.Is4() {
		return nil
	}
	b := addr.As16()
	switch {
	case addr.Is4In6(), translated.Contains(addr):
		return []netip.Addr{netip.AddrFrom4([4]byte(b[12:]))}
	case sixToFour.Contains(addr):
		return []netip.Addr{netip.AddrFrom4([4]byte(b[2:]))}
	case teredo.Contains(addr): // its server, and the client with all bits inverted
		client := [4]byte{^b[12], ^b[13], ^b[14], ^b[15]}
		return []netip.Addr{netip.AddrFrom4([4]byte(b[4:])), netip.AddrFrom4(client)}
	}
	return nil
}
