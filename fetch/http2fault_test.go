package fetch

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// An http2Fault is what a server says after the first request, on stream 1, and
// what becomes of that.
type http2Fault struct {
	name   string
	method string // "" is GET
	class  Class
	detail string
	again  bool // it is errUnprocessed
	say    func(s *http2Script)
}

func times(n int, say func()) {
	for range n {
		say()
	}
}

var http2Faults = []http2Fault{
	// the connection
	{"closed", "", Reset, "connection closed before the answer", false, func(s *http2Script) { s.end() }},
	{"reset", "", Reset, "connection reset", false, func(s *http2Script) {
		s.Conn.(*net.TCPConn).SetLinger(0)
		s.Conn.Close()
	}},
	{"half a frame", "", Reset, "connection closed before the answer", false, func(s *http2Script) {
		s.raw(100, http2.FrameHeaders, 0, 1, 1, 2, 3)
		s.end()
	}},
	{"GOAWAY", "", Reset, "the server ends the connection (HTTP/2 NO_ERROR)", true, func(s *http2Script) { s.WriteGoAway(0, 0, nil) }},
	{"GOAWAY with an error", "", Reset, "the server ends the connection (HTTP/2 ENHANCE_YOUR_CALM)", true, func(s *http2Script) {
		s.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("\x1b[31mgo"))
	}},
	{"GOAWAY of no known code", "", Reset, "the server ends the connection (HTTP/2 code 4096)", true, func(s *http2Script) { s.WriteGoAway(0, 4096, nil) }},
	{"GOAWAY after the request was taken, and the end", "", Reset, "connection closed before the answer", false, func(s *http2Script) {
		s.WriteGoAway(1, 0, nil)
		s.end()
	}},

	// streams that are reset
	{"REFUSED_STREAM", "", Reset, "stream reset (HTTP/2 REFUSED_STREAM)", true, func(s *http2Script) { s.WriteRSTStream(1, http2.ErrCodeRefusedStream) }},
	{"REFUSED_STREAM after the head", "", Reset, "stream reset (HTTP/2 REFUSED_STREAM)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.WriteRSTStream(1, http2.ErrCodeRefusedStream)
	}},
	{"PROTOCOL_ERROR", "", Protocol, "stream reset (HTTP/2 PROTOCOL_ERROR)", false, func(s *http2Script) { s.WriteRSTStream(1, http2.ErrCodeProtocol) }},
	{"NO_ERROR", "", Reset, "stream reset (HTTP/2 NO_ERROR)", false, func(s *http2Script) { s.WriteRSTStream(1, http2.ErrCodeNo) }},
	{"CANCEL in the body", "", Reset, "stream reset (HTTP/2 CANCEL)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.WriteData(1, false, []byte("half"))
		s.WriteRSTStream(1, http2.ErrCodeCancel)
	}},
	{"INTERNAL_ERROR", "", Reset, "stream reset (HTTP/2 INTERNAL_ERROR)", false, func(s *http2Script) { s.WriteRSTStream(1, http2.ErrCodeInternal) }},
	{"HTTP_1_1_REQUIRED", "", Reset, "stream reset (HTTP/2 HTTP_1_1_REQUIRED)", false, func(s *http2Script) { s.WriteRSTStream(1, http2.ErrCodeHTTP11Required) }},
	{"no known code", "", Reset, "stream reset (HTTP/2 code 99)", false, func(s *http2Script) { s.WriteRSTStream(1, 99) }},

	// lengths
	{"shorter", "", Truncated, "the body ended early", false, func(s *http2Script) {
		s.head(1, false, ":status", "200", "content-length", "5")
		s.WriteData(1, true, []byte("four"))
	}},
	{"none", "", Truncated, "the body ended early", false, func(s *http2Script) { s.head(1, true, ":status", "200", "content-length", "5") }},
	{"shorter, with trailers", "", Truncated, "the body ended early", false, func(s *http2Script) {
		s.head(1, false, ":status", "200", "content-length", "5")
		s.WriteData(1, false, []byte("four"))
		s.head(1, true, "x", "y")
	}},
	{"longer", "", Protocol, "malformed answer (HTTP/2: a body longer than its content-length)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200", "content-length", "5")
		s.WriteData(1, true, []byte("sixsix"))
	}},
	{"longer, in two", "", Protocol, "malformed answer (HTTP/2: a body longer than its content-length)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200", "content-length", "5")
		s.WriteData(1, false, []byte("five5"))
		s.WriteData(1, false, []byte("6"))
	}},
	{"conflicting", "", Protocol, "malformed answer (HTTP/2: conflicting content-lengths)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200", "content-length", "4", "content-length", "5")
		s.WriteData(1, true, []byte("four"))
	}},
	{"negative", "", Protocol, "malformed answer (HTTP/2: bad content-length)", false, func(s *http2Script) { s.head(1, false, ":status", "200", "content-length", "-1") }},
	{"huge", "", Protocol, "malformed answer (HTTP/2: bad content-length)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200", "content-length", "99999999999999999999")
	}},
	{"the end of the connection", "", Truncated, "the body ended early", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.WriteData(1, false, []byte("all"))
		s.end()
	}},
	{"HEAD with a body", "HEAD", Protocol, "malformed answer (HTTP/2: a body where none may be)", false, func(s *http2Script) { s.ok(1, "body") }},
	{"204 with a body", "", Protocol, "malformed answer (HTTP/2: a body where none may be)", false, func(s *http2Script) {
		s.head(1, false, ":status", "204")
		s.WriteData(1, true, []byte("body"))
	}},
	{"304 with a body", "", Protocol, "malformed answer (HTTP/2: a body where none may be)", false, func(s *http2Script) {
		s.head(1, false, ":status", "304", "content-length", "4")
		s.WriteData(1, true, []byte("body"))
	}},

	// heads
	{"no status", "", Protocol, "malformed answer (HTTP/2: no valid status)", false, func(s *http2Script) { s.head(1, true, "x", "y") }},
	{"status 20", "", Protocol, "malformed answer (HTTP/2: no valid status)", false, func(s *http2Script) { s.head(1, true, ":status", "20") }},
	{"status 099", "", Protocol, "malformed answer (HTTP/2: no valid status)", false, func(s *http2Script) { s.head(1, true, ":status", "099") }},
	{"status +20", "", Protocol, "malformed answer (HTTP/2: no valid status)", false, func(s *http2Script) { s.head(1, true, ":status", "+20") }},
	{"status 1000", "", Protocol, "malformed answer (HTTP/2: no valid status)", false, func(s *http2Script) { s.head(1, true, ":status", "1000") }},
	{"status 101", "", Protocol, "malformed answer (HTTP/2: status 101)", false, func(s *http2Script) { s.head(1, false, ":status", "101") }},
	{"1xx and the end", "", Protocol, "malformed answer (HTTP/2: the end after a 1xx answer)", false, func(s *http2Script) { s.head(1, true, ":status", "103") }},
	{"two statuses", "", Protocol, "malformed answer (HTTP/2: invalid pseudo-header field)", false, func(s *http2Script) { s.head(1, true, ":status", "200", ":status", "200") }},
	{"status late", "", Protocol, "malformed answer (HTTP/2: invalid pseudo-header field)", false, func(s *http2Script) { s.head(1, true, "x", "y", ":status", "200") }},
	{"a request's field", "", Protocol, "malformed answer (HTTP/2: invalid pseudo-header field)", false, func(s *http2Script) { s.head(1, true, ":status", "200", ":path", "/") }},
	{"upper case", "", Protocol, "malformed answer (HTTP/2: invalid field name)", false, func(s *http2Script) { s.head(1, true, ":status", "200", "Server", "x") }},
	{"no name", "", Protocol, "malformed answer (HTTP/2: invalid field name)", false, func(s *http2Script) { s.head(1, true, ":status", "200", "", "x") }},
	{"a space in a name", "", Protocol, "malformed answer (HTTP/2: invalid field name)", false, func(s *http2Script) { s.head(1, true, ":status", "200", "a b", "x") }},
	{"CR LF in a value", "", Protocol, "malformed answer (HTTP/2: invalid field value)", false, func(s *http2Script) { s.head(1, true, ":status", "200", "a", "x\r\nb: y") }},
	{"NUL in a value", "", Protocol, "malformed answer (HTTP/2: invalid field value)", false, func(s *http2Script) { s.head(1, true, ":status", "200", "a", "x\x00") }},
	{"connection", "", Protocol, "malformed answer (HTTP/2: connection-specific field)", false, func(s *http2Script) { s.head(1, true, ":status", "200", "connection", "close") }},
	{"transfer-encoding", "", Protocol, "malformed answer (HTTP/2: connection-specific field)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200", "transfer-encoding", "chunked")
		s.WriteData(1, true, []byte("body"))
	}},
	{"HEADERS over the limit", "", Protocol, "malformed answer (HTTP/2: header list over 256 KiB)", false, func(s *http2Script) {
		s.head(1, false, ":status", "103", "a", strings.Repeat("y", 10_000))
		times(30, func() { s.head(1, false, ":status", "103", "a", strings.Repeat("y", 10_000)) })
	}},
	{"a bomb of references", "", Protocol, "malformed answer (HTTP/2: header list over 256 KiB)", false, func(s *http2Script) {
		block := append(s.encode(":status", "200", "x", strings.Repeat("y", 3900)), bytes.Repeat([]byte{0x80 | 62}, 10_000)...)
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: true})
	}},
	{"one field of endless length", "", Protocol, "malformed answer (HTTP/2: header list over 256 KiB)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x88, 0x40, 1, 'x', 0x7f, 0x80, 0x80, 0x0f}}) // 245,887 bytes
		times(17, func() { s.WriteContinuation(1, false, make([]byte, http2MaxFrame)) })
	}},
	{"a field that says it is too long", "", Protocol, "malformed answer (HTTP/2 COMPRESSION_ERROR)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x88, 0x40, 1, 'x', 0x7f, 0xff, 0xff, 0xff, 0x0f}, EndHeaders: true})
	}},
	{"nonsense", "", Protocol, "malformed answer (HTTP/2 COMPRESSION_ERROR)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff, 0xff, 0xff}, EndHeaders: true})
	}},
	{"half a block", "", Protocol, "malformed answer (HTTP/2 COMPRESSION_ERROR)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x88, 0x40, 5, 'x'}, EndHeaders: true})
	}},
	{"a fault, and more to come", "", Protocol, "malformed answer (HTTP/2: invalid field name)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: s.encode(":status", "200", "X", "y")})
	}},

	// trailers
	{"trailers with a status", "", Protocol, "malformed answer (HTTP/2: pseudo-header field in trailers)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.WriteData(1, false, []byte("page"))
		s.head(1, true, ":status", "200")
	}},
	{"trailers that are not the end", "", Protocol, "malformed answer (HTTP/2: trailers before the end)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.head(1, false, "x", "y")
	}},
	{"malformed trailers", "", Protocol, "malformed answer (HTTP/2: invalid field name)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.WriteData(1, false, []byte("page"))
		s.head(1, true, "X", "y")
	}},
	{"trailers over the limit", "", Protocol, "malformed answer (HTTP/2: header list over 256 KiB)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		block := append(s.encode("x", strings.Repeat("y", 3900)), bytes.Repeat([]byte{0x80 | 62}, 10_000)...)
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: true})
	}},

	// frames out of place
	{"DATA before the head", "", Protocol, "malformed answer (HTTP/2: DATA before the head)", false, func(s *http2Script) { s.WriteData(1, true, []byte("page")) }},
	{"DATA after 1xx", "", Protocol, "malformed answer (HTTP/2: DATA before the head)", false, func(s *http2Script) {
		s.head(1, false, ":status", "103")
		s.WriteData(1, true, []byte("page"))
	}},
	{"DATA that nobody asked for", "", Protocol, "malformed answer (HTTP/2: DATA frame out of place)", false, func(s *http2Script) { s.WriteData(99, true, []byte("page")) }},
	{"DATA on the server's stream", "", Protocol, "malformed answer (HTTP/2: DATA frame out of place)", false, func(s *http2Script) { s.WriteData(2, true, []byte("page")) }},
	{"DATA on stream 0", "", Protocol, "malformed answer (HTTP/2: DATA frame out of place)", false, func(s *http2Script) { s.WriteData(0, true, []byte("page")) }},
	{"HEADERS that nobody asked for", "", Protocol, "malformed answer (HTTP/2: HEADERS frame out of place)", false, func(s *http2Script) { s.head(99, true, ":status", "200") }},
	{"RST_STREAM that nobody asked for", "", Protocol, "malformed answer (HTTP/2: RST_STREAM frame out of place)", false, func(s *http2Script) { s.WriteRSTStream(99, 0) }},
	{"SETTINGS on a stream", "", Protocol, "malformed answer (HTTP/2: SETTINGS frame out of place)", false, func(s *http2Script) { s.raw(0, http2.FrameSettings, 0, 1) }},
	{"PING on a stream", "", Protocol, "malformed answer (HTTP/2: PING frame out of place)", false, func(s *http2Script) { s.raw(8, http2.FramePing, 0, 1, make([]byte, 8)...) }},
	{"CONTINUATION of nothing", "", Protocol, "malformed answer (HTTP/2: CONTINUATION frame out of place)", false, func(s *http2Script) { s.WriteContinuation(1, true, nil) }},
	{"HEADERS without their CONTINUATION", "", Protocol, "malformed answer (HTTP/2: DATA frame within a header block)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: s.encode(":status", "200")})
		s.WriteData(1, true, nil)
	}},
	{"unknown within HEADERS", "", Protocol, "malformed answer (HTTP/2: unknown frame within a header block)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: s.encode(":status", "200")})
		s.WriteRawFrame(0xee, 0, 0, nil)
	}},
	{"push", "", Protocol, "malformed answer (HTTP/2: server push)", false, func(s *http2Script) {
		s.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: s.encode(":method", "GET"), EndHeaders: true})
	}},
	{"SETTINGS acknowledged twice", "", Protocol, "malformed answer (HTTP/2 PROTOCOL_ERROR)", false, func(s *http2Script) {
		s.WriteSettingsAck()
		s.WriteSettingsAck()
	}},

	// sizes and values
	{"a frame too large", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) { s.raw(http2MaxFrame+1, http2.FrameData, 0, 1) }},
	{"the largest frame", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) { s.raw(1<<24-1, http2.FrameType(0x77), 0, 1) }},
	{"padding without a length", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) { s.raw(0, http2.FrameHeaders, http2.FlagHeadersPadded, 1) }},
	{"padding without DATA", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.raw(0, http2.FrameData, http2.FlagDataPadded|http2.FlagDataEndStream, 1)
	}},
	{"padding longer than DATA", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		s.raw(2, http2.FrameData, http2.FlagDataPadded|http2.FlagDataEndStream, 1, 2, 0)
	}},
	{"HEADERS too short for a priority", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) {
		s.raw(4, http2.FrameHeaders, http2.FlagHeadersPriority|http2.FlagHeadersEndHeaders, 1, 0, 0, 0, 0)
	}},
	{"RST_STREAM of no size", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) { s.raw(0, http2.FrameRSTStream, 0, 1) }},
	{"GOAWAY of no size", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) { s.raw(0, http2.FrameGoAway, 0, 0) }},
	{"PING of no size", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) { s.raw(0, http2.FramePing, 0, 0) }},
	{"half a setting", "", Protocol, "malformed answer (HTTP/2 FRAME_SIZE_ERROR)", false, func(s *http2Script) { s.raw(3, http2.FrameSettings, 0, 0, 1, 2, 3) }},
	{"MAX_FRAME_SIZE 0", "", Protocol, "malformed answer (HTTP/2 PROTOCOL_ERROR)", false, func(s *http2Script) {
		s.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 0})
	}},
	{"INITIAL_WINDOW_SIZE too large", "", Protocol, "malformed answer (HTTP/2 FLOW_CONTROL_ERROR)", false, func(s *http2Script) {
		s.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 31})
	}},
	{"WINDOW_UPDATE by 0", "", Protocol, "malformed answer (HTTP/2 PROTOCOL_ERROR)", false, func(s *http2Script) { s.WriteWindowUpdate(0, 0) }},
	{"WINDOW_UPDATE of the stream by 0", "", Protocol, "malformed answer (HTTP/2 PROTOCOL_ERROR)", false, func(s *http2Script) { s.WriteWindowUpdate(1, 0) }},
	{"a window that overflows", "", Protocol, "malformed answer (HTTP/2 FLOW_CONTROL_ERROR)", false, func(s *http2Script) { s.WriteWindowUpdate(0, 1<<31-1) }},
	{"a stream's window that overflows", "", Protocol, "malformed answer (HTTP/2 FLOW_CONTROL_ERROR)", false, func(s *http2Script) { s.WriteWindowUpdate(1, 1<<31-1) }},

	// floods
	{"PING", "", Protocol, "flood of PING frames (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.WritePing(false, [8]byte{}) }) }},
	{"PING answers", "", Protocol, "flood of PING frames (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.WritePing(true, [8]byte{}) }) }},
	{"SETTINGS", "", Protocol, "flood of SETTINGS frames (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.WriteSettings() }) }},
	{"WINDOW_UPDATE", "", Protocol, "flood of WINDOW_UPDATE frames (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.WriteWindowUpdate(0, 1) }) }},
	{"PRIORITY", "", Protocol, "flood of PRIORITY frames (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.raw(5, http2.FramePriority, 0, 1, 0, 0, 0, 0, 9) }) }},
	{"unknown frames", "", Protocol, "flood of unknown frames (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.WriteRawFrame(0x55, 0, 0, nil) }) }},
	{"GOAWAY for later", "", Protocol, "flood of GOAWAY frames (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.WriteGoAway(1, 0, nil) }) }},
	{"1xx answers", "", Protocol, "flood of 1xx answers (HTTP/2)", false, func(s *http2Script) { times(2000, func() { s.head(1, false, ":status", "103") }) }},
	{"empty DATA", "", Protocol, "flood of empty DATA frames (HTTP/2)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		times(2000, func() { s.WriteData(1, false, nil) })
	}},
	{"padding", "", Protocol, "flood of empty DATA frames (HTTP/2)", false, func(s *http2Script) {
		s.head(1, false, ":status", "200")
		times(2000, func() { s.WriteDataPadded(1, false, nil, make([]byte, 255)) })
	}},
	{"CONTINUATION", "", Protocol, "flood of CONTINUATION frames (HTTP/2)", false, func(s *http2Script) {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: s.encode(":status", "200")})
		times(2000, func() { s.WriteContinuation(1, false, nil) })
	}},
}

func TestHTTP2FaultsHaveTheirClassAndNeedOneRequest(t *testing.T) {
	for _, fault := range http2Faults {
		t.Run(fault.name, func(t *testing.T) {
			silentLog(t)
			dial, count := serveHTTP2(t, func(s *http2Script) {
				s.WriteSettings()
				<-s.asked
				fault.say(s)
				s.gone()
			})
			h := openHTTP2(t, dial())
			method := fault.method
			if method == "" {
				method = "GET"
			}
			resp, page, err := askHTTP2(t.Context(), h, http2Question(method, "/"))
			if err == nil {
				t.Fatalf("a success: status %d, %q", resp.status, page)
			}
			wantHTTP2Error(t, err, fault.class, fault.detail, fault.again)
			if e, _ := errors.AsType[*Error](err); e != nil && len(e.Detail) > 100 {
				t.Errorf("a detail of %d characters", len(e.Detail))
			}
			if n := count.Load(); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
			if !h.quiet() {
				t.Error("something is in flight")
			}
			h.close()
		})
	}
}

// What is wrong with one answer is not the others' fault: it does not touch them,
// or they are lost in a way that is worth another try.
func TestHTTP2FaultsDoNotFailTheOtherAnswers(t *testing.T) {
	for _, fault := range http2Faults {
		t.Run(fault.name, func(t *testing.T) {
			silentLog(t)
			first := make(chan struct{})
			dial, count := serveHTTP2(t, func(s *http2Script) {
				s.WriteSettings()
				<-s.asked
				close(first)
				<-s.asked
				s.head(3, false, ":status", "200")
				fault.say(s)
				s.WriteData(3, true, []byte("ok"))
				s.gone()
			})
			h := openHTTP2(t, dial())
			h.reserve()
			method := fault.method
			if method == "" {
				method = "GET"
			}
			evil := make(chan error, 1)
			go func() {
				_, _, err := askHTTP2(t.Context(), h, http2Question(method, "/"))
				evil <- err
			}()
			<-first
			resp, err := h.exchange(t.Context(), http2Question("GET", "/good"))
			var page []byte
			if err == nil {
				page, err = io.ReadAll(resp.body)
				resp.body.Close()
			}
			if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Class != Reset && e.Class != Truncated) || err == nil && string(page) != "ok" {
				t.Errorf("the other answer: %q, %v", page, err)
			}
			if err := <-evil; err == nil {
				t.Error("the fault went unnoticed")
			}
			if n := count.Load(); n != 2 {
				t.Errorf("%d requests, want 2", n)
			}
		})
	}
}

func TestHTTP2WhatIsNotHTTP2(t *testing.T) {
	for name, said := range map[string][]byte{
		"HTTP/1.1":              []byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
		"SSH":                   []byte("SSH-2.0-OpenSSH_9.6\r\n"),
		"another frame first":   rawFrame(8, http2.FramePing, 0, 0, make([]byte, 8)...),
		"an acknowledgement":    rawFrame(0, http2.FrameSettings, http2.FlagSettingsAck, 0),
		"unknown frame first":   rawFrame(0, 0x99, 0, 0),
		"DATA first":            rawFrame(1, http2.FrameData, 0, 1, 'x'),
		"HTML":                  []byte("<html><head><title>503</title></head></html>"),
		"WINDOW_UPDATE at once": rawFrame(4, http2.FrameWindowUpdate, 0, 0, 0, 0, 0, 1),
	} {
		t.Run(name, func(t *testing.T) {
			silentLog(t)
			dial, _ := serveHTTP2(t, func(s *http2Script) {
				s.Write(said)
				s.gone()
			})
			h := openHTTP2(t, dial())
			_, _, err := askHTTP2(t.Context(), h, http2Question("GET", "/"))
			wantHTTP2Error(t, err, Protocol, "the server does not speak HTTP/2", false)
			if h.usable() || h.reserve() {
				t.Error("the connection is said to be usable")
			}
		})
	}
}

func TestHTTP2DeadConnectionSaysSoWithoutARequest(t *testing.T) {
	silentLog(t)
	dial, count := serveHTTP2(t, func(s *http2Script) { s.WriteSettings() })
	h := openHTTP2(t, dial())
	for h.usable() {
		if t.Context().Err() != nil {
			t.Fatal("it never ends")
		}
	}
	_, _, err := askHTTP2(t.Context(), h, http2Question("GET", "/"))
	if e, ok := errors.AsType[*Error](err); !ok || e.Class != Reset || !errors.Is(err, errUnprocessed) {
		t.Errorf("ended with %v, want a reset, unprocessed", err)
	}
	if count.Load() != 0 || h.reserve() {
		t.Errorf("%d requests on a dead connection", count.Load())
	}
}
