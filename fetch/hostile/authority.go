package hostile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// A certificate is how a host shows itself in a TLS handshake.
type certificate int

const (
	inOrder certificate = iota
	expired
	early       // not valid yet
	misdirected // for another host
	unknown     // signed by nobody who is trusted
	controlling // for a name with control characters
	nameless    // for no name at all
	chained     // with a chain of a mebibyte
)

// An authority signs certificates for the server's hosts.
type authority struct {
	tb   testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
	made map[certificate]tls.Certificate
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	a := &authority{tb: tb, key: newKey(tb)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hostile"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		tb.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		tb.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	a.made = map[certificate]tls.Certificate{}
	for c := inOrder; c <= chained; c++ {
		a.made[c] = a.sign(c)
	}
	return a
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func (a *authority) sign(c certificate) tls.Certificate {
	key := newKey(a.tb)
	template, signer, signature := template(c), a.cert, a.key
	if c == unknown {
		signer, signature = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, key.Public(), signature)
	if err != nil {
		a.tb.Fatal(err)
	}
	made := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	for size := 0; c == chained && size < 1<<20; size += len(a.cert.Raw) {
		made.Certificate = append(made.Certificate, a.cert.Raw)
	}
	return made
}

func template(c certificate) *x509.Certificate {
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: big.NewInt(int64(c) + 2), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	switch c {
	case expired:
		t.NotBefore, t.NotAfter = now.Add(-48*time.Hour), now.Add(-24*time.Hour)
	case early:
		t.NotBefore, t.NotAfter = now.Add(24*time.Hour), now.Add(48*time.Hour)
	case misdirected:
		t.IPAddresses, t.DNSNames = nil, []string{"other.example"}
	case controlling:
		t.IPAddresses, t.Subject = nil, pkix.Name{CommonName: visible}
		t.DNSNames = []string{"\x1b[35mEVIL\x07\r\nurl:<http://forged/> size:[1]"}
	case nameless:
		t.IPAddresses = nil
	}
	return t
}
