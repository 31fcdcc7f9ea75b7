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

func TestAnswersThatAreNoHTTP(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	for answer, want := range map[string]string{
		"<html>not a head</html>\r\n\r\n":                                                             "malformed answer (malformed HTTP status code)",
		"220\r\n\r\n":                                                                                 "malformed answer (malformed HTTP response)",
		"HTTP/1.1 abc OK\r\n\r\n":                                                                     "malformed answer (malformed HTTP status code)",
		"HTTP/9.9 \x1b[31m\r\n\r\n":                                                                   "malformed answer (malformed HTTP status code)",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n":                                                         "malformed answer (malformed MIME header)",
		"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n":                                              "malformed answer (bad Content-Length)",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n":                           "malformed answer (message cannot contain multiple Content-Length headers)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n":                                          "malformed answer (unsupported transfer encoding)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":                                 "malformed answer (invalid byte in chunk length)",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd":                              "malformed answer (malformed chunked encoding)",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n":               "unexpected status 101",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 1000) + "\r\n": "malformed answer (server response headers exceeded 262144 bytes)",
		strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 10_000):                      "malformed answer (server response headers exceeded 262144 bytes)",
	} {
		wantError(t, get(t, c, answerRaw(t, []byte(answer))), fetch.Protocol, want)
	}
}

func TestOddAnswersThatAreHTTP(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	for answer, want := range map[string]string{
		"HTTP/1.0 200 OK\r\n\r\nto the end":                                              "to the end",
		"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok":                                    "ok",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok": "ok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok":            "ok",
		"HTTP/1.1 200 OK\r\n\r\n":                                                        "",
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
