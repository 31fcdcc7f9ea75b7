//go:build linux

package fetch_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/fetch/dnstest"
)

// blackHole is an address where connecting hangs: its queue is full, and nobody
// takes from it. Port 0 is any.
func blackHole(t *testing.T, at string) netip.AddrPort {
	t.Helper()
	addr := netip.MustParseAddrPort(at)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr = netip.AddrPortFrom(addr.Addr(), uint16(bound.(*syscall.SockaddrInet4).Port))
	for range 10 {
		c, err := net.DialTimeout("tcp", addr.String(), 100*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("connections are made to a queue that is full")
	return addr
}

// Whatever hangs on the way to a connection ends with the time for connecting,
// with the attempt's, and with the caller's context.
func TestConnectingThatHangsEnds(t *testing.T) {
	s := dnstest.Start(t)
	s.Set("silent.example", dnstest.Silence)
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes no connection from its queue
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deaf.Close() })
	drip := listen(t, func(c net.Conn) { // the head of a TLS record, a byte at a time
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for _, b := range append([]byte{22, 3, 3, 63, 0, 2, 0, 62, 252}, make([]byte, 10000)...) {
			<-tick.C
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	})
	hole := blackHole(t, "127.0.0.3:0")
	for name, url := range map[string]string{
		"DNS":               "http://silent.example/",
		"connect":           "http://" + hole.String() + "/",
		"accept, then TLS":  "https://" + deaf.Addr().String() + "/",
		"TLS, byte by byte": "https://" + drip + "/",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			short := newClient(t, fetch.ClientOptions{NameServer: s.Addr(), ConnectTimeout: 200 * time.Millisecond})
			page := get(t, short, url)
			if name == "DNS" {
				wantError(t, page, fetch.DNS, "name server does not answer")
			} else {
				wantError(t, page, fetch.Timeout, "no connection within 200 ms")
			}
			wantShort(t, page)
			long := newClient(t, fetch.ClientOptions{NameServer: s.Addr(), ConnectTimeout: time.Hour})
			page = ask(t, long, fetch.Request{URL: url, Timeout: 200 * time.Millisecond})
			wantError(t, page, fetch.Timeout, "no answer within 200 ms (connecting)")
			wantShort(t, page)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			start := time.Now()
			if _, err := long.GetPage(ctx, fetch.Request{URL: url, Timeout: time.Hour}); err != context.DeadlineExceeded {
				t.Errorf("after the caller's deadline: %v", err)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("after the caller's deadline it took %s", took)
			}
		})
	}
}

func wantShort(t *testing.T, page fetch.Page) {
	t.Helper()
	if page.Duration > 10*time.Second {
		t.Errorf("it took %s", page.Duration)
	}
}

// One address of a name that is silent, or refuses, does not stand in the way of
// the others, of whatever family.
func TestOneAddressOfANameIsEnough(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	defer site.Close()
	port := port(site.Listener.Addr().String())
	blackHole(t, "127.0.0.4:"+port)
	for name, addrs := range map[string][]string{
		"refused, of the other family": {"::1", "127.0.0.1"},
		"refused, of the same family":  {"127.0.0.1", "127.0.0.5", "127.0.0.6"},
		"silent":                       {"127.0.0.4", "127.0.0.1"},
		"no route":                     {"::ffff:0:1", "127.0.0.1"},
		"both":                         {"127.0.0.4", "::1", "127.0.0.5", "127.0.0.1"},
	} {
		s := dnstest.Start(t)
		s.Set("a.example", dnstest.Addrs(addrs...))
		c := newClient(t, fetch.ClientOptions{NameServer: s.Addr()})
		page := get(t, c, "http://a.example:"+port+"/")
		wantBody(t, page, "ok")
		if page.IP != "127.0.0.1" || page.Connect <= 0 {
			t.Errorf("%s: IP %s, %+v", name, page.IP, page.Timings)
		}
	}
}

func TestTheReasonIsOfTheAddressThatSaysMost(t *testing.T) {
	hole := blackHole(t, "127.0.0.7:0")
	s := dnstest.Start(t)
	s.Set("a.example", dnstest.Addrs("127.0.0.7", "127.0.0.8"))
	c := newClient(t, fetch.ClientOptions{NameServer: s.Addr(), ConnectTimeout: 4 * time.Second})
	port := port(hole.String())
	wantError(t, get(t, c, "http://a.example:"+port+"/"), fetch.Connect, "connection refused") // when the silent one's share of the time is over
	s.Set("b.example", dnstest.Addrs("127.0.0.8", "127.0.0.9", "::1"))
	wantError(t, get(t, c, "http://b.example:"+port+"/"), fetch.Connect, "connection refused")
}
