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
	switch {
	case to.hasCredentials():
		l.from = "those of the address"
	case user != "" && password != "":
		l.add("those of NATS_USER and NATS_PASSWORD", nats.UserInfo(user, password))
	case user != "":
		l.add("the token of NATS_USER", nats.Token(user))
	case os.Getenv("NATS_CREDS") != "":
		l.add("those of the file that NATS_CREDS names", nats.UserCredentials(os.Getenv("NATS_CREDS")))
	case os.Getenv("NATS_NKEY") != "":
		nkey, err := nats.NkeyOptionFromSeed(os.Getenv("NATS_NKEY"))
		if err != nil {
			return login{}, fmt.Errorf("NATS_NKEY: %w", err)
		}
		l.add("the key of the file that NATS_NKEY names", nkey)
	case os.Getenv("NATS_TOKEN") != "":
		l.add("the token of NATS_TOKEN", nats.Token(os.Getenv("NATS_TOKEN")))
	}
	return l, l.readCertificates()
}

func (l *login) add(from string, option nats.Option) {
	l.from = from
	l.options = append(l.options, option)
}

func (l *login) readCertificates() error {
	if ca := os.Getenv("NATS_CA"); ca != "" {
		l.tls = true
		l.options = append(l.options, nats.RootCAs(ca))
	}
	cert, key := os.Getenv("NATS_CERT"), os.Getenv("NATS_KEY")
	if (cert == "") != (key == "") {
		return errors.New("NATS_CERT and NATS_KEY name the two files of one certificate: one of them is missing")
	}
	if cert != "" {
		l.tls = true
		l.options = append(l.options, nats.ClientCert(cert, key))
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
	o.AsyncErrorCB = func(*nats.Conn, *nats.Subscription, error) {} // the library's prints

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
		pin(&o, to.pin)
	}
	return o, nil
}

// errPin is the error of a server that has another certificate than the pinned one.
var errPin = errors.New("the server's certificate is another one than the address has after #sha256=")

// pin has one certificate accepted, whoever vouches for it and whatever names it has.
func pin(o *nats.Options, want []byte) {
	o.IgnoreDiscoveredServers = true // they would have certificates of their own
	o.RootCAsCB = nil
	o.TLSConfig.InsecureSkipVerify = true
	o.TLSConfig.VerifyConnection = func(s tls.ConnectionState) error {
		if got := sha256.Sum256(s.PeerCertificates[0].Raw); !bytes.Equal(got[:], want) {
			return errPin
		}
		return nil
	}
}
