package pool

import (
	"io"
	"runtime"
	"sync"
)

// frameWriter gathers frames and writes them, as many at once as there are, on a
// goroutine of its own, which close waits for. Nothing bounds what is gathered but
// the number of calls in flight.
type frameWriter struct {
	w     io.Writer
	ended func(error)
	wake  chan struct{} // for the goroutine, when idle; has room for one
	done  chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex // guards all below
	pending []byte     // whole frames
	idle    bool       // the goroutine waits for wake
	err     error      // why no more is taken
}

// newFrameWriter calls ended, if it is not nil, at the first error of a write that
// comes before close. ended runs on the writer's goroutine, so it must not call
// close.
func newFrameWriter(w io.Writer, ended func(error)) *frameWriter {
	fw := &frameWriter{w: w, ended: ended, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go fw.run()
	return fw
}

// scratch are the buffers in which frames are made, outside of any lock: encoding
// may take long, and is the caller's code.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// send takes a frame, whose payload fill appends; nil is none. It never waits for the
// pipe. Any goroutine may call it. If fill fails, or the frame would be too large
// (errFrameTooLarge), nothing is sent. After a failed write it returns that error,
// after close io.ErrClosedPipe.
func (w *frameWriter) send(kind frameKind, id uint64, fill func(dst []byte) ([]byte, error)) error {
	buf := scratch.Get().(*[]byte)
	b, err := appendFrame((*buf)[:0], kind, id, fill)
	if err == nil {
		err = w.add(b)
	}
	if cap(b) <= keptBuffer {
		*buf = b
		scratch.Put(buf)
	}
	return err
}

func (w *frameWriter) add(frame []byte) error {
	w.mu.Lock()
	if w.err != nil {
		w.mu.Unlock()
		return w.err // set once
	}
	w.pending = append(w.pending, frame...)
	idle := w.idle
	w.idle = false
	w.mu.Unlock()
	if idle {
		w.wake <- struct{}{}
	}
	return nil
}

// close ends the goroutine and waits for it. What is not written is dropped. A write
// that the pipe holds up must be ended first, by closing the pipe.
func (w *frameWriter) close() {
	w.end(io.ErrClosedPipe)
	<-w.done
}

func (w *frameWriter) run() {
	defer close(w.done)
	for batch, ok := w.take(nil); ok; batch, ok = w.take(batch) {
		if _, err := w.w.Write(batch); err != nil {
			if w.end(err) && w.ended != nil {
				w.ended(err)
			}
			return
		}
	}
}

// take waits for frames, and leaves written, which is free again, in their place.
func (w *frameWriter) take(written []byte) (batch []byte, ok bool) {
	if cap(written) > keptBuffer {
		written = nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) == 0 && w.err == nil {
		w.idle = true
		w.mu.Unlock()
		<-w.wake
		runtime.Gosched() // who is about to send will have sent: fewer writes
		w.mu.Lock()
	}
	batch, w.pending = w.pending, written[:0]
	return batch, w.err == nil
}

// end takes no more frames, for the reason err. It reports whether this is the
// first reason.
func (w *frameWriter) end(err error) bool {
	w.mu.Lock()
	first := w.err == nil
	if first {
		w.err = err
	}
	w.pending = nil
	idle := w.idle
	w.idle = false
	w.mu.Unlock()
	if idle {
		w.wake <- struct{}{}
	}
	return first
}
