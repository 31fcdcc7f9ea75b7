package pool

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type (
	lineWorker = Worker[string, string, string]
	lineStart  = Start[string, string, string]
	lineCall   = func(context.Context, string) (string, error)
)

// parent is the other end of a Serve.
type parent struct {
	t      testing.TB
	to     io.WriteCloser // the worker
	from   io.ReadCloser
	frames *frameReader
	served chan error // what serve has returned
}

// serveTo serves a parent over pipes of the system.
func serveTo(t testing.TB, ctx context.Context, start lineStart) *parent {
	t.Helper()
	r, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return serveOver(t, ctx, start, r, w, to, from)
}

// serveInBubble serves a parent over pipes that synctest knows.
func serveInBubble(t testing.TB, ctx context.Context, start lineStart) *parent {
	r, to := io.Pipe()
	from, w := io.Pipe()
	return serveOver(t, ctx, start, r, w, to, from)
}

func serveOver(
	t testing.TB, ctx context.Context, start lineStart,
	r io.ReadCloser, w, to io.WriteCloser, from io.ReadCloser,
) *parent {
	p := &parent{t: t, to: to, from: from, frames: newFrameReader(from), served: make(chan error, 1)}
	go func() { p.served <- serve(ctx, r, w, start) }()
	t.Cleanup(func() { to.Close(); from.Close() })
	return p
}

// write sends bytes as they are.
func (p *parent) write(data []byte) {
	p.t.Helper()
	if _, err := p.to.Write(data); err != nil {
		p.t.Fatal(err)
	}
}

func (p *parent) send(kind frameKind, id uint64, data []byte) {
	p.t.Helper()
	p.write(stream(p.t, frame{kind, id, data}))
}

func (p *parent) hello(setup string) workerHello {
	p.t.Helper()
	return p.greet(parentHello{Version: wireVersion, Setup: []byte(setup)})
}

func (p *parent) greet(hello parentHello) (answer workerHello) {
	p.t.Helper()
	data, err := parentHelloCodec.Append(nil, hello)
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(frameHello, 0, data)
	f, err := p.frames.next()
	if err != nil || f.kind != frameHello {
		p.t.Fatalf("answer to the hello: %v, %v", f, err)
	}
	if answer, err = workerHelloCodec.Decode(f.payload); err != nil {
		p.t.Fatal(err)
	}
	return answer
}

func (p *parent) call(id uint64, limit time.Duration, in string) {
	p.t.Helper()
	data, err := CBOR[string]().Append(appendLimit(nil, limit), in)
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(frameCall, id, data)
}

func (p *parent) cancel(id uint64) { p.t.Helper(); p.send(frameCancel, id, nil) }

// next is the next answer.
func (p *parent) next() (id uint64, out string, err error) {
	p.t.Helper()
	f, err := p.frames.next()
	if err != nil {
		p.t.Fatal(err)
	}
	switch f.kind {
	case frameResult:
		out, err = CBOR[string]().Decode(f.payload)
	case frameFailure:
		var bad error
		if err, bad = DecodeError(f.payload); bad != nil {
			p.t.Fatal(bad)
		}
	default:
		p.t.Fatalf("an answer of kind %d", f.kind)
	}
	return f.id, out, err
}

// want takes the answer to a call.
func (p *parent) want(id uint64, want string) {
	p.t.Helper()
	if got, out, err := p.next(); got != id || out != want || err != nil {
		p.t.Errorf("answer to %d: %q, %v; want %q to %d", got, out, err, want, id)
	}
}

// wantFailure takes the answer to a call, which is an error.
func (p *parent) wantFailure(id uint64, text string) error {
	p.t.Helper()
	got, out, err := p.next()
	if got != id || err == nil || !strings.Contains(err.Error(), text) {
		p.t.Errorf("answer to %d: %q, %v; want the error %q of %d", got, out, err, text, id)
	}
	return err
}

// hangUp closes the pipes and waits for Serve. Nothing may be left to read.
func (p *parent) hangUp() {
	p.t.Helper()
	p.to.Close()
	if f, err := p.frames.next(); err != io.EOF {
		p.t.Errorf("after the last answer: %v, %v", f, err)
	}
	if err := <-p.served; err != nil {
		p.t.Errorf("Serve: %v", err)
	}
	p.from.Close()
}

// lines is a start function for workers that make this call.
func lines(t testing.TB, opts Options, call lineCall) lineStart {
	t.Helper()
	ex, err := New(Threads(call), opts)
	if err != nil {
		t.Fatal(err)
	}
	return func([]byte) (lineWorker, error) {
		return lineWorker{Executor: ex, Done: Outcome[string, string]}, nil
	}
}

func echo(_ context.Context, in string) (string, error) { return in, nil }

func untilDone(ctx context.Context, in string) (string, error) {
	<-ctx.Done()
	return in, context.Cause(ctx)
}

func TestServeAnswersTheHello(t *testing.T) {
	var setup string
	inner := lines(t, Options{Workers: 7}, echo)
	p := serveTo(t, t.Context(), func(s []byte) (lineWorker, error) {
		setup = string(s)
		return inner(s)
	})
	file, err := identity()
	if err != nil {
		t.Fatal(err)
	}
	got := p.hello("set up")
	if diff := cmp.Diff(workerHello{Version: wireVersion, Identity: file, Capacity: 7}, got); diff != "" {
		t.Error(diff)
	}
	p.hangUp()
	if setup != "set up" {
		t.Errorf("start was given %q", setup)
	}
}
