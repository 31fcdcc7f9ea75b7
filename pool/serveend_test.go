package pool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stubborn is a call that ends when it wants to.
func stubborn(t *testing.T) (call lineCall, ended *atomic.Int64) {
	gate := make(chan struct{})
	t.Cleanup(func() { close(gate) })
	ended = new(atomic.Int64)
	return func(ctx context.Context, in string) (string, error) {
		context.AfterFunc(ctx, func() { ended.Add(1) })
		<-gate
		return in, nil
	}, ended
}

func TestServeReturnsAtOnceWhenTheParentIsGone(t *testing.T) {
	for name, gone := range map[string]func(*parent){
		"closes the pipe":       func(p *parent) { p.to.Close() },
		"dies within a frame":   func(p *parent) { p.write([]byte{9, 0}); p.to.Close() },
		"does not read answers": func(p *parent) { p.from.Close(); p.send(frameCall, 99, append(appendLimit(nil, 0), 0xff)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				call, ended := stubborn(t)
				start := lines(t, Options{Workers: 3, Window: 3}, call)
				own, err := start(nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := own.Executor.Submit(t.Context(), "takes a place"); err != nil {
					t.Fatal(err)
				}
				p := serveInBubble(t, t.Context(), start)
				p.hello("")
				for id := range uint64(3) { // the third has to wait for a place
					p.call(id, 0, "")
				}
				synctest.Wait()
				begun := time.Now()
				gone(p)
				if err := <-p.served; err != nil || time.Since(begun) != 0 {
					t.Errorf("Serve: %v after %v", err, time.Since(begun))
				}
				synctest.Wait()
				if ended.Load() != 2 {
					t.Errorf("the contexts of %d running calls have ended, want 2", ended.Load())
				}
				if _, err := own.Executor.Submit(t.Context(), ""); err != ErrShutdown {
					t.Errorf("Submit after Serve: %v", err)
				}
			})
		})
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call, ended := stubborn(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		p := serveInBubble(t, ctx, lines(t, Options{Workers: 1}, call))
		p.hello("")
		p.call(1, 0, "")
		synctest.Wait()
		reason := errors.New("enough")
		cancel(reason)
		if err := <-p.served; err != reason {
			t.Errorf("Serve: %v, want %v", err, reason)
		}
		synctest.Wait()
		if ended.Load() != 1 {
			t.Error("the call's context goes on")
		}
	})
}

// A call that the worker has cancelled by itself would fail in a parent whose own
// context lives.
func TestNoCallAnswersThatServesContextHasEnded(t *testing.T) {
	for range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		p := serveTo(t, ctx, lines(t, Options{Workers: 8}, untilDone))
		p.hello("")
		for id := range uint64(8) {
			p.call(id, 0, "")
		}
		p.call(8, 0, "one too many")
		p.wantFailure(8, errOverCapacity.Error()) // so all others have been read
		cancel()
		if f, err := p.frames.next(); err != io.EOF {
			t.Fatalf("after the end of Serve's context: a frame of kind %d, %v, want the end", f.kind, err)
		}
		if err := <-p.served; err != context.Canceled {
			t.Fatalf("Serve: %v", err)
		}
		p.to.Close()
		p.from.Close()
	}
}

func TestServeEndsBeforeTheHello(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := func([]byte) (lineWorker, error) { t.Error("started"); return lineWorker{}, nil }
		p := serveInBubble(t, t.Context(), start)
		p.to.Close()
		if err := <-p.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		p = serveInBubble(t, ctx, start)
		synctest.Wait()
		cancel()
		if err := <-p.served; err != context.Canceled {
			t.Errorf("Serve: %v", err)
		}
	})
}

func TestServeEndsWithAnErrorWhenWhatComesIsFromNoParent(t *testing.T) {
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"garbage":        {[]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "bad frame: length"},
		"4 GB":           {[]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, "bad frame: length"},
		"a result":       {stream(t, frame{frameResult, 1, nil}), "bad frame: not a parent's"},
		"a second hello": {stream(t, frame{frameHello, 0, nil}), "bad frame: not a parent's"},
		"no limit":       {stream(t, frame{frameCall, 1, nil}), "bad frame: limit"},
		"a call twice":   {bytes.Repeat(stream(t, frame{frameCall, 1, []byte{0, 0x60}}), 2), "bad frame: a call that runs already"},
	} {
		p := serveTo(t, t.Context(), lines(t, Options{Workers: 2}, untilDone))
		p.hello("")
		p.write(test.data)
		var bad *frameError
		if err := <-p.served; !errors.As(err, &bad) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Serve: %v, want %q", name, err, test.want)
		}
		if _, err := p.frames.next(); err != io.EOF {
			t.Errorf("%s: the pipe is open: %v", name, err)
		}
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"a call":      {stream(t, frame{frameCall, 1, []byte{0, 0x60}}), "bad frame: no hello"},
		"not a hello": {stream(t, frame{frameHello, 0, []byte("hello")}), "bad frame: hello: "},
		"garbage":     {make([]byte, 100), "bad frame: length 0"},
	} {
		p := serveTo(t, t.Context(), func([]byte) (lineWorker, error) {
			t.Errorf("%s: started", name)
			return lineWorker{}, nil
		})
		p.write(test.data)
		if err := <-p.served; err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s first: Serve: %v, want %q", name, err, test.want)
		}
	}
}

func TestServeTellsTheParentWhyItDoesNotStart(t *testing.T) {
	for name, test := range map[string]struct {
		start func([]byte) (lineWorker, error)
		want  error
		text  string
	}{
		"start fails": {
			func([]byte) (lineWorker, error) { return lineWorker{}, &statusError{Code: 9} },
			&statusError{Code: 9}, "start: : status 9",
		},
		"start fails with EOF": {func([]byte) (lineWorker, error) { return lineWorker{}, io.EOF }, io.EOF, "start: EOF"},
		"start panics":         {func([]byte) (lineWorker, error) { panic("in start") }, nil, "panic: in start"},
		"no executor": {
			func([]byte) (lineWorker, error) { return lineWorker{Done: Outcome[string, string]}, nil },
			nil, "start: a Worker needs an Executor and a Done",
		},
	} {
		p := serveTo(t, t.Context(), test.start)
		answer := p.hello("")
		got, err := DecodeError(answer.Failure)
		if err != nil || got.Error() != test.text || answer.Capacity != 0 {
			t.Errorf("%s: the parent is told %v, %v, want %q", name, got, err, test.text)
		}
		served := <-p.served
		if served == nil || served.Error() != test.text {
			t.Errorf("%s: Serve: %v, want %q", name, served, test.text)
		}
		if test.want == io.EOF && (!errors.Is(got, io.EOF) || !errors.Is(served, io.EOF)) {
			t.Errorf("%s: %v and %v are not EOF", name, got, served)
		}
		var status *statusError
		if code, ok := test.want.(*statusError); ok && (!errors.As(got, &status) || *status != *code) {
			t.Errorf("%s: the parent is told %v, want %v", name, status, code)
		}
	}
}

func TestServeRefusesAParentOfAnotherVersion(t *testing.T) {
	p := serveTo(t, t.Context(), func([]byte) (lineWorker, error) {
		t.Error("started")
		return lineWorker{}, nil
	})
	answer := p.greet(parentHello{Version: wireVersion + 1})
	got, err := DecodeError(answer.Failure)
	want := fmt.Sprintf("wire has version %d, the worker's %d", wireVersion+1, wireVersion)
	if err != nil || !strings.Contains(got.Error(), want) {
		t.Errorf("the parent is told %v, %v, want %q", got, err, want)
	}
	if err := <-p.served; err == nil {
		t.Error("Serve returned no error")
	}
}

func TestServeShutsDownAnExecutorThatItDoesNotUse(t *testing.T) {
	ex, err := New(Threads(echo), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := serveTo(t, t.Context(), func([]byte) (lineWorker, error) { return lineWorker{Executor: ex}, nil })
	p.hello("")
	if err := <-p.served; err == nil {
		t.Error("a worker without a Done serves")
	}
	if _, err := ex.Submit(t.Context(), ""); err != ErrShutdown {
		t.Errorf("Submit: %v", err)
	}
}

func TestServeInAProcessThatIsNoWorker(t *testing.T) {
	if IsWorker() {
		t.Error("this is a worker")
	}
	err := Serve(t.Context(), func([]byte) (lineWorker, error) {
		t.Error("started")
		return lineWorker{}, nil
	})
	if err == nil || !strings.Contains(err.Error(), "not started as a worker") {
		t.Errorf("Serve: %v", err)
	}
}
