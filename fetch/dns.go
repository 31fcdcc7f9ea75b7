package fetch

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	maxNames     = 10_000 // that are remembered
	maxAddresses = 32     // of a name that are remembered
	maxOrphans   = 32     // look-ups that go on although nobody waits for them any more
)

// A resolver finds the addresses of names and remembers them. Look-ups of one
// name at once are one. It is used by many goroutines at once, until close.
type resolver struct {
	server string        // "ip:port"; "" is the system's
	limit  time.Duration // of one look-up
	room   int           // names that are remembered
	now    func() time.Time
	net    net.Resolver

	life    context.Context // the look-ups', which outlive their callers; ends with close
	end     context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex // guards what follows
	names   map[string]*lookup
	ended   list.List // of *lookup, those that are in names and have ended, the oldest first
	orphans int       // look-ups under way that nobody waits for
}

// A lookup is the answer for a name, or what is being done to have one.
type lookup struct {
	name string
	stop context.CancelFunc

	// What follows is known, and does not change any more, when done is closed.
	done  chan struct{}
	addrs []netip.Addr // in the order in which they should be tried; empty with err
	err   *Error
	until time.Time

	// Guarded by the resolver's mu.
	waiting int           // callers
	place   *list.Element // in ended; nil while it is under way
}

// newResolver returns a resolver that asks server ("ip:port"; "" is the
// system's), no longer than limit for one name.
func newResolver(server string, limit time.Duration) *resolver {
	r := &resolver{server: server, limit: limit, room: maxNames, now: time.Now, names: map[string]*lookup{}}
	r.life, r.end = context.WithCancel(context.Background())
	// Go's own resolver: a look-up of the C library cannot be abandoned and holds
	// a thread for as long as it likes.
	r.net = net.Resolver{PreferGo: true, Dial: r.dialNameServer}
	return r
}

// close ends the look-ups that are still under way and waits for them. No
// addresses may be asked for from then on.
func (r *resolver) close() {
	r.end()
	r.running.Wait()
}

// addresses are those of name, never none without an error; the caller must not
// change them. waited is what it took, 0 if they were known. It ends with ctx.
func (r *resolver) addresses(ctx context.Context, name string) (addrs []netip.Addr, waited time.Duration, err error) {
	l, known := r.enter(name)
	if known {
		return l.addrs, 0, l.failure()
	}
	start := time.Now()
	select {
	case <-l.done:
		return l.addrs, time.Since(start), l.failure()
	case <-ctx.Done():
		r.leave(l)
		return nil, time.Since(start), &Error{Class: DNS, Detail: silentNameServer}
	}
}

// failure is a copy, since each hop makes the error its own.
func (l *lookup) failure() error {
	if l.err == nil {
		return nil
	}
	e := *l.err
	return &e
}

// enter returns what is known of the name, or else the look-up to wait for.
func (r *resolver) enter(name string) (l *lookup, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l = r.names[name]
	switch {
	case l == nil:
		return r.start(name), false
	case l.place == nil:
		if l.waiting == 0 {
			r.orphans--
		}
		l.waiting++
		return l, false
	case r.now().Before(l.until):
		return l, true
	}
	r.forget(l)
	return r.start(name), false
}

// start is called with mu locked.
func (r *resolver) start(name string) *lookup {
	ctx, stop := context.WithTimeout(r.life, r.limit)
	l := &lookup{name: name, stop: stop, done: make(chan struct{}), waiting: 1}
	r.names[name] = l
	r.running.Go(func() {
		defer stop()
		r.run(ctx, l)
	})
	return l
}

// leave is for a caller that does not wait any longer. The look-up goes on for
// those who ask next, unless too many do that: each has sockets open.
func (r *resolver) leave(l *lookup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.waiting--
	switch {
	case l.waiting > 0 || l.place != nil || r.names[l.name] != l:
	case r.orphans < maxOrphans:
		r.orphans++
	default:
		delete(r.names, l.name)
		l.stop()
	}
}

func (r *resolver) run(ctx context.Context, l *lookup) {
	addrs, life, err := r.ask(ctx, l.name)
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(l.done)
	l.addrs, l.err, l.until = addrs, err, r.now().Add(life)
	if r.names[l.name] != l {
		return // given up
	}
	if l.waiting == 0 {
		r.orphans--
	}
	r.remember(l)
}

// remember makes room for l: the oldest goes.
func (r *resolver) remember(l *lookup) {
	l.place = r.ended.PushBack(l)
	for {
		oldest := r.ended.Front().Value.(*lookup)
		if r.ended.Len() <= r.room && (oldest == l || r.now().Before(oldest.until)) {
			return
		}
		r.forget(oldest)
	}
}

func (r *resolver) forget(l *lookup) {
	delete(r.names, l.name)
	r.ended.Remove(l.place)
}
