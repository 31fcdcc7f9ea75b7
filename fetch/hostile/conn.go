package hostile

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A conn is a connection of a client's.
type conn struct {
	net.Conn // TLS, if there is any
	fault    *Fault
	meter    *meter
	in       *bufio.Reader
	request  *http.Request // that is being answered
	served   int           // requests on it
	keep     bool          // the connection goes on after this answer
}

// A meter counts what is written to a TCP connection.
type meter struct {
	*net.TCPConn
	fault   *Fault
	written int64
}

// sendBuffer is small, so that what has been written is soon what has been read.
const sendBuffer = 64 << 10

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.TCPConn.Write(p)
	m.written += int64(n)
	m.fault.note(func(s *Seen) { s.Taken = max(s.Taken, m.written) })
	return n, err
}

// serve has one connection, which the caller closes.
func (f *Fault) serve(tcp *net.TCPConn) {
	tcp.SetWriteBuffer(sendBuffer)
	m := &meter{TCPConn: tcp, fault: f}
	c := &conn{Conn: m, fault: f, meter: m, in: bufio.NewReader(tcp)}
	if f.design.greeting != nil {
		f.design.greeting.on(c)
		return
	}
	if f.secure() {
		t := tls.Server(m, f.server.config(f.design))
		if t.Handshake() != nil {
			return
		}
		defer t.CloseWrite() // it says that nothing more comes
		c.Conn, c.in = t, bufio.NewReader(t)
	}
	if f.design.overHTTP2() {
		c.multiplex()
		return
	}
	c.converse()
}

// converse answers one request after the other.
func (c *conn) converse() {
	for c.next() {
		c.served++
		c.keep = false
		if !c.good() {
			c.bad()
		}
		if !c.keep {
			return
		}
	}
}

// bad answers a request for the fault.
func (c *conn) bad() {
	before := c.meter.written
	c.fault.note(func(s *Seen) { s.Requests++ })
	c.fault.design.answer.on(c)
	if c.served > 1 && c.meter.written == before {
		c.fault.note(func(s *Seen) { s.Resendable++ })
	}
}

// next reads a request.
func (c *conn) next() bool {
	if _, err := c.in.Peek(1); err != nil { // the client is gone
		return false
	}
	r, err := http.ReadRequest(c.in)
	if err != nil {
		c.fault.note(func(s *Seen) { s.Odd = append(s.Odd, err.Error()) })
		return false
	}
	c.request = r
	c.fault.inspect(r.Method, r.ContentLength, r.Header)
	return true
}

// usual are the fields that a client has reason to send.
var usual = []string{"User-Agent", "Accept", "Accept-Encoding", "Connection", "Authorization", "Cookie"}

// inspect looks for what a client does not say by itself: what a server has made it say.
func (f *Fault) inspect(method string, length int64, header http.Header) {
	for name := range header {
		secret := name == "Authorization" || name == "Cookie"
		if !slices.Contains(usual, name) || secret && f.design.foreign {
			f.note(func(s *Seen) { s.Odd = append(s.Odd, "a request with "+name) })
		}
	}
	if method != http.MethodGet || length != 0 {
		f.note(func(s *Seen) { s.Odd = append(s.Odd, "a "+method+" with a body or without reason") })
	}
}

// acts are the steps of an answer, of which each returns whether the next one follows.
type acts []func(*conn) bool

func (a acts) on(c *conn) {
	for _, act := range a {
		if !act(c) {
			return
		}
	}
}

// say writes a text.
func say(text string) func(*conn) bool {
	return func(c *conn) bool {
		_, err := io.WriteString(c, text)
		return err == nil
	}
}

// read reads a request without an opinion of it, for a greeting.
func read(c *conn) bool {
	_, err := http.ReadRequest(c.in)
	c.fault.note(func(s *Seen) { s.Requests++ })
	return err == nil
}

// hang does nothing until the client has left.
func hang(c *conn) bool {
	io.Copy(io.Discard, c.in)
	return false
}

// keep has the connection go on.
func keep(c *conn) bool {
	c.keep = true
	return true
}

// reset ends the connection with a TCP reset.
func reset(c *conn) bool {
	c.meter.SetLinger(0)
	c.meter.Close()
	return false
}

// hangUp ends TCP, and says nothing of it in TLS.
func hangUp(c *conn) bool {
	c.meter.Close()
	return false
}

// drip writes a byte a second.
func drip(text string) func(*conn) bool {
	return func(c *conn) bool {
		for _, b := range []byte(text) {
			if _, err := c.Write([]byte{b}); err != nil || !c.fault.server.wait(time.Second) {
				return false
			}
		}
		return true
	}
}

// gulp is what is written at once.
const gulp = 32 << 10

// flood writes a text again and again until the client has left. It writes at 32 MB a
// second: then the system hardly makes its buffers larger.
func flood(text string) func(*conn) bool {
	return func(c *conn) bool {
		text := strings.Repeat(text, gulp/len(text)+1)
		for p := (pace{}); ; {
			if _, err := io.WriteString(c, text); err != nil || !p.wait(c.fault.server) {
				return false
			}
		}
	}
}

// A pace is a step each millisecond. Steps that the system was late for are made up for,
// but not if they are many.
type pace struct{ next time.Time }

// wait is false if the server is closed meanwhile.
func (p *pace) wait(s *Server) bool {
	now := time.Now()
	if now.Sub(p.next) > 50*time.Millisecond {
		p.next = now
	}
	p.next = p.next.Add(time.Millisecond)
	return s.wait(p.next.Sub(now))
}

// wait is false if the server is closed meanwhile.
func (s *Server) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}
