//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unicode/utf8"
)

// ending is how a position of a list must end.
type ending struct {
	Seq      int64
	URL      string
	Class    string // "" is a page
	Status   int
	Size     int64 // of a page
	Attempts int
	Line     int    // in the list
	kind     string // of the position
}

// mixedList is a list with something of everything, and how each position must end.
type mixedList struct {
	text    string
	ends    []ending // not of those that are skipped
	skipped int64
	asks    map[int64]int // how many requests a position takes; none if there is no entry
}

// mixture says what of some lists is different.
type mixture struct {
	again  bool // some URLs come a second time
	steady bool // no page answers the second time otherwise than the first
}

// kindOf is the kind of a position, as it stands in its URL.
func (m mixture) kindOf(seq int) string {
	switch {
	case seq%500 == 11:
		return "refused"
	case seq%250 == 21:
		return "down"
	case seq%100 == 13:
		return "bad"
	case seq%50 == 7:
		return "gone"
	case seq%40 == 9:
		return "from"
	case seq%25 == 3 && !m.steady:
		return "flaky"
	case seq%30 == 17 && m.again:
		return "again"
	case seq%10_000 == 5000:
		return "large"
	}
	return "page"
}

// newMixedList has n positions, between comments and blank lines.
func newMixedList(s *partedSite, n int, m mixture) *mixedList {
	l := &mixedList{asks: map[int64]int{}}
	var text strings.Builder
	line := 0
	add := func(what string) {
		text.WriteString(what + "\n")
		line++
	}
	for seq := 1; seq <= n; seq++ {
		if seq%70 == 1 {
			add("# from here on: " + strconv.Itoa(seq))
			add("")
		}
		kind := m.kindOf(seq)
		end := ending{Seq: int64(seq), URL: s.url(kind, seq), Attempts: 1, Line: line + 1, kind: kind}
		asks := 1
		switch kind {
		case "again":
			add(s.url("page", seq-7)) // which is a page for all of these
			l.skipped++
			continue
		case "bad":
			end.URL, end.Class, end.Attempts, asks = fmt.Sprintf("htp:/bad/%d", seq), "bad_url", 0, 0
		case "refused":
			end.URL, end.Class, end.Attempts, asks = fmt.Sprintf("http://%s/%d", s.closed, seq), "connect", 3, 0
		case "down":
			end.Class, end.Status, end.Attempts, asks = "http_status", 503, 3, 3
		case "gone":
			end.Class, end.Status = "http_status", 404
		case "flaky":
			end.Attempts, asks = 2, 2
		case "from":
			asks = 2
		}
		if end.Class == "" {
			end.Status, end.Size = 200, int64(utf8.RuneCountInString(bodyOf(kind, seq)))
		}
		add(end.URL)
		l.ends, l.asks[end.Seq] = append(l.ends, end), asks
	}
	l.text = text.String()
	return l
}

func bodyOf(kind string, seq int) string {
	if kind == "large" { // more than is held in memory for an archive
		return strings.Repeat("une page assez longue, déjà vue\n", 36_000)
	}
	return fmt.Sprintf("<title>%d</title>\n%s", seq, strings.Repeat("déjà vu\n", seq%11))
}

// partedSite is a web server on loopback that tells the parts of a run apart, by the user
// agent part-N. Its first answer to a flaky page is 503, in each part.
type partedSite struct {
	host   string
	closed string // an address where nobody listens
	mu     sync.Mutex
	parts  []*sitePart
}

// sitePart is what one part of a run has asked for.
type sitePart struct {
	asked   map[int64]int // by position
	sum     int
	at      int           // the sum that is waited for
	reached chan struct{} // closed when it is there
}

func newPartedSite(tb testing.TB) *partedSite {
	tb.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var serving sync.WaitGroup
	s := &partedSite{host: l.Addr().String(), closed: closedAddress(tb)}
	over := make(chan struct{})
	tb.Cleanup(func() {
		close(over)
		l.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			served := make(chan struct{})
			serving.Go(func() {
				defer close(served)
				s.serve(conn)
			})
			serving.Go(func() {
				select {
				case <-served:
				case <-over:
				}
				conn.Close()
			})
		}
	})
	return s
}

// closedAddress is taken as long as the test lasts, and nobody listens there.
func closedAddress(tb testing.TB) string {
	tb.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		tb.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
}

func (s *partedSite) url(kind string, seq int) string {
	return fmt.Sprintf("http://%s/%s/%d", s.host, kind, seq)
}

// begin begins the next part, and returns its user agent.
func (s *partedSite) begin(at int) (*sitePart, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &sitePart{asked: map[int64]int{}, at: at, reached: make(chan struct{})}
	s.parts = append(s.parts, p)
	return p, fmt.Sprintf("part-%d", len(s.parts)-1)
}

// log is what a part has asked for until now.
func (s *partedSite) log(p *sitePart) (asked map[int64]int, sum int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(p.asked), p.sum
}

// serve answers the requests of a connection, which have no bodies.
func (s *partedSite) serve(conn net.Conn) {
	in := bufio.NewReaderSize(conn, 4096)
	for {
		path, part := "", -1
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			line = bytes.TrimRight(line, "\r\n")
			if len(line) == 0 {
				break
			}
			if path == "" {
				_, target, _ := bytes.Cut(line, []byte(" "))
				target, _, _ = bytes.Cut(target, []byte(" "))
				path = string(target)
			} else if agent, ok := bytes.CutPrefix(line, []byte("User-Agent: part-")); ok {
				part, _ = strconv.Atoi(string(agent))
			}
		}
		if _, err := conn.Write(s.answer(path, part)); err != nil {
			return
		}
	}
}

func (s *partedSite) answer(path string, part int) []byte {
	_, rest, _ := strings.Cut(path, "/")
	kind, number, _ := strings.Cut(rest, "/")
	seq, err := strconv.Atoi(number)
	if err != nil || part < 0 {
		return []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
	}
	times := s.count(part, int64(seq))
	status, head, body := "200 OK", "", bodyOf(kind, seq)
	switch {
	case kind == "gone":
		status = "404 Not Found"
	case kind == "down", kind == "flaky" && times == 1:
		status = "503 Service Unavailable"
	case kind == "from":
		status, head = "302 Found", "Location: "+s.url("to", seq)+"\r\n"
	}
	if kind == "to" {
		body = bodyOf("from", seq)
	}
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), head, body)
}

// count notes a request, and how many there were for that position in that part.
func (s *partedSite) count(part int, seq int64) (times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[part]
	p.asked[seq]++
	p.sum++
	if p.sum == p.at {
		close(p.reached)
	}
	return p.asked[seq]
}
