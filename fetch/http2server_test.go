package fetch

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// An http2Script is the server's side of a connection. Its methods say one thing
// each; what is said to a client that has gone is lost.
type http2Script struct {
	net.Conn
	*http2.Framer
	asked  chan uint32                  // the streams on which requests have come
	heads  chan []hpack.HeaderField     // and what they say
	resets chan http2.RSTStreamFrame    // what the client resets
	pings  chan [8]byte                 // what it asks by PING,
	acks   chan [8]byte                 // and answers
	window chan http2.WindowUpdateFrame // room that it makes
	count  *atomic.Int32                // requests on all connections
	table  *hpack.Encoder
	block  bytes.Buffer
}

// serveHTTP2 runs script once for each connection that is made to what it gives,
// and closes the connection after. It ends with the test.
func serveHTTP2(t testing.TB, script func(*http2Script)) (dial func() net.Conn, count *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	count = new(atomic.Int32)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				s := newHTTP2Script(c, count)
				defer c.Close()
				wg.Go(s.listen)
				script(s)
			})
		}
	})
	var open []net.Conn
	t.Cleanup(func() {
		l.Close()
		for _, c := range open {
			c.Close()
		}
		wg.Wait()
	})
	return func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		return c
	}, count
}

func newHTTP2Script(c net.Conn, count *atomic.Int32) *http2Script {
	s := &http2Script{
		Conn: c, Framer: http2.NewFramer(c, c), count: count,
		asked: make(chan uint32, 1000), heads: make(chan []hpack.HeaderField, 1000), resets: make(chan http2.RSTStreamFrame, 1000),
		pings: make(chan [8]byte, 10_000), acks: make(chan [8]byte, 10_000), window: make(chan http2.WindowUpdateFrame, 10_000),
	}
	s.AllowIllegalWrites = true
	s.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	s.table = hpack.NewEncoder(&s.block)
	return s
}

// listen takes what the client says, to its end.
func (s *http2Script) listen() {
	defer close(s.asked)
	defer close(s.resets)
	defer close(s.acks)
	if _, err := io.CopyN(io.Discard, s.Conn, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	for {
		frame, err := s.ReadFrame()
		if err != nil {
			return
		}
		switch f := frame.(type) {
		case *http2.MetaHeadersFrame:
			s.count.Add(1)
			s.heads <- f.Fields
			s.asked <- f.StreamID
		case *http2.RSTStreamFrame:
			s.resets <- *f
		case *http2.PingFrame:
			if f.IsAck() {
				s.acks <- f.Data
			} else {
				s.pings <- f.Data
			}
		case *http2.WindowUpdateFrame:
			s.window <- *f
		}
	}
}

// head sends a header block; the fields are name, value, name, value.
func (s *http2Script) head(id uint32, end bool, fields ...string) {
	s.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: s.encode(fields...), EndHeaders: true, EndStream: end})
}

func (s *http2Script) encode(fields ...string) []byte {
	s.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		s.table.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return s.block.Bytes()
}

// ok answers with a page.
func (s *http2Script) ok(id uint32, page string) {
	s.head(id, false, ":status", "200")
	s.WriteData(id, true, []byte(page))
}

// raw sends a frame as it is told, whatever its size ought to be.
func (s *http2Script) raw(size int, kind http2.FrameType, flags http2.Flags, id uint32, payload ...byte) {
	s.Write(rawFrame(size, kind, flags, id, payload...))
}

func rawFrame(size int, kind http2.FrameType, flags http2.Flags, id uint32, payload ...byte) []byte {
	frame := []byte{byte(size >> 16), byte(size >> 8), byte(size), byte(kind), byte(flags)}
	return append(binary.BigEndian.AppendUint32(frame, id), payload...)
}

// end says that there is no more to come. To close the connection, with what the
// client says unread, would be a reset.
func (s *http2Script) end() { s.Conn.(*net.TCPConn).CloseWrite() }

// gone waits for the client to go.
func (s *http2Script) gone() {
	for range s.asked {
	}
}

// silentLog fails the test if anything is written to the standard logger.
func silentLog(t testing.TB) {
	var mu sync.Mutex
	var said bytes.Buffer
	log.SetOutput(writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return said.Write(p)
	}))
	t.Cleanup(func() {
		log.SetOutput(os.Stderr)
		if said.Len() > 0 {
			t.Errorf("written to the standard logger: %s", said.String())
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func openHTTP2(t testing.TB, c net.Conn) *http2Conn {
	t.Helper()
	h, err := newHTTP2(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return h
}

func http2Question(method, path string, header ...Field) question {
	return question{
		target: target{scheme: "http", host: "a.example", addr: "a.example:80", path: path},
		method: method, host: "a.example", header: header,
	}
}

// askHTTP2 asks and reads the answer to its end.
func askHTTP2(ctx context.Context, h *http2Conn, q question) (response, []byte, error) {
	if !h.reserve() {
		return response{}, nil, errors.New("no room for a request")
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	resp, err := h.exchange(ctx, q)
	if err != nil {
		return resp, nil, err
	}
	defer resp.body.Close()
	page, err := io.ReadAll(resp.body)
	return resp, page, err
}

func wantHTTP2Error(t *testing.T, err error, class Class, detail string, again bool) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Errorf("ended with %v, want %s (%s)", err, class, detail)
		return
	}
	if e.Class != class || e.Detail != detail {
		t.Errorf("ended with %s (%s), want %s (%s)", e.Class, e.Detail, class, detail)
	}
	if errors.Is(err, errUnprocessed) != again {
		t.Errorf("%v: unprocessed %t, want %t", err, !again, again)
	}
}
