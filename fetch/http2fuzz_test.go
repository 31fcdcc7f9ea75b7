package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A chunkedConn gives bytes in pieces of these sizes, over and over, and takes
// anything.
type chunkedConn struct {
	net.Conn
	bytes  []byte
	sizes  []byte
	pieces int
}

func (c *chunkedConn) Read(p []byte) (int, error) {
	if len(c.bytes) == 0 {
		return 0, io.EOF
	}
	size := len(c.bytes)
	if len(c.sizes) > 0 {
		size = 1 + int(c.sizes[c.pieces%len(c.sizes)])
		c.pieces++
	}
	n := copy(p[:min(len(p), size)], c.bytes)
	c.bytes = c.bytes[n:]
	return n, nil
}

func (c *chunkedConn) Write(p []byte) (int, error) { return len(p), nil }

// screened is what comes through a screen with requests on streams 1 to 7, of
// which 5 is a HEAD and 7 is over.
func screened(said, sizes []byte, room int) (passed []byte, err error) {
	s := newHTTP2Screen(&chunkedConn{bytes: said, sizes: sizes})
	io.WriteString(s, http2.ClientPreface)
	for id := uint32(1); id <= 7; id += 2 {
		st := &http2Stream{head: id == 5, cancel: func() {}, length: -1}
		s.expect(st)
		s.Write(rawFrame(1, http2.FrameHeaders, http2.FlagHeadersEndHeaders, id, 0))
		if id == 7 {
			s.release(st)
		}
	}
	for p := make([]byte, room); err == nil; {
		var n int
		n, err = s.Read(p)
		passed = append(passed, p[:n]...)
	}
	return passed, err
}

// FuzzScreen: whatever a server says, in whatever pieces, nothing comes through
// that must not, and what is well-formed comes through checkUnchanged.
func FuzzScreen(f *testing.F) {
	settings := rawFrame(0, http2.FrameSettings, 0, 0)
	f.Add(http2Transcript(), []byte{0}, uint16(1))
	f.Add(http2Transcript(), []byte{8, 0, 16}, uint16(4096))
	f.Add(append(bytes.Clone(settings), rawFrame(2, http2.FrameData, http2.FlagDataPadded, 7, 1, 0)...), []byte{9}, uint16(100))
	f.Add(append(bytes.Clone(settings), rawFrame(1, http2.FrameHeaders, http2.FlagHeadersEndHeaders, 5, 0x88)...), []byte{}, uint16(63))
	f.Add(append(bytes.Clone(settings), rawFrame(4, http2.FrameRSTStream, 0, 1, 0, 0, 0, 7)...), []byte{3}, uint16(64))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), []byte{1}, uint16(10))
	f.Fuzz(func(t *testing.T, said, sizes []byte, room uint16) {
		passed, err := screened(bytes.Clone(said), sizes, int(room)+1)
		whole, wholeErr := screened(bytes.Clone(said), nil, 1<<17)
		if len(said) < 1<<17 && (err.Error() != wholeErr.Error() || !bytes.HasPrefix(passed, whole)) {
			t.Fatalf("in pieces %d bytes come through, then %v; at once %d, then %v", len(passed), err, len(whole), wholeErr)
		}
		rest := checkUnchanged(t, said, passed)
		if err == io.EOF && len(rest) >= http2HeadSize+1 {
			t.Fatalf("%d bytes did not come through", len(rest))
		}
		checkSilence(t, passed)
	})
}

// checkUnchanged checks that passed is what was said but for frames that are left out
// and DATA that goes nowhere, and gives what of said has not come through.
func checkUnchanged(t *testing.T, said, passed []byte) (rest []byte) {
	for len(said) >= http2HeadSize {
		f := parseHTTP2Frame(said[:http2HeadSize])
		frame := said[:min(http2HeadSize+f.size, len(said))]
		if f.kind == http2.FramePriority || f.kind > http2.FrameContinuation {
			said = said[len(frame):]
			continue
		}
		if len(passed) == 0 {
			return said
		}
		got := passed[:min(len(frame), len(passed))]
		if f.kind == http2.FrameData && len(got) >= http2HeadSize && got[8] == http2Nowhere {
			frame = append(append(bytes.Clone(frame[:5]), 0, 0, 0, http2Nowhere), frame[http2HeadSize:]...)
		}
		if !bytes.HasPrefix(frame, got) {
			t.Fatalf("came through as % x, was said as % x", got, frame)
		}
		passed, said = passed[len(got):], said[len(frame):]
	}
	if len(passed) > 0 {
		t.Fatalf("% x was never said", passed)
	}
	return said
}

// checkSilence checks that there is nothing in passed that the library writes to the
// standard logger about, of what it understands.
func checkSilence(t *testing.T, passed []byte) {
	framer := http2.NewFramer(nil, bytes.NewReader(passed))
	framer.ReadMetaHeaders = hpack.NewDecoder(http2TableSize, nil)
	framer.MaxHeaderListSize = http2Head
	headed, ended := map[uint32]bool{}, map[uint32]bool{7: true}
	for n := 0; ; n++ {
		frame, err := framer.ReadFrame()
		if fault, ok := errors.AsType[http2.StreamError](err); ok {
			ended[fault.StreamID] = true // it does not look at it any more
			headed[fault.StreamID] = true
			continue
		}
		if err != nil {
			return
		}
		id := frame.Header().StreamID
		switch f := frame.(type) {
		case *http2.MetaHeadersFrame:
			headed[id] = headed[id] || len(f.PseudoValue("status")) == 3 && f.PseudoValue("status") >= "200"
		case *http2.DataFrame:
			if id != http2Nowhere && (!headed[id] || ended[id] || id == 5 && len(f.Data()) > 0 || id > 7) {
				t.Fatalf("frame %d: DATA on stream %d, head %t, end %t", n, id, headed[id], ended[id])
			}
		case *http2.UnknownFrame, *http2.PriorityFrame, *http2.PriorityUpdateFrame, *http2.PushPromiseFrame:
			t.Fatalf("frame %d: %T", n, f)
		}
		if _, ok := frame.(*http2.SettingsFrame); n == 0 && !ok {
			t.Fatalf("%T comes first", frame)
		}
		if ender, ok := frame.(interface{ StreamEnded() bool }); ok && ender.StreamEnded() {
			ended[id] = true
		}
	}
}

// A lateConn says nothing before something has been written after the preface.
type lateConn struct {
	chunkedConn
	written int
	asked   chan struct{}
}

func (c *lateConn) Read(p []byte) (int, error) {
	<-c.asked
	return c.chunkedConn.Read(p)
}

func (c *lateConn) Write(p []byte) (int, error) {
	if c.written++; c.written == 2 {
		close(c.asked)
	}
	return len(p), nil
}

func (c *lateConn) Close() error                     { return nil }
func (c *lateConn) SetWriteDeadline(time.Time) error { return nil }

// FuzzHTTP2Answer: whatever a server says, the exchange ends, and the standard
// logger hears nothing.
func FuzzHTTP2Answer(f *testing.F) {
	f.Add(http2Transcript(), []byte{20})
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), []byte{})
	f.Fuzz(func(t *testing.T, said, sizes []byte) {
		silentLog(t)
		h := openHTTP2(t, &lateConn{chunkedConn: chunkedConn{bytes: bytes.Clone(said), sizes: sizes}, asked: make(chan struct{})})
		h.reserve()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		resp, err := h.exchange(ctx, http2Question("GET", "/"))
		if err == nil {
			_, err = io.Copy(io.Discard, resp.body)
			resp.body.Close()
		}
		if _, ok := errors.AsType[*Error](err); err != nil && !ok {
			t.Errorf("ended with %v", err)
		}
		if !h.quiet() {
			t.Error("something is in flight")
		}
	})
}
