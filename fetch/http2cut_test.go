package fetch

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"golang.org/x/net/http2"
)

// http2Transcript is what a server says that answers two requests.
func http2Transcript() []byte {
	var said bytes.Buffer
	s := newHTTP2Script(nil, nil)
	s.Framer = http2.NewFramer(&said, nil)
	s.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100})
	s.WriteSettingsAck()
	s.head(1, false, ":status", "103", "link", "</a>")
	s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: s.encode(":status", "200", "server", "x"), PadLength: 9})
	s.WriteContinuation(1, true, s.encode("content-type", "text/html"))
	s.WriteData(1, false, []byte("a page"))
	s.WriteRawFrame(0x77, 0, 0, []byte("unknown"))
	s.WriteDataPadded(1, false, []byte(" in pieces"), make([]byte, 5))
	s.WriteWindowUpdate(0, 1)
	s.WriteData(1, true, nil)
	s.head(3, false, ":status", "200", "content-length", "4")
	s.WritePing(false, [8]byte{1, 2, 3})
	s.WriteData(3, false, []byte("page"))
	s.head(3, true, "x-trailer", "y")
	return said.Bytes()
}

// However much of an answer comes, it is the whole or a failure.
func TestHTTP2AnswersThatAreCutAreNeverASuccess(t *testing.T) {
	silentLog(t)
	whole := http2Transcript()
	want := []string{"a page in pieces", "page"}
	for cut := range len(whole) + 1 {
		dial, _ := serveHTTP2(t, func(s *http2Script) {
			<-s.asked
			<-s.asked
			s.Write(whole[:cut])
		})
		h := openHTTP2(t, dial())
		pages, failures := make([]chan string, 2), 0
		for i := range pages {
			pages[i] = make(chan string, 1)
			if !h.reserve() {
				t.Fatal("no room")
			}
			sent := h.screen.opened()
			go func() {
				resp, err := h.exchange(t.Context(), http2Question("GET", "/"))
				if err != nil {
					pages[i] <- "!" + http2Class(err)
					return
				}
				defer resp.body.Close()
				page, err := io.ReadAll(resp.body)
				if err != nil {
					page = []byte("!" + http2Class(err))
				}
				pages[i] <- string(page)
			}()
			for h.screen.opened() == sent { // so that the first is stream 1
			}
		}
		for i := range pages {
			switch page := <-pages[i]; {
			case page == want[i]:
			case page == "!reset", page == "!truncated":
				failures++
			default:
				t.Errorf("of %d bytes: answer %d is %q", cut, i, page)
			}
		}
		if complete := cut == len(whole); complete != (failures == 0) {
			t.Errorf("of %d bytes, of %d: %d failures", cut, len(whole), failures)
		}
		h.close()
	}
}

// opened is the last stream that has been opened.
func (s *http2Screen) opened() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func http2Class(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return string(e.Class)
	}
	return err.Error()
}
