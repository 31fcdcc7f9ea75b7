package fetch

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
)

// tlsError says why a TLS handshake failed; asked is true if the server has asked
// for a certificate of ours.
func tlsError(err error, asked bool) *Error {
	if detail := certificateError(err); detail != "" {
		return &Error{Class: TLS, Detail: detail}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Class: Reset, Detail: "connection closed during the TLS handshake"}
	}
	if e := errnoError(err, Reset); e != nil {
		return e
	}
	return &Error{Class: TLS, Detail: "TLS handshake failed: " + handshakeError(err, asked)}
}

// handshakeError is for what is wrong with the protocol, as we or the server see it.
func handshakeError(err error, asked bool) string {
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if record.Conn != nil { // it is about the first record
			return "the server does not speak TLS"
		}
		return "malformed record"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		if op.Op == "remote error" {
			return alertError(gist(op.Err), asked)
		}
		return gist(op.Err)
	}
	text := gist(err)
	switch {
	case strings.HasPrefix(text, "server selected unsupported protocol version"):
		return noVersion
	case strings.HasPrefix(text, "server chose an unconfigured cipher suite"):
		return noCipher
	case strings.HasPrefix(text, "handshake message of length"):
		return "a message is too large"
	}
	return text
}

const (
	noVersion = "no common version of TLS"
	noCipher  = "no common cipher"
	noClient  = "the server wants a client's certificate"
)

// alertError is for an alert that the server has sent (RFC 8446 §6.2), of which
// crypto/tls gives the name alone.
func alertError(name string, asked bool) string {
	what := "the server refuses"
	switch name {
	case "protocol version not supported":
		return noVersion
	case "no application protocol":
		return "no common version of HTTP"
	case "handshake failure", "insufficient security level":
		what = noCipher
		if asked { // RFC 5246 §7.4.6
			what = noClient
		}
	case "bad certificate", "certificate required":
		what = noClient
	case "unrecognized name":
		what = "the server does not know this host"
	}
	return what + " (alert: " + name + ")"
}
