package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"time"
)

// tlsError says why a TLS handshake failed.
func tlsError(err error) *Error {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return &Error{Class: TLS, Detail: invalidCertificate(invalid)}
	}
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		return &Error{Class: TLS, Detail: "certificate is for " + certificateName(name.Certificate) + ", not this host"}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return &Error{Class: TLS, Detail: "certificate signed by unknown authority"}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &Error{Class: TLS, Detail: "TLS handshake failed: the server does not speak TLS"}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Class: Reset, Detail: "connection closed during the TLS handshake"}
	}
	if e := errnoError(err, Reset); e != nil {
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok { // an alert of the server's
		err = op.Err
	}
	return &Error{Class: TLS, Detail: "TLS handshake failed: " + gist(err)}
}

func invalidCertificate(err x509.CertificateInvalidError) string {
	if err.Reason != x509.Expired { // which means "not now" in both directions
		return "certificate not valid (" + gist(err) + ")"
	}
	if time.Now().Before(err.Cert.NotBefore) {
		return "certificate not valid before " + err.Cert.NotBefore.UTC().Format(time.DateOnly)
	}
	return "certificate expired " + err.Cert.NotAfter.UTC().Format(time.DateOnly)
}

// certificateName is the name that a certificate was made out to, the first if
// there are several.
func certificateName(c *x509.Certificate) string {
	switch {
	case len(c.DNSNames) > 0:
		return escaped(c.DNSNames[0])
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return "nobody"
}
