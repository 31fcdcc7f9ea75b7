package cluster

import (
	"crypto/tls"
	"errors"
	"net"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connectError says why a server cannot be used, and how that is mended.
type connectError struct {
	server string // without secrets
	err    error
	help   string // ""; it may pass by itself
}

func (e *connectError) Error() string {
	text := e.server + ": " + e.err.Error()
	if e.help != "" {
		text += ": " + e.help
	}
	return text
}

func (e *connectError) Unwrap() error { return e.err }

// explain makes a connectError of what the client library says. dialed is the reason why the
// last connection could not be made, if it could not.
func explain(err error, to address, login login, dialed error) error {
	if dialed != nil && errors.Is(err, nats.ErrNoServers) {
		err = dialed
	}
	return &connectError{to.String(), err, remedy(err, login)}
}

// Passing says of an error of [Connect] whether the server may be of use later without
// anybody mending an address, a credential or a certificate: it cannot be reached now.
func Passing(err error) bool {
	var e *connectError
	return errors.As(err, &e) && (e.help == "" || e.help == wantsCertificate)
}

// wantsCertificate is the help if a server ends the connection after the TLS handshake, which
// one does, too, that is ending itself.
const wantsCertificate = "it may want a certificate of the client: NATS_CERT and NATS_KEY name its files"

func remedy(err error, login login) string {
	var unverified *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert *net.OpError
	var network net.Error
	switch {
	case isAuth(err) && login.from == "":
		return "it wants credentials: write nats://USER:PASSWORD@HOST:PORT, or set NATS_USER and NATS_PASSWORD, NATS_CREDS, NATS_NKEY or NATS_TOKEN"
	case isAuth(err), errors.Is(err, nats.ErrNkeysNotSupported):
		return "it does not accept the credentials, " + login.from
	case errors.Is(err, nats.ErrPermissionViolation):
		return "docs/cluster.md lists what its users must be allowed"
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled):
		return "it must be a server with JetStream, as nats-server -js is"
	case errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return "the user's account must be one with JetStream"
	case errors.Is(err, errPin):
		return "it is of another run, or somebody is in between; take the address as the run says it now"
	case errors.Is(err, nats.ErrSecureConnWanted):
		return "the server has no TLS; configure it there, or write nats:// and leave out NATS_CA and NATS_CERT"
	case errors.As(err, &unverified):
		return "name the file with its authority's certificate in NATS_CA, or write #sha256= and the SHA-256 of its own behind the address"
	case errors.As(err, &alert) && alert.Op == "remote error":
		return "the server ends the TLS handshake: " + wantsCertificate
	case errors.As(err, &record):
		return "it does not speak TLS"
	case errors.Is(err, nats.ErrTLS) && !(errors.As(err, &network) && network.Timeout()):
		return wantsCertificate
	}
	return ""
}

func isAuth(err error) bool {
	for _, auth := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, auth) {
			return true
		}
	}
	return false
}
