package fetch_test

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"trawl/fetch"
)

// newClient makes a client that is closed with the test.
func newClient(t testing.TB, opts fetch.ClientOptions) *fetch.Client {
	t.Helper()
	c, err := fetch.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// get asks for url; the page is released with the test.
func get(t *testing.T, c *fetch.Client, url string) fetch.Page {
	t.Helper()
	return ask(t, c, fetch.Request{URL: url})
}

// ask is get with a request. It takes a minute at most.
func ask(t *testing.T, c *fetch.Client, r fetch.Request) fetch.Page {
	t.Helper()
	if r.Timeout == 0 {
		r.Timeout = time.Minute
	}
	page, err := c.GetPage(t.Context(), r)
	if err != nil {
		t.Fatalf("GetPage(%s): %v", r.URL, err)
	}
	t.Cleanup(page.Release)
	return page
}

func wantError(t *testing.T, page fetch.Page, class fetch.Class, detail string) {
	t.Helper()
	if page.Err == nil {
		t.Errorf("%s: a page with status %d, want %s (%s)", page.URL, page.Status, class, detail)
		return
	}
	if page.Err.Class != class || page.Err.Detail != detail || page.Err.URL != page.URL {
		t.Errorf("%s: %s (%s) of %s, want %s (%s)", page.URL, page.Err.Class, page.Err.Detail, page.Err.URL, class, detail)
	}
}

// wantLimit is for a timeout: which limit was met.
func wantLimit(t *testing.T, err *fetch.Error, limit time.Duration) {
	t.Helper()
	if err != nil && err.Limit != limit {
		t.Errorf("%v: the limit is %s, want %s", err, err.Limit, limit)
	}
}

func wantBody(t *testing.T, page fetch.Page, want string) {
	t.Helper()
	if page.Err != nil {
		t.Errorf("%s: %s (%s), want a page", page.URL, page.Err.Class, page.Err.Detail)
		return
	}
	if !page.HasBody || string(page.Body) != want {
		t.Errorf("%s: HasBody %t, %d bytes %.60q, want %d bytes %.60q", page.URL, page.HasBody, len(page.Body), page.Body, len(want), want)
	}
}

// listen calls serve for each connection, closing it after. It ends with the
// test, and so do the connections.
func listen(t testing.TB, serve func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// answerRaw serves every request on every connection with these bytes, and then
// closes the connection.
func answerRaw(t testing.TB, answer []byte) (url string) {
	return "http://" + listen(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		c.Write(answer)
	})
}

// recordRequests answers every request with 200 and gives the heads of the
// requests as they were sent.
func recordRequests(t testing.TB) (addr string, heads <-chan string) {
	sent := make(chan string, 100)
	return listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			var head bytes.Buffer
			for !strings.HasSuffix(head.String(), "\r\n\r\n") {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				head.WriteString(line)
			}
			sent <- head.String()
			c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
		}
	}), sent
}
