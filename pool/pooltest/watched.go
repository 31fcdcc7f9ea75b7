package pooltest

import (
	"context"
	"sync/atomic"
	"testing"

	"trawl/pool"
)

// watched is an engine whose calls and Close are in order.
type watched struct {
	pool.Engine[string, string]
	t       *testing.T
	running atomic.Int64
	closed  atomic.Int64
}

func (w *watched) Call(ctx context.Context, in string) (string, error) {
	w.running.Add(1)
	defer w.running.Add(-1)
	if w.closed.Load() != 0 {
		w.t.Errorf("call %q of a closed engine", in)
	}
	return w.Engine.Call(ctx, in)
}

// Terminate and Kill make watched what its engine is.
func (w *watched) Terminate() { w.force(pool.Terminator.Terminate) }

func (w *watched) Kill() { w.force(pool.Terminator.Kill) }

func (w *watched) force(end func(pool.Terminator)) {
	if w.closed.Load() != 0 {
		w.t.Error("a closed engine is ended by force")
	}
	if engine, ok := w.Engine.(pool.Terminator); ok {
		end(engine)
	}
}

// Broken is the engine's, if it has one.
func (w *watched) Broken() error {
	if b, ok := w.Engine.(pool.Breaker); ok {
		return b.Broken()
	}
	return nil
}

func (w *watched) Close() error {
	if n := w.running.Load(); n != 0 {
		w.t.Errorf("engine is closed while %d calls run", n)
	}
	w.closed.Add(1)
	return w.Engine.Close()
}
