package fetch

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A meteredReader gives n bytes, a few at a time, and counts them as held.
type meteredReader struct {
	n    int
	held *atomic.Int64
	peak *atomic.Int64
}

func (r *meteredReader) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.n, 10_000)
	r.n -= n
	now := r.held.Add(int64(n))
	for peak := r.peak.Load(); now > peak && !r.peak.CompareAndSwap(peak, now); {
		peak = r.peak.Load()
	}
	return n, nil
}

func TestBodiesNeverWaitForEachOther(t *testing.T) {
	const page, bodies, room = 1 << 20, 100, 4 << 20
	for _, hint := range []int64{0, page, 2 * page} {
		var held, peak atomic.Int64
		memory := newBudget(room)
		var wg sync.WaitGroup
		for range bodies {
			wg.Go(func() {
				b := &body{loan: &loan{from: memory}}
				err := b.fill(t.Context(), &meteredReader{page, &held, &peak}, 2*page, hint)
				if err != nil || len(b.bytes) != page {
					t.Errorf("hint %d: %d bytes, %v; want %d", hint, len(b.bytes), err, page)
				}
				held.Add(-page)
				b.recycle()
				b.loan.end()
			})
		}
		wg.Wait()
		if peak.Load() > room+2*page {
			t.Errorf("hint %d: %d bytes of bodies at once, want at most %d and one body", hint, peak.Load(), room)
		}
		if !memory.left.TryAcquire(room) || len(memory.over) != 0 {
			t.Errorf("hint %d: not all has been given back", hint)
		}
	}
}

func TestWaitingForMemoryEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newBudget(1 << 20)
		first, second, third := &loan{from: memory}, &loan{from: memory}, &loan{from: memory}
		for _, l := range []*loan{first, second} { // all there is, and the token
			if err := l.take(t.Context(), 1<<20); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := third.take(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("take with nothing left: %v, want the context's error", err)
		}
		first.end()
		if err := third.take(t.Context(), 1<<20); err != nil || third.beyond {
			t.Errorf("take after all was given back: %v, beyond %t", err, third.beyond)
		}
		second.end()
		third.end()
	})
}

func TestEndOfABodyLetsTheNextGoBeyond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newBudget(10)
		part, beyond := &loan{from: memory}, &loan{from: memory}
		for _, l := range []*loan{part, beyond} {
			if err := l.take(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
		}
		grown := make(chan error)
		go func() { grown <- part.take(t.Context(), 5) }()
		synctest.Wait() // it waits: all is lent, the token too
		beyond.end()
		if err := <-grown; err != nil || !part.beyond {
			t.Errorf("take: %v, beyond %t; want it to go on beyond the budget", err, part.beyond)
		}
		part.end()
		if !memory.left.TryAcquire(10) || len(memory.over) != 0 {
			t.Error("not all has been given back")
		}
	})
}

func TestRoomsFitAndWasteLittle(t *testing.T) {
	last, lastSize := -1, int64(0)
	for n := int64(1); n < 1<<40; n += 1 + n/97 {
		class, size := roomClass(n)
		if size < n || n > 4<<10 && size > n+n/4+1 {
			t.Fatalf("roomClass(%d) has %d bytes", n, size)
		}
		if again, same := roomClass(size); again != class || same != size {
			t.Fatalf("roomClass(%d) is %d (%d bytes), that of its size is %d (%d)", n, class, size, again, same)
		}
		if class < last || class > last+1 || (class == last) != (size == lastSize) {
			t.Fatalf("class %d (%d bytes) after %d (%d)", class, size, last, lastSize)
		}
		last, lastSize = class, size
	}
	if class, _ := roomClass(1<<62 + 1); class >= len(rooms) {
		t.Errorf("class %d has no rooms", class)
	}
}
