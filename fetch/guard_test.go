package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"trawl/fetch/dnstest"
)

func TestWhichAddressesAreNotPublic(t *testing.T) {
	for what, addrs := range map[string]string{
		"": `1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.255.255
			169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
			2606:4700:4700::1111 2a00:1450:4001:80b::200e 2001:4860:4860::8888 2001:200::1 2620:fe::fe
			64:ff9b::8.8.8.8 2002:808:808::1 2001:0:808:808:0:0:f7f7:f7f7`,
		"loopback":           `127.0.0.1 127.0.0.0 127.255.255.255 ::1 ::ffff:127.0.0.1 64:ff9b::127.0.0.1 2002:7f00:1::1 2001:0:808:808::80ff:fffe 2001:0:7f00:1::f7f7:f7f7 ::1%lo`,
		"private":            `10.0.0.0 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 100.64.0.0 100.127.255.255 fc00::1 fd12:3456::1 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fec0::1 ::ffff:10.1.2.3 64:ff9b::a00:1 2002:c0a8:101:: 2001:0:808:808:0:0:f5ff:fffe`,
		"link-local":         `169.254.0.1 169.254.255.255 fe80::1 febf::1 fe80::1%eth0 ::ffff:169.254.1.1 2002:a9fe:101::`,
		"a metadata service": `169.254.169.254 fd00:ec2::254 fd20:ce::254 100.100.100.200 168.63.129.16 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1`,
		"multicast":          `224.0.0.1 239.255.255.255 ff02::1 ff0e::1`,
		"unspecified":        `0.0.0.0 0.0.0.1 0.255.255.255 :: ::ffff:0.0.0.0 64:ff9b::`,
		"reserved": `192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 240.0.0.1 255.255.255.255
			::8.8.8.8 ::127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:808:808 64:ff9b:1::1 64:ff9b:0:1::1 100::1 2001:2::1 2001:10::1 2001:db8::1 3fff::1 3fff:fff::1 5f00::1 4000::1 f000::1 fe00::1`,
	} {
		for addr := range strings.FieldsSeq(addrs) {
			if got := notPublic(netip.MustParseAddr(addr)); got != what {
				t.Errorf("%s is %q, want %q", addr, got, what)
			}
		}
	}
	if notPublic(netip.Addr{}) == "" {
		t.Error("no address at all is public")
	}
}

// counted is a server on loopback, and how many connections it has had.
func counted(t *testing.T) (port string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, connections
}

func guarded(t *testing.T, opts ClientOptions) *Client {
	t.Helper()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, "")
	}
	opts.DenyPrivate = true
	c, err := NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestNoConnectionIsMadeToAnAddressThatIsDenied(t *testing.T) {
	port, connections := counted(t)
	s := dnstest.Start(t)
	s.Set("loopback.example", dnstest.Addrs("127.0.0.1", "::1"))
	s.Set("mixed.example", dnstest.Addrs("10.0.0.1", "127.0.0.1", "fd00::1"))
	s.Set("mapped.example", dnstest.Addrs("::ffff:127.0.0.1"))
	s.Set("metadata.example", dnstest.Addrs("169.254.169.254"))
	c := guarded(t, ClientOptions{NameServer: s.Addr(), Resolve: map[string]string{"fixed.example:" + port: "127.0.0.1", "six.example:" + port: "[::1]"}})
	for host, want := range map[string]string{
		"127.0.0.1": "loopback", "127.1": "loopback", "127.0.1": "loopback", "0177.0.0.1": "loopback", "0x7f.1": "loopback", "2130706433": "loopback",
		"0x7f000001": "loopback", "017700000001": "loopback", "127.0.0.1.": "loopback", "１２７.0.0.1": "loopback", "127。0。0。1": "loopback",
		"0": "unspecified", "0.0.0.0": "unspecified", "[::]": "unspecified", "[::1]": "loopback", "[::ffff:127.0.0.1]": "loopback", "[::ffff:7f00:1]": "loopback",
		"[64:ff9b::7f00:1]": "loopback", "[::127.0.0.1]": "reserved", "[0:0:0:0:0:0:0:1]": "loopback",
		"localhost": "loopback", "loopback.example": "loopback", "mixed.example": "private", "mapped.example": "loopback", "metadata.example": "a metadata service",
		"fixed.example": "loopback", "six.example": "loopback", "0xa9fea9fe": "a metadata service", "10.1": "private",
	} {
		for _, scheme := range []string{"http", "https"} {
			r, err := NewRequest(scheme + "://" + host + ":" + port + "/")
			if err != nil {
				t.Errorf("%s: %v", host, err)
				continue
			}
			page, err := c.GetPage(t.Context(), r)
			switch {
			case err != nil:
				t.Error(err)
			case host == "mixed.example" && page.Err != nil && page.Err.Class == Denied: // whichever is the first
			case page.Err == nil || page.Err.Class != Denied || page.Err.Detail != "address is "+want:
				t.Errorf("%s: %v, want denied, address is %s", r.URL, page.Err, want)
			}
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// A name that has public addresses beside others is asked at those: which of them
// they are is decided before any is tried.
func TestOnlyPublicAddressesOfANameAreTried(t *testing.T) {
	addrs := []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2606:4700::1")}
	good, err := guard(notPublic).permitted(addrs)
	if err != nil || fmt.Sprint(good) != "[1.1.1.1 2606:4700::1]" || fmt.Sprint(addrs) != "[::1 1.1.1.1 10.0.0.1 2606:4700::1]" {
		t.Errorf("of %v: %v, %v", addrs, good, err)
	}
	if all, err := guard(nil).permitted(addrs); err != nil || len(all) != 4 {
		t.Errorf("without a guard: %v, %v", all, err)
	}
}

// The guard looks at the address of the socket itself: what is dialled there, it
// does not matter how, is no address that may not be.
func TestTheGuardStandsAtTheSocket(t *testing.T) {
	port, connections := counted(t)
	d := newDialer(ClientOptions{DenyPrivate: true, ConnectTimeout: time.Minute}, nil)
	defer d.close()
	n := netip.MustParseAddrPort("127.0.0.1:" + port).Port()
	for _, addr := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"} {
		c, err := d.dialAny(t.Context(), []netip.Addr{netip.MustParseAddr(addr)}, n) // behind the look at the addresses of a name
		if err == nil {
			c.Close()
		}
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != Denied {
			t.Errorf("%s: %v, want denied", addr, err)
		}
	}
	if _, err := d.tcp.DialContext(t.Context(), "tcp", "localhost:"+port); err == nil {
		t.Error("a name was connected to")
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// allowOne has 127.0.0.2 stand for a public address.
func allowOne(d *dialer) {
	d.guard = func(addr netip.Addr) string {
		if addr == netip.MustParseAddr("127.0.0.2") {
			return ""
		}
		return notPublic(addr)
	}
	d.tcp.ControlContext = d.guard.control
}

func TestRedirectsAndRetriesAreGuardedToo(t *testing.T) {
	private, connections := counted(t)
	var tries atomic.Int64
	public := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/retry" {
			w.Header().Set("Connection", "close")
			tries.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	}))
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	public.Listener.Close()
	public.Listener = l
	public.Start()
	defer public.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())

	s := dnstest.Start(t)
	s.Set("private.example", dnstest.Addrs("127.0.0.1"))
	good, bad := dnstest.Addrs("127.0.0.2"), dnstest.Addrs("127.0.0.1")
	good.TTL, bad.TTL = 0, 0
	s.Set("turns.example", good, bad) // when it has been asked once
	c := guarded(t, ClientOptions{NameServer: s.Addr(), Follow: true})
	allowOne(c.conns.dialer)
	clock := &watchTime{at: time.Now()}
	c.conns.dialer.names.now = clock.now

	hosts := []string{"127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:7f00:1]", "localhost", "private.example"}
	urls := []string{"http://turns.example:" + port + "/retry"}
	for _, host := range hosts {
		urls = append(urls, "http://127.0.0.2:"+port+"/?to=http://"+host+":"+private+"/")
	}
	run := crawl(t, StageOptions{RetryWait: time.Millisecond, Retries: 3}, listOf(urls...), func(ctx context.Context, r Request) Answer {
		if r.Attempt > 1 {
			clock.move(time.Second) // the name's TTL is over
		}
		page, err := c.GetPage(ctx, r)
		if err != nil {
			t.Error(err)
		}
		page.Release()
		return page.Answer
	})
	for i, end := range run.endings {
		if end.Err == nil || end.Err.Class != Denied {
			t.Errorf("%s: %v, want denied", urls[i-1], end.Err)
		}
	}
	if len(run.endings) != len(hosts)+1 || tries.Load() != 1 || connections.Load() != 0 {
		t.Errorf("%d endings; %d tries of a name that turned private, want 1; %d connections to a private address", len(run.endings), tries.Load(), connections.Load())
	}
}

// Each hop is looked at, whatever came of the one before; and a name whose
// addresses change between two looks gains nothing.
func TestAddressesThatChangeGainNothing(t *testing.T) {
	port, connections := counted(t)
	s := dnstest.Start(t)
	good, bad := dnstest.Addrs("127.0.0.2"), dnstest.Addrs("127.0.0.1")
	good.TTL, bad.TTL = 0, 0
	s.Set("a.example", good, bad, good, bad)
	d := newDialer(ClientOptions{DenyPrivate: true, ConnectTimeout: time.Minute, NameServer: s.Addr()}, nil)
	defer d.close()
	clock := &watchTime{at: time.Now()}
	d.names.now = clock.now
	allowOne(d)
	for i, want := range []Class{Connect, Denied, Connect, Denied} { // nobody listens on 127.0.0.2
		_, err := d.dial(t.Context(), "a.example:"+port, false, route{})
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != want {
			t.Errorf("look %d: %v, want %s", i, err, want)
		}
		clock.move(time.Second)
	}
	s.Set("b.example", dnstest.Addrs("127.0.0.1", "127.0.0.2", "::1"))
	if _, err := d.dial(t.Context(), "b.example:"+port, false, route{}); err == nil || err.(*Error).Class != Connect {
		t.Errorf("a name with one permitted address: %v, want it alone to be tried", err)
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made to an address that is denied", n)
	}
}

func TestDeniedIsNotWorthAnotherTry(t *testing.T) {
	if DefaultRetryOn.Has(denied(loopback)) {
		t.Error("denied is retried")
	}
	if _, err := ParseRetryOn("denied"); err == nil {
		t.Error("a list may name denied")
	}
}

func TestAGuardedClientHasNoProxy(t *testing.T) {
	const want = "new client: private addresses cannot be denied to a proxy, which connects by itself"
	proxy := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, "")
	}
	if _, err := NewClient(ClientOptions{DenyPrivate: true, Proxy: proxy}); err == nil || err.Error() != want {
		t.Errorf("a proxy of the options: %v", err)
	}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "http://127.0.0.1:1")
			t.Setenv("NO_PROXY", "*")
			if _, err := NewClient(ClientOptions{DenyPrivate: true}); err == nil || err.Error() != want {
				t.Errorf("a proxy of the environment: %v", err)
			}
		})
	}
	c, err := NewClient(ClientOptions{DenyPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func BenchmarkGuard(b *testing.B) {
	addr := netip.MustParseAddr("2606:4700:4700::1111")
	b.ReportAllocs()
	for b.Loop() {
		if guard(notPublic).control(context.Background(), "tcp6", "[2606:4700:4700::1111]:443", nil) != nil || notPublic(addr) != "" {
			b.Fatal("denied")
		}
	}
}
