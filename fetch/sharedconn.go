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

	mu   sync.Mutex // guards peer
	peer peer       // what making it took is the first exchange's alone
}

// exchange implements [exchanger]; the caller has room in the connection.
func (c *sharedConn) exchange(ctx context.Context, q question, _ route) (response, bool, error) {
	resp, err := c.http2Conn.exchange(ctx, q)
	resp.peer = c.takePeer()
	if err != nil {
		c.connections.release(c)
		return resp, errors.Is(err, errUnprocessed), err
	}
	resp.body = &sharedBody{ReadCloser: resp.body, conn: c}
	return resp, false, nil
}

func (c *sharedConn) takePeer() peer {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.peer
	c.peer = peer{ip: p.ip}
	return p
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
