package broker

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// place is where a server listens.
type place struct {
	host   string // as it listens
	reach  string // how others name it
	port   int    // 0: any
	secure bool   // others than this machine can come
}

// readPlace reads ADDR:PORT.
func readPlace(listen string) (place, error) {
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	host, digits, err := net.SplitHostPort(listen)
	if err != nil {
		return place{}, fmt.Errorf("where to listen is written ADDR:PORT, not %q", listen)
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return place{}, fmt.Errorf("%q has no port of 0 to 65535", listen)
	}
	at := place{host: host, reach: host, port: int(port), secure: true}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "localhost":
		at.host, at.reach, at.secure = "127.0.0.1", "127.0.0.1", false
	case host == "":
		at.host, at.reach = "0.0.0.0", outward()
	case err == nil && ip.IsUnspecified():
		at.reach = outward()
	case err == nil:
		at.secure = !ip.Unmap().IsLoopback()
	}
	return at, nil
}

// outward is this machine's address as others are likely to know it: the one from which
// packets to the internet would leave, else any that is not for this machine or this cable
// alone.
func outward() string {
	for _, far := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // addresses of nobody; nothing is sent
		conn, err := net.Dial("udp", far)
		if err != nil {
			continue
		}
		near := conn.LocalAddr().(*net.UDPAddr).IP
		conn.Close()
		if near.IsGlobalUnicast() {
			return near.String()
		}
	}
	addrs, _ := net.InterfaceAddrs() // none is as good as an error
	for _, addr := range addrs {
		if network, ok := addr.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			return network.IP.String()
		}
	}
	return "127.0.0.1"
}
