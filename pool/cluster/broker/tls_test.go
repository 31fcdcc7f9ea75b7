package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"strings"
	"testing"

	"trawl/pool/cluster"
)

// connect connects, until the test ends.
func connect(t *testing.T, address string) *cluster.Conn {
	t.Helper()
	c, err := cluster.Connect(t.Context(), address, cluster.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Whatever says that others can come means TLS; and the address is one that they can use.
func TestAServerBeyondLoopbackHasTLS(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", outward() + ":0"} {
		s := startIn(t, Options{Dir: t.TempDir(), Listen: listen})
		u, err := url.Parse(s.Address())
		if err != nil {
			t.Fatal(err)
		}
		if u.Scheme != "tls" || !strings.HasPrefix(u.Fragment, "sha256=") || net.ParseIP(u.Hostname()).IsUnspecified() {
			t.Errorf("listening on %s the address is %s, want TLS, a pin and a place", listen, u.Redacted())
		}
		if c := connect(t, s.Address()); !c.Private() || c.Addr() != "tls://"+u.Host {
			t.Errorf("connected to %s, private %v", c.Addr(), c.Private())
		}
		if _, err := cluster.Connect(t.Context(), "nats://"+u.Host, cluster.ConnectOptions{}); err == nil {
			t.Errorf("listening on %s it takes those who have neither certificate nor password", listen)
		}
		closed(t, s)
	}
}

func TestAServerOnLoopbackHasNone(t *testing.T) {
	for _, listen := range []string{"", "127.0.0.1:0", "localhost:0", "127.1.2.3:0"} {
		s := startIn(t, Options{Dir: t.TempDir(), Listen: listen})
		if c := connect(t, s.Address()); !strings.HasPrefix(c.Addr(), "nats://127.") || !c.Private() {
			t.Errorf("listening on %q: connected to %s, private %v", listen, c.Addr(), c.Private())
		}
		closed(t, s)
	}
}

func TestWhereToListenIsRead(t *testing.T) {
	for listen, want := range map[string]place{
		"":                     {"127.0.0.1", "127.0.0.1", 0, false},
		"localhost:4222":       {"127.0.0.1", "127.0.0.1", 4222, false},
		"[::1]:4222":           {"::1", "::1", 4222, false},
		"[::ffff:127.0.0.1]:0": {"::ffff:127.0.0.1", "::ffff:127.0.0.1", 0, false},
		"example.com:4222":     {"example.com", "example.com", 4222, true},
		"192.0.2.7:0":          {"192.0.2.7", "192.0.2.7", 0, true},
		":4222":                {"0.0.0.0", outward(), 4222, true},
		"[::]:4222":            {"::", outward(), 4222, true},
	} {
		if got, err := readPlace(listen); err != nil || got != want {
			t.Errorf("%q: %+v (%v), want %+v", listen, got, err, want)
		}
	}
	for _, listen := range []string{"4222", "127.0.0.1", "127.0.0.1:nats", "127.0.0.1:-1", "127.0.0.1:65536", "::1:4222"} {
		if _, err := Start(Options{Dir: t.TempDir(), Listen: listen}); err == nil || !strings.Contains(err.Error(), listen) {
			t.Errorf("%q: %v, want an error that shows it", listen, err)
		}
	}
}

func TestAServerKeepsItsCertificate(t *testing.T) {
	dir := t.TempDir()
	s := startIn(t, Options{Dir: dir, Listen: "0.0.0.0:0"})
	address := s.Address()
	told := make(chan cluster.Event, 10)
	c, err := cluster.Connect(t.Context(), address, cluster.ConnectOptions{OnEvent: func(e cluster.Event) { told <- e }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	closed(t, s)
	if e := <-told; e.Kind != cluster.Disconnected {
		t.Errorf("told %+v", e)
	}
	s = startIn(t, Options{Dir: dir, Listen: "0.0.0.0:0"})
	if s.Address() != address || s.Moved() {
		t.Errorf("after a restart the address is another, moved %v", s.Moved())
	}
	if e := <-told; e.Kind != cluster.Connected || !c.Private() {
		t.Errorf("told %+v, private %v", e, c.Private())
	}
}

func TestAServerThatIsOpenedToOthersHasMoved(t *testing.T) {
	dir := t.TempDir()
	closed(t, startIn(t, Options{Dir: dir}))
	if s := startIn(t, Options{Dir: dir, Listen: "0.0.0.0:0"}); !s.Moved() || !strings.HasPrefix(s.Address(), "tls://") {
		t.Errorf("address %s, moved %v", s.Address(), s.Moved())
	}
}

func TestAnotherServersCertificateIsRefused(t *testing.T) {
	one := startIn(t, Options{Dir: t.TempDir(), Listen: "0.0.0.0:0"})
	other := startIn(t, Options{Dir: t.TempDir(), Listen: "0.0.0.0:0"})
	known, _, _ := strings.Cut(one.Address(), "#")
	_, pin, _ := strings.Cut(other.Address(), "#")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := cluster.Connect(ctx, known+"#"+pin, cluster.ConnectOptions{Wait: true})
	if err == nil || !strings.Contains(err.Error(), "certificate is another one") {
		t.Errorf("Connect: %v, want a refusal of the certificate", err)
	}
}

func TestTheServerHasTLS13Alone(t *testing.T) {
	s := startIn(t, Options{Dir: t.TempDir(), Listen: "0.0.0.0:0"})
	opts, err := s.options(place{secure: true}, s.id)
	if err != nil {
		t.Fatal(err)
	}
	if opts.TLSConfig.MinVersion != tls.VersionTLS13 {
		t.Errorf("TLS from %s on", tls.VersionName(opts.TLSConfig.MinVersion))
	}
	leaf, err := x509.ParseCertificate(opts.TLSConfig.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(s.Address())
	if err := leaf.VerifyHostname(u.Hostname()); err != nil {
		t.Errorf("clients that know no pin: %v", err)
	}
}
