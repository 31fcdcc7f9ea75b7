package fetch_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"trawl/fetch"
)

func parse(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A gateway is a proxy in the test: whatever name it is asked for, it connects
// to one server.
type gateway struct {
	to     string // "host:port"
	auth   string // the Proxy-Authorization it wants; "" is none
	mu     sync.Mutex
	log    []string // guarded by mu: what it was asked
	hijack string   // sent in the place of an answer
}

func (g *gateway) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.log
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.log = append(g.log, r.Method+" "+r.RequestURI)
	g.mu.Unlock()
	switch {
	case g.hijack != "":
		c, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(c, g.hijack)
		c.Close()
	case r.Header.Get("Proxy-Authorization") != g.auth:
		w.WriteHeader(407)
	case r.Method == "CONNECT":
		c, buffered, _ := w.(http.Hijacker).Hijack()
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		relay(g.to, c, buffered.Reader)
	default:
		forwarded := r.Clone(r.Context())
		forwarded.RequestURI = ""
		forwarded.URL.Host = g.to
		forwarded.Header.Del("Proxy-Authorization")
		resp, err := http.DefaultTransport.RoundTrip(forwarded)
		if err != nil {
			w.WriteHeader(502)
			return
		}
		defer resp.Body.Close()
		io.Copy(w, resp.Body)
	}
}

// relay joins c and the server until one of them has ended.
func relay(to string, c net.Conn, sent io.Reader) {
	defer c.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(server, sent)
		server.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(c, server)
	server.Close()
	c.Close()
	<-done
}

// serveSOCKS is a SOCKS5 proxy that wants user "u" with password "p" if auth,
// and answers with reply (0 is success). It sends what it was asked for to asked.
func serveSOCKS(t *testing.T, to string, auth bool, reply byte, asked chan<- string) (addr string) {
	return listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		head := make([]byte, 2)
		io.ReadFull(r, head)
		io.CopyN(io.Discard, r, int64(head[1]))
		if auth {
			c.Write([]byte{5, 2})
			login := make([]byte, 5)
			io.ReadFull(r, login)
			ok := byte(1)
			if string(login) == "\x01\x01u\x01p" {
				ok = 0
			}
			c.Write([]byte{1, ok})
		} else {
			c.Write([]byte{5, 0})
		}
		request := make([]byte, 5)
		if _, err := io.ReadFull(r, request); err != nil {
			return
		}
		target := make([]byte, int(request[4])+2)
		io.ReadFull(r, target)
		name, port := target[:request[4]], binary.BigEndian.Uint16(target[request[4]:])
		asked <- string(name) + ":" + strconv.Itoa(int(port))
		c.Write([]byte{5, reply, 0, 1, 127, 0, 0, 1, 0, 80})
		if reply == 0 {
			relay(to, c, r)
		}
	})
}

// certified is a TLS server for the name example.com, and what trusts it.
func certified(t *testing.T, h http.Handler, http2 bool) (*httptest.Server, []byte) {
	site := httptest.NewUnstartedServer(h)
	site.EnableHTTP2 = http2
	site.Config.ErrorLog = discard
	site.StartTLS()
	t.Cleanup(site.Close)
	return site, asPEM(site.Certificate().Raw)
}

func TestPagesComeThroughEveryKindOfProxy(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Host+" "+r.URL.RequestURI()+" "+r.Header.Get("Proxy-Authorization"))
	})
	plain := httptest.NewServer(page)
	defer plain.Close()
	secure, trusted := certified(t, page, true)

	// basic is base64 of user:p@ss
	const auth = "Basic dXNlcjpwQHNz"
	toPlain, toSecure := &gateway{to: plain.Listener.Addr().String(), auth: auth}, &gateway{to: secure.Listener.Addr().String(), auth: auth}
	httpPlain, httpSecure := httptest.NewServer(toPlain), httptest.NewServer(toSecure)
	defer httpPlain.Close()
	defer httpSecure.Close()
	httpsPlain, more := certified(t, toPlain, false)
	httpsSecure, _ := certified(t, toSecure, false)
	_ = more // the same certificate
	asked := make(chan string, 10)
	socksPlain := serveSOCKS(t, toPlain.to, false, 0, asked)
	socksSecure := serveSOCKS(t, toSecure.to, true, 0, asked)

	for _, test := range []struct{ name, proxy, url, want string }{
		{"http over http", "http://user:p%40ss@" + httpPlain.Listener.Addr().String(), "http://example.com/%2f?q", "GET http://example.com/%2f?q"},
		{"https over http", "http://user:p%40ss@" + httpSecure.Listener.Addr().String(), "https://example.com/a", "CONNECT example.com:443"},
		{"http over https", "https://user:p%40ss@" + httpsPlain.Listener.Addr().String(), "http://example.com//a", "GET http://example.com//a"},
		{"https over https", "https://user:p%40ss@" + httpsSecure.Listener.Addr().String(), "https://example.com/a", "CONNECT example.com:443"},
		{"http over socks5", "socks5://" + socksPlain, "http://example.com/a", "example.com:80"},
		{"https over socks5h", "socks5h://u:p@" + socksSecure, "https://example.com/a", "example.com:443"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClient(t, fetch.ClientOptions{Proxy: parse(t, test.proxy), CACert: trusted})
			for range 3 {
				got := get(t, c, test.url)
				wantBody(t, got, "example.com "+strings.TrimPrefix(strings.TrimPrefix(test.url, "https://example.com"), "http://example.com")+" ")
				if got.IP != "127.0.0.1" {
					t.Errorf("IP %q", got.IP)
				}
			}
			logs := append(toPlain.asked(), toSecure.asked()...)
			if strings.HasPrefix(test.proxy, "socks") {
				logs = []string{<-asked}
				if len(asked) != 0 {
					t.Error("more than one connection for three pages")
				}
			}
			if !strings.Contains(strings.Join(logs, "\n"), test.want) {
				t.Errorf("the proxy was asked for %q, want %q", logs, test.want)
			}
		})
	}
}

func TestProxyThatFailsIsNamed(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	refusing := httptest.NewServer(&gateway{auth: "something else"})
	defer refusing.Close()
	drops := httptest.NewServer(&gateway{hijack: "HTTP/1.1 200 OK\r\n"})
	defer drops.Close()
	nonsense := httptest.NewServer(&gateway{hijack: "220 mail.example ESMTP\r\n"})
	defer nonsense.Close()
	asked := make(chan string, 10)
	says := func(answer string) (url string) {
		return "http://" + listen(t, func(c net.Conn) {
			c.Read(make([]byte, 1))
			io.WriteString(c, answer)
			io.Copy(io.Discard, c)
		})
	}
	const overHead = "proxy: the head of its answer is over 64 KiB"
	for _, test := range []struct{ proxy, url, want string }{
		{closed.URL, "http://a.example/", "proxy: connection refused"},
		{closed.URL, "https://a.example/", "proxy: connection refused"},
		{refusing.URL, "http://a.example/", "proxy answered 407 Proxy Authentication Required"},
		{refusing.URL, "https://a.example/", "proxy answered 407 Proxy Authentication Required"},
		{drops.URL, "https://a.example/", "proxy: connection closed"},
		{nonsense.URL, "https://a.example/", "proxy: malformed answer"},
		{says("HTTP/1.1 99 No\r\n\r\n"), "https://a.example/", "proxy: malformed answer"},
		{says("HTTP/2.0 200 OK\r\n\r\n"), "https://a.example/", "proxy: malformed answer"},
		{says("\r\n\r\n"), "https://a.example/", "proxy: malformed answer"},
		{says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), "https://a.example/", overHead},
		{says(strings.Repeat("y", 1<<20)), "https://a.example/", overHead},
		{says("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1<<17)), "https://a.example/", overHead},
		{says(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1<<15)), "https://a.example/", overHead},
		{says("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "https://a.example/", "proxy answered 101 Switching Protocols"},
		{says("HTTP/1.1 302 \x1b[2J\r\nLocation: http://b.example/\r\n\r\n"), "https://a.example/", "proxy answered 302 Found"},
		{says("HTTP/1.1 999 \x1b[2J\r\n\r\n"), "https://a.example/", "proxy answered 999"},
		{says("HTTP/1.1 502 Bad\r\nContent-Length: 1000000000000\r\n\r\nx"), "https://a.example/", "proxy answered 502 Bad Gateway"},
		{strings.Replace(says("HTTP/1.1 400 Bad\r\n\r\n"), "http:", "socks5:", 1), "http://a.example/", "proxy: unexpected protocol version 72"},
		{strings.Replace(refusing.URL, "http:", "https:", 1), "http://a.example/", "proxy: TLS handshake failed: the server does not speak TLS"},
		{"socks5://" + serveSOCKS(t, "", false, 5, asked), "http://a.example/", "proxy: connection refused"},
		{"socks5://" + serveSOCKS(t, "", false, 2, asked), "http://a.example/", "proxy: connection not allowed by ruleset"},
		{"socks5://u:wrong@" + serveSOCKS(t, "", true, 0, asked), "http://a.example/", "proxy: username/password authentication failed"},
	} {
		c := newClient(t, fetch.ClientOptions{Proxy: parse(t, test.proxy)})
		wantError(t, get(t, c, test.url), fetch.Proxy, test.want)
	}
	silent := listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	slow := listen(t, func(c net.Conn) { // a byte at a time, for ever
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "); err == nil; _, err = c.Write([]byte("x")) {
			<-tick.C
		}
	})
	for _, proxy := range []string{"http://" + silent, "https://" + silent, "socks5://" + silent, "http://" + slow} {
		c := newClient(t, fetch.ClientOptions{Proxy: parse(t, proxy), ConnectTimeout: 200 * time.Millisecond})
		page := get(t, c, "https://a.example/")
		wantError(t, page, fetch.Timeout, "no connection within 200 ms")
		wantLimit(t, page.Err, 200*time.Millisecond)
	}
}

// A length in the answer that makes a tunnel means nothing (RFC 9110 §9.3.6).
func TestATunnelHasNoLength(t *testing.T) {
	site, trusted := certified(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }), false)
	proxy := listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200\nContent-Length: 5\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n")
		relay(site.Listener.Addr().String(), c, r)
	})
	c := newClient(t, fetch.ClientOptions{Proxy: parse(t, "http://"+proxy), CACert: trusted})
	wantBody(t, get(t, c, "https://example.com/"), "ok")
}

func TestServerBehindATunnelMaySpeakFirst(t *testing.T) {
	site := listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		if _, err := http.ReadRequest(r); err != nil { // CONNECT
			return
		}
		// The settings of HTTP/2 come in one packet with the proxy's answer.
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		io.ReadFull(r, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
		const headers = 1
		for frame := make([]byte, 9); frame[3] != headers; {
			if _, err := io.ReadFull(r, frame); err != nil {
				return
			}
			io.CopyN(io.Discard, r, int64(binary.BigEndian.Uint32(frame)>>8))
		}
		// The answer on stream 1, with its end: ":status 204", indexed.
		io.WriteString(c, "\x00\x00\x01\x01\x05\x00\x00\x00\x01\x89")
		io.Copy(io.Discard, r)
	})
	c := newClient(t, fetch.ClientOptions{Proxy: parse(t, "http://"+site), HTTP: fetch.HTTP2})
	page := get(t, c, "http://a.example/")
	if page.Err != nil || page.Status != 204 || page.Proto != "HTTP/2.0" {
		t.Errorf("got %+v", page)
	}
}

func TestProxiesOfTheEnvironment(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	defer site.Close()
	g := &gateway{to: site.Listener.Addr().String()}
	proxy := httptest.NewServer(g)
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	t.Setenv("no_proxy", "direct.example")
	for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, proxy.URL)
			c := newClient(t, fetch.ClientOptions{Resolve: map[string]string{"direct.example:" + port(g.to): "127.0.0.1"}})
			before := len(g.asked())
			wantBody(t, get(t, c, "http://a.example/"), "a.example")
			wantBody(t, get(t, c, "http://direct.example:"+port(g.to)+"/"), "direct.example:"+port(g.to))
			wantBody(t, get(t, c, site.URL), g.to) // loopback is never for the environment's
			if got := len(g.asked()) - before; got != 1 {
				t.Errorf("the proxy was asked %d times, want once", got)
			}
			explicit := newClient(t, fetch.ClientOptions{Proxy: parse(t, proxy.URL)})
			wantBody(t, get(t, explicit, site.URL), g.to)
			if got := len(g.asked()) - before; got != 2 {
				t.Errorf("an explicit proxy was not asked for loopback")
			}
		})
	}
	t.Setenv("HTTPS_PROXY", "gopher://user:secret@proxy.example")
	if _, err := fetch.NewClient(fetch.ClientOptions{}); err == nil || err.Error() != "new client: HTTPS_PROXY: want http, https, socks5 or socks5h, and a host" {
		t.Errorf("NewClient with a gopher proxy: %v", err)
	}
	t.Setenv("HTTPS_PROXY", "http://[::1")
	if _, err := fetch.NewClient(fetch.ClientOptions{}); err == nil || err.Error() != "new client: HTTPS_PROXY is not a URL" {
		t.Errorf("NewClient with a broken proxy: %v", err)
	}
}

func TestProxiesAreRead(t *testing.T) {
	for _, raw := range []string{"http://proxy.example:3128", "HTTPS://user:secret@proxy.example", "socks5://[::1]:1080", "socks5h://127.0.0.1/"} {
		u, err := fetch.ParseProxy(raw)
		if err != nil || u.Hostname() == "" {
			t.Errorf("ParseProxy(%q): %v, %v", raw, u, err)
		}
	}
	for raw, want := range map[string]string{
		"http://user:secret@[::1":         "not a URL",
		"http://user:secret@h:port":       "not a URL",
		"ftp://user:secret@proxy.example": "want http, https, socks5 or socks5h, and a host",
		"user:secret@proxy.example:3128":  "want http, https, socks5 or socks5h, and a host",
		"http://user:secret@":             "want http, https, socks5 or socks5h, and a host",
		"proxy.example":                   "want http, https, socks5 or socks5h, and a host",
		"":                                "want http, https, socks5 or socks5h, and a host",
	} {
		if u, err := fetch.ParseProxy(raw); err == nil || err.Error() != want || u != nil {
			t.Errorf("ParseProxy(%q): %v, %v, want %q", raw, u, err, want)
		}
	}
}

func TestARefusingProxysHeadIsNoPages(t *testing.T) {
	addr := listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			asked, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if asked.Host == "good.example" {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/good\r\nContent-Length: 2\r\n\r\nok")
			} else {
				io.WriteString(c, "HTTP/1.1 407 No\r\nContent-Type: text/bad\r\nContent-Length: 2\r\n\r\nno")
			}
		}
	})
	c := newClient(t, fetch.ClientOptions{Proxy: parse(t, "http://"+addr)})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 300 {
				page, err := c.GetPage(t.Context(), fetch.Request{URL: []string{"http://good.example/", "http://bad.example/"}[i%2], Timeout: time.Minute})
				if err != nil || page.ContentType != []string{"text/good", "text/bad"}[i%2] {
					t.Errorf("%v, the Content-Type is %q", err, page.ContentType)
				}
				page.Release()
			}
		})
	}
	wg.Wait()
}
