package fetch_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trawl/fetch"
)

// A script answers the n-th request of each connection with what it says, and
// closes the connection after the last. It counts.
type script struct {
	url                   string
	requests, connections atomic.Int64
}

func serveScript(t *testing.T, answers ...string) *script {
	s := &script{}
	s.url = "http://" + listen(t, func(c net.Conn) {
		s.connections.Add(1)
		r := bufio.NewReader(c)
		for _, answer := range answers {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			s.requests.Add(1)
			io.WriteString(c, answer)
		}
	})
	return s
}

func (s *script) want(t *testing.T, requests, connections int64) {
	t.Helper()
	if s.requests.Load() != requests || s.connections.Load() != connections {
		t.Errorf("%d requests over %d connections, want %d over %d", s.requests.Load(), s.connections.Load(), requests, connections)
	}
}

const (
	ok      = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	forged  = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
	goodbye = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
)

func TestAnswerBehindAnAnswerIsNobodys(t *testing.T) {
	for name, answer := range map[string]string{
		"length":      ok + forged,
		"chunked":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + forged,
		"empty":       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + forged,
		"204":         "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n" + forged,
		"304":         "HTTP/1.1 304 Not Modified\r\n\r\n" + forged,
		"both":        "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + forged,
		"not wanted":  "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok" + forged,
		"a lone byte": ok + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := serveScript(t, answer, answer)
			c := newClient(t, fetch.ClientOptions{})
			for range 3 {
				if page := get(t, c, s.url); page.Err != nil || strings.Contains(string(page.Body), "forged") {
					t.Errorf("got %q, %v", page.Body, page.Err)
				}
			}
			s.want(t, 3, 3)
		})
	}
}

func TestAnswerThatComesUnaskedIsNobodys(t *testing.T) {
	speak, said := make(chan struct{}), make(chan struct{})
	url := "http://" + listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			io.WriteString(c, ok)
			<-speak
			io.WriteString(c, forged)
			said <- struct{}{}
		}
	})
	c := newClient(t, fetch.ClientOptions{})
	for range 3 {
		wantBody(t, get(t, c, url), "ok")
		speak <- struct{}{}
		<-said
	}
}

func TestKeptConnectionThatIsDeadIsReplacedOnce(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	s := serveScript(t, ok, "") // the second request on each connection gets no answer
	wantBody(t, get(t, c, s.url), "ok")
	wantBody(t, get(t, c, s.url), "ok")
	s.want(t, 3, 2)
	wantError(t, ask(t, c, fetch.Request{URL: s.url, Method: "POST"}), fetch.Reset, "connection closed before the answer")
	s.want(t, 4, 2)

	begun := serveScript(t, ok, "HTTP/1.1 2") // and here half of one
	wantBody(t, get(t, c, begun.url), "ok")
	wantError(t, get(t, c, begun.url), fetch.Reset, "connection closed before the answer")
	begun.want(t, 2, 1)

	never := serveScript(t, "")
	wantError(t, get(t, c, never.url), fetch.Reset, "connection closed before the answer")
	never.want(t, 1, 1)
}

func TestARequestIsNotRepeatedAfterATimeout(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	var asked atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
	}))
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{})
	wantBody(t, get(t, c, site.URL), "")
	wantError(t, ask(t, c, fetch.Request{URL: site.URL, Timeout: 50 * time.Millisecond}), fetch.Timeout, "no answer within 50 ms (waiting for headers)")
	if asked.Load() != 2 {
		t.Errorf("%d requests, want 2", asked.Load())
	}
}

func TestConnectionIsClosedWhenTheServerSaysSo(t *testing.T) {
	for _, answer := range []string{
		goodbye,
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nConnection: x, CLOSE\r\n\r\nok",
	} {
		s := serveScript(t, answer, answer)
		c := newClient(t, fetch.ClientOptions{})
		wantBody(t, get(t, c, s.url), "ok")
		wantBody(t, get(t, c, s.url), "ok")
		s.want(t, 2, 2)
	}
	old := "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok"
	s := serveScript(t, old, old)
	c := newClient(t, fetch.ClientOptions{})
	wantBody(t, get(t, c, s.url), "ok")
	wantBody(t, get(t, c, s.url), "ok")
	s.want(t, 2, 1)
}

// crowd has n requests in flight at once, on a connection each.
func crowd(t *testing.T, c *fetch.Client, n int, url func(i int) string, all *sync.WaitGroup) {
	t.Helper()
	all.Add(n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			page, err := c.GetPage(t.Context(), fetch.Request{URL: url(i), Timeout: time.Minute})
			if err != nil || page.Err != nil {
				t.Error(err, page.Err)
			}
			page.Release()
		})
	}
	wg.Wait()
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	var connections, open atomic.Int64
	var all sync.WaitGroup
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/together" {
			all.Done()
			all.Wait()
		}
	}))
	closed := make(chan struct{}, 100)
	site.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			connections.Add(1)
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
			closed <- struct{}{}
		}
	}
	site.Start()
	defer site.Close()
	host := func(i int) string { return fmt.Sprintf("h%d.example:%s", i, port(site.Listener.Addr().String())) }
	resolve := map[string]string{}
	for i := range 7 {
		resolve[host(i)] = "127.0.0.1"
	}
	c := newClient(t, fetch.ClientOptions{HostConnections: 3, Connections: 5, Resolve: resolve})
	crowd(t, c, 10, func(int) string { return "http://" + host(0) + "/together" }, &all)
	for range 7 {
		<-closed
	}
	if connections.Load() != 10 || open.Load() != 3 {
		t.Errorf("%d of %d connections are open, want 3 of 10", open.Load(), connections.Load())
	}
	for i := range 6 {
		wantBody(t, get(t, c, "http://"+host(i+1)), "")
	}
	for range 4 {
		<-closed
	}
	if connections.Load() != 16 || open.Load() != 5 {
		t.Errorf("%d of %d connections are open, want 5 of 16", open.Load(), connections.Load())
	}
	for i := range 5 { // those that were used last
		wantBody(t, get(t, c, "http://"+host(6-i)), "")
	}
	if connections.Load() != 16 {
		t.Errorf("%d connections were made, want none more than 16", connections.Load())
	}
}

func TestAServerThatSpeaksHTTP2GetsOneConnection(t *testing.T) {
	const n = 50
	var connections atomic.Int64
	var all sync.WaitGroup
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Done()
		all.Wait()
	}))
	site.EnableHTTP2 = true
	site.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	site.StartTLS()
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{Insecure: true})
	crowd(t, c, n, func(int) string { return site.URL }, &all)
	if connections.Load() != 1 {
		t.Errorf("%d connections for %d requests at once, want 1", connections.Load(), n)
	}
}

func TestAnswerInOneTLSRecordWithAnotherIsNobodys(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	url := "https://" + listen(t, func(raw net.Conn) {
		c := tls.Server(raw, &tls.Config{Certificates: certified.TLS.Certificates})
		r := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
			io.WriteString(c, "ok"+forged)
		}
	})
	c := newClient(t, fetch.ClientOptions{Insecure: true})
	for range 3 {
		wantBody(t, get(t, c, url), "ok")
	}
}

func TestTLSConnectionsAreKept(t *testing.T) {
	var connections atomic.Int64
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	site.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	site.StartTLS()
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{Insecure: true})
	for range 20 {
		wantBody(t, get(t, c, site.URL), "")
	}
	if connections.Load() != 1 {
		t.Errorf("%d connections for 20 pages, want 1", connections.Load())
	}
}

func TestConnectionOfARefusedUpgradeIsNotKept(t *testing.T) {
	s := serveScript(t, "HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n", ok)
	c := newClient(t, fetch.ClientOptions{})
	for range 2 {
		wantError(t, get(t, c, s.url), fetch.Protocol, "unexpected status 101")
	}
	s.want(t, 2, 2)
}

func TestConnectionWhoseEndIsTheBodysIsNotKept(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	var requests atomic.Int64
	url := "https://" + listen(t, func(raw net.Conn) {
		c := tls.Server(raw, &tls.Config{Certificates: certified.TLS.Certificates})
		r := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			requests.Add(1)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nok")
			c.CloseWrite() // and the socket stays open
		}
	})
	c := newClient(t, fetch.ClientOptions{Insecure: true})
	wantBody(t, get(t, c, url), "ok")
	wantBody(t, ask(t, c, fetch.Request{URL: url, Method: "POST"}), "ok")
	if requests.Load() != 2 {
		t.Errorf("%d requests, want 2", requests.Load())
	}
}

func TestHTTP2ConnectionThatDiedIdleIsReplaced(t *testing.T) {
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	site.EnableHTTP2 = true
	site.StartTLS()
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{Insecure: true})
	for range 50 {
		wantBody(t, get(t, c, site.URL), "")
		site.CloseClientConnections()
		runtime.Gosched()
	}
}

func TestARedirectKeepsNothingOfItsHead(t *testing.T) {
	pad := strings.Repeat("X-Pad: "+strings.Repeat("x", 1000)+"\r\n", 200)
	answer := "HTTP/1.1 302 Found\r\nLocation: http://slow.example/\r\nContent-Length: 0\r\n" + pad + "\r\n"
	url := answerRaw(t, []byte(answer))
	c := newClient(t, fetch.ClientOptions{Follow: true})
	var waiting []fetch.Request
	before := heapInUse()
	for range 100 {
		r := fetch.Request{URL: url, Timeout: time.Minute}
		page := ask(t, c, r)
		next, err := r.Redirect(page.Location)
		if err != nil {
			t.Fatal(page.Err, err)
		}
		waiting = append(waiting, next)
	}
	if grown := heapInUse() - before; grown > int64(len(waiting)*len(answer)/4) {
		t.Errorf("%d redirects that wait hold %d bytes", len(waiting), grown)
	}
	runtime.KeepAlive(waiting)
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // what pools have kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
