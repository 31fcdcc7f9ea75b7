package fetch_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"trawl/fetch"
)

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestAnswersThatAreNoHTTP(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	for answer, want := range map[string]string{
		"<html>not a head</html>\r\n\r\n":                          "malformed answer (status line)",
		"SSH-2.0-x":                                                "malformed answer (status line)",
		"220\r\n\r\n":                                              "malformed answer (status line)",
		"\r\nHTTP/1.1 200 OK\r\n\r\n":                              "malformed answer (status line)",
		"HTTP/1.1 abc OK\r\n\r\n":                                  "malformed answer (status line)",
		"HTTP/1.1 20 OK\r\n\r\n":                                   "malformed answer (status line)",
		"HTTP/1.1 2000\r\n\r\n":                                    "malformed answer (status line)",
		"HTTP/1.1 020 OK\r\n\r\n":                                  "malformed answer (status line)",
		"HTTP/1.1  200 OK\r\n\r\n":                                 "malformed answer (status line)",
		"HTTP/1.10 200 OK\r\n\r\n":                                 "malformed answer (status line)",
		"HTTP/1.1\t200 OK\r\n\r\n":                                 "malformed answer (status line)",
		"HTTP/1.1 200OK\r\n\r\n":                                   "malformed answer (status line)",
		"http/1.1 200 OK\r\n\r\n":                                  "malformed answer (status line)",
		"HTTP/2.0 200 OK\r\n\r\n":                                  "malformed answer (status line)",
		"HTTP/9.9 \x1b[31m\r\n\r\n":                                "malformed answer (status line)",
		"HTTP/1.1 200 O\x00K\r\n\r\n":                              "malformed answer (a NUL in the head)",
		"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n":                       "malformed answer (a NUL in the head)",
		"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n":                       "malformed answer (a lone CR in the head)",
		"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\nok":     "malformed answer (CRLF and LF mixed in the head)",
		"HTTP/1.1 200 OK\nA: b\r\n\r\n":                            "malformed answer (CRLF and LF mixed in the head)",
		"HTTP/1.1 200 OK\r\nA: b\r\n\nContent-Length: 2\r\n\r\nok": "malformed answer (CRLF and LF mixed in the head)",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n":                      "malformed answer (a header without a colon)",
		"HTTP/1.1 200 OK\r\n A: b\r\n\r\n":                         "malformed answer (a header that begins with a blank)",
		"HTTP/1.1 200 OK\r\nA: b\r\n" + strings.Repeat(" c\r\n", 50_000) + "\r\n":             "malformed answer (a header over too many lines)",
		"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok":                                     "malformed answer (a blank in the name content-length)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding\x0b: chunked\r\n\r\n0\r\n\r\n":                  "malformed answer (a blank in the name transfer-encoding)",
		"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n":                                      "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok":                                     "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok":                                     "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok":                                    "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\nok":                                    "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n":                                          "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n":                     "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 2\r\n\r\nok":                                "malformed answer (Content-Length is not a number)",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n":                   "malformed answer (conflicting Content-Lengths)",
		"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n":                                     "malformed answer (conflicting Content-Lengths)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n":                                  "malformed answer (unknown transfer encoding)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n":                         "malformed answer (unknown transfer encoding)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n": "malformed answer (unknown transfer encoding)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n":                           "malformed answer (unknown transfer encoding)",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                      "malformed answer (Transfer-Encoding in HTTP/1.0)",
		chunked + "zz\r\n":                                                 "malformed answer (chunk size)",
		chunked + "\r\n":                                                   "malformed answer (chunk size)",
		chunked + "-1\r\n":                                                 "malformed answer (chunk size)",
		chunked + "0x2\r\nok\r\n0\r\n\r\n":                                 "malformed answer (chunk size)",
		chunked + " 2\r\nok\r\n0\r\n\r\n":                                  "malformed answer (chunk size)",
		chunked + "ffffffffffffffff\r\n":                                   "malformed answer (chunk size)",
		chunked + "10000000000000002\r\nok":                                "malformed answer (chunk size)",
		chunked + "2\r\nabcd":                                              "malformed answer (chunk longer than its size)",
		chunked + "2\r\nok0\r\n\r\n":                                       "malformed answer (chunk longer than its size)",
		chunked + "2\nok\r\n0\r\n\r\n":                                     "malformed answer (chunk size)",
		chunked + "2;a\rb\r\nok\r\n0\r\n\r\n":                              "malformed answer (chunk size)",
		chunked + "2\r\nok\n0\r\n\r\n":                                     "malformed answer (chunk longer than its size)",
		chunked + "2\r\nok\r\n0\r\nno colon\r\n\r\n":                       "malformed answer (trailer)",
		chunked + "2\r\nok\r\n0\r\n\n":                                     "malformed answer (trailer)",
		chunked + "2;" + strings.Repeat("x", 5000) + "\r\nok\r\n0\r\n\r\n": "malformed answer (chunk size)",
		chunked + "0\r\n" + strings.Repeat("A: "+strings.Repeat("x", 1000)+"\r\n", 300) + "\r\n":      "malformed answer (trailer)",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n":               "unexpected status 101",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 1000) + "\r\n": "malformed answer (a head over 256 KiB)",
		strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 10_000):                      "malformed answer (a head over 256 KiB)",
	} {
		wantError(t, get(t, c, answerRaw(t, []byte(answer))), fetch.Protocol, want)
	}
}

func TestOddAnswersThatAreHTTP(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	for answer, want := range map[string]string{
		"HTTP/1.0 200 OK\r\n\r\nto the end":                                                              "to the end",
		"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok":                                                    "ok",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok":                 "ok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok":                            "ok",
		"HTTP/1.1 200 OK\r\n\r\n":                                                                        "",
		"HTTP/1.1 200 \r\nContent-Length: 2, 2\r\n\r\nok and more":                                       "ok",
		"HTTP/1.1 200 \xff\r\nContent-Length: 02\r\n\r\nok":                                              "ok",
		"HTTP/1.7 200 OK\r\nContent-Length:2\r\n\r\nok":                                                  "ok",
		"HTTP/1.1 200 OK\r\nA: b\nC: d\r\nContent-Length: 2\r\n\r\nok":                                   "ok",
		"HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nok":                                                 "ok",
		"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nB : d\r\n\x7f: e\r\nContent-Length: 2\r\n\r\nok":               "ok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok":                  "ok",
		"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\nContent-Length: 5\r\n\r\n2\r\nok\r\n0\r\n\r\n": "ok",
		chunked + "1 \t\r\no\r\n01;a=\"b\"\r\nk\r\n000\r\nA: b\r\n c\r\n\r\n":                            "ok",
		chunked + "0\r\n\r\n": "",
	} {
		wantBody(t, get(t, c, answerRaw(t, []byte(answer))), want)
	}
}

func TestConnectionsThatBreak(t *testing.T) {
	reset := "http://" + listen(t, func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		c.(*net.TCPConn).SetLinger(0) // closing sends a RST
	})
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	c := newClient(t, fetch.ClientOptions{})
	for _, test := range []struct {
		url   string
		class fetch.Class
		want  string
	}{
		{"http://" + refused.Addr().String(), fetch.Connect, "connection refused"},
		{answerRaw(t, nil), fetch.Reset, "connection closed before the answer"},
		{reset, fetch.Reset, "connection reset"},
		{answerRaw(t, []byte("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")), fetch.Truncated, "the body ended early"},
		{answerRaw(t, []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha")), fetch.Truncated, "the body ended early"},
	} {
		wantError(t, get(t, c, test.url), test.class, test.want)
	}
}

func TestPostIsNotRepeated(t *testing.T) {
	asked := make(chan string, 10)
	url := "http://" + listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for first := true; ; first = false {
			request, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			asked <- request.Method
			if !first {
				return // the second on each connection gets no answer
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	c := newClient(t, fetch.ClientOptions{})
	wantBody(t, get(t, c, url), "ok")
	page := ask(t, c, fetch.Request{URL: url, Method: "POST", Timeout: 10 * time.Second})
	wantError(t, page, fetch.Reset, "connection closed before the answer")
	if got := []string{<-asked, <-asked}; got[0] != "GET" || got[1] != "POST" || len(asked) != 0 {
		t.Errorf("asked %q and %d more", got, len(asked))
	}
}
