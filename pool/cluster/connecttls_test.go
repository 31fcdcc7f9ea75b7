package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// authority vouches for the certificates of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // for NATS_CA
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	pair := a.sign(template)
	a.cert, a.file = pair.Leaf, a.write("ca.pem", "CERTIFICATE", pair.Certificate[0])
	a.key = pair.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// sign signs with the authority's key, or, if it has none yet, with the certificate's own.
func (a *authority) sign(template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) issue(usage x509.ExtKeyUsage, ips ...net.IP) tls.Certificate {
	return a.sign(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"}, IPAddresses: ips,
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{usage}})
}

func (a *authority) write(name, kind string, der []byte) string {
	a.t.Helper()
	path := filepath.Join(a.t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// client writes a client's certificate and its key.
func (a *authority) client() (cert, key string) {
	pair := a.issue(x509.ExtKeyUsageClientAuth)
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write("cert.pem", "CERTIFICATE", pair.Certificate[0]), a.write("key.pem", "PRIVATE KEY", der)
}

func withTLS(pair tls.Certificate) func(*server.Options) {
	return func(o *server.Options) { o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}} }
}

// withClients also wants certificates of clients.
func withClients(a *authority) func(*server.Options) {
	here := a.issue(x509.ExtKeyUsageServerAuth, net.IPv4(127, 0, 0, 1))
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	return func(o *server.Options) {
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{here}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	}
}

func pinOf(pair tls.Certificate) string {
	sum := sha256.Sum256(pair.Certificate[0])
	return "#sha256=" + hex.EncodeToString(sum[:])
}

func TestWhoseCertificateIsAccepted(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	here := ours.issue(x509.ExtKeyUsageServerAuth, net.IPv4(127, 0, 0, 1))
	elsewhere := ours.issue(x509.ExtKeyUsageServerAuth, net.IPv4(192, 0, 2, 1))
	cert, key := ours.client()
	for name, test := range map[string]struct {
		server  func(*server.Options)
		scheme  string
		pin     string
		env     map[string]string
		refused string // "": it is not
	}{
		"of a known authority":        {server: withTLS(here), scheme: "tls://", env: map[string]string{"NATS_CA": ours.file}},
		"that the server alone wants": {server: withTLS(here), scheme: "nats://", env: map[string]string{"NATS_CA": ours.file}},
		"of an unknown authority":     {server: withTLS(here), scheme: "tls://", refused: "NATS_CA"},
		"of another authority":        {server: withTLS(here), scheme: "tls://", env: map[string]string{"NATS_CA": theirs.file}, refused: "NATS_CA"},
		"of another place":            {server: withTLS(elsewhere), scheme: "tls://", env: map[string]string{"NATS_CA": ours.file}, refused: "192.0.2.1"},
		"pinned":                      {server: withTLS(here), scheme: "nats://", pin: pinOf(here)},
		"pinned, of another place":    {server: withTLS(elsewhere), scheme: "tls://", pin: pinOf(elsewhere), env: map[string]string{"NATS_CA": theirs.file}},
		"another than the pinned":     {server: withTLS(here), scheme: "tls://", pin: pinOf(elsewhere), env: map[string]string{"NATS_CA": ours.file}, refused: "#sha256="},
		"none":                        {scheme: "tls://", refused: "the server has no TLS"},
		"none, but a pin":             {scheme: "nats://", pin: pinOf(here), refused: "the server has no TLS"},
		"none, on this machine":       {scheme: "nats://", env: map[string]string{"NATS_CA": ours.file}},
		"with the client's":           {server: withClients(ours), scheme: "tls://", env: map[string]string{"NATS_CA": ours.file, "NATS_CERT": cert, "NATS_KEY": key}},
	} {
		t.Run(name, func(t *testing.T) {
			noEnvironment(t)
			for key, value := range test.env {
				t.Setenv(key, value)
			}
			place := anywhere(startServer(t, test.server))
			address := test.scheme + place + test.pin
			if test.refused == "" {
				if !connectTo(t, address, ConnectOptions{}).Private() {
					t.Error("the connection is not private")
				}
			} else if err := refused(t, address); err == nil || !strings.Contains(err.Error(), test.refused) {
				t.Errorf("Connect: %v, want a refusal: %s", err, test.refused)
			}
		})
	}
}

// The server says nothing of what it wants; it might as well be ending.
func TestAServerThatMissesAClientsCertificateIsExplained(t *testing.T) {
	noEnvironment(t)
	ours := newAuthority(t)
	t.Setenv("NATS_CA", ours.file)
	place := anywhere(startServer(t, withClients(ours)))
	_, err := Connect(t.Context(), "tls://"+place, ConnectOptions{})
	if err == nil || !strings.Contains(err.Error(), "NATS_CERT and NATS_KEY") {
		t.Errorf("Connect: %v, want an error that says how to have a certificate", err)
	}
}

// Who pretends to be a server that has had TLS is not told anything without it.
func TestAServerThatHadTLSMustHaveItAgain(t *testing.T) {
	noEnvironment(t)
	ours := newAuthority(t)
	t.Setenv("NATS_CA", ours.file)
	here := ours.issue(x509.ExtKeyUsageServerAuth, net.IPv4(127, 0, 0, 1))
	s := startServer(t, withTLS(here))
	port := s.Addr().(*net.TCPAddr).Port
	told := newEvents()
	c := connectTo(t, "nats://me:hush@"+anywhere(s), ConnectOptions{OnEvent: told.add})
	if len(told.kinds()) != 0 {
		t.Errorf("told %v of a connection that was made at once", told.kinds())
	}
	stopServer(s)
	if e := told.wait(t); e.Kind != Disconnected {
		t.Fatalf("told %+v", e)
	}
	c.notify(func(bool) { t.Error("the connection is said to be there again") })
	said := plainServer(t, port)
	for range 2 {
		if text := <-said; text != "" {
			t.Errorf("a server without TLS was told %q", text)
		}
	}
}

// plainServer says that it has no TLS, and passes on what each client says then.
func plainServer(t *testing.T, port int) <-chan string {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	said, done := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, `INFO {"server_id":"x","version":"2.15.2","headers":true,"max_payload":1048576,"proto":1}`+"\r\n")
			text, _ := io.ReadAll(conn)
			conn.Close()
			said <- string(text)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return said
}

// A pinned server that is replaced by one with another certificate, as the next run's is, is
// told of, and not spoken to.
func TestAnotherCertificateInAPinnedServersPlaceIsTold(t *testing.T) {
	noEnvironment(t)
	first, second := newAuthority(t), newAuthority(t)
	local := net.IPv4(127, 0, 0, 1)
	pair := first.issue(x509.ExtKeyUsageServerAuth, local)
	s := startServer(t, withTLS(pair))
	port := s.Addr().(*net.TCPAddr).Port
	told := newEvents()
	connectTo(t, "tls://"+anywhere(s)+pinOf(pair), ConnectOptions{OnEvent: told.add})
	stopServer(s)
	if e := told.wait(t); e.Kind != Disconnected {
		t.Fatalf("told %+v", e)
	}
	startServer(t, func(o *server.Options) {
		withTLS(second.issue(x509.ExtKeyUsageServerAuth, local))(o)
		o.Port = port
	})
	if e := told.wait(t); e.Kind != Denied || !strings.Contains(e.Detail, "another one than the address has") {
		t.Errorf("told %+v", e)
	}
}
