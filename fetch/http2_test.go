package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"
)

func TestHTTP2SendsARequestAsItIs(t *testing.T) {
	silentLog(t)
	heads := make(chan map[string][]string, 1)
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		for id := range s.asked {
			head := map[string][]string{}
			for _, f := range <-s.heads {
				head[f.Name] = append(head[f.Name], f.Value)
			}
			heads <- head
			s.ok(id, "ok")
		}
	})
	h := openHTTP2(t, dial())
	for _, test := range []struct {
		q    question
		want map[string][]string
	}{
		{http2Question("GET", "/100%?q=%zz&[]|\"#"), nil},
		{http2Question("PUT", "/a%2fb/../c"), map[string][]string{"content-length": {"0"}}},
		{http2Question("GET", "//b.example/c"), nil},
		{http2Question("GET", "//"), nil},
		{http2Question("POST", "/"), map[string][]string{"content-length": {"0"}}},
		{http2Question("GET", "/", Field{"User-Agent", "trawl/1"}, Field{"X-a", "1"}, Field{"x-A", "2"}),
			map[string][]string{"user-agent": {"trawl/1"}, "x-a": {"1", "2"}}},
		{http2Question("GET", "/", Field{"Cookie", "a=1; b=2"}), map[string][]string{"cookie": {"a=1", "b=2"}}},
		{http2Question("GET", "/", Field{"Connection", "close"}, Field{"keep-alive", "1"}, Field{"Proxy-Connection", "x"},
			Field{"Transfer-Encoding", "chunked"}, Field{"Upgrade", "x"}, Field{"TE", "gzip"}, Field{"te", "trailers"}),
			map[string][]string{"te": {"trailers"}}},
	} {
		want := map[string][]string{":method": {test.q.method}, ":scheme": {"http"}, ":authority": {"a.example"}, ":path": {test.q.path}}
		maps.Copy(want, test.want)
		if _, _, err := askHTTP2(t.Context(), h, test.q); err != nil {
			t.Fatalf("%s: %v", test.q.path, err)
		}
		if diff := cmp.Diff(want, <-heads); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.q.path, diff)
		}
	}
	odd := http2Question("GET", "//x")
	odd.host = "other.example:8080"
	if _, _, err := askHTTP2(t.Context(), h, odd); err != nil {
		t.Fatal(err)
	}
	if got := <-heads; got[":path"][0] != "//x" || got[":authority"][0] != odd.host {
		t.Errorf("with a Host of its own: %v", got)
	}
}

func TestHTTP2GivesTheAnswerAsItIs(t *testing.T) {
	silentLog(t)
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		id := <-s.asked
		s.head(id, false, ":status", "103", "link", "</a>")
		s.head(id, false, ":status", "200", "x-b", "1", "content-length", "4", "x-a", " 2 ", "x-b", "3", "content-length", "4")
		s.WriteDataPadded(id, false, []byte("pa"), make([]byte, 200))
		s.WriteData(id, false, []byte("ge"))
		s.head(id, true, "x-trailer", "1")
		s.head(<-s.asked, true, ":status", "404")
		id = <-s.asked
		s.head(id, false, ":status", "200", "content-length", "1000")
		s.WriteData(id, true, nil)
		s.head(<-s.asked, true, ":status", "304", "content-length", "1000")
		id = <-s.asked
		s.head(id, false, ":status", "204")
		s.WriteData(id, true, nil)
		s.gone()
	})
	h := openHTTP2(t, dial())
	for _, test := range []struct {
		method string
		status int
		header []Field
		length int64
		page   string
	}{
		{"GET", 200, []Field{{"x-b", "1"}, {"content-length", "4"}, {"x-a", "2"}, {"x-b", "3"}, {"content-length", "4"}}, 4, "page"},
		{"GET", 404, nil, 0, ""},
		{"HEAD", 200, []Field{{"content-length", "1000"}}, 1000, ""},
		{"GET", 304, []Field{{"content-length", "1000"}}, 0, ""},
		{"GET", 204, nil, 0, ""},
	} {
		start := time.Now()
		resp, page, err := askHTTP2(t.Context(), h, http2Question(test.method, "/"))
		if err != nil {
			t.Fatalf("%s, status %d: %v", test.method, test.status, err)
		}
		if resp.status != test.status || resp.proto != "HTTP/2.0" || resp.length != test.length || string(page) != test.page || resp.phase != reading {
			t.Errorf("%s: status %d, proto %s, length %d, body %q, phase %s; want %d with %d bytes: %q",
				test.method, resp.status, resp.proto, resp.length, page, resp.phase, test.status, test.length, test.page)
		}
		if diff := cmp.Diff(test.header, resp.header); diff != "" {
			t.Errorf("header of %d (-want +got):\n%s", test.status, diff)
		}
		if resp.firstByte.Before(start) || resp.firstByte.After(time.Now()) {
			t.Errorf("the first byte of %d came at %s", test.status, resp.firstByte)
		}
	}
	if !h.quiet() || !h.usable() || !h.reserve() {
		t.Errorf("after the answers: quiet %t, usable %t", h.quiet(), h.usable())
	}
}

func TestHTTP2LeavesOutFramesThatItDoesNotKnow(t *testing.T) {
	silentLog(t)
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1<<24 - 1}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 1<<32 - 1},
			http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1}, http2.Setting{ID: 0x99, Val: 1})
		for id := range s.asked {
			s.WriteRawFrame(0xa, 0xff, 0, make([]byte, 100)) // ALTSVC
			s.WriteRawFrame(0xc, 0, 0, make([]byte, 16<<10)) // ORIGIN
			s.head(id, false, ":status", "200")
			s.WriteData(id, false, []byte("o"))
			s.WritePriority(id+2, http2.PriorityParam{StreamDep: id})
			s.WriteRawFrame(http2.FramePriorityUpdate, 0, 0, make([]byte, 9))
			s.WriteRawFrame(0xff, 0, 2, nil)
			s.WriteData(id, true, []byte("k"))
		}
	})
	h := openHTTP2(t, dial())
	for range 3 {
		if _, page, err := askHTTP2(t.Context(), h, http2Question("GET", "/")); err != nil || string(page) != "ok" {
			t.Fatalf("page %q, %v", page, err)
		}
	}
}

func TestHTTP2CarriesManyRequestsAtOnce(t *testing.T) {
	silentLog(t)
	page := func(path string) string {
		n := 0
		fmt.Sscanf(path, "/%d", &n)
		return strings.Repeat(path, n*n*5)
	}
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, page(r.URL.Path)) }))
	site.Config.Protocols = new(http.Protocols)
	site.Config.Protocols.SetUnencryptedHTTP2(true)
	site.Start()
	t.Cleanup(site.Close)
	c, err := net.Dial("tcp", site.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	h := openHTTP2(t, c)
	for i := range http2Streams {
		if !h.reserve() {
			t.Fatalf("no room for request %d", i)
		}
	}
	if h.reserve() {
		t.Errorf("room for more than %d", http2Streams)
	}
	var wg sync.WaitGroup
	for i := range http2Streams {
		wg.Go(func() {
			path := fmt.Sprintf("/%d", i)
			resp, err := h.exchange(t.Context(), http2Question("GET", path))
			if err != nil {
				t.Errorf("%s: %v", path, err)
				return
			}
			defer resp.body.Close()
			if got, err := io.ReadAll(resp.body); err != nil || string(got) != page(path) {
				t.Errorf("%s: %d bytes, not the page, %v", path, len(got), err)
			}
		})
	}
	wg.Wait()
	if !h.quiet() || !h.usable() {
		t.Errorf("after all: quiet %t, usable %t", h.quiet(), h.usable())
	}
}

func TestHTTP2AStreamThatNobodyReadsHoldsUpNoOther(t *testing.T) {
	silentLog(t)
	stuck := make(chan struct{})
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		filled := uint32(0)
		for id := range s.asked {
			if id < 2*http2Streams-1 {
				s.head(id, false, ":status", "200")
				for range http2Room / http2MaxFrame {
					s.WriteData(id, false, make([]byte, http2MaxFrame))
				}
				if filled++; filled == http2Streams-1 {
					close(stuck)
				}
				continue
			}
			s.ok(id, "ok")
		}
	})
	h := openHTTP2(t, dial())
	for range http2Streams - 1 {
		if !h.reserve() {
			t.Fatal("no room")
		}
		resp, err := h.exchange(t.Context(), http2Question("GET", "/"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.body.Close()
	}
	<-stuck
	if _, page, err := askHTTP2(t.Context(), h, http2Question("GET", "/")); err != nil || string(page) != "ok" {
		t.Errorf("beside streams that nobody reads: %q, %v", page, err)
	}
}

func TestHTTP2KeepsNoMoreOfAStreamThanItsRoom(t *testing.T) {
	silentLog(t)
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		s.head(<-s.asked, false, ":status", "200")
		for range http2Room/http2MaxFrame + 1 {
			s.WriteData(1, false, make([]byte, http2MaxFrame))
		}
		s.gone()
	})
	h := openHTTP2(t, dial())
	h.reserve()
	resp, err := h.exchange(t.Context(), http2Question("GET", "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.body.Close()
	for h.screen.open() { // until what is too much has been read
		select {
		case <-t.Context().Done():
			t.Fatal("more than the window is taken")
		case <-time.After(time.Millisecond):
		}
	}
	n, err := io.Copy(io.Discard, resp.body)
	if n > http2Room {
		t.Errorf("%d bytes were kept, want %d at most", n, http2Room)
	}
	wantHTTP2Error(t, err, Protocol, "malformed answer (HTTP/2 FLOW_CONTROL_ERROR)", false)
}

func TestHTTP2TakesAsManyRequestsAsTheServerAllows(t *testing.T) {
	silentLog(t)
	for _, limit := range []uint32{0, 1, 3} {
		settled := make(chan struct{})
		dial, count := serveHTTP2(t, func(s *http2Script) {
			s.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: limit})
			s.WritePing(false, [8]byte{1})
			<-s.acks // which come in order: it knows the settings
			close(settled)
			s.gone()
		})
		h := openHTTP2(t, dial())
		<-settled
		room := 0
		for h.reserve() {
			room++
		}
		if room != int(limit) {
			t.Errorf("room for %d, want %d", room, limit)
		}
		if limit == 0 && h.usable() {
			t.Error("a connection that takes no request at all is said to be usable")
		}
		if n := count.Load(); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	}
}

func TestHTTP2ReservedTooManyIsUnprocessed(t *testing.T) {
	silentLog(t)
	settled := make(chan struct{})
	dial, count := serveHTTP2(t, func(s *http2Script) {
		<-settled
		s.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0})
		s.WritePing(false, [8]byte{1})
		<-s.acks
		settled <- struct{}{}
		s.gone()
	})
	h := openHTTP2(t, dial())
	if !h.reserve() {
		t.Fatal("a new connection has no room")
	}
	settled <- struct{}{}
	<-settled
	_, err := h.exchange(t.Context(), http2Question("GET", "/"))
	wantHTTP2Error(t, err, Reset, "the server takes no more requests (HTTP/2)", true)
	if n := count.Load(); n != 0 || !h.quiet() {
		t.Errorf("%d requests were sent; quiet %t", n, h.quiet())
	}
}

func TestHTTP2EndsWithItsContext(t *testing.T) {
	silentLog(t)
	cause := errors.New("enough")
	for _, test := range []struct {
		name    string
		answers func(s *http2Script, id uint32)
	}{
		{"before the head", func(*http2Script, uint32) {}},
		{"after 1xx", func(s *http2Script, id uint32) { s.head(id, false, ":status", "103") }},
		{"in the head", func(s *http2Script, id uint32) {
			s.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: s.encode(":status", "200")})
		}},
		{"in the body", func(s *http2Script, id uint32) {
			s.head(id, false, ":status", "200")
			s.WriteData(id, false, []byte("half"))
		}},
	} {
		told, resets := make(chan struct{}), make(chan http2.ErrCode, 1)
		dial, count := serveHTTP2(t, func(s *http2Script) {
			s.WriteSettings()
			test.answers(s, <-s.asked)
			close(told)
			resets <- (<-s.resets).ErrCode
			s.gone()
		})
		h := openHTTP2(t, dial())
		h.reserve()
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-told
			cancel(cause)
		}()
		resp, err := h.exchange(ctx, http2Question("GET", "/"))
		if err == nil {
			_, err = io.ReadAll(resp.body)
			resp.body.Close()
		}
		if !errors.Is(err, cause) {
			t.Errorf("%s: ended with %v, want %v", test.name, err, cause)
		}
		if code := <-resets; code != http2.ErrCodeCancel {
			t.Errorf("%s: reset with %s", test.name, code)
		}
		if !h.quiet() || count.Load() != 1 {
			t.Errorf("%s: quiet %t after %d requests", test.name, h.quiet(), count.Load())
		}
	}
}

// A server that reads nothing fills every buffer on the way to it, and then what
// is written waits.
func TestHTTP2EndsWithItsContextIfTheServerReadsNothing(t *testing.T) {
	silentLog(t)
	pipe, theirs := net.Pipe()
	t.Cleanup(func() { theirs.Close() })
	ours := &closable{Conn: pipe, closed: make(chan struct{})}
	told := make(chan struct{})
	go func() {
		defer close(told)
		s := http2.NewFramer(theirs, theirs)
		io.CopyN(io.Discard, theirs, int64(len(http2.ClientPreface)))
		for {
			frame, err := s.ReadFrame()
			if err != nil || frame.Header().Type == http2.FrameHeaders {
				break
			}
		}
		s.WriteSettings() // its acknowledgement is read by nobody
	}()
	h := openHTTP2(t, ours)
	h.reserve()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-told
		cancel()
	}()
	_, err := h.exchange(ctx, http2Question("GET", "/"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	select {
	case <-ours.closed:
	case <-time.After(20 * time.Second): // a lost PING would end it, too, but later
		t.Fatal("the connection is kept")
	}
	if h.usable() || !h.quiet() {
		t.Errorf("usable %t, quiet %t", h.usable(), h.quiet())
	}
}

// A closable tells that it has been closed.
type closable struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *closable) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func TestHTTP2CloseEndsWhatIsInFlight(t *testing.T) {
	silentLog(t)
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		s.head(<-s.asked, false, ":status", "200")
		s.gone()
	})
	h := openHTTP2(t, dial())
	h.reserve()
	resp, err := h.exchange(t.Context(), http2Question("GET", "/"))
	if err != nil {
		t.Fatal(err)
	}
	h.close()
	_, err = io.ReadAll(resp.body)
	wantHTTP2Error(t, err, Truncated, "the body ended early", false)
	resp.body.Close()
	resp.body.Close()
	if h.usable() || !h.quiet() || h.reserve() {
		t.Errorf("after close: usable %t, quiet %t", h.usable(), h.quiet())
	}
}

func TestHTTP2ServesOnAfterStreamsThatAreGivenUp(t *testing.T) {
	silentLog(t)
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		for id := range s.asked {
			s.head(id, false, ":status", "200")
			s.WriteData(id, false, []byte("half"))
			if <-s.heads; id%4 == 1 {
				<-s.resets
				for range 20 { // as much as it may still send
					s.WriteData(id, false, make([]byte, http2MaxFrame))
				}
			}
			s.WriteData(id, true, []byte("end"))
		}
	})
	h := openHTTP2(t, dial())
	for range 300 {
		h.reserve()
		resp, err := h.exchange(t.Context(), http2Question("GET", "/"))
		if err != nil {
			t.Fatal(err)
		}
		resp.body.Close()
		if _, page, err := askHTTP2(t.Context(), h, http2Question("GET", "/")); err != nil || string(page) != "halfend" {
			t.Fatalf("%q, %v", page, err)
		}
	}
}

func TestHTTP2FinishesWhatTheServerTookBeforeItWent(t *testing.T) {
	silentLog(t)
	dial, count := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		s.head(<-s.asked, false, ":status", "200")
		<-s.asked
		s.WriteGoAway(1, http2.ErrCodeNo, []byte("bye\x1b"))
		s.WriteData(1, true, []byte("ok"))
		s.gone()
	})
	h := openHTTP2(t, dial())
	h.reserve()
	first, err := h.exchange(t.Context(), http2Question("GET", "/"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = askHTTP2(t.Context(), h, http2Question("GET", "/"))
	wantHTTP2Error(t, err, Reset, "the server ends the connection (HTTP/2 NO_ERROR)", true)
	if h.usable() || h.reserve() {
		t.Error("usable after GOAWAY")
	}
	if page, err := io.ReadAll(first.body); err != nil || string(page) != "ok" {
		t.Errorf("the answer that was on its way: %q, %v", page, err)
	}
	first.body.Close()
	if n := count.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// A request that is being written while the server's GOAWAY comes is none that it
// has taken.
func TestHTTP2RequestThatCrossesGoAwayIsUnprocessed(t *testing.T) {
	s := newHTTP2Screen(&chunkedConn{})
	s.goAway(1, http2.ErrCodeNo)
	for id, again := range map[uint32]bool{1: false, 3: true} {
		st := &http2Stream{}
		s.expect(st)
		s.opening(id)
		if got := errors.Is(st.err, errUnprocessed); got != again {
			t.Errorf("stream %d: unprocessed %t, want %t", id, got, again)
		}
	}
}

func BenchmarkHTTP2(b *testing.B) {
	dial, _ := serveHTTP2(b, func(s *http2Script) {
		s.WriteSettings()
		page := make([]byte, 10_000)
		for id := range s.asked {
			<-s.heads
			s.head(id, false, ":status", "200", "content-type", "text/html", "content-length", "10000", "server", "nginx")
			s.WriteData(id, true, page)
			for len(s.window) > 0 {
				<-s.window
			}
		}
	})
	h := openHTTP2(b, dial())
	buffer := make([]byte, 32<<10)
	for b.Loop() {
		h.reserve()
		resp, err := h.exchange(b.Context(), http2Question("GET", "/", Field{"User-Agent", "trawl/1"}, Field{"Accept", "*/*"}))
		if err != nil {
			b.Fatal(err)
		}
		n, err := 0, error(nil)
		for err == nil {
			var m int
			m, err = resp.body.Read(buffer)
			n += m
		}
		resp.body.Close()
		if err != io.EOF || n != 10_000 {
			b.Fatal(n, err)
		}
	}
}
