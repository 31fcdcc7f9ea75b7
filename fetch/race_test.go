package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runners is a race of n addresses that behave as dial has it, which is given the
// number of the address from 0. starts is when each was tried, counted from the
// race's start.
func runners(n int, dial func(ctx context.Context, i int) (net.Conn, error)) (r *race, starts map[int]time.Duration) {
	begin := time.Now()
	var mu sync.Mutex
	starts = map[int]time.Duration{}
	r = &race{tries: make(chan try)}
	for i := range n {
		r.left = append(r.left, netip.AddrFrom4([4]byte{127, 0, 0, byte(i)}))
	}
	r.dial = func(ctx context.Context, addr netip.Addr) (net.Conn, error) {
		i := int(addr.As4()[3])
		mu.Lock()
		starts[i] = time.Since(begin)
		mu.Unlock()
		return dial(ctx, i)
	}
	return r, starts
}

func unanswering(ctx context.Context) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func refused() error {
	return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

func TestTheNextAddressIsTriedAfterAHeadStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, _ := net.Pipe()
		defer c.Close()
		r, starts := runners(5, func(ctx context.Context, i int) (net.Conn, error) {
			switch i {
			case 1:
				return nil, refused()
			case 3:
				return c, nil
			}
			return unanswering(ctx)
		})
		got, err := r.run(ctx)
		if got != c || err != nil {
			t.Errorf("got %v, %v, want the connection", got, err)
		}
		// The second fails at once, so that the third needs not wait.
		want := map[int]time.Duration{0: 0, 1: headStart, 2: headStart, 3: 2 * headStart}
		if diff := cmp.Diff(want, starts); diff != "" {
			t.Errorf("starts (-want +got):\n%s", diff)
		}
	})
}

func TestFewAddressesAreTriedAtOnceEachForItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		running, most := 0, 0
		var mu sync.Mutex
		r, starts := runners(12, func(ctx context.Context, i int) (net.Conn, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() { mu.Lock(); running--; mu.Unlock() }()
			return unanswering(ctx)
		})
		_, err := r.run(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || most != maxRacing {
			t.Errorf("%v, %d at once, want a timeout, %d", err, most, maxRacing)
		}
		if len(starts) != 12 {
			t.Errorf("%d addresses were tried, want all 12", len(starts))
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestTheLosersAreClosedAndWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var losers []net.Conn
		var others []net.Conn
		c, other := net.Pipe()
		defer other.Close()
		defer c.Close()
		var mu sync.Mutex
		ended := 0
		r, _ := runners(3, func(ctx context.Context, i int) (net.Conn, error) {
			defer func() { mu.Lock(); ended++; mu.Unlock() }()
			if i == 2 {
				return c, nil
			}
			<-ctx.Done()
			time.Sleep(time.Second) // of the bubble: it is not done with at once
			late, far := net.Pipe()
			mu.Lock()
			losers, others = append(losers, late), append(others, far)
			mu.Unlock()
			return late, nil
		})
		if got, err := r.run(t.Context()); got != c || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
		if ended != 3 || len(losers) != 2 {
			t.Fatalf("%d tries have ended, want all three", ended)
		}
		for _, far := range others {
			if _, err := far.Write([]byte("x")); err == nil {
				t.Error("a loser is open")
			}
			far.Close()
		}
	})
}

func TestARaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		begin := time.Now()
		r, starts := runners(3, func(ctx context.Context, i int) (net.Conn, error) { return unanswering(ctx) })
		if _, err := r.run(ctx); err == nil || time.Since(begin) != 100*time.Millisecond || len(starts) != 1 {
			t.Errorf("%v after %s and %d tries", err, time.Since(begin), len(starts))
		}
	})
}

// Of several errors the one is told that says most.
func TestTheMostTellingErrorIsTold(t *testing.T) {
	errno := func(e syscall.Errno) error { return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", e)} }
	order := []error{ // each says more than those before it
		errno(syscall.ENETUNREACH), context.DeadlineExceeded, errno(syscall.EACCES), refused(), errno(syscall.EMFILE),
	}
	for i, less := range order {
		for _, more := range order[i+1:] {
			for _, both := range [][]error{{less, more}, {more, less}} {
				r, _ := runners(2, func(_ context.Context, i int) (net.Conn, error) { return nil, both[i] })
				if _, err := r.run(t.Context()); !slices.Contains([]error{more}, err) {
					t.Errorf("of %v: %v, want %v", both, err, more)
				}
			}
		}
	}
	first, second := refused(), refused()
	if moreTelling(first, second) != first {
		t.Error("of two that say the same the second is told")
	}
}
