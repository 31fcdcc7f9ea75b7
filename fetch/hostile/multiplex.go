package hostile

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A multiplex is an HTTP/2 connection, RFC 9113. Its frames are written as text, so that
// they may be wrong.
type multiplex struct {
	*conn
	frames  *http2.Framer // to be read
	writing sync.Mutex
	streams sync.WaitGroup

	mu    sync.Mutex
	grown *sync.Cond       // room has, or it is over
	room  map[uint32]int64 // that the client gives: of each stream, and 0 is the connection's
	first int64            // and of a new stream
	over  bool
}

// A stream is one request on it.
type stream struct {
	*multiplex
	id   uint32
	path string
}

// Flags of frames.
const (
	endStream  = http2.FlagDataEndStream
	endHeaders = http2.FlagHeadersEndHeaders
	ack        = http2.FlagSettingsAck
	paddedData = http2.FlagDataPadded
)

// multiplex is converse for HTTP/2.
func (c *conn) multiplex() {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c.in, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	m := &multiplex{conn: c, frames: http2.NewFramer(io.Discard, c.in), room: map[uint32]int64{0: 65535}, first: 65535}
	m.frames.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	m.grown = sync.NewCond(&m.mu)
	if begin := c.fault.design.frames; begin != nil {
		m.streams.Go(func() { begin(m) })
	} else {
		m.send(settings())
	}
	for m.next() {
	}
	m.leave()
}

// leave waits for what is being answered.
func (m *multiplex) leave() {
	m.mu.Lock()
	m.over = true
	m.grown.Broadcast()
	m.mu.Unlock()
	m.meter.Close()
	m.streams.Wait()
}

// next reads a frame, and does what has to be done about it.
func (m *multiplex) next() bool {
	read, err := m.frames.ReadFrame()
	if err != nil {
		return false
	}
	switch f := read.(type) {
	case *http2.MetaHeadersFrame:
		m.begin(f)
	case *http2.SettingsFrame:
		m.settle(f)
		m.acknowledge(f.FrameHeader, "")
	case *http2.PingFrame:
		m.acknowledge(f.FrameHeader, string(f.Data[:]))
	case *http2.WindowUpdateFrame:
		m.grow(f.StreamID, int64(f.Increment))
	case *http2.RSTStreamFrame:
		m.grow(f.StreamID, -1<<62) // nothing more of it
	}
	return true
}

// acknowledge is left to the fault where that has frames of its own.
func (m *multiplex) acknowledge(f http2.FrameHeader, payload string) {
	if f.Flags&ack == 0 && m.fault.design.frames == nil {
		m.send(frame(f.Type, ack, 0, payload))
	}
}

func (m *multiplex) settle(f *http2.SettingsFrame) {
	first, ok := f.Value(http2.SettingInitialWindowSize)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.room {
		if id != 0 {
			m.room[id] += int64(first) - m.first
		}
	}
	m.first = int64(first)
	m.grown.Broadcast()
}

func (m *multiplex) grow(id uint32, by int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.room[id] += by
	m.grown.Broadcast()
}

// take is how many of n bytes may be sent on the stream now; 0 is none ever.
func (m *multiplex) take(id uint32, n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.over && m.room[id] > -1<<61 {
		if room := min(m.room[0], m.room[id], int64(n), 16<<10); room > 0 {
			m.room[0] -= room
			m.room[id] -= room
			return int(room)
		}
		m.grown.Wait()
	}
	return 0
}

// begin answers a request.
func (m *multiplex) begin(f *http2.MetaHeadersFrame) {
	m.mu.Lock()
	m.room[f.StreamID] += m.first
	m.mu.Unlock()
	s := &stream{multiplex: m, id: f.StreamID, path: f.PseudoValue("path")}
	header := http.Header{}
	for _, field := range f.RegularFields() {
		header.Add(field.Name, field.Value)
	}
	m.fault.inspect(f.PseudoValue("method"), 0, header)
	m.streams.Go(s.answer)
}

func (s *stream) answer() {
	if s.goodPage() {
		return
	}
	s.fault.note(func(seen *Seen) {
		seen.Requests++
		if d := s.fault.design; d.resend || d.breaks && s.id > 1 {
			seen.Resendable++
		}
	})
	if answer := s.fault.design.streams; answer != nil {
		answer(s)
	}
}

func (s *stream) goodPage() bool {
	kind, page := s.fault.page(s.path)
	if page == nil {
		return false
	}
	if kind == "hinted" {
		s.send(s.head(103, "link", "</style.css>"))
	}
	fields := []string{"content-length", strconv.Itoa(len(page.body))}
	if kind == "nothing" {
		fields = nil
	}
	for _, f := range page.fields {
		fields = append(fields, f[0], f[1])
	}
	s.send(s.head(page.status, fields...))
	s.write(string(page.body))
	if kind == "trailed" {
		s.send(frame(http2.FrameHeaders, endHeaders|endStream, s.id, block("etag", "late")))
	} else {
		s.send(s.data(endStream, ""))
	}
	return true
}

// send writes frames; it is false if the client is gone.
func (m *multiplex) send(frames ...string) bool {
	m.writing.Lock()
	defer m.writing.Unlock()
	_, err := io.WriteString(m.conn, strings.Join(frames, ""))
	return err == nil
}

// drip writes frames, a byte a second and nothing between.
func (m *multiplex) drip(frames ...string) {
	m.writing.Lock()
	defer m.writing.Unlock()
	drip(strings.Join(frames, ""))(m.conn)
}

// flood writes frames again and again until the client has left.
func (m *multiplex) flood(frames ...string) {
	text := strings.Join(frames, "")
	text = strings.Repeat(text, gulp/len(text)+1)
	for p := (pace{}); m.send(text) && p.wait(m.fault.server); {
	}
}

// write sends text as the client gives room for it, until it resets the stream.
func (s *stream) write(text string) bool {
	for text != "" {
		n := s.take(s.id, len(text))
		if n == 0 || !s.send(s.data(0, text[:n])) {
			return false
		}
		text = text[n:]
	}
	return true
}

// writeWithoutEnd is write again and again.
func (s *stream) writeWithoutEnd(text string) {
	for p := (pace{}); s.write(text) && p.wait(s.fault.server); {
	}
}

// close ends the connection.
func (m *multiplex) close() { m.meter.Close() }
