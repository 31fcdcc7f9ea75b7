package fetch

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

const (
	headStart  = 250 * time.Millisecond // of an address before the next, RFC 8305 §5
	leastShare = 2 * time.Second        // of the time for connecting, for one address of several
	maxRacing  = 4                      // addresses that are tried at once: each has a socket
)

// A race connects to one of several addresses (RFC 8305 §5): it tries one after
// the other, the next when the last has failed or has not answered for a while.
type race struct {
	dial    func(ctx context.Context, addr netip.Addr) (net.Conn, error)
	left    []netip.Addr // to be tried
	running int
	tries   chan try
	failed  error // the most telling one
}

// A try is a connection to one address, or why there is none.
type try struct {
	conn net.Conn
	err  error
}

// run gives the first connection. When it returns, nothing is left of the others.
func (r *race) run(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer r.finish()
	defer cancel()
	next := time.NewTimer(0)
	defer next.Stop()
	for len(r.left) > 0 || r.running > 0 {
		start := next.C
		if len(r.left) == 0 || r.running == maxRacing {
			start = nil
		}
		select {
		case <-start:
			r.start(ctx)
			next.Reset(headStart)
		case t := <-r.tries:
			r.running--
			if t.err == nil {
				return t.conn, nil
			}
			r.failed = moreTelling(r.failed, t.err)
			next.Reset(0)
		case <-ctx.Done():
			return nil, cmp.Or(r.failed, ctx.Err())
		}
	}
	return nil, r.failed
}

// start tries the next address, within its share of the time that is left: a
// silent one does not use up what the others need.
func (r *race) start(ctx context.Context) {
	addr := r.left[0]
	share := leastShare
	if deadline, ok := ctx.Deadline(); ok {
		share = max(share, time.Until(deadline)/time.Duration(len(r.left)))
	}
	r.left = r.left[1:]
	r.running++
	go func() {
		ctx, cancel := context.WithTimeout(ctx, share)
		defer cancel()
		conn, err := r.dial(ctx, addr)
		r.tries <- try{conn, err}
	}()
}

// finish waits for the tries that are still running, which end with their context.
func (r *race) finish() {
	for ; r.running > 0; r.running-- {
		if late := <-r.tries; late.err == nil {
			late.conn.Close()
		}
	}
}

// moreTelling is the error that says more about why there is no connection: that
// no file is left concerns all addresses; a refusal comes from the host itself;
// that there is no way to the addresses of one family is no news.
func moreTelling(a, b error) error {
	if a != nil && tells(a) >= tells(b) {
		return a
	}
	return b
}

func tells(err error) int {
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return 4
	case errors.Is(err, syscall.ECONNREFUSED):
		return 3
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return 0
	case ok && timeout.Timeout():
		return 1
	}
	return 2
}
