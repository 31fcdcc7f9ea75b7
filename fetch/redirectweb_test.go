package fetch

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// web is a server for all names, in http and https on one port. It has the heads of
// the requests as they came, and answers each with what answer says.
type web struct {
	port   string
	answer func(r *http.Request) string // all of the answer

	mu    sync.Mutex
	heads []string // scheme, a space, and the head
}

func newWeb(t *testing.T, answer func(r *http.Request) string) *web {
	t.Helper()
	certificates := httptest.NewUnstartedServer(nil)
	certificates.StartTLS()
	t.Cleanup(certificates.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &web{answer: answer}
	_, w.port, _ = net.SplitHostPort(l.Addr().String())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { w.serve(c, certificates.TLS.Certificates) })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return w
}

// peeked is a connection whose first bytes have been looked at.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// serve answers one request: every hop has a connection of its own.
func (w *web) serve(c net.Conn, certificates []tls.Certificate) {
	defer func() { c.Close() }()
	c.SetDeadline(time.Now().Add(time.Minute))
	scheme, p := "http", peeked{c, bufio.NewReader(c)}
	if first, err := p.r.Peek(1); err != nil {
		return
	} else if first[0] == 0x16 { // of a TLS handshake
		scheme = "https"
		c = tls.Server(p, &tls.Config{Certificates: certificates})
		p = peeked{c, bufio.NewReader(c)}
	}
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return
		}
		head.WriteString(line)
	}
	w.mu.Lock()
	w.heads = append(w.heads, scheme+" "+strings.TrimSuffix(head.String(), "\r\n\r\n"))
	w.mu.Unlock()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head.String())))
	if err != nil {
		return
	}
	c.Write([]byte(w.answer(r)))
}

func redirect(status int, location string) string {
	return fmt.Sprintf("HTTP/1.1 %d x\r\nConnection: close\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n", status, location)
}

const arrived = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

// follow asks for a listed URL, hop by hop, until it ends.
func (w *web) follow(t *testing.T, opts ClientOptions, stage StageOptions, listed string, extra *Extra) (Request, Ending) {
	t.Helper()
	opts.Insecure, opts.HTTP = true, HTTP1
	opts.Resolve = map[string]string{"a.example:" + w.port: "127.0.0.1", "b.example:" + w.port: "127.0.0.1"}
	c, err := NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stage.Retries = -1
	stage = stage.withDefaults()
	r, err := NewRequest(strings.ReplaceAll(listed, "PORT", w.port))
	if err != nil {
		t.Fatal(err)
	}
	r.Extra = extra
	for stage.first(&r, 1); ; {
		page, err := c.GetPage(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		page.Release()
		if end := stage.judge(&r, &page.Answer); !end.Again {
			return r, end
		}
	}
}

// watched are the lines of a head that name one of these, and its first line.
func watched(head string, names ...string) string {
	lines := strings.Split(head, "\r\n")
	kept := slices.DeleteFunc(lines[1:], func(line string) bool {
		name, _, _ := strings.Cut(line, ":")
		return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	})
	slices.Sort(kept)
	return strings.Join(append(lines[:1:1], kept...), "\n")
}
