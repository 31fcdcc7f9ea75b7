package cluster

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	connectTimeout = 3 * time.Second // for one server to be connected to, and again to say who it is
	answerTimeout  = 5 * time.Second // for JetStream to answer a question, or take a message
	pingInterval   = 2 * time.Second // a server that leaves two of them unanswered is as good as gone
	maxPending     = 1 << 16         // messages on their way to JetStream: more than the engine ever has, as the library refuses what is beyond
)

// login is what the environment has for servers: the options of the client library, and for
// people, where the credentials are from.
type login struct {
	options []nats.Option
	from    string
	tls     bool // certificates are there
}

// readLogin reads the variables that the nats command reads, with the precedence that it
// gives them.
func readLogin(to address) (login, error) {
	var l login
	user, password := os.Getenv("NATS_USER"), os.Getenv("NATS_PASSWORD")
	token, creds, nkey := os.Getenv("NATS_TOKEN"), os.Getenv("NATS_CREDS"), os.Getenv("NATS_NKEY")
	switch {
	case to.hasCredentials():
		l.from = "those of the address"
	case user != "" && password != "":
		l.from = "those of NATS_USER and NATS_PASSWORD"
		l.add("NATS_USER", nats.UserInfo(user, password))
	case user != "":
		l.from = "the token of NATS_USER"
		l.add("NATS_USER", nats.Token(user))
	case creds != "":
		l.from = "those of NATS_CREDS"
		l.add("NATS_CREDS", nats.UserCredentials(creds))
	case nkey != "":
		l.from = "the key of NATS_NKEY"
		l.add("NATS_NKEY", func(o *nats.Options) error {
			set, err := nats.NkeyOptionFromSeed(nkey)
			if err != nil {
				return err
			}
			return set(o)
		})
	case token != "":
		l.from = "the token of NATS_TOKEN"
		l.add("NATS_TOKEN", nats.Token(token))
	}
	return l, l.readCertificates()
}

// add says in an option's error which variable it comes from.
func (l *login) add(variable string, set nats.Option) {
	l.options = append(l.options, func(o *nats.Options) error {
		if err := set(o); err != nil {
			return fmt.Errorf("%s: %w", variable, err)
		}
		return nil
	})
}

func (l *login) readCertificates() error {
	ca, cert, key := os.Getenv("NATS_CA"), os.Getenv("NATS_CERT"), os.Getenv("NATS_KEY")
	l.tls = ca != "" || cert != ""
	if (cert == "") != (key == "") {
		return errors.New("NATS_CERT and NATS_KEY name the two files of one certificate: one of them is missing")
	}
	if ca != "" {
		l.add("NATS_CA", nats.RootCAs(ca))
	}
	if cert != "" {
		l.add("NATS_CERT and NATS_KEY", nats.ClientCert(cert, key))
	}
	return nil
}

// options are those of a connection that is made again for ever.
func (c *Conn) options(to address, login login, name string) (nats.Options, error) {
	o := nats.GetDefaultOptions()
	o.Servers = to.urls()
	o.Name = name
	o.CustomDialer = c.dialer
	o.SkipHostLookup = true // the dialer looks names up, and can be stopped
	o.Timeout = connectTimeout
	o.PingInterval, o.MaxPingsOut = pingInterval, 2
	o.FlusherTimeout = answerTimeout // while a write waits, nothing else is possible, the pings included
	o.ReconnectOnFlusherError = true
	o.DrainTimeout = answerTimeout

	o.MaxReconnect = -1
	o.ReconnectWait, o.ReconnectJitter, o.ReconnectJitterTLS = reconnectWait, reconnectWait, reconnectWait
	o.ReconnectBufSize = -1       // what is sent meanwhile fails, and is sent again by those who know whether it is still of use
	o.IgnoreAuthErrorAbort = true // credentials can be put right on the server
	o.DisconnectedErrCB, o.ReconnectedCB = c.onDisconnect, c.onReconnect
	o.AsyncErrorCB = c.onError // the library's prints

	o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	for _, set := range login.options {
		if err := set(&o); err != nil {
			return o, err
		}
	}
	// Certificates that are there ask for TLS, but not of a server on this machine, which
	// may be there for one run only.
	o.Secure = to.secure() || login.tls && !to.local()
	if to.pin != nil {
		pin(&o, to.pin, c.deny)
	}
	return o, nil
}

// errPin is the error of a server that has another certificate than the pinned one.
var errPin = errors.New("the server's certificate is another one than the address has after #sha256=")

// pin has one certificate accepted, whoever vouches for it and whatever names it has. denied
// is told of another.
func pin(o *nats.Options, want []byte, denied func(error)) {
	o.IgnoreDiscoveredServers = true // they would have certificates of their own
	o.RootCAsCB = nil
	o.TLSConfig.InsecureSkipVerify = true
	o.TLSConfig.VerifyConnection = func(s tls.ConnectionState) error {
		if got := sha256.Sum256(s.PeerCertificates[0].Raw); !bytes.Equal(got[:], want) {
			denied(errPin)
			return errPin
		}
		return nil
	}
}
