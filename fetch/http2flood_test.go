package fetch

import (
	"testing"

	"golang.org/x/net/http2"
)

func TestHTTP2FloodBetweenExchangesEndsTheConnection(t *testing.T) {
	const most = 200_000 // frames
	answered, sent := make(chan struct{}), make(chan int)
	dial, _ := serveHTTP2(t, func(s *http2Script) {
		s.WriteSettings()
		id := <-s.asked
		s.ok(id, "ok")
		block := append([]byte(nil), s.encode(":status", "200")...)
		<-answered
		n := 0
		for n < most && s.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true}) == nil {
			n++
		}
		sent <- n
	})
	h := openHTTP2(t, dial())
	if _, page, err := askHTTP2(t.Context(), h, http2Question("GET", "/")); err != nil || string(page) != "ok" {
		t.Fatal(err)
	}
	close(answered)
	if n := <-sent; n == most {
		t.Errorf("%d frames were taken on a stream that was over", n)
	}
}
