package cluster_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"trawl/pool"
)

// load is calls that keep a run busy. Each of them leaves a line when it is made.
type load struct {
	r     *run
	notes string // file of the lines
	calls int
	ended atomic.Int64
	once  []atomic.Int64 // how often each call has ended
	over  chan struct{}  // all have been submitted
}

// startLoad submits so many calls, of which each takes its time.
func (r *run) startLoad(calls int, takes time.Duration) *load {
	r.t.Helper()
	l := &load{
		r: r, notes: filepath.Join(r.t.TempDir(), "notes"), calls: calls,
		once: make([]atomic.Int64, calls), over: make(chan struct{}),
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	r.t.Cleanup(func() {
		cancel()
		<-l.over
	})
	go l.submit(ctx, takes)
	return l
}

func (l *load) submit(ctx context.Context, takes time.Duration) {
	defer close(l.over)
	for i := range l.calls {
		_, err := l.r.Submit(ctx, fmt.Sprintf("note %s %d %v", l.notes, i, takes), func(f *pool.Future[string]) {
			if got, err := f.Result(ctx); ctx.Err() == nil && (err != nil || got != fmt.Sprint(i)) {
				l.r.t.Errorf("call %d: %q, %v", i, got, err)
			}
			l.once[i].Add(1)
			l.ended.Add(1)
		})
		if err != nil {
			if ctx.Err() == nil {
				l.r.t.Errorf("call %d: Submit: %v", i, err)
			}
			return
		}
	}
}

// after waits until so many calls have ended.
func (l *load) after(calls int) {
	l.r.t.Helper()
	l.r.until(fmt.Sprintf("%d of %d calls have ended", calls, l.calls), func() bool { return l.ended.Load() >= int64(calls) })
}

// finish waits until all calls have ended, each once, and returns how many more
// were made than that.
func (l *load) finish() (again int) {
	l.r.t.Helper()
	l.after(l.calls)
	for i := range l.once {
		if n := l.once[i].Load(); n != 1 {
			l.r.t.Errorf("call %d has ended %d times", i, n)
		}
	}
	return l.made() - l.calls
}

// made is how many calls have been begun. No call that has ended is not among
// them.
func (l *load) made() int {
	l.r.t.Helper()
	data, err := os.ReadFile(l.notes)
	if err != nil {
		l.r.t.Fatal(err)
	}
	lines := strings.Fields(string(data))
	each := map[string]bool{}
	for _, id := range lines {
		each[id] = true
	}
	if len(each) != l.calls {
		l.r.t.Errorf("%d calls have been made, of %d", len(each), l.calls)
	}
	return len(lines)
}
