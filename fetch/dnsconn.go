package fetch

import (
	"context"
	"net"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// dialNameServer is called by net.Resolver for each question. The connection ends
// with the look-up: net.Resolver waits for an answer for 5 s, whether anybody
// still wants it or not.
func (r *resolver) dialNameServer(ctx context.Context, network, address string) (net.Conn, error) {
	w := ctx.Value(watchKey{}).(*watch)
	if r.server != "" {
		address = r.server
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		w.noConnection(err)
		return nil, err
	}
	seen := &watchedConn{Conn: c, watch: w, stop: context.AfterFunc(w.ctx, func() { c.Close() })}
	if packets, ok := c.(net.PacketConn); ok {
		seen.packets = true
		return watchedPackets{seen, packets}, nil
	}
	return seen, nil
}

// A watchedConn is a connection on which one question goes to a name server.
type watchedConn struct {
	net.Conn
	watch   *watch
	stop    func() bool // of what closes it when the look-up ends
	packets bool        // each Read is a message; else messages have their length in front (RFC 1035 §4.2.2)

	id       uint16
	question dnsmessage.Question // as it was asked
	stream   []byte              // read so far, up to one message
}

// watchedPackets is a net.PacketConn, by which net.Resolver tells UDP from TCP.
type watchedPackets struct {
	*watchedConn
	packets net.PacketConn
}

func (c watchedPackets) ReadFrom(p []byte) (int, net.Addr, error) { return c.packets.ReadFrom(p) }

func (c watchedPackets) WriteTo(p []byte, addr net.Addr) (int, error) {
	return c.packets.WriteTo(p, addr)
}

func (c *watchedConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

func (c *watchedConn) Write(b []byte) (int, error) {
	message := b
	if !c.packets {
		message = b[min(2, len(b)):]
	}
	var p dnsmessage.Parser
	if h, err := p.Start(message); err == nil {
		if q, err := p.Question(); err == nil {
			c.id, c.question = h.ID, q
			c.watch.asked(q)
		}
	}
	return c.Conn.Write(b)
}

func (c *watchedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.packets {
		c.see(b[:n])
	} else {
		c.gather(b[:n])
	}
	return n, err
}

// gather collects a message that comes in a stream, and sees it when it is whole.
func (c *watchedConn) gather(b []byte) {
	c.stream = append(c.stream, b...)
	if len(c.stream) < 2 {
		return
	}
	if end := 2 + int(c.stream[0])<<8 + int(c.stream[1]); len(c.stream) >= end {
		c.see(c.stream[2:end])
		c.stream = nil
	}
}

// see takes a message for the answer if it is one to the question, as net.Resolver
// does. One that does not fit into a packet is asked for again.
func (c *watchedConn) see(message []byte) {
	var p dnsmessage.Parser
	h, err := p.Start(message)
	if err != nil || !h.Response || h.ID != c.id {
		return
	}
	q, err := p.Question()
	if err != nil || q.Type != c.question.Type || q.Class != c.question.Class || !strings.EqualFold(q.Name.String(), c.question.Name.String()) {
		return
	}
	if h.Truncated && c.packets || p.SkipAllQuestions() != nil {
		return
	}
	c.watch.answered(c.question, h.RCode, &p)
}
