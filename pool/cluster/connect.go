package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Conn is a connection to a server, or to a cluster of servers, that is made again
// whenever it is lost.
type Conn struct {
	nats   *nats.Conn
	js     jetstream.JetStream
	closed chan struct{} // it has ended for good: by Close, or since the server said something that the client library takes for final

	dialer *dialer
	tell   func(Event)
	deny   func(error)    // tells what the server denies, in its words and ours
	tells  sync.WaitGroup // goroutines that tell

	mu        sync.Mutex // guards the following
	server    string     // that it is, or was, connected to; shown
	private   bool       // as long as it was that one
	lost      bool       // and Disconnected told
	closing   bool
	usable    bool // it has been
	listeners map[*func(connected bool)]struct{}
}

// ConnectOptions are what beside its address a server is to be told, and who is told of it.
type ConnectOptions struct {
	Name    string      // of the connection, for the server's operators
	Wait    bool        // a server that cannot be reached yet is waited for, as long as ctx lives
	OnEvent func(Event) // Disconnected, Connected and Denied; one goroutine at a time, which must not call Close; nil: nobody is told
}

// Connect connects to the server that address names: nats://host:4222, or tls://, with
// user:password@ or token@ if need be, several of one cluster with commas between them. A
// fragment #sha256=HEX is the one certificate that is accepted, by the SHA-256 of its DER.
// Credentials that the address has not are those of the environment, as the nats command
// reads them: NATS_USER and NATS_PASSWORD, NATS_CREDS, NATS_NKEY or NATS_TOKEN; NATS_CA,
// NATS_CERT and NATS_KEY name files for TLS.
//
// An error says which server, what is wrong and how to mend it, and has no password; that of
// an address that cannot be read is an [*AddressError]. ctx is for connecting only. A
// connection that has been made is made again for ever, whatever the server says meanwhile;
// while it is lost, sending fails at once.
func Connect(ctx context.Context, address string, opts ConnectOptions) (*Conn, error) {
	c, err := connect(ctx, address, opts)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return c, nil
}

func connect(ctx context.Context, text string, opts ConnectOptions) (*Conn, error) {
	to, err := readAddress(text)
	if err != nil {
		return nil, err
	}
	login, err := readLogin(to)
	if err != nil {
		return nil, err
	}
	tell := opts.OnEvent
	if tell == nil {
		tell = func(Event) {}
	}
	for waited := false; ; waited = true {
		c, err := open(ctx, to, login, opts.Name, tell)
		switch {
		case err == nil && waited:
			tell(Event{Kind: Connected, Detail: c.Addr()})
			return c, nil
		case err == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", to.String(), context.Cause(ctx))
		case !opts.Wait || !Passing(err):
			return nil, err
		case !waited:
			tell(Event{Kind: Disconnected, Detail: err.Error()})
		}
		pause(ctx)
	}
}

// reconnectWait is how long nothing is tried when no server could be reached, and up to
// twice that, lest all workers come at once.
const reconnectWait = 250 * time.Millisecond

func pause(ctx context.Context) {
	again := time.NewTimer(reconnectWait + rand.N(reconnectWait))
	defer again.Stop()
	select {
	case <-again.C:
	case <-ctx.Done():
	}
}

// open connects once.
func open(ctx context.Context, to address, login login, name string, tell func(Event)) (*Conn, error) {
	var telling sync.Mutex // has one event told at a time
	c := &Conn{dialer: newDialer(ctx), listeners: map[*func(bool)]struct{}{}}
	c.tell = func(e Event) {
		telling.Lock()
		defer telling.Unlock()
		tell(e)
	}
	c.deny = func(err error) { c.onDenied(explain(err, to, login, nil)) }
	opts, err := c.options(to, login, name)
	if err != nil {
		return nil, err
	}
	if err := c.open(ctx, opts); err != nil {
		c.Close()
		return nil, explain(err, to, login, c.dialer.failed())
	}
	c.dialer.release()
	c.mu.Lock()
	c.usable = true
	c.mu.Unlock()
	return c, nil
}

func (c *Conn) open(ctx context.Context, opts nats.Options) error {
	if err := c.begin(opts); err != nil {
		return err
	}
	if _, err := c.nats.TLSConnectionState(); err == nil && !opts.Secure {
		// A server that has TLS may not do without it later, nor may who pretends to be it.
		c.end()
		opts.Secure = true
		if err := c.begin(opts); err != nil {
			return err
		}
	}
	c.see()
	return c.beginJetStream(ctx)
}

func (c *Conn) begin(opts nats.Options) (err error) {
	closed := make(chan struct{})
	opts.ClosedCB = func(*nats.Conn) { close(closed) }
	c.setClosing(false)
	c.closed = closed
	c.nats, err = opts.Connect()
	return err
}

// end returns when the client library calls nobody any more.
func (c *Conn) end() {
	if c.nats == nil {
		return
	}
	c.setClosing(true)
	c.nats.Close()
	<-c.closed
}

func (c *Conn) beginJetStream(ctx context.Context) (err error) {
	c.js, err = jetstream.New(c.nats, jetstream.WithPublishAsyncMaxPending(maxPending),
		jetstream.WithPublishAsyncTimeout(answerTimeout), jetstream.WithDefaultTimeout(answerTimeout))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout) // the library waits as long as ctx lives, if that ends at all
	defer cancel()
	_, err = c.js.AccountInfo(ctx)
	if denied := c.nats.LastError(); err != nil && errors.Is(denied, nats.ErrPermissionViolation) {
		return denied // of which the request hears nothing
	}
	return err
}

// Addr is the server that the connection goes to, or went to when it was lost:
// scheme://host:port.
func (c *Conn) Addr() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

// Private reports whether what goes over the connection stays secret: it is encrypted, or
// does not leave this machine. It can change with the server that it is connected to.
func (c *Conn) Private() bool {
	c.see()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.private
}

// see notes to which server the connection goes, if it does.
func (c *Conn) see() {
	u, err := url.Parse(c.nats.ConnectedUrl())
	_, plain := c.nats.TLSConnectionState()
	peer, _ := netip.ParseAddrPort(c.nats.ConnectedAddr())
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || u.Host == "" || errors.Is(plain, nats.ErrDisconnected) || !peer.IsValid() {
		return
	}
	c.server = shownServer(u)
	c.private = plain == nil || peer.Addr().Unmap().IsLoopback()
}

// Close ends the connection. What has not been sent is lost.
func (c *Conn) Close() {
	c.dialer.stop()
	c.end()
	c.tells.Wait()
}

func (c *Conn) setClosing(closing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = closing
}
