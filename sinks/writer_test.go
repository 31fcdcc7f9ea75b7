package sinks_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"trawl/parse"
	"trawl/sinks"
	"trawl/sinks/sinktest"
)

func open(t *testing.T, opts sinks.Options) *sinks.Writer {
	t.Helper()
	w, err := sinks.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func appendAll(t *testing.T, w *sinks.Writer, first, n int) {
	t.Helper()
	for i := range n {
		if err := w.Append(t.Context(), sinktest.Record(first+i)); err != nil {
			t.Fatal(err)
		}
	}
}

func closeWhole(t *testing.T, w *sinks.Writer) {
	t.Helper()
	if err := w.Close(context.Background(), sinks.End{Whole: true}); err != nil {
		t.Error(err)
	}
}

// gate is an output whose writes wait until it is opened.
type gate struct {
	waits chan struct{} // a write has begun to wait
	open  chan struct{}
	mu    sync.Mutex
	buf   bytes.Buffer // guarded by mu
}

func newGate() *gate { return &gate{waits: make(chan struct{}, 1), open: make(chan struct{})} }

func (g *gate) Write(b []byte) (int, error) {
	select {
	case g.waits <- struct{}{}:
	default:
	}
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.Write(b)
}

func (g *gate) lines() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return bytes.Count(g.buf.Bytes(), []byte{'\n'})
}

func TestAppendIsWrittenAfter20msAndCommittedAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "pages.jsonl")
		var committed time.Time
		w := open(t, sinks.Options{Output: path, OnCommit: func([]parse.Record) { committed = time.Now() }})
		time.Sleep(time.Hour) // idle
		start := time.Now()
		appendAll(t, w, 1, 1)
		time.Sleep(19 * time.Millisecond)
		synctest.Wait()
		if rows, err := readJSONL(path); len(rows) != 0 || err != nil {
			t.Errorf("after 19 ms the file has %d records, %v; want none", len(rows), err)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if rows, err := readJSONL(path); len(rows) != 1 || err != nil {
			t.Errorf("after 20 ms the file has %d records, %v; want 1", len(rows), err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := committed.Sub(start); got != time.Second {
			t.Errorf("committed after %v, want 1s", got)
		}
		closeWhole(t, w)
	})
}

func TestAThousandRecordsAreCommittedAfterThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		w := open(t, sinks.Options{Output: filepath.Join(t.TempDir(), "db.txt"), OnCommit: func(recs []parse.Record) {
			at = append(at, time.Since(start))
		}})
		appendAll(t, w, 1, 1000)
		time.Sleep(25 * time.Millisecond) // the last of them are looked at when they are written, after 20 ms
		appendAll(t, w, 1001, 1000)
		time.Sleep(time.Minute)
		closeWhole(t, w)
		if len(at) != 2 || at[0] > 20*time.Millisecond || at[1]-at[0] != 50*time.Millisecond {
			t.Errorf("commits at %v, want one within 20ms and one 50ms later", at)
		}
	})
}

// Large records do not wait for each other: the memory that they have is bounded, and no
// second is lost by it.
func TestLargeRecordsAreCommittedWhenTheyAreTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := sinktest.Record(1)
		large.Data = []byte(`{"x":["` + strings.Repeat("x", 4<<20) + `"]}`)
		var committed, most int
		w := open(t, sinks.Options{Output: filepath.Join(t.TempDir(), "db.jsonl"), OnCommit: func(recs []parse.Record) {
			committed += len(recs)
			most = max(most, len(recs))
		}})
		start := time.Now()
		for range 40 {
			if err := w.Append(t.Context(), large); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("Append waited %v for a clock", took)
		}
		closeWhole(t, w)
		if committed != 40 || most > 4 {
			t.Errorf("%d of 40 committed, at most %d at once; want 4", committed, most)
		}
	})
}

func TestStandardOutputIsCommittedWhenItIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var committed int
		w := open(t, sinks.Options{Output: "-", Stdout: &out, OnCommit: func(recs []parse.Record) {
			committed += len(recs)
			if n := bytes.Count(out.Bytes(), []byte{'\n'}); n != committed {
				t.Errorf("%d reported, %d written", committed, n)
			}
		}})
		appendAll(t, w, 1, 6)
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		if committed != 6 {
			t.Errorf("%d of 6 records are committed after 20 ms", committed)
		}
		closeWhole(t, w)
	})
}

// full opens a writer that cannot write, and has taken as many records as it may.
func full(t *testing.T, opts sinks.Options) (w *sinks.Writer, g *gate, n int) {
	t.Helper()
	g = newGate()
	opts.Output, opts.Stdout, opts.Format = "-", g, sinks.JSONL
	w = open(t, opts)
	appendAll(t, w, 1, 1)
	<-g.waits
	return w, g, 1 + fill(t, w, 2)
}

// fill appends records from seq on until there is no room, and returns how many: what
// would wait ends with its context instead.
func fill(t *testing.T, w *sinks.Writer, seq int) (n int) {
	t.Helper()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for ; w.Append(ended, sinktest.Record(seq+n)) == nil; n++ {
	}
	return n
}

func TestAppendWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, g, n := full(t, sinks.Options{})
		done := make(chan error, 1)
		go func() { done <- w.Append(t.Context(), sinktest.Record(1)) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Errorf("Append did not wait for room: %v", err)
		default:
		}
		close(g.open)
		if err := <-done; err != nil {
			t.Error(err)
		}
		closeWhole(t, w)
		if got := g.lines(); got != n+1 {
			t.Errorf("%d lines, want %d", got, n+1)
		}
	})
}

func TestAppendThatWaitsEndsWithItsContextOrWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, g, n := full(t, sinks.Options{})
		cause := errors.New("second Ctrl-C")
		ctx, cancel := context.WithCancelCause(t.Context())
		byContext, byClose, closed := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() { byContext <- w.Append(ctx, sinktest.Record(1)) }()
		go func() { byClose <- w.Append(t.Context(), sinktest.Record(2)) }()
		synctest.Wait()
		cancel(cause)
		if err := <-byContext; err != cause {
			t.Errorf("Append whose context ended: %v, want its cause", err)
		}
		go func() { closed <- w.Close(context.Background(), sinks.End{Whole: true}) }()
		if err := <-byClose; err != sinks.ErrClosed {
			t.Errorf("Append that waited when Close came: %v, want ErrClosed", err)
		}
		close(g.open)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if got := g.lines(); got != n {
			t.Errorf("%d lines, want the %d that were taken", got, n)
		}
	})
}

func TestAppendWithRoomTakesARecordThoughItsContextHasEnded(t *testing.T) {
	var out bytes.Buffer
	w := open(t, sinks.Options{Output: "-", Stdout: &out})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Append(ctx, sinktest.Record(1)); err != nil {
		t.Error(err)
	}
	closeWhole(t, w)
	if n := bytes.Count(out.Bytes(), []byte{'\n'}); n != 1 {
		t.Errorf("%d lines, want 1", n)
	}
}

func TestAppendAfterCloseIsRefused(t *testing.T) {
	w := open(t, sinks.Options{Output: "-", Stdout: io.Discard, KeepOrder: true})
	closeWhole(t, w)
	if err := w.Append(t.Context(), sinktest.Record(1)); err != sinks.ErrClosed {
		t.Errorf("Append after Close: %v, want ErrClosed", err)
	}
	closeWhole(t, w)
	if err := w.Err(); err != nil {
		t.Errorf("Err after a Close without error: %v", err)
	}
}

func TestAppendThatWaitsEndsWithTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		defer write.Close()
		g := newGate()
		w := open(t, sinks.Options{Output: "-", Stdout: both{g, write}, Format: sinks.JSONL})
		appendAll(t, w, 1, 1)
		<-g.waits
		fill(t, w, 2)
		done := make(chan error, 1)
		go func() { done <- w.Append(t.Context(), sinktest.Record(1)) }()
		synctest.Wait()
		close(g.open)
		if err := <-done; !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Append: %v, want EPIPE", err)
		}
		if err := w.Close(context.Background(), sinks.End{Whole: true}); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Close: %v, want EPIPE", err)
		}
	})
}

// both writes to the one, then to the other.
type both struct{ a, b io.Writer }

func (w both) Write(p []byte) (int, error) {
	if n, err := w.a.Write(p); err != nil {
		return n, err
	}
	return w.b.Write(p)
}

func TestAReaderThatHasGoneIsEPIPE(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	read.Close()
	w := open(t, sinks.Options{Output: "-", Stdout: write, OnCommit: func(recs []parse.Record) {
		t.Errorf("%d records are reported, nobody has read them", len(recs))
	}})
	appendAll(t, w, 1, 1)
	<-w.Failed()
	err = w.Err()
	var e *sinks.Error
	if !errors.Is(err, syscall.EPIPE) || !errors.As(err, &e) || e.Op != "write" || e.Path != "-" {
		t.Errorf("the error is %#v, want EPIPE of a write to -", err)
	}
	if want := "write standard output: broken pipe"; err.Error() != want {
		t.Errorf("the error is %q, want %q", err, want)
	}
	if err := w.Close(context.Background(), sinks.End{Whole: true}); err != e {
		t.Errorf("Close: %v, want %v", err, e)
	}
}

func TestAShortWriteIsGoneOnWith(t *testing.T) {
	read, write, err := os.Pipe() // holds less than a batch
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, sinks.Options{Output: "-", Stdout: write, Format: sinks.JSONL})
	const n = 5000
	go func() {
		for i := range n {
			_ = w.Append(context.Background(), sinktest.Record(i+1))
		}
		_ = w.Close(context.Background(), sinks.End{Whole: true})
		write.Close()
	}()
	path := filepath.Join(t.TempDir(), "read")
	b, err := io.ReadAll(bufio.NewReaderSize(read, 16))
	read.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if rows, err := readJSONL(path); len(rows) != n || err != nil {
		t.Errorf("%d records were read, %v; want %d", len(rows), err, n)
	}
}

// counted counts writes, and says whether each was of whole lines.
type counted struct {
	writes, torn int
}

func (c *counted) Write(b []byte) (int, error) {
	c.writes++
	if b[len(b)-1] != '\n' || !bytes.HasPrefix(b, []byte(`{"seq":`)) {
		c.torn++
	}
	return len(b), nil
}

func TestABatchIsOneWriteOfWholeLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out counted
		w := open(t, sinks.Options{Output: "-", Stdout: &out, Format: sinks.JSONL})
		for i := range 10 {
			appendAll(t, w, 1+i*512, 512)
			synctest.Wait()
		}
		if out.writes != 10 || out.torn != 0 {
			t.Errorf("ten batches were %d writes, %d of them torn; want 10, 0", out.writes, out.torn)
		}
		giant := sinktest.Record(1)
		giant.Title = string(bytes.Repeat([]byte{'t'}, 3<<20))
		for range 4 {
			if err := w.Append(t.Context(), giant); err != nil {
				t.Error(err)
			}
		}
		closeWhole(t, w)
		if out.writes != 14 || out.torn != 0 {
			t.Errorf("four giants were %d writes, %d of them torn; want 4, 0", out.writes-10, out.torn)
		}
	})
}

func TestCloseReturnsAfterTheLastRecordIsReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.txt")
	reported := 0
	w := open(t, sinks.Options{Output: path, OnCommit: func(recs []parse.Record) { reported += len(recs) }})
	appendAll(t, w, 1, 6)
	closeWhole(t, w)
	rows, err := readText(path)
	if reported != 6 || len(rows) != 6 || err != nil {
		t.Errorf("after Close %d are reported and %d are in the file, %v; want 6", reported, len(rows), err)
	}
}

func TestAppendRacesWithClose(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "pages.jsonl")
		w := open(t, sinks.Options{Output: path})
		taken := make([]int, 16)
		var wg sync.WaitGroup
		for g := range taken {
			wg.Go(func() {
				for w.Append(context.Background(), sinktest.Record(1+g)) == nil {
					taken[g]++
				}
			})
		}
		for range 3 {
			wg.Go(func() { closeWhole(t, w) })
		}
		wg.Wait()
		want := 0
		for _, n := range taken {
			want += n
		}
		if rows, err := readJSONL(path); len(rows) != want || err != nil {
			t.Fatalf("Append took %d records, the file has %d, %v", want, len(rows), err)
		}
	}
}

func TestAppendHardlyAllocates(t *testing.T) {
	w := open(t, sinks.Options{Output: os.DevNull, Format: sinks.JSONL})
	defer closeWhole(t, w)
	rec := sinktest.Record(1)
	appendMany := func(n int) {
		for range n {
			if err := w.Append(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
		}
	}
	appendMany(50_000) // the buffers have their size
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const n = 50_000
	appendMany(n)
	runtime.ReadMemStats(&after)
	if mallocs := after.Mallocs - before.Mallocs; mallocs > n/100 {
		t.Errorf("%d records cost %d allocations, want next to none", n, mallocs)
	}
}

// seqs are the positions of records that are written.
func seqs(recs []parse.Record) []int64 {
	var s []int64
	for i := range recs {
		if recs[i].Skipped == "" {
			s = append(s, recs[i].Seq)
		}
	}
	return s
}

// skip appends what says that no record will come for a position.
func skip(t *testing.T, w *sinks.Writer, seq int64) {
	t.Helper()
	if err := w.Append(t.Context(), parse.Record{Seq: seq, Skipped: "duplicate"}); err != nil {
		t.Error(err)
	}
}

func TestKeepOrderWritesInAscendingOrder(t *testing.T) {
	var got []int64
	w := open(t, sinks.Options{Output: "-", Stdout: io.Discard, KeepOrder: true, OnCommit: func(recs []parse.Record) {
		got = append(got, seqs(recs)...)
	}})
	const n = 10_000
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := n - g; i > 0; i -= 8 {
				if i%5 == 0 {
					skip(t, w, int64(i))
					continue
				}
				if err := w.Append(t.Context(), sinktest.Record(i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	closeWhole(t, w)
	if !slices.IsSorted(got) || len(got) != n-n/5 {
		t.Errorf("%d records, sorted %v; want %d, true", len(got), slices.IsSorted(got), n-n/5)
	}
}

// A run that takes a part of its list has a number for each line that it takes.
func TestKeepOrderDoesNotWaitForLinesThatAreNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int64
		w := open(t, sinks.Options{Output: "-", Stdout: io.Discard, KeepOrder: true, OnCommit: func(recs []parse.Record) {
			got = append(got, seqs(recs)...)
		}})
		for _, index := range []int64{3, 1, 2, 5} {
			rec := sinktest.Record(int(index * 16))
			rec.Index = index
			if err := w.Append(t.Context(), rec); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if want := []int64{16, 32, 48}; !slices.Equal(got, want) {
			t.Errorf("written are %v, want %v", got, want)
		}
		closeWhole(t, w)
	})
}

func TestKeepOrderWritesARecordWhenAllBeforeItAreKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int64
		w := open(t, sinks.Options{Output: "-", Stdout: io.Discard, KeepOrder: true, OnCommit: func(recs []parse.Record) {
			got = append(got, seqs(recs)...)
		}})
		step := func(do func(), want ...int64) {
			t.Helper()
			do()
			time.Sleep(time.Second)
			synctest.Wait()
			if !slices.Equal(got, want) {
				t.Errorf("written are %v, want %v", got, want)
			}
		}
		step(func() { appendAll(t, w, 3, 1) })
		step(func() { skip(t, w, 2) })
		step(func() { appendAll(t, w, 1, 1) }, 1, 3)
		step(func() { skip(t, w, 4); skip(t, w, 4); skip(t, w, 1) }, 1, 3)
		step(func() { appendAll(t, w, 5, 2) }, 1, 3, 5, 6)
		step(func() { appendAll(t, w, 9, 1) }, 1, 3, 5, 6)
		step(func() { appendAll(t, w, 8, 1) }, 1, 3, 5, 6)
		closeWhole(t, w) // 7 is a hole
		step(func() {}, 1, 3, 5, 6, 8, 9)
	})
}

func TestKeepOrderLosesNoSecondRecordOfAPosition(t *testing.T) {
	var got []int64
	w := open(t, sinks.Options{Output: "-", Stdout: io.Discard, KeepOrder: true, OnCommit: func(recs []parse.Record) {
		got = append(got, seqs(recs)...)
	}})
	for _, i := range []int{2, 2, 1, 1, 3} {
		appendAll(t, w, i, 1)
	}
	closeWhole(t, w)
	slices.Sort(got)
	if want := []int64{1, 1, 2, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("written are %v, want %v", got, want)
	}
}

// With the buffer full, records whose turn has not come do not wait, so that
// the goroutine which will bring the awaited one gets to it.
func TestKeepOrderDoesNotDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int64
		w, g, before := full(t, sinks.Options{KeepOrder: true, OnCommit: func(recs []parse.Record) { got = append(got, seqs(recs)...) }})
		const n = 20_000
		next := before + 1
		appendAll(t, w, next+1, n) // does not wait
		skip(t, w, int64(next+1+n))
		close(g.open)
		appendAll(t, w, next, 1)
		closeWhole(t, w)
		if len(got) != next+n || !slices.IsSorted(got) {
			t.Errorf("%d records, sorted %v; want %d, true", len(got), slices.IsSorted(got), next+n)
		}
	})
}
