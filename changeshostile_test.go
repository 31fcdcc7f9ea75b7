package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A server that says that nothing has changed, and sends something nevertheless, or answers
// with the head of a page, does no harm to the URLs that come over the same connection.
func TestAnAnswerThatNothingHasChangedHasNoBody(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		for name, answer := range map[string]string{
			"a body":            "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\nhello",
			"a length alone":    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
			"chunks":            "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
			"a page after that": "HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
			"another type":      "HTTP/1.1 304 Not Modified\r\nContent-Type: image/png\r\nContent-Encoding: gzip\r\nLocation: /elsewhere\r\nRetry-After: 1000\r\n\r\n",
		} {
			t.Run(name, func(t *testing.T) {
				s := rawSite(t, answer)
				dir := t.TempDir()
				urls := list(t, dir, s+"/1", s+"/2", s+"/3", s+"/4")
				output := filepath.Join(dir, "db.jsonl")
				for night, want := range []int{exitOK, exitUnchanged, exitUnchanged} {
					code, said := inProcess(t, "-o", output, "--if-changed", "--error-on-no-change", "--host-concurrency", "1", urls)
					if code != want {
						t.Errorf("night %d: exit %d, want %d: %s", night+1, code, want, said)
					}
				}
			})
		}
	})
}

// rawSite answers each request with a page that has a tag, or, if it is asked whether that
// has changed, with answer.
func rawSite(t *testing.T, answer string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					said := "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 4\r\n\r\npage"
					if req.Header.Get("If-None-Match") != "" {
						said = answer
					}
					if _, err := c.Write([]byte(said)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// What a server says of a page comes back to it as it was, or not at all, and into no other line.
func TestValidatorsOfAHostileServer(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		long := strings.Repeat("x", 100<<10)
		for tag, back := range map[string]string{
			`"a'; DROP TABLE pages; --"`:  `"a'; DROP TABLE pages; --"`,
			`""""`:                        `""""`,
			`no quotes, "at all`:          `no quotes, "at all`,
			"\"a\tb\"":                    "",
			"\"\xff\xfe\"":                "",
			"\"\u202e\"":                  "",
			`"` + long + `"`:              "",
			`"` + long[:1022] + `"`:       `"` + long[:1022] + `"`,
			`W/"\u000d\u000aX-Injected:"`: `W/"\u000d\u000aX-Injected:"`,
		} {
			var asked, odd atomic.Value
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Store(r.Header.Get("If-None-Match"))
				for name := range r.Header {
					if strings.Contains(name, "Injected") {
						odd.Store(name)
					}
				}
				w.Header()["ETag"] = []string{tag}
				fmt.Fprint(w, "page")
			}))
			dir := t.TempDir()
			for night, want := range []int{exitOK, exitUnchanged} {
				code, said := inProcess(t, "-o", filepath.Join(dir, "db.jsonl"), "--if-changed", "--error-on-no-change", s.URL)
				if code != want {
					t.Errorf("%.40q: night %d: exit %d, want %d: %s", tag, night+1, code, want, said)
				}
			}
			s.Close()
			if diff := cmp.Diff(back, asked.Load()); diff != "" || odd.Load() != nil {
				t.Errorf("%.40q: the second request has another tag, and %v (-want +got):\n%s", tag, odd.Load(), diff)
			}
		}
	})
}
