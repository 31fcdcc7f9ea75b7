package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// An http1Conn is a connection on which HTTP/1.1 is spoken, one exchange at a
// time. One that is idle has no buffer and no goroutine.
type http1Conn struct {
	net.Conn
	tcp    *conn           // below it
	raw    syscall.RawConn // of tcp
	peer   peer
	kept   bool   // it has had an exchange
	cut    func() // closes tcp, which ends any read and write at once
	parked parked

	// Of the exchange that it is at:
	*buffer
	body    http1Body
	first   time.Time                         // when the answer began; zero is not
	release func() bool                       // the context's end means nothing any more; false: it has cut the connection
	done    func(c *http1Conn, reusable bool) // takes the connection back
}

var http1Versions = [...]string{"HTTP/1.0", "HTTP/1.1"}

func newHTTP1(c net.Conn, tcp *conn, done func(*http1Conn, bool)) *http1Conn {
	h := &http1Conn{Conn: c, tcp: tcp, peer: tcp.peer, done: done}
	h.cut = func() { tcp.Close() }
	if s, ok := tcp.Conn.(syscall.Conn); ok {
		h.raw, _ = s.SyscallConn()
	}
	return h
}

// silent reports whether nothing has come since the last exchange: an answer that
// nobody has asked for would be taken for the next one's.
func (c *http1Conn) silent() bool {
	if _, secure := c.Conn.(*tls.Conn); secure { // which may hold what it has read already
		var probe [1]byte
		c.SetReadDeadline(time.Unix(1, 0))
		n, err := c.Conn.Read(probe[:])
		c.SetReadDeadline(time.Time{})
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
	}
	return c.raw == nil || silent(c.raw)
}

// exchange implements [exchanger]. It may be made once more if the connection was
// kept and the server has closed it meanwhile.
func (c *http1Conn) exchange(ctx context.Context, q question, way route) (resp response, again bool, err error) {
	c.buffer = buffers.Get().(*buffer)
	c.first = time.Time{}
	c.release = context.AfterFunc(ctx, c.cut)
	h, err := c.ask(q, way)
	resp = response{phase: waiting, peer: c.peer, firstByte: c.first}
	if err != nil {
		again = c.kept && c.first.IsZero() && isIdempotent(q.method)
		c.ended(false)
		return resp, again, err
	}
	c.body.begin(c, q, h)
	resp.phase = reading
	resp.status = h.status
	resp.proto = http1Versions[min(h.minor, 1)]
	resp.header = h.fields
	resp.length = h.framing.length
	resp.body = &c.body
	return resp, false, nil
}

// ask sends q and reads heads until one is not interim (RFC 9110 §15.2). Nobody
// asks for an upgrade, so 101 ends it too.
func (c *http1Conn) ask(q question, way route) (head, error) {
	c.bytes = appendRequest(c.bytes[:0], q, way)
	if q.record != nil {
		q.record.sent(c.bytes, c.peer.ip)
	}
	if _, err := c.Write(c.bytes); err != nil {
		return head{}, err
	}
	c.bytes, c.next = c.bytes[:0], 0
	for room := maxHead; ; {
		text, err := c.readHead(room)
		if err != nil {
			return head{}, err
		}
		room -= len(text)
		h, fail := parseHead(text, c.fields[:0])
		c.fields = h.fields
		if fail != nil {
			return head{}, fail
		}
		if q.record != nil && h.status >= 200 {
			q.record.begin(text, h.framing.chunked)
		}
		if h.status >= 200 || h.status == 101 {
			return h, nil
		}
	}
}

// ended gives the connection back to the pool, which closes it if it cannot be
// used again.
func (c *http1Conn) ended(reusable bool) {
	reusable = c.release() && reusable && c.next == len(c.bytes)
	c.buffer.free()
	c.buffer = nil
	c.kept = true
	c.peer = peer{ip: c.peer.ip}
	c.done(c, reusable)
}

// isIdempotent names the methods that may be sent twice (RFC 9110 §9.2.2).
func isIdempotent(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}
