package crawl

import (
	"errors"
	"io"
	"time"
)

var (
	errNotYet = errors.New("no input yet")
	errClosed = errors.New("list is closed")
)

// noWait is a time that has come already.
var noWait = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// feed is where lines come from.
type feed interface {
	// fill reads into p. It waits for input until the given time comes (nil: it
	// never does), and then returns errNotYet. Any other error is the end.
	fill(p []byte, until <-chan time.Time) (int, error)
}

// direct is a feed that never has to be waited for: a file.
type direct struct{ r io.Reader }

func (d direct) fill(p []byte, _ <-chan time.Time) (int, error) { return d.r.Read(p) }

// stream reads up to two chunks ahead on a goroutine of its own, so that its user
// can see whether there is input, and stop waiting for it. The goroutine ends with
// the input, or when done is closed and the reader's Read has returned.
type stream struct {
	chunks chan chunk
	free   chan []byte
	done   <-chan struct{}
	chunk         // the one being taken
	whole  []byte // its buffer
}

type chunk struct {
	data []byte
	err  error // after data
}

const chunkSize = 32 << 10

func startStream(open func() (io.Reader, error), done <-chan struct{}) *stream {
	s := &stream{chunks: make(chan chunk, 1), free: make(chan []byte, 2), done: done}
	for range cap(s.free) {
		s.free <- make([]byte, chunkSize)
	}
	go s.read(open)
	return s
}

func (s *stream) read(open func() (io.Reader, error)) {
	r, err := open()
	if err == nil {
		r, err = unpack(r)
	}
	if err != nil {
		s.send(chunk{err: err})
		return
	}
	for err == nil {
		var buf []byte
		select {
		case buf = <-s.free:
		case <-s.done:
			return
		}
		var n int
		n, err = r.Read(buf)
		if !s.send(chunk{buf[:n], err}) {
			return
		}
	}
}

// send prefers free room to done: an end that came in time is known even after Close.
func (s *stream) send(c chunk) bool {
	select {
	case s.chunks <- c:
		return true
	default:
	}
	select {
	case s.chunks <- c:
		return true
	case <-s.done:
		return false
	}
}

func (s *stream) fill(p []byte, until <-chan time.Time) (int, error) {
	for len(s.data) == 0 && s.err == nil {
		if err := s.receive(until); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	if len(s.data) > 0 {
		return n, nil
	}
	return n, s.err
}

// receive takes the next chunk, and gives the buffer of the previous one back.
func (s *stream) receive(until <-chan time.Time) error {
	if s.whole != nil {
		s.free <- s.whole
		s.whole = nil
	}
	select {
	case s.chunk = <-s.chunks:
	default:
		select {
		case s.chunk = <-s.chunks:
		case <-until:
			return errNotYet
		case <-s.done:
			return errClosed
		}
	}
	if cap(s.data) > 0 {
		s.whole = s.data[:cap(s.data)]
	}
	return nil
}
