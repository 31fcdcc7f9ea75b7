package fetch

import (
	"errors"
	"math"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/http2"
)

// An http2Screen is a connection for the library, between it and the server. It
// looks at the frames that pass, which are handed on as they are but for this:
//
//   - what breaks the rules for the whole connection, and floods, end it;
//   - what breaks them for one answer ends that answer;
//   - frames of unknown types and PRIORITY are left out;
//   - DATA that no answer takes goes to stream 2, which there never is: the
//     library gives the window back and says nothing. It would write to the
//     standard logger of DATA that is out of place, and of unknown frames.
//
// It copies no DATA.
type http2Screen struct {
	net.Conn
	in  http2Inbound // used by the reader only
	out http2Outbound

	mu      sync.Mutex // guards the rest, and what http2Stream says
	streams map[uint32]*http2Stream
	next    *http2Stream // whose request is being encoded
	last    uint32       // the highest stream that has been opened
	away    bool         // the server takes no more requests
	taken   uint32       // the highest stream that it takes,
	refusal *Error       // why it takes no higher one
	stray   int64        // bytes of DATA that may come for streams which we have reset
	idle    int          // frames since there was progress
	err     error        // why the connection has ended; never nil after that

	writing bool
	urgent  time.Time // what is written until then has until then
}

func newHTTP2Screen(c net.Conn) *http2Screen {
	s := &http2Screen{Conn: c, streams: make(map[uint32]*http2Stream), taken: math.MaxUint32}
	s.in.screen, s.in.block = s, newHTTP2Block()
	s.out.left = len(http2.ClientPreface)
	return s
}

// open reports whether the connection takes requests, as far as the server has
// said anything about it.
func (s *http2Screen) open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err == nil && !s.away
}

// expect says whose the next stream to be opened is.
func (s *http2Screen) expect(st *http2Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = st
}

// opening is called when the next stream is opened. Its exchange may be over by
// now.
func (s *http2Screen) opening(id uint32) *http2Stream {
	st := s.next
	s.next, s.last, s.idle = nil, id, 0
	if st == nil {
		return nil
	}
	st.id = id
	if id > s.taken {
		st.blame(unprocessed(s.refusal))
	}
	if st.released {
		s.stray += http2Room
		return nil
	}
	s.streams[id] = st
	return st
}

// release forgets a stream. What the server may still send on it, not knowing,
// is at most what its window had room for.
func (s *http2Screen) release(st *http2Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.released = true
	delete(s.streams, st.id)
	if st.id != 0 && !st.ended {
		s.stray += http2Room
	}
}

// reset is a RST_STREAM frame.
func (s *http2Screen) reset(id uint32, code http2.ErrCode) {
	if st := s.streams[id]; st != nil {
		st.reset(code)
	}
	s.away = s.away || code == http2.ErrCodeProtocol // the library thinks so, too
}

// goAway is a GOAWAY frame: the streams up to last go on, the others have not
// been looked at (RFC 9113 §6.8).
func (s *http2Screen) goAway(last uint32, code http2.ErrCode) {
	s.away, s.taken, s.refusal = true, min(last, s.taken), http2GoAway(code)
	for id, st := range s.streams {
		if id > last && !st.ended {
			st.blame(unprocessed(s.refusal))
		}
	}
}

// fail ends the connection over a fault that is nobody's in particular.
func (s *http2Screen) fail(e *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fatal(0, e)
}

// fatal ends the connection. The fault is that of the answer on stream id, or of
// the only one that there is; any other that has not ended is lost, and may well
// come if it is asked for again. It is called with mu held.
func (s *http2Screen) fatal(id uint32, e *Error) error {
	if s.err != nil && !errors.Is(s.err, net.ErrClosed) { // which the library may have been quicker with
		return s.err
	}
	s.err = e
	if id > s.last || id%2 == 0 {
		id = 0
	}
	var waiting []*http2Stream
	for _, st := range s.streams {
		if !st.ended && st.err == nil {
			waiting = append(waiting, st)
		}
	}
	for _, st := range waiting {
		if st.id == id || id == 0 && len(waiting) == 1 {
			st.blame(e)
		} else {
			st.blame(http2Lost(e))
		}
	}
	return e
}

// lose ends the connection for an error that it has had itself.
func (s *http2Screen) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// Read gives whole frame heads only.
func (s *http2Screen) Read(p []byte) (int, error) {
	n, err := s.in.read(p)
	if err != nil {
		s.lose(err)
	}
	return n, err
}

// Write fails only for a request that is not sent. What else there is to say does
// not matter to a server that has gone, and that it has, reading tells, after the
// answers that it left.
func (s *http2Screen) Write(p []byte) (int, error) {
	opened, err := s.beginWrite(p)
	if err != nil {
		return 0, err
	}
	n, err := s.Conn.Write(p)
	if s.endWrite(opened, err) {
		return len(p), nil
	}
	return n, err
}

func (s *http2Screen) beginWrite(p []byte) (opened *http2Stream, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil && (s.next != nil || s.out.opening != nil) {
		return nil, s.err
	}
	s.writing = true
	s.setWriteDeadline()
	return s.out.pass(s, p), nil
}

// endWrite reports whether the write counts as done.
func (s *http2Screen) endWrite(opened *http2Stream, err error) (done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = false
	if err == nil {
		s.calmDown()
		return true
	}
	s.away = true
	if opened != nil {
		opened.unsent = true
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.fatal(0, &Error{Class: Reset, Detail: "the server reads nothing (HTTP/2)"})
		s.closeSocket()
	case errors.Is(err, syscall.ECONNRESET) && s.err == nil: // of which a read may not be told again
		s.err = err
	}
	return opened == nil
}

// hurry ends the connection if what is being written, or will be in a moment, is
// not taken off it soon. It is called when an exchange is over that such a write
// might hold up.
func (s *http2Screen) hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urgent = time.Now().Add(http2Grace)
	if s.writing {
		s.setWriteDeadline()
	}
}

func (s *http2Screen) calmDown() {
	if s.urgent.IsZero() {
		return
	}
	s.Conn.SetWriteDeadline(time.Time{})
	if time.Now().After(s.urgent) {
		s.urgent = time.Time{}
	}
}

func (s *http2Screen) setWriteDeadline() {
	if time.Now().Before(s.urgent) {
		s.Conn.SetWriteDeadline(s.urgent)
	}
}

// Close is called by the library, too.
func (s *http2Screen) Close() error {
	s.lose(net.ErrClosed)
	return s.closeSocket()
}

// closeSocket says no farewell in TLS, which may wait for 5 s.
func (s *http2Screen) closeSocket() error {
	c := s.Conn
	for {
		layer, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c.Close()
		}
		c = layer.NetConn()
	}
}
