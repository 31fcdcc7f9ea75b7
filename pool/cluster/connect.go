package cluster

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Conn is a connection to a server, or to a cluster of servers, that is made again
// whenever it is lost.
type Conn struct {
	nats *nats.Conn
	js   jetstream.JetStream
}

// Connect connects to the server that address names: nats://host:4222, or tls://, with
// user:password@ or token@ if need be, several of one cluster with commas between them. A
// fragment #sha256=HEX is the one certificate that is accepted.
func Connect(ctx context.Context, address string, opts ConnectOptions) (*Conn, error) {
	return nil, errors.New("not yet")
}

// ConnectOptions are what beside its address a server is to be told, and who is told of it.
type ConnectOptions struct {
	Name    string      // of the connection, for the server's operators
	OnEvent func(Event) // Disconnected and Connected; nil: nobody is told
}

// Private reports whether what goes over the connection stays secret: it is encrypted, or
// does not leave this machine.
func (c *Conn) Private() bool { return false }

// Close ends the connection.
func (c *Conn) Close() {}
