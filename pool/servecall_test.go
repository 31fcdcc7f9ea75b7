package pool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServeAnswersEveryCallOnce(t *testing.T) {
	const calls, workers = 5000, 8
	var made atomic.Int64
	twice := func(_ context.Context, in string) (string, error) {
		made.Add(1)
		runtime.Gosched()
		return in + in, nil
	}
	p := serveTo(t, t.Context(), lines(t, Options{Workers: workers, Window: workers}, twice))
	p.hello("")
	answers := make(map[uint64]int)
	for id := range uint64(calls + workers) {
		if id >= workers { // one for one
			got, out, err := p.next()
			if want := fmt.Sprintf("%d%d", got, got); out != want || err != nil {
				t.Fatalf("answer to %d: %q, %v", got, out, err)
			}
			answers[got]++
		}
		if id < calls {
			p.call(id, time.Duration(id%2)*time.Hour, fmt.Sprint(id))
		}
	}
	p.hangUp()
	if len(answers) != calls || made.Load() != calls {
		t.Errorf("%d calls were made %d times, and %d answered", calls, made.Load(), len(answers))
	}
}

func TestServeSendsBackWhatDoneReturns(t *testing.T) {
	call := func(_ context.Context, in string) ([]byte, error) { return []byte(in), nil }
	ex, err := New(Threads(call), Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := &parent{}
	start := func([]byte) (Worker[string, []byte, int], error) {
		done := func(ctx context.Context, in string, f *Future[[]byte]) (int, error) {
			page, err := f.Result(ctx)
			if in != string(page) || err != nil || !f.State().ended() || ctx.Err() != nil {
				return 0, fmt.Errorf("%q, %q, %v, %v", in, page, err, ctx.Err())
			}
			return len(page), nil
		}
		return Worker[string, []byte, int]{Executor: ex, Done: done}, nil
	}
	r, to := io.Pipe()
	from, w := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- serve(t.Context(), r, w, start) }()
	*p = parent{t: t, to: to, from: from, frames: newFrameReader(from), served: served}
	p.hello("")
	p.call(1, 0, "a page")
	f, err := p.frames.next()
	if err != nil || f.kind != frameResult {
		t.Fatal(f, err)
	}
	if size, err := CBOR[int]().Decode(f.payload); size != 6 || err != nil {
		t.Errorf("answer: %d, %v", size, err)
	}
	p.hangUp()
}

// gremlin is a codec that does what its value says.
type gremlin struct{ Codec[string] }

func (g gremlin) Append(dst []byte, v string) ([]byte, error) {
	switch v {
	case "encode: fail":
		return append(dst, "half"...), &statusError{Code: 1}
	case "encode: panic":
		panic("in Append")
	case "encode: goexit":
		runtime.Goexit()
	case "encode: too much":
		return append(dst, make([]byte, maxFrame)...), nil
	case "encode: elsewhere":
		return []byte("a buffer of its own, longer than the head of a frame"), nil
	}
	return g.Codec.Append(dst, v)
}

func (g gremlin) Decode(data []byte) (string, error) {
	v, err := g.Codec.Decode(data)
	switch v {
	case "decode: fail":
		err = &statusError{Code: 2}
	case "decode: panic":
		panic("in Decode")
	}
	return v, err
}

func misbehave(in, where string) error {
	switch strings.TrimPrefix(in, where+": ") {
	case "fail":
		return &statusError{Code: 3}
	case "panic":
		panic("in a " + where)
	case "goexit":
		runtime.Goexit()
	}
	return nil
}

func TestACallThatFailsFailsAlone(t *testing.T) {
	call := func(_ context.Context, in string) (string, error) { return in, misbehave(in, "call") }
	ex, err := New(Threads(call), Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := serveTo(t, t.Context(), func([]byte) (lineWorker, error) {
		return lineWorker{
			Executor: ex,
			Done: func(ctx context.Context, in string, f *Future[string]) (string, error) {
				if err := misbehave(in, "done"); err != nil {
					return "", err
				}
				return f.Result(ctx)
			},
			In:  gremlin{CBOR[string]()},
			Out: gremlin{CBOR[string]()},
		}, nil
	})
	p.hello("")
	for i, test := range []struct {
		in, want  string
		sent      *statusError
		panicking string
	}{
		{in: "call: fail", want: "status 3", sent: &statusError{Code: 3}},
		{in: "call: panic", want: "panic: in a call", panicking: "in a call"},
		{in: "call: goexit", want: "runtime.Goexit", panicking: "runtime.Goexit"},
		{in: "done: fail", want: "status 3", sent: &statusError{Code: 3}},
		{in: "done: panic", want: "panic: in a done", panicking: "in a done"},
		{in: "done: goexit", want: "runtime.Goexit", panicking: "runtime.Goexit"},
		{in: "encode: fail", want: "encode result: : status 1", sent: &statusError{Code: 1}},
		{in: "encode: panic", want: "encode result: panic: in Append", panicking: "in Append"},
		{in: "encode: goexit", want: "runtime.Goexit", panicking: "runtime.Goexit"},
		{in: "encode: too much", want: "encode result: more than 64 MiB"},
		{in: "encode: elsewhere", want: "encode result: codec has not appended"},
		{in: "decode: fail", want: "decode argument: : status 2", sent: &statusError{Code: 2}},
		{in: "decode: panic", want: "decode argument: panic: in Decode", panicking: "in Decode"},
	} {
		id := uint64(2 * i)
		p.call(id, 0, test.in)
		err := p.wantFailure(id, test.want)
		var status *statusError
		if errors.As(err, &status); !cmp.Equal(status, test.sent) {
			t.Errorf("%s: as a status %v, want %v", test.in, status, test.sent)
		}
		var p1 *PanicError
		if errors.As(err, &p1) != (test.panicking != "") || p1 != nil && (p1.Value != test.panicking || len(p1.Stack) == 0) {
			t.Errorf("%s: as a panic %v, want %q", test.in, p1, test.panicking)
		}
		p.call(id+1, 0, "good")
		p.want(id+1, "good")
	}
	p.send(frameCall, 1000, append(appendLimit(nil, 0), 0xff))
	p.wantFailure(1000, "decode argument: cbor")
	p.hangUp()
}

func TestTheContextOfACallEndsWithItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []context.Context
		p := serveInBubble(t, t.Context(), lines(t, Options{Workers: 1}, func(ctx context.Context, in string) (string, error) {
			if ctx.Err() != nil {
				t.Error("it has ended before")
			}
			seen = append(seen, ctx)
			return in, nil
		}))
		p.hello("")
		for id, limit := range []time.Duration{0, time.Hour} {
			p.call(uint64(id), limit, "a")
			p.want(uint64(id), "a")
			synctest.Wait()
			if err := seen[id].Err(); err != context.Canceled {
				t.Errorf("with the limit %v, after the answer: %v", limit, err)
			}
		}
		p.hangUp()
	})
}

func TestCallsOfAnExecutorThatIsShutDownFail(t *testing.T) {
	start := lines(t, Options{Workers: 1}, echo)
	own, err := start(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := serveTo(t, t.Context(), start)
	p.hello("")
	p.call(1, 0, "a")
	p.want(1, "a")
	if err := own.Executor.Shutdown(t.Context(), Drain); err != nil {
		t.Fatal(err)
	}
	p.call(2, 0, "a")
	if err := p.wantFailure(2, ""); err != ErrShutdown {
		t.Errorf("call: %v, want ErrShutdown", err)
	}
	p.hangUp()
}

func TestCancelEndsTheContextOfItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serveInBubble(t, t.Context(), lines(t, Options{Workers: 3}, untilDone))
		p.hello("")
		for id := range uint64(3) {
			p.call(id, 0, "")
		}
		synctest.Wait()
		p.cancel(1)
		if err := p.wantFailure(1, ""); err != context.Canceled {
			t.Errorf("a cancelled call: %v", err)
		}
		p.cancel(1)   // has ended
		p.cancel(999) // never was
		p.call(1, 0, "")
		p.cancel(1)
		if err := p.wantFailure(1, ""); err != context.Canceled {
			t.Errorf("a cancelled call: %v", err)
		}
		p.cancel(0)
		p.wantFailure(0, "")
		p.cancel(2)
		p.wantFailure(2, "")
		p.hangUp()
	})
}

func TestLimitEndsTheContextOfItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serveInBubble(t, t.Context(), lines(t, Options{Workers: 3}, untilDone))
		p.hello("")
		begun := time.Now()
		p.call(1, time.Minute, "")
		p.call(2, time.Second, "")
		p.call(3, 0, "")
		for _, want := range []struct {
			id    uint64
			after time.Duration
		}{{2, time.Second}, {1, time.Minute}} {
			if err := p.wantFailure(want.id, ""); err != context.DeadlineExceeded || time.Since(begun) != want.after {
				t.Errorf("call %d: %v after %v, want its limit after %v", want.id, err, time.Since(begun), want.after)
			}
		}
		<-time.After(time.Hour) // of the bubble: no limit is no limit
		p.cancel(3)
		if err := p.wantFailure(3, ""); err != context.Canceled {
			t.Errorf("call without a limit: %v", err)
		}
		p.call(4, 1, "") // over before a worker can have it
		if err := p.wantFailure(4, ""); err != context.DeadlineExceeded {
			t.Errorf("call 4: %v", err)
		}
		p.hangUp()
	})
}

func TestMoreCallsThanTheCapacityFailClearly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serveInBubble(t, t.Context(), lines(t, Options{Workers: 2, Window: 10}, untilDone))
		p.hello("")
		p.call(1, 0, "")
		p.call(2, 0, "")
		p.call(3, 0, "")
		p.wantFailure(3, "more calls at once than the worker takes")
		p.cancel(1)
		p.wantFailure(1, "")
		p.call(3, 0, "")
		p.cancel(3)
		p.wantFailure(3, "canceled")
		p.cancel(2)
		p.wantFailure(2, "")
		p.hangUp()
	})
}

// A place in the window is free a little after the answer has gone: here as much
// later as OnPanic likes.
func TestACallSentUponAnAnswerFindsRoomAndKeepsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan struct{})
		ex, err := New(Threads(echo), Options{Workers: 1, Window: 1, OnPanic: func(*PanicError) { <-held }})
		if err != nil {
			t.Fatal(err)
		}
		p := serveInBubble(t, t.Context(), func([]byte) (lineWorker, error) {
			return lineWorker{Executor: ex, Done: func(ctx context.Context, in string, f *Future[string]) (string, error) {
				return in, misbehave(in, "done")
			}}, nil
		})
		p.hello("")
		p.call(1, 0, "done: goexit")
		p.wantFailure(1, "runtime.Goexit")
		synctest.Wait()
		if _, err := ex.TrySubmit(t.Context(), ""); err != ErrFull {
			t.Fatalf("the place is free already: %v", err)
		}
		p.call(2, 0, "waits")
		p.cancel(2)
		if err := p.wantFailure(2, ""); err != context.Canceled {
			t.Errorf("a call that waited for room and was cancelled: %v", err)
		}
		p.call(3, time.Minute, "waits")
		if err := p.wantFailure(3, ""); err != context.DeadlineExceeded {
			t.Errorf("a call that waited for room: %v", err)
		}
		p.call(4, 0, "waits")
		synctest.Wait()
		close(held)
		p.want(4, "waits")
		p.hangUp()
	})
}

func TestOneCallAfterTheOtherWithAWindowOfOne(t *testing.T) {
	p := serveTo(t, t.Context(), lines(t, Options{Workers: 1, Window: 1}, echo))
	p.hello("")
	for id := range uint64(3000) {
		p.call(id, 0, "a")
		p.want(id, "a")
	}
	p.hangUp()
}
