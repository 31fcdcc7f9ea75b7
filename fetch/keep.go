package fetch

import (
	"slices"
	"time"
)

const idleTimeout = 90 * time.Second // how long a connection is kept for nothing

// parked is what a connection needs to be idle. It is one of both kinds.
type parked struct {
	host   *hostConns
	tcp    *conn
	one    *http1Conn
	shared *sharedConn

	since      time.Time
	prev, next *parked // nil if it is not idle
}

// idleConns are the idle connections to all places, the longest idle first.
type idleConns struct {
	most int
	n    int
	ring parked // its next is the first, its prev the last
}

func (l *idleConns) add(p *parked) {
	if l.ring.next == nil {
		l.ring.next, l.ring.prev = &l.ring, &l.ring
	}
	p.since = time.Now()
	p.prev, p.next = l.ring.prev, &l.ring
	p.prev.next, p.next.prev = p, p
	l.n++
}

func (l *idleConns) remove(p *parked) {
	p.prev.next, p.next.prev = p.next, p.prev
	p.prev, p.next = nil, nil
	l.n--
}

// oldest is nil if none is idle.
func (l *idleConns) oldest() *parked {
	if l.n == 0 {
		return nil
	}
	return l.ring.next
}

// put takes a connection back after an exchange: it is kept if it can be used
// again.
func (x *connections) put(c *http1Conn, reusable bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	h := c.parked.host
	if !reusable {
		x.end(&c.parked)
		return
	}
	h.idle = append(h.idle, c)
	if len(h.idle) > x.perHost {
		x.end(&h.idle[0].parked)
	}
	x.park(&c.parked)
}

// release takes the room in a shared connection back after an exchange.
func (x *connections) release(c *sharedConn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	c.users--
	switch {
	case !c.usable():
		x.retire(c)
	case c.users == 0:
		x.park(&c.parked)
	}
}

// retire sees to a shared connection that had no room: if it will never have any
// it is not asked any more, and ended after its last exchange.
func (x *connections) retire(c *sharedConn) {
	if c.usable() {
		return
	}
	h := c.parked.host
	h.shared = slices.DeleteFunc(h.shared, func(other *sharedConn) bool { return other == c })
	if c.users == 0 {
		x.end(&c.parked)
	}
}

// park makes a connection idle, and ends those that are too many or idle for too
// long. There is no timer: who makes connections looks after them.
func (x *connections) park(p *parked) {
	x.idle.add(p)
	now := p.since
	for old := x.idle.oldest(); old != nil && (x.idle.n > x.idle.most || now.Sub(old.since) > idleTimeout); old = x.idle.oldest() {
		x.end(old)
	}
}

// unpark does nothing to a connection that is in use.
func (x *connections) unpark(p *parked) {
	if p.next == nil {
		return
	}
	x.idle.remove(p)
	if c := p.one; c != nil {
		i := slices.Index(p.host.idle, c)
		p.host.idle = slices.Delete(p.host.idle, i, i+1)
	}
}

// end closes a connection, idle or not.
func (x *connections) end(p *parked) {
	x.unpark(p)
	if c := p.shared; c != nil {
		p.host.shared = slices.DeleteFunc(p.host.shared, func(other *sharedConn) bool { return other == c })
	}
	p.tcp.Close() // what is above it has nothing to say any more
	x.left(p.host)
}

// left counts a connection less, and forgets its endpoint with the last.
func (x *connections) left(h *hostConns) {
	if h.open--; h.open == 0 {
		delete(x.hosts, h.endpoint)
	}
}

// giveUpIdle ends all idle connections and reports whether there were any.
func (x *connections) giveUpIdle() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	some := x.idle.n > 0
	for p := x.idle.oldest(); p != nil; p = x.idle.oldest() {
		x.end(p)
	}
	return some
}

// close ends the idle connections, which are all that there are after the last
// exchange, and returns when all goroutines have ended.
func (x *connections) close() {
	for _, c := range x.allShared() {
		c.close()
	}
	x.giveUpIdle()
	x.dialer.close()
}

func (x *connections) allShared() (all []*sharedConn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, h := range x.hosts {
		all = append(all, h.shared...)
	}
	return all
}
