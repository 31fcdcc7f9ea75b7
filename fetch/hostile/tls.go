package hostile

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"trawl/fetch"
)

var noTLS = fails(fetch.TLS)

// certificates that no client takes, and each for a reason of its own.
var certificates = []design{
	{name: "a certificate that has expired", want: noTLS, answer: acts{say(ok + five)}, secure: true, certificate: expired, good: alone},
	{name: "a certificate that is not valid yet", want: noTLS, answer: acts{say(ok + five)}, secure: true, certificate: early, good: alone},
	{name: "a certificate for another host", want: noTLS, answer: acts{say(ok + five)}, secure: true, certificate: misdirected, good: alone},
	{name: "a certificate for nobody", want: noTLS, answer: acts{say(ok + five)}, secure: true, certificate: nameless, good: alone},
	{name: "a certificate of an unknown authority", want: noTLS, answer: acts{say(ok + five)}, secure: true, certificate: unknown, good: alone},
	{name: "a chain of a mebibyte", want: noTLS, answer: acts{say(ok + five)}, secure: true, certificate: chained, good: alone},
	{name: "a certificate that has expired, of HTTP/2", want: noTLS, streams: answers(":status", "200"), certificate: expired},
}

// alone is a host where nothing good can be had.
var alone = []string{}

// handshakes fail, or are none.
var handshakes = []design{
	{name: "TLS 1.1 at most", want: noTLS, answer: acts{}, secure: true, good: alone, config: func(c *tls.Config) {
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	}},
	{name: "a server that wants a certificate", want: fails(fetch.TLS, fetch.Reset, fetch.Protocol), answer: acts{}, secure: true, good: alone, config: func(c *tls.Config) {
		c.ClientAuth = tls.RequireAnyClientCert
	}},
	{name: "a server that refuses the certificate that nobody has", want: fails(fetch.TLS, fetch.Reset, fetch.Protocol), answer: acts{}, secure: true, good: alone, config: func(c *tls.Config) {
		c.ClientAuth = tls.RequestClientCert
		c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errors.New("no") }
		c.VerifyConnection = func(tls.ConnectionState) error { return errors.New("no") }
	}},
	{name: "a server that knows no such name", want: noTLS, answer: acts{}, secure: true, good: alone, config: func(c *tls.Config) {
		c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("no") }
	}},
	{name: "HTTP where TLS is wanted", want: noTLS, greeting: acts{say("HTTP/1.1 400 Bad Request\r\n\r\n")}, secure: true},
	{name: "binary where TLS is wanted", want: noTLS, greeting: acts{say(strings.Repeat("\x00\xff", 500))}, secure: true},
	{name: "an alert", want: fails(fetch.TLS, fetch.Reset), greeting: acts{say("\x15\x03\x01\x00\x02\x02\x50")}, secure: true},
	{name: "an unknown alert", want: fails(fetch.TLS, fetch.Reset), greeting: acts{say("\x15\x03\x01\x00\x02\x02\xee")}, secure: true},
	{name: "alerts without end", want: fails(fetch.TLS, fetch.Reset), greeting: acts{flood("\x15\x03\x01\x00\x02\x01\x5a")}, secure: true},
	{name: "empty records without end", want: noTLS, greeting: acts{flood("\x16\x03\x03\x00\x00")}, secure: true},
	{name: "changes of cipher without end", want: noTLS, greeting: acts{flood("\x14\x03\x03\x00\x01\x01")}, secure: true},
	{name: "a record of 64 KiB", want: noTLS, greeting: acts{say("\x16\x03\x03\xff\xff"), flood("x")}, secure: true},
	{name: "a hello of 16 MiB", want: noTLS, greeting: acts{say("\x16\x03\x03\x40\x00\x02\xff\xff\xff" + strings.Repeat("x", 16380)), flood("\x16\x03\x03\x40\x00" + strings.Repeat("x", 16384))}, secure: true},
	{name: "half a hello", want: fails(fetch.TLS, fetch.Reset), greeting: acts{say("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")}, secure: true},
	{name: "a hello without a cipher", want: noTLS, greeting: acts{say("\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + zeros[:32] + "\x00\x00\x00\x00")}, secure: true},
	{name: "TLS where HTTP is wanted", want: malformed, greeting: acts{read, say("\x15\x03\x03\x00\x02\x02\x0a")}},
}
