package pool

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
)

func TestAFrameThatCannotBeMadeIsNotSent(t *testing.T) {
	r, w := io.Pipe()
	fw := newFrameWriter(w, nil)
	broken := errors.New("broken")
	for _, test := range []struct {
		fill func([]byte) ([]byte, error)
		want error
	}{
		{func(dst []byte) ([]byte, error) { return append(dst, "half"...), broken }, broken},
		{func(dst []byte) ([]byte, error) { return []byte("its own buffer, which is longer than a head"), nil }, errNotAppended},
		{func(dst []byte) ([]byte, error) { return nil, nil }, errNotAppended},
		{func(dst []byte) ([]byte, error) { return append(dst, make([]byte, maxFrame)...), nil }, errFrameTooLarge},
	} {
		if err := fw.send(frameCall, 1, test.fill); err != test.want {
			t.Errorf("send: %v, want %v", err, test.want)
		}
	}
	if err := fw.send(frameCall, 2, payload([]byte("sent"))); err != nil {
		t.Fatal(err)
	}
	f, err := newFrameReader(r).next()
	if err != nil || f.id != 2 || string(f.payload) != "sent" {
		t.Errorf("first frame: %v, %v", f, err)
	}
	w.Close()
	fw.close()
}

func TestAPanicWhileAFrameIsMadeHarmsNoOther(t *testing.T) {
	r, w := io.Pipe()
	fw := newFrameWriter(w, nil)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = fw.send(frameCall, 1, func([]byte) ([]byte, error) { panic("in a codec") })
	}()
	if err := fw.send(frameCall, 2, nil); err != nil {
		t.Fatal(err)
	}
	if f, err := newFrameReader(r).next(); err != nil || f.id != 2 {
		t.Errorf("first frame: %v, %v", f, err)
	}
	w.Close()
	fw.close()
}

// gatedWriter lets one Write through for each token.
type gatedWriter struct {
	gate   chan struct{}
	writes [][]byte
}

func (w *gatedWriter) Write(b []byte) (int, error) {
	if _, ok := <-w.gate; !ok {
		return 0, os.ErrClosed
	}
	w.writes = append(w.writes, bytes.Clone(b))
	return len(b), nil
}

func TestSendDoesNotWaitAndFramesGoInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &gatedWriter{gate: make(chan struct{})}
		fw := newFrameWriter(w, nil)
		for i := range 1001 {
			if err := fw.send(frameCall, uint64(i), payload([]byte("argument"))); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				synctest.Wait() // the first is being written
			}
		}
		w.gate <- struct{}{}
		w.gate <- struct{}{}
		synctest.Wait()
		if len(w.writes) != 2 {
			t.Errorf("%d writes, want 2", len(w.writes))
		}
		got, err := readAll(newFrameReader(bytes.NewReader(bytes.Join(w.writes, nil))))
		if len(got) != 1001 || err != io.EOF {
			t.Errorf("%d frames, %v", len(got), err)
		}
		close(w.gate)
		fw.close()
	})
}

func TestFrameWriterTellsOnceThatAWriteFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		broken := errors.New("broken")
		r.CloseWithError(broken)
		var told []error
		fw := newFrameWriter(w, func(err error) { told = append(told, err) })
		for range 3 {
			if err := fw.send(frameCall, 1, nil); err != nil && err != broken {
				t.Errorf("send: %v", err)
			}
			synctest.Wait()
		}
		if len(told) != 1 || told[0] != broken {
			t.Errorf("told of %v, want %v once", told, broken)
		}
		if err := fw.send(frameCall, 1, nil); err != broken {
			t.Errorf("send: %v, want %v", err, broken)
		}
		fw.close()
		if err := fw.send(frameCall, 1, nil); err != broken {
			t.Errorf("send after close: %v, want %v", err, broken)
		}
	})
}

func TestCloseOfAFrameWriterDropsWhatIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &gatedWriter{gate: make(chan struct{})}
		fw := newFrameWriter(w, func(err error) { t.Errorf("told of %v", err) })
		if err := fw.send(frameCall, 1, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // in Write
		if err := fw.send(frameCall, 2, nil); err != nil {
			t.Fatal(err)
		}
		closed := false
		go func() {
			fw.close()
			closed = true
		}()
		synctest.Wait()
		if closed {
			t.Error("close has returned while the goroutine writes")
		}
		w.gate <- struct{}{}
		synctest.Wait()
		if !closed || len(w.writes) != 1 {
			t.Errorf("closed: %v, after %d writes, want 1", closed, len(w.writes))
		}
		if err := fw.send(frameCall, 3, nil); err != io.ErrClosedPipe {
			t.Errorf("send after close: %v", err)
		}
		fw.close() // again
	})
}

func TestCloseOfAFrameWriterIsNoWriteError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &gatedWriter{gate: make(chan struct{})}
		fw := newFrameWriter(w, func(err error) { t.Errorf("told of %v", err) })
		if err := fw.send(frameCall, 1, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // in Write
		go fw.close()
		synctest.Wait()
		close(w.gate) // Write fails
		fw.close()
	})
}

func TestCloseOfAnIdleFrameWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fw := newFrameWriter(io.Discard, nil)
		synctest.Wait()
		fw.close()
	})
}
