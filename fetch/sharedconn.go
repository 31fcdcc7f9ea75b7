package fetch

import (
	"context"
	"errors"
	"io"
	"sync"
)

// A sharedConn is a connection on which HTTP/2 is spoken, many exchanges at a
// time.
type sharedConn struct {
	*http2Conn
	connections *connections
	tcp         *conn // below it
	parked      parked
	users       int // exchanges; guarded by connections.mu

	mu   sync.Mutex // guards what follows
	peer peer       // what making it took is the first exchange's alone
	kept bool       // it has had an exchange
}

// exchange implements [exchanger]; the caller has room in the connection.
func (c *sharedConn) exchange(ctx context.Context, q question, _ route) (response, bool, error) {
	peer, kept := c.begin()
	resp, err := c.http2Conn.exchange(ctx, q)
	resp.peer = peer
	if err != nil {
		c.connections.release(c)
		again := errors.Is(err, errUnprocessed) || kept && c.died(err) && resp.firstByte.IsZero() && isIdempotent(q.method)
		return resp, again, err
	}
	resp.body = &sharedBody{ReadCloser: resp.body, conn: c}
	return resp, false, nil
}

func (c *sharedConn) begin() (p peer, kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, kept = c.peer, c.kept
	c.peer, c.kept = peer{ip: p.ip}, true
	return p, kept
}

// died reports whether err is that the connection has ended.
func (c *sharedConn) died(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == Reset && !c.screen.open()
}

// A sharedBody gives the room in its connection back.
type sharedBody struct {
	io.ReadCloser
	conn *sharedConn // nil is closed
}

func (b *sharedBody) Close() error {
	err := b.ReadCloser.Close()
	if c := b.conn; c != nil {
		b.conn = nil
		c.connections.release(c)
	}
	return err
}
