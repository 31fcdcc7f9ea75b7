package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trawl/fetch"
)

func TestPageIsWhatTheServerSaid(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=gbk")
		w.Header().Set("ETag", `W/"7"`)
		w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 09:24:39 GMT")
		w.Header().Set("Retry-After", "7")
		io.WriteString(w, r.Method+" "+r.URL.String())
	}))
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{})
	url := site.URL + "/a?b=c"
	page := get(t, c, url)
	wantBody(t, page, "GET /a?b=c")
	if page.URL != url || page.Status != 200 || page.Proto != "HTTP/1.1" || page.IP != "127.0.0.1" ||
		page.ContentType != "text/html; charset=gbk" || page.ETag != `W/"7"` || page.LastModified != "Sun, 22 Nov 2026 09:24:39 GMT" ||
		page.WireBytes != 10 || page.RetryAfter != 7*time.Second || page.Location != "" {
		t.Errorf("got %+v", page)
	}
	if page.Start.IsZero() || page.Connect <= 0 || page.TTFB < page.Connect || page.Duration < page.TTFB || page.TLS != 0 {
		t.Errorf("timings %+v", page.Timings)
	}
	if again := get(t, c, url); again.Connect != 0 || again.TTFB <= 0 || again.IP != "127.0.0.1" {
		t.Errorf("on a kept connection: IP %q, %+v", again.IP, again.Timings)
	}
}

func TestReleaseMayBeCalledTwice(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	page := get(t, c, answerRaw(t, []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")))
	page.Release()
	page.Release()
	if page.Body != nil {
		t.Error("Body is there after Release")
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var asked atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/nowhere" {
			w.Header().Set("Location", "../next page")
		}
		w.WriteHeader(302)
		io.WriteString(w, "moved")
	}))
	defer site.Close()
	accept, err := fetch.ParseStatusSet("200-399")
	if err != nil {
		t.Fatal(err)
	}
	follows := newClient(t, fetch.ClientOptions{Accept: accept, Follow: true})
	page := get(t, follows, site.URL+"/here")
	if page.Err != nil || page.Status != 302 || page.Location != "../next page" || page.HasBody {
		t.Errorf("a redirect that will be followed: %+v", page)
	}
	wantBody(t, get(t, follows, site.URL+"/nowhere"), "moved")
	wantBody(t, get(t, newClient(t, fetch.ClientOptions{Accept: accept}), site.URL+"/here"), "moved")
	if asked.Load() != 3 {
		t.Errorf("%d requests for 3 pages", asked.Load())
	}
}

func TestThousandPagesOnOneConnection(t *testing.T) {
	var connections atomic.Int64
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing": // a short body that nobody wants
			w.WriteHeader(404)
			w.Write(make([]byte, 10_000))
		case "/chunked":
			w.(http.Flusher).Flush()
			w.Write(make([]byte, 50_000))
		case "/empty":
			w.WriteHeader(204)
		default:
			io.WriteString(w, "ok")
		}
	}))
	site.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	site.Start()
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{})
	paths := []string{"/", "/missing", "/chunked", "/empty"}
	for i := range 1000 {
		r := fetch.Request{URL: site.URL + paths[i%len(paths)]}
		if i%7 == 0 {
			r.Method = "HEAD"
		}
		page, err := c.GetPage(t.Context(), r)
		if err != nil || page.Err != nil {
			t.Fatal(err, page.Err)
		}
		page.Release()
	}
	if connections.Load() != 1 {
		t.Errorf("%d connections, want 1", connections.Load())
	}
}

func TestKeptConnectionThatDiedIsReplaced(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{})
	for range 20 {
		wantBody(t, get(t, c, site.URL), "ok")
		site.CloseClientConnections()
	}
}

func TestUnwantedBodyHoldsNothingUp(t *testing.T) {
	gone := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(404)
		w.(http.Flusher).Flush()
		<-r.Context().Done() // the client has closed the connection
		close(gone)
	}))
	defer site.Close()
	page := get(t, newClient(t, fetch.ClientOptions{}), site.URL)
	if page.Err != nil || page.Status != 404 || page.HasBody || page.Duration > 30*time.Second {
		t.Errorf("a 404 whose body never ends: %+v", page)
	}
	<-gone
}

func TestAnswersWithoutABody(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		switch r.URL.Path {
		case "/head":
			w.Header().Set("Content-Length", "99999999999")
		case "/204":
			w.WriteHeader(204)
		case "/empty":
			w.Header().Set("Content-Length", "0")
		case "/chunked":
			w.(http.Flusher).Flush()
		}
	}))
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{})
	wantBody(t, ask(t, c, fetch.Request{URL: site.URL + "/head", Method: "HEAD"}), "")
	for _, path := range []string{"/204", "/empty", "/chunked"} {
		wantBody(t, get(t, c, site.URL+path), "")
	}
}

func TestAbortReturnsAtOnceWithItsCause(t *testing.T) {
	why := errors.New("the user has had enough")
	hang := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Write([]byte("begun"))
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}
	site := httptest.NewServer(http.HandlerFunc(hang))
	defer site.Close()
	silent := listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	c := newClient(t, fetch.ClientOptions{})
	for _, url := range []string{site.URL + "/head", site.URL + "/body", "https://" + silent} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var aborted time.Time
		timer := time.AfterFunc(30*time.Millisecond, func() {
			aborted = time.Now()
			cancel(why)
		})
		_, err := c.GetPage(ctx, fetch.Request{URL: url})
		timer.Stop()
		if err != why {
			t.Errorf("%s: %v, want the cause", url, err)
		}
		if late := time.Since(aborted); late > 3*time.Second {
			t.Errorf("%s: returned %s after the abort", url, late)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := c.GetPage(ctx, fetch.Request{URL: site.URL + "/head"}); err != why {
		t.Errorf("after the abort: %v, want the cause", err)
	}
}

func TestHangInAnyPhaseEndsAtTheDeadline(t *testing.T) {
	hangAfter := func(said string) string {
		return listen(t, func(c net.Conn) {
			c.Read(make([]byte, 1<<10)) // the request
			io.WriteString(c, said)
			io.Copy(io.Discard, c)
		})
	}
	drip := listen(t, func(c net.Conn) { // never silent, never done
		c.Read(make([]byte, 1<<10))
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
			if _, err := io.WriteString(c, "x"); err != nil {
				tick.Stop()
				return
			}
		}
	})
	for _, test := range []struct{ name, url, want string }{
		{"no TLS", "https://" + hangAfter(""), "no answer within 1 s (connecting)"},
		{"no status", "http://" + hangAfter(""), "no answer within 1 s (waiting for headers)"},
		{"half a status", "http://" + hangAfter("HTTP/1."), "no answer within 1 s (waiting for headers)"},
		{"half a head", "http://" + hangAfter("HTTP/1.1 200 OK\r\nServer: x\r\n"), "no answer within 1 s (waiting for headers)"},
		{"no body", "http://" + hangAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), "no answer within 1 s (reading the body)"},
		{"half a body", "http://" + hangAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), "no answer within 1 s (reading the body)"},
		{"half a chunk", "http://" + hangAfter("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha"), "no answer within 1 s (reading the body)"},
		{"drops", "http://" + drip, "no answer within 1 s (reading the body)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, fetch.ClientOptions{})
			page := ask(t, c, fetch.Request{URL: test.url, Timeout: time.Second})
			wantError(t, page, fetch.Timeout, test.want)
			wantLimit(t, page.Err, time.Second)
			if page.Duration < time.Second || page.Duration > 20*time.Second {
				t.Errorf("took %s", page.Duration)
			}
		})
	}
	c := newClient(t, fetch.ClientOptions{ConnectTimeout: 50 * time.Millisecond})
	noTLS := get(t, c, "https://"+hangAfter(""))
	wantError(t, noTLS, fetch.Timeout, "no connection within 50 ms")
	wantLimit(t, noTLS.Err, 50*time.Millisecond)
	lastHop := ask(t, c, fetch.Request{URL: "http://" + hangAfter(""), Timeout: 10 * time.Millisecond, Spent: time.Second})
	if lastHop.Err == nil || lastHop.Err.Class != fetch.Timeout || !strings.HasPrefix(lastHop.Err.Detail, "no answer within 1.01 s (") {
		t.Errorf("the last of several hops: %v", lastHop.Err)
	}
	wantLimit(t, lastHop.Err, 1010*time.Millisecond)
}

func TestBodyOverTheLimitIsTooLarge(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/chunked" {
			w.(http.Flusher).Flush()
		}
		var n int
		fmt.Sscan(r.URL.RawQuery, &n)
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", r.URL.RawQuery)
		}
		w.Write(bytes.Repeat([]byte("x"), n))
	}))
	defer site.Close()
	for _, limit := range []int64{1000, 4096, 100_000} {
		c := newClient(t, fetch.ClientOptions{MaxSize: limit})
		want := map[int64]string{1000: "the body is over 1 kB", 4096: "the body is over 4 KiB", 100_000: "the body is over 100 kB"}[limit]
		for _, path := range []string{"/length", "/chunked"} {
			wantBody(t, get(t, c, fmt.Sprintf("%s%s?%d", site.URL, path, limit)), strings.Repeat("x", int(limit)))
			page := get(t, c, fmt.Sprintf("%s%s?%d", site.URL, path, limit+1))
			wantError(t, page, fetch.TooLarge, want)
			if page.Status != 200 || page.HasBody {
				t.Errorf("too large: status %d, HasBody %t", page.Status, page.HasBody)
			}
		}
	}
}

func TestAnnouncedLengthOverTheLimitIsNotRead(t *testing.T) {
	url := "http://" + listen(t, func(c net.Conn) {
		c.Read(make([]byte, 1<<10))
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10485761\r\n\r\n") // and no body
		io.Copy(io.Discard, c)
	})
	wantError(t, get(t, newClient(t, fetch.ClientOptions{}), url), fetch.TooLarge, "the body is over 10 MiB")
}

func TestHundredBodiesInLittleMemory(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	packed := packings["gzip"](content)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", "1048576")
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed)
			return
		}
		w.Write(content)
	}))
	defer site.Close()
	const memory, body = 4 << 20, 1 << 20
	c := newClient(t, fetch.ClientOptions{MaxSize: body, BodyMemory: memory})
	var lent, most atomic.Int64
	c.OnLend(func(n int64) {
		now := lent.Add(n)
		for last := most.Load(); now > last && !most.CompareAndSwap(last, now); {
			last = most.Load()
		}
	})
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			page, err := c.GetPage(t.Context(), fetch.Request{URL: site.URL + []string{"/length", "/chunked", "/gzip"}[i%3], Timeout: time.Minute})
			if err != nil || page.Err != nil || !bytes.Equal(page.Body, content) {
				t.Errorf("%v, %v, %d bytes", err, page.Err, len(page.Body))
			}
			page.Release()
		})
	}
	wg.Wait()
	// One body at a time may go beyond the budget, with what it was packed as.
	const packedRoom = 32 << 10
	if allowed := int64(memory + body + packedRoom); most.Load() > allowed {
		t.Errorf("%d bytes were lent at once, want at most %d", most.Load(), allowed)
	}
	if most.Load() < body || lent.Load() != 0 {
		t.Errorf("%d bytes were lent at once, and %d not given back; want a body at least, and none", most.Load(), lent.Load())
	}
}

func TestPageHeldBackOnlyDelaysOthers(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 1<<20)) }))
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{MaxSize: 1 << 20, BodyMemory: 1 << 20})
	first, second := get(t, c, site.URL), get(t, c, site.URL) // the budget and one beyond it
	late := ask(t, c, fetch.Request{URL: site.URL, Timeout: time.Second})
	wantError(t, late, fetch.Timeout, "no answer within 1 s (reading the body)")
	first.Release()
	if page := get(t, c, site.URL); page.Err != nil {
		t.Errorf("after a release: %v", page.Err)
	}
	second.Release()
}

func TestSeveralLocationsAreNone(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{Follow: true})
	head := "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /a\r\n"
	wantError(t, get(t, c, answerRaw(t, []byte(head+"location: /b\r\n\r\n"))), fetch.BadRedirect, "redirect to several URLs")
	if page := get(t, c, answerRaw(t, []byte(head+"Location: /a\r\n\r\n"))); page.Err != nil || page.Location != "/a" {
		t.Errorf("the same twice: %v, %q", page.Err, page.Location)
	}
}
