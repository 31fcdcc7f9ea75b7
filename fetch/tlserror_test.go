package fetch_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"trawl/fetch"
)

// An authority makes certificates. Its own is signed by by, or by itself.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	by          *authority
}

func newAuthority(t *testing.T, subject pkix.Name, by *authority, change func(*x509.Certificate)) *authority {
	t.Helper()
	a := &authority{by: by}
	c := &x509.Certificate{Subject: subject, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	change(c)
	a.certificate, a.key = sign(t, c, by)
	return a
}

func sign(t *testing.T, c *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotBefore.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	parent, signer := c, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, key
}

// issue makes what a server shows: its certificate, and those of the authorities
// below the root.
func (a *authority) issue(t *testing.T, c *x509.Certificate) tls.Certificate {
	t.Helper()
	leaf, key := sign(t, c, a)
	chain := [][]byte{leaf.Raw}
	for ; a.by != nil; a = a.by {
		chain = append(chain, a.certificate.Raw)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: key}
}

func anything(*x509.Certificate) {}

func TestWhatIsWrongWithACertificateIsTold(t *testing.T) {
	day := func(year int) time.Time { return time.Date(year, 2, 3, 0, 0, 0, 0, time.UTC) }
	root := newAuthority(t, pkix.Name{CommonName: "Good Root"}, nil, anything)
	middle := newAuthority(t, pkix.Name{CommonName: "Middle"}, root, anything)
	old := newAuthority(t, pkix.Name{CommonName: "Old"}, root, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = day(2020), day(2021) })
	leaf := newAuthority(t, pkix.Name{CommonName: "Leaf"}, root, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature })
	narrow := newAuthority(t, pkix.Name{CommonName: "Narrow"}, root, func(c *x509.Certificate) {
		c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"b.example"}, true
	})
	snake := newAuthority(t, pkix.Name{CommonName: "Snake Oil CA"}, nil, anything)
	below := newAuthority(t, pkix.Name{CommonName: "Below"}, snake, anything)
	company := newAuthority(t, pkix.Name{Organization: []string{"ACME"}}, nil, anything)
	nameless := newAuthority(t, pkix.Name{}, nil, anything)
	names := func(names ...string) *x509.Certificate { return &x509.Certificate{DNSNames: names} }
	valid := func(from, to time.Time) *x509.Certificate {
		return &x509.Certificate{DNSNames: []string{"a.example"}, NotBefore: from, NotAfter: to}
	}
	self, _ := selfSigned(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "a.example")

	for _, test := range []struct {
		certificate tls.Certificate
		want        string
	}{
		{root.issue(t, names("a.example")), ""},
		{middle.issue(t, names("*.example")), ""},
		{root.issue(t, valid(day(2020), day(2021))), "certificate expired 2021-02-03"},
		{root.issue(t, valid(day(2190), day(2191))), "certificate not valid before 2190-02-03"},
		{old.issue(t, names("a.example")), "certificate of its authority expired 2021-02-03"},
		{self, "certificate is self-signed"},
		{snake.issue(t, names("a.example")), `certificate signed by unknown authority "Snake Oil CA"`},
		{below.issue(t, names("a.example")), `certificate signed by unknown authority "Snake Oil CA"`},
		{company.issue(t, names("a.example")), `certificate signed by unknown authority "ACME"`},
		{nameless.issue(t, names("a.example")), "certificate signed by unknown authority"},
		{root.issue(t, names("b.example")), "certificate is for b.example, not this host"},
		{root.issue(t, names("b.example", "*.b.example")), "certificate is for b.example, *.b.example, not this host"},
		{root.issue(t, names("b.example", "c.example", "d.example", "e.example")), "certificate is for b.example, c.example and 2 more, not this host"},
		{root.issue(t, &x509.Certificate{IPAddresses: []net.IP{{192, 0, 2, 1}}}), "certificate is for 192.0.2.1, not this host"},
		{root.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "a.example"}}), "certificate is for no host"},
		{leaf.issue(t, names("a.example")), `certificate signed by unknown authority "Leaf"`},
		{narrow.issue(t, names("a.example")), "certificate signed by an authority that may not sign for this name"},
		{root.issue(t, &x509.Certificate{DNSNames: []string{"a.example"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}), "certificate is not for servers"},
		{
			root.issue(t, &x509.Certificate{DNSNames: []string{"a.example"}, ExtraExtensions: []pkix.Extension{{Id: []int{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}}),
			"certificate has an unknown critical extension",
		},
	} {
		addr := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{test.certificate}})
		url := "https://a.example:" + port(addr) + "/"
		resolve := map[string]string{"a.example:" + port(addr): "127.0.0.1"}
		page := get(t, newClient(t, fetch.ClientOptions{CACert: asPEM(root.certificate.Raw), Resolve: resolve}), url)
		if test.want == "" {
			wantBody(t, page, "ok")
		} else {
			wantError(t, page, fetch.TLS, test.want)
		}
		wantBody(t, get(t, newClient(t, fetch.ClientOptions{Insecure: true, Resolve: resolve}), url), "ok")
	}
}

// What a certificate says of itself is told in few characters, none of which
// steers a terminal.
func TestCertificatesWithHostileNames(t *testing.T) {
	root := newAuthority(t, pkix.Name{CommonName: "Good Root"}, nil, anything)
	for _, name := range []string{
		"\x1b[2J\x1b]0;owned\x07", "a\nurl:<https://a/> size:[1]\r\n", "\u202egnp.exe\u2066", strings.Repeat("x", 100_000), strings.Repeat("\x01", 1000),
		`" or "1"="1`, strings.Repeat("日本", 1000), "\u0085\u2028\ufeff", "\x00",
	} {
		issuer := newAuthority(t, pkix.Name{CommonName: name, Organization: []string{name}}, nil, anything)
		dns := strings.Map(func(r rune) rune { // what an IA5String may have
			if r > '~' {
				return -1
			}
			return r
		}, name+".example")
		for _, certificate := range []tls.Certificate{
			issuer.issue(t, &x509.Certificate{DNSNames: []string{"a.example"}}),
			root.issue(t, &x509.Certificate{DNSNames: []string{dns, dns, dns}}),
		} {
			addr := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{certificate}})
			resolve := map[string]string{"a.example:" + port(addr): "127.0.0.1"}
			page := get(t, newClient(t, fetch.ClientOptions{CACert: asPEM(root.certificate.Raw), Resolve: resolve}), "https://a.example:"+port(addr)+"/")
			if page.Err == nil || page.Err.Class != fetch.TLS {
				t.Errorf("%.20q: %v", name, page.Err)
				continue
			}
			detail := page.Err.Detail
			if n := utf8.RuneCountInString(detail); n > 140 || fetch.Printable(detail) != detail || strings.Count(detail, `"`)%2 != 0 {
				t.Errorf("%.20q: %d characters: %q", name, n, detail)
			}
		}
	}
}

func TestHandshakesThatFail(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{Insecure: true})
	plain := httptest.NewServer(nil)
	defer plain.Close()
	plain.Config.ErrorLog = discard
	certificate, _ := selfSigned(t, time.Now(), time.Now().Add(time.Hour))
	with := func(change func(*tls.Config)) (addr string) {
		config := &tls.Config{Certificates: []tls.Certificate{certificate}}
		change(config)
		return serveTLS(t, config)
	}
	says := func(answer string) (addr string) {
		return listen(t, func(c net.Conn) {
			c.Read(make([]byte, 1))
			io.WriteString(c, answer)
			io.Copy(io.Discard, c)
		})
	}
	serverHello := func(version, cipher string) string {
		body := version + strings.Repeat("r", 32) + "\x00" + cipher + "\x00"
		return "\x16\x03\x03\x00" + string(rune(len(body)+4)) + "\x02\x00\x00" + string(rune(len(body))) + body
	}
	for _, test := range []struct{ addr, want string }{
		{plain.Listener.Addr().String(), "the server does not speak TLS"},
		{says("SSH-2.0-OpenSSH_9.9\r\n"), "the server does not speak TLS"},
		{says(strings.Repeat("\x00", 1000)), "the server does not speak TLS"},
		{with(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }), "no common version of TLS"},
		{says(serverHello("\x03\x01", "\xc0\x2f")), "no common version of TLS"},
		{says(serverHello("\x03\x03", "\x00\x05")), "no common cipher"},
		{with(func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}
		}), "no common cipher (alert: handshake failure)"},
		{says("\x15\x03\x03\x00\x02\x02\x28"), "no common cipher (alert: handshake failure)"},
		{says("\x15\x03\x03\x00\x02\x02\x70"), "the server does not know this host (alert: unrecognized name)"},
		{says("\x15\x03\x03\x00\x02\x02\xff"), "the server refuses (alert: alert)"},
		{with(func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, io.EOF }
		}), "the server refuses (alert: internal error)"},
		{with(func(c *tls.Config) { c.MaxVersion, c.ClientAuth = tls.VersionTLS12, tls.RequireAnyClientCert }), "the server wants a client's certificate (alert: handshake failure)"},
		{with(func(c *tls.Config) { c.NextProtos = []string{"spdy/1"} }), "no common version of HTTP"},
		{says("\x16\x03\x03\x40\x00\x0b\xff\xff\xff" + strings.Repeat("x", 1<<14)), "a message is too large"},
		{says("\x16\x03\x03\xff\xff" + strings.Repeat("x", 1<<16)), "malformed record"},
		{says("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), "error decoding message"},
	} {
		wantError(t, get(t, c, "https://"+test.addr), fetch.TLS, "TLS handshake failed: "+test.want)
	}
	hangUp := listen(t, func(c net.Conn) { io.ReadFull(c, make([]byte, 5)) })
	if page := get(t, c, "https://"+hangUp); page.Err == nil || page.Err.Class != fetch.Reset {
		t.Errorf("a server that hangs up: %v, want class reset", page.Err)
	}
}
