package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// site is a web server on loopback with every kind of page that a test needs. It
// writes down what it is asked.
//
//	/page/N            a page of its own, in UTF-8
//	/status/CODE/N     that status
//	/flaky/TIMES/N     503 the first TIMES times, then a page
//	/busy/SECONDS/N    429 with Retry-After the first time, then a page
//	/to/N?u=URL        a redirect
//	/loop/N            a redirect to itself
//	/gbk /utf16 /wrong /latin1   charsets; wrong says one and is another
//	/gzip/N            a page, packed
//	/hang/N            no answer until the client leaves
//	/hold/N            a page when the test says so, with release
//	/slow/MS/N         a page after that time
//	/cut/N             ends before the length it has said
//	/reset/N           a connection that is closed without an answer
//	/lines/TITLE       a page of that title
type site struct {
	*httptest.Server

	mu     sync.Mutex
	asked  []string       // "GET /page/1"
	times  map[string]int // path → how often asked
	heads  []http.Header
	now    map[string]int // requests in flight by Host
	peak   map[string]int
	held   chan struct{}
	closed chan struct{}
}

// quiet takes the servers' own words away.
var quiet = log.New(io.Discard, "", 0)

func newSite(tb testing.TB) *site {
	s := &site{times: map[string]int{}, now: map[string]int{}, peak: map[string]int{}, held: make(chan struct{}), closed: make(chan struct{})}
	s.Server = httptest.NewUnstartedServer(s)
	s.Server.Config.ErrorLog = quiet
	s.Start()
	tb.Cleanup(s.close)
	return s
}

func (s *site) close() {
	close(s.closed)
	s.Server.CloseClientConnections()
	s.Server.Close()
}

func (s *site) port() string {
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return port
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	times := s.enter(r)
	defer s.leave(r)
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	n := 0
	if len(parts) > 1 {
		n, _ = strconv.Atoi(parts[1])
	}
	switch parts[0] {
	case "page":
		page(w, fmt.Sprintf("page %d", n), n%97)
	case "lines":
		page(w, strings.TrimPrefix(r.URL.Path, "/lines/"), 1)
	case "status":
		w.WriteHeader(n)
	case "flaky":
		if times <= n {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		page(w, "flaky", 1)
	case "busy":
		if times == 1 {
			w.Header().Set("Retry-After", parts[1])
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		page(w, "busy", 1)
	case "to":
		w.Header().Set("Location", r.URL.Query().Get("u"))
		w.WriteHeader(http.StatusFound)
	case "loop":
		w.Header().Set("Location", r.URL.Path)
		w.WriteHeader(http.StatusFound)
	case "gzip":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, strings.Repeat("é", 5000))
		z.Close()
	case "hang":
		s.wait(r, time.Hour)
	case "hold":
		select {
		case <-s.held:
		case <-s.closed:
		}
		page(w, "held", 1)
	case "slow":
		s.wait(r, time.Duration(n)*time.Millisecond)
		page(w, "slow", 1)
	case "cut":
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "short")
	case "reset":
		panic(http.ErrAbortHandler)
	default:
		charset(w, parts[0])
	}
}

// release lets /hold answer, from now on.
func (s *site) release() { close(s.held) }

// wait is for d, or until the client or the test is gone.
func (s *site) wait(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	case <-s.closed:
	}
}

func (s *site) enter(r *http.Request) (times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
	s.heads = append(s.heads, r.Header.Clone())
	s.times[r.URL.Path]++
	s.now[r.Host]++
	s.peak[r.Host] = max(s.peak[r.Host], s.now[r.Host])
	return s.times[r.URL.Path]
}

func (s *site) leave(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now[r.Host]--
}

// log is what the site was asked since the last call, sorted.
func (s *site) log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked, s.heads = nil, nil
	slices.Sort(asked)
	return asked
}

// page is in UTF-8: its title, and lines of which each has 9 characters in 11
// bytes.
func page(w io.Writer, title string, lines int) {
	if h, ok := w.(http.ResponseWriter); ok {
		h.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	fmt.Fprintf(w, "<!doctype html><title>%s</title><h1>%[1]s</h1>\n%s", title, strings.Repeat("déjà vu\r\n", lines))
}

const chinese = "<html><head><title>中文</title></head><body>网页抓取，完成后解析并记录字符数。</body></html>"

func charset(w http.ResponseWriter, name string) {
	var body string
	switch name {
	case "gbk":
		w.Header().Set("Content-Type", "text/html; charset=gbk")
		body, _ = simplifiedchinese.GBK.NewEncoder().String(chinese)
	case "utf16":
		w.Header().Set("Content-Type", "text/html")
		body, _ = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(chinese)
	case "latin1":
		w.Header().Set("Content-Type", "text/html; charset=ISO-8859-1")
		body = "<p>\xe9t\xe9</p>"
	case "wrong": // a byte order mark wins
		w.Header().Set("Content-Type", "text/html; charset=gbk")
		body = "\uFEFF" + chinese
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	io.WriteString(w, body)
}
