package fetch_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"trawl/fetch"
)

// A wireServer gives each request the next of its answers, and keeps what its sockets
// saw and sent.
type wireServer struct {
	url  string
	sent <-chan string // heads of requests
}

// serveWire answers the n-th request with the n-th answer. One that ends in "\x00cut"
// is cut there: the connection is closed. One that ends in "\x00hang" stays open.
func serveWire(t *testing.T, answers ...string) wireServer {
	sent := make(chan string, len(answers))
	next := make(chan string, len(answers))
	for _, a := range answers {
		next <- a
	}
	addr := listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			var head strings.Builder
			for !strings.HasSuffix(head.String(), "\r\n\r\n") {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				head.WriteString(line)
			}
			answer, cut := strings.CutSuffix(<-next, "\x00cut")
			answer, hang := strings.CutSuffix(answer, "\x00hang")
			sent <- head.String()
			c.Write([]byte(answer))
			if hang {
				io.Copy(io.Discard, r)
			}
			if cut || hang {
				return
			}
		}
	})
	return wireServer{"http://" + addr + "/", sent}
}

// captured is what an exchange holds.
func captured(t *testing.T, x *fetch.Exchange) (request, head, body string) {
	t.Helper()
	w, err := x.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var parts [3]string
	for i, r := range []io.Reader{w.Request, w.Head, w.Body} {
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = string(b)
	}
	if n := (fetch.Sizes{Request: int64(len(parts[0])), Head: int64(len(parts[1])), Body: int64(len(parts[2]))}); n != x.Sizes {
		t.Errorf("Sizes are %+v, want %+v", x.Sizes, n)
	}
	if sum := sha256.Sum256([]byte(parts[1] + parts[2])); sum != x.AnswerSum {
		t.Error("AnswerSum is not that of head and body")
	}
	payload := parts[2]
	if x.Chunked {
		payload = outOfChunks(payload)
	}
	if sum := sha256.Sum256([]byte(payload)); sum != x.BodySum {
		t.Error("BodySum is not that of the body")
	}
	return parts[0], parts[1], parts[2]
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

func inChunks(text string, size int) string {
	var b strings.Builder
	for ; len(text) > 0; text = text[min(size, len(text)):] {
		part := text[:min(size, len(text))]
		fmt.Fprintf(&b, "%x;name=value\r\n%s\r\n", len(part), part)
	}
	return b.String() + "0\r\nX-Trailer: yes\r\n\r\n"
}

// outOfChunks is a body, or as much of it as there is.
func outOfChunks(text string) string {
	b, _ := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(text)))
	return string(b)
}

func TestWhatIsCapturedIsWhatWasOnTheWire(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 5<<20/16)
	ok := "HTTP/1.1 200 OK\r\nX-Odd :  folded\r\n  value\r\n"
	tests := []struct {
		name, method, head, body string
		interim                  string
		truncated                string
		class                    fetch.Class
	}{
		{name: "content-length", head: ok + "Content-Length: 5\r\n\r\n", body: "hello"},
		{name: "empty", head: ok + "Content-Length: 0\r\n\r\n"},
		{name: "chunked with a trailer", head: ok + "Transfer-Encoding: chunked\r\n\r\n", body: inChunks("hello world", 4)},
		{name: "chunked, nothing in it", head: ok + "Transfer-Encoding: chunked\r\n\r\n", body: inChunks("", 4)},
		{name: "gzip", head: ok + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(gzipped("hello"))), body: gzipped("hello")},
		{name: "gzip, chunked", head: ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", body: inChunks(gzipped("hello"), 3)},
		{name: "unknown coding", head: ok + "Content-Encoding: pack200\r\nContent-Length: 5\r\n\r\n", body: "hello", class: fetch.Decode},
		{name: "broken gzip", head: ok + "Content-Encoding: gzip\r\nContent-Length: 25\r\n\r\n", body: "hellohellohellohellohello", class: fetch.Decode},
		{name: "until close", head: "HTTP/1.0 200\n\n", body: "hello\x00cut"},
		{name: "after interim answers", interim: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", head: ok + "Content-Length: 5\r\n\r\n", body: "hello"},
		{name: "204", head: "HTTP/1.1 204 No Content\r\n\r\n"},
		{name: "304", head: "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"},
		{name: "HEAD", method: "HEAD", head: ok + "Content-Length: 7\r\n\r\n"},
		{name: "404", head: "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n", body: "gone"},
		{name: "redirect", head: "HTTP/1.1 302 Found\r\nLocation: /b\r\nTransfer-Encoding: chunked\r\n\r\n", body: inChunks("over there", 4)},
		{name: "forged redirect", head: "HTTP/1.1 302 Found\r\nLocation: /b\r\nLocation: /c\r\nContent-Length: 2\r\n\r\n", body: "hi", class: fetch.BadRedirect},
		{name: "large", head: ok + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(large)), body: large},
		{name: "large, until close", head: ok + "\r\n", body: large + "\x00cut"},
		{name: "large, chunked", head: ok + "Transfer-Encoding: chunked\r\n\r\n", body: inChunks(large, 100_000)},
		{name: "large 404", head: "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n", body: inChunks(large, 1<<20)},
		{name: "cut off", head: ok + "Content-Length: 500\r\n\r\n", body: "hello\x00cut", truncated: "disconnect", class: fetch.Truncated},
		{name: "cut off in a chunk's data", head: ok + "Transfer-Encoding: chunked\r\n\r\n", body: "5\r\nhello\r\n5\r\nwo\x00cut", truncated: "disconnect", class: fetch.Truncated},
		{name: "cut off in a chunk's size", head: ok + "Transfer-Encoding: chunked\r\n\r\n", body: "5\r\nhello\r\n1\x00cut", truncated: "disconnect", class: fetch.Truncated},
		{name: "broken chunks", head: ok + "Transfer-Encoding: chunked\r\n\r\n", body: "5\r\nhello\r\nnonsense\r\n", truncated: "unspecified", class: fetch.Protocol},
		{name: "404, cut off", head: "HTTP/1.1 404 Not Found\r\nContent-Length: 40\r\n\r\n", body: "gone\x00cut", truncated: "disconnect"},
		{name: "large, cut off", head: ok + "Content-Length: 6000000\r\n\r\n", body: large + "\x00cut", truncated: "disconnect", class: fetch.Truncated},
		{name: "large in chunks, cut off", head: ok + "Transfer-Encoding: chunked\r\n\r\n", body: inChunks(large, 5<<19)[:4<<20] + "\x00cut", truncated: "disconnect", class: fetch.Truncated},
		{name: "time is over", head: ok + "Content-Length: 500\r\n\r\n", body: "hello\x00hang", truncated: "time", class: fetch.Timeout},
		{name: "404, time is over", head: "HTTP/1.1 404 Not Found\r\nContent-Length: 40\r\n\r\n", body: "gone\x00hang", truncated: "time"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			site := serveWire(t, test.interim+test.head+test.body)
			dir := t.TempDir()
			c := newClient(t, fetch.ClientOptions{Follow: true, Capture: fetch.NewSpool(dir, 0)})
			r := fetch.Request{URL: site.url, Method: test.method, Timeout: 10 * time.Second}
			if test.truncated == "time" {
				r.Timeout = 300 * time.Millisecond
			}
			page, err := c.GetPage(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case page.Err == nil && test.class != "", page.Err != nil && page.Err.Class != test.class:
				t.Errorf("the page's error is %v, want one of class %q", page.Err, test.class)
			}
			x := page.Exchange
			if x == nil {
				t.Fatal("there is no exchange")
			}
			check := func(when string) {
				t.Helper()
				request, head, body := captured(t, x)
				if want := <-site.sent; request != want {
					t.Errorf("%s the request is %q, want %q", when, request, want)
				} else {
					site.sent = again(want)
				}
				if head != test.head {
					t.Errorf("%s the head is %q, want %q", when, head, test.head)
				}
				want, _ := strings.CutSuffix(test.body, "\x00cut")
				want, _ = strings.CutSuffix(want, "\x00hang")
				if body != want {
					t.Errorf("%s the body has %d bytes %.60q, want %d bytes %.60q", when, len(body), body, len(want), want)
				}
			}
			check("before Release")
			page.Release()
			check("after Release")
			if x.Truncated != test.truncated || x.URL != site.url || x.IP != "127.0.0.1" || !x.Start.Equal(page.Start) {
				t.Errorf("the exchange is %q %q %q %v", x.Truncated, x.URL, x.IP, x.Start)
			}
			wantFiles(t, dir, map[bool]int{true: 1}[len(test.body) > 1<<20])
			x.Release()
			x.Release()
			wantFiles(t, dir, 0)
		})
	}
}

func again(s string) <-chan string {
	c := make(chan string, 1)
	c <- s
	return c
}

func wantFiles(t *testing.T, dir string, want int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != want {
		t.Errorf("the spool has %d files, %v; want %d", len(entries), err, want)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestABodyOverTheLimitIsCapturedUpToIt(t *testing.T) {
	text := strings.Repeat("x", 3000)
	for name, test := range map[string]struct{ answer, body string }{
		"announced":   {"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + text, ""},
		"until close": {"HTTP/1.1 200 OK\r\n\r\n" + text + "\x00cut", text[:1000]},
		"unwanted":    {"HTTP/1.1 404 Not Found\r\n\r\n" + text + "\x00cut", text[:1000]},
	} {
		c := newClient(t, fetch.ClientOptions{MaxSize: 1000, Capture: fetch.NewSpool(t.TempDir(), 0)})
		page := get(t, c, serveWire(t, test.answer).url)
		if _, _, body := captured(t, page.Exchange); body != test.body || page.Exchange.Truncated != "length" {
			t.Errorf("%s: %d bytes, %q; want %d, length", name, len(body), page.Exchange.Truncated, len(test.body))
		}
	}
}

func TestNothingIsCapturedOfWhatIsNoAnswer(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":        "\x00cut",
		"half a head":    "HTTP/1.1 200 OK\r\nContent-\x00cut",
		"no HTTP":        "220 ready for mail\r\n\r\n",
		"a broken head":  "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
		"an interim one": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
	} {
		dir := t.TempDir()
		c := newClient(t, fetch.ClientOptions{Capture: fetch.NewSpool(dir, 0)})
		page := get(t, c, serveWire(t, answer+"", answer+"").url)
		if page.Exchange != nil || page.Err == nil {
			t.Errorf("%s: %+v, %v", name, page.Exchange, page.Err)
		}
		wantFiles(t, dir, 0)
	}
}

func TestSecretsOfURLAndProxyAreNotCaptured(t *testing.T) {
	site := serveWire(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	proxy, err := fetch.ParseProxy(strings.Replace(strings.TrimSuffix(site.url, "/"), "http://", "http://me:secret@", 1))
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, fetch.ClientOptions{Proxy: proxy, Capture: fetch.NewSpool(t.TempDir(), 0)})
	page := get(t, c, "http://user:pass@example.org/a")
	request, _, _ := captured(t, page.Exchange)
	was := <-site.sent
	want := strings.Replace(was, "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n", "", 1)
	if want == was || request != want {
		t.Errorf("captured %q of %q", request, was)
	}
	if !strings.Contains(request, "\r\nAuthorization: Basic ") || page.Exchange.URL != "http://example.org/a" || !page.Exchange.Private {
		t.Errorf("%q, %q, private %t", request, page.Exchange.URL, page.Exchange.Private)
	}
}

func TestTheAnswerOfAProxyIsNotCaptured(t *testing.T) {
	site := serveWire(t, "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno")
	proxy, err := fetch.ParseProxy(strings.TrimSuffix(site.url, "/"))
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, fetch.ClientOptions{Proxy: proxy, Capture: fetch.NewSpool(t.TempDir(), 0)})
	page := get(t, c, "http://example.org/a")
	if page.Exchange != nil || page.Err == nil || page.Err.Class != fetch.Proxy {
		t.Errorf("%+v, %v", page.Exchange, page.Err)
	}
}

func TestCaptureIsHTTP1Only(t *testing.T) {
	_, err := fetch.NewClient(fetch.ClientOptions{HTTP: fetch.HTTP2, Capture: fetch.NewSpool(t.TempDir(), 0)})
	if err == nil || err.Error() != "new client: only HTTP/1.1 can be captured" {
		t.Error(err)
	}
}

func TestWhatWaitsToBeArchivedIsBounded(t *testing.T) {
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + strings.Repeat("x", 1000)
	dir := t.TempDir()
	spool := fetch.NewSpool(dir, 5000)
	c := newClient(t, fetch.ClientOptions{Capture: spool})
	var waiting []*fetch.Exchange
	var held int64
	for range 10 {
		page, err := c.GetPage(t.Context(), fetch.Request{URL: serveWire(t, answer).url, Timeout: time.Minute})
		if err != nil || page.Err != nil {
			t.Fatal(err, page.Err)
		}
		page.Release()
		waiting = append(waiting, page.Exchange)
		held += page.Exchange.Held()
	}
	if held > 5000 || held < 3000 {
		t.Errorf("%d bytes are held, want nearly 5000", held)
	}
	for _, x := range waiting {
		if _, head, body := captured(t, x); head+body != answer {
			t.Errorf("captured %q", head+body)
		}
		x.Release()
	}
	wantFiles(t, dir, 0)
	page := get(t, c, serveWire(t, answer).url)
	page.Release()
	if page.Exchange.File != "" {
		t.Error("there is no room though all has been released")
	}
}

func TestWithoutRoomOnTheDiskAnExchangeSaysSo(t *testing.T) {
	text := strings.Repeat("x", 2<<20)
	for name, answer := range map[string]string{
		"length":  fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text),
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + inChunks(text, 4096),
	} {
		c := newClient(t, fetch.ClientOptions{Capture: fetch.NewSpool("/nowhere/at/all", 0)})
		page, err := c.GetPage(t.Context(), fetch.Request{URL: serveWire(t, answer).url, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		wantBody(t, page, text)
		page.Release()
		if _, err := page.Exchange.Open(); !errors.Is(err, syscall.ENOENT) {
			t.Errorf("%s: Open: %v", name, err)
		}
		page.Exchange.Release()
	}
}

func TestAnAbortLeavesNothingCaptured(t *testing.T) {
	dir := t.TempDir()
	c := newClient(t, fetch.ClientOptions{Capture: fetch.NewSpool(dir, 0)})
	ctx, cancel := context.WithCancel(t.Context())
	came := make(chan struct{})
	addr := listen(t, func(conn net.Conn) {
		conn.Read(make([]byte, 4096))
		conn.Write([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" + strings.Repeat("x", 1<<21-1)))
		close(came)
		io.Copy(io.Discard, conn)
	})
	go func() {
		<-came
		cancel()
	}()
	if _, err := c.GetPage(ctx, fetch.Request{URL: "http://" + addr}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	wantFiles(t, dir, 0)
}

// What goes to another machine goes with its bytes, and what is large is in a file there again.
func TestAnExchangeIsTakenToAnotherMachine(t *testing.T) {
	for name, n := range map[string]int{"large": 2 << 20, "small": 100} {
		text := strings.Repeat("x", n)
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, text)
		here, there := t.TempDir(), t.TempDir()
		spool := fetch.NewSpool(here, 0)
		page, err := newClient(t, fetch.ClientOptions{Capture: spool}).GetPage(t.Context(), fetch.Request{URL: serveWire(t, answer).url, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		page.Exchange.Load(spool)
		wantFiles(t, here, 0)
		sent := fetch.Exchange{Request: page.Exchange.Request, Head: page.Exchange.Head, Body: bytes.Clone(page.Exchange.Body), Sizes: page.Exchange.Sizes, AnswerSum: page.Exchange.AnswerSum, BodySum: page.Exchange.BodySum}
		page.Exchange.HandOver()
		page.Release()
		sent.Keep(fetch.NewSpool(there, 0))
		if large := n > 1<<20; (sent.File != "") != large || large != (sent.Held() == 0) {
			t.Errorf("%s: in file %q, %d bytes held", name, sent.File, sent.Held())
		}
		if _, head, body := captured(t, &sent); head+body != answer {
			t.Errorf("%s: %d bytes came, want %d", name, len(head+body), len(answer))
		}
		sent.Release()
		wantFiles(t, there, 0)
	}
}

func TestAFileThatIsNotWholeDoesNotTravel(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]error{"none": syscall.ENOENT, "short": io.ErrUnexpectedEOF} {
		if name == "short" {
			if err := os.WriteFile(dir+"/short", []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		x := fetch.Exchange{File: name, Sizes: fetch.Sizes{Body: 2}}
		x.Load(fetch.NewSpool(dir, 0))
		if !errors.Is(x.Err, want) || x.File != "" || x.Body != nil {
			t.Errorf("%s: %v, %d bytes; want %v and none", name, x.Err, len(x.Body), want)
		}
		wantFiles(t, dir, 0)
	}
}
