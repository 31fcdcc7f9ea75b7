package fetch

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// certificateError says why a certificate was not taken; "" is for any other error.
// What the certificate itself says is escaped and cut.
func certificateError(err error) string {
	var leaf *x509.Certificate
	if chain, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(chain.UnverifiedCertificates) > 0 {
		leaf = chain.UnverifiedCertificates[0]
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return invalidCertificate(invalid, leaf)
	}
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		return "certificate " + holders(name.Certificate)
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return unknownAuthority(unknown.Cert, leaf)
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return "certificate has an unknown critical extension"
	}
	return ""
}

// invalidCertificate is for a certificate of the chain that begins with leaf.
func invalidCertificate(err x509.CertificateInvalidError, leaf *x509.Certificate) string {
	subject := "certificate"
	if leaf != nil && err.Cert != nil && !err.Cert.Equal(leaf) {
		subject = "certificate of its authority"
	}
	switch err.Reason {
	case x509.Expired: // which means "not now" in both directions
		if time.Now().Before(err.Cert.NotBefore) {
			return subject + " not valid before " + err.Cert.NotBefore.UTC().Format(time.DateOnly)
		}
		return subject + " expired " + err.Cert.NotAfter.UTC().Format(time.DateOnly)
	case x509.IncompatibleUsage, x509.CANotAuthorizedForExtKeyUsage:
		return "certificate is not for servers"
	case x509.CANotAuthorizedForThisName, x509.UnconstrainedName, x509.TooManyConstraints:
		return "certificate signed by an authority that may not sign for this name"
	}
	return "certificate not valid (" + gist(err) + ")"
}

// unknownAuthority is for a chain from leaf to last, whose issuer nobody knows.
func unknownAuthority(last, leaf *x509.Certificate) string {
	if leaf != nil && isSelfSigned(leaf) {
		return "certificate is self-signed"
	}
	const unknown = "certificate signed by unknown authority"
	if last == nil {
		return unknown
	}
	name := cmp.Or(last.Issuer.CommonName, strings.Join(last.Issuer.Organization, ", "))
	if name == "" {
		return unknown
	}
	return unknown + ` "` + shownName(name) + `"`
}

func isSelfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

const maxHolders = 2 // hosts of a certificate that are told

// holders says which hosts the certificate is for, none of which is the one that
// was asked.
func holders(c *x509.Certificate) string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names[:len(names):len(names)], ip.String())
	}
	if len(names) == 0 {
		return "is for no host"
	}
	var shown []string
	for _, name := range names[:min(len(names), maxHolders)] {
		shown = append(shown, shownName(name))
	}
	text := "is for " + strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + ", not this host"
}

const maxName = 40 // characters of a name that a certificate has

// shownName is a name as a message may have it. It has no quotation mark.
func shownName(name string) string {
	var b strings.Builder
	room := maxName
	for i, r := range name {
		shown := escapedRune(name[i:], r)
		if r == '"' {
			shown = "'"
		}
		if room -= utf8.RuneCountInString(shown); room < 0 {
			return b.String() + "…"
		}
		b.WriteString(shown)
	}
	return b.String()
}
