package fetch

import (
	"context"
	"io"
	"net"
	"net/http/httputil"
	"strings"
	"testing"
)

// A replay is a connection on which these bytes come, some at a time. What is
// written to it goes nowhere.
type replay struct {
	net.Conn
	rest string
	step int
}

func (r *replay) Read(p []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.step)], r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *replay) Write(p []byte) (int, error) { return len(p), nil }

func (r *replay) Close() error { return nil }

// replayed is what a client makes of an answer that comes in steps.
func replayed(method, answer string, step int) (outcome, framing) {
	tcp := &conn{Conn: &replay{rest: answer, step: step}}
	c := newHTTP1(tcp, tcp, func(*http1Conn, bool) {})
	resp, _, err := c.exchange(context.Background(), question{method: method}, route{})
	if err != nil {
		return outcome{err: err}, framing{}
	}
	defer resp.body.Close()
	return read(resp.status, resp.body), c.body.framing
}

func FuzzHead(f *testing.F) {
	for _, a := range oddAnswers(300) {
		f.Add(a.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHead(text, nil)
		if err != nil {
			if err.Class != Protocol || err.Detail == "" {
				t.Errorf("%+v", err)
			}
			return
		}
		if h.status < 100 || h.status > 999 || h.minor < 0 || h.minor > 9 {
			t.Errorf("status %d, version 1.%d", h.status, h.minor)
		}
		if h.framing.chunked && h.framing.length >= 0 || h.framing.length < -1 {
			t.Errorf("%+v", h.framing)
		}
		for _, field := range h.fields {
			if strings.ContainsAny(field.Name+field.Value, "\r\n\x00") || strings.Contains(field.Name, ":") {
				t.Errorf("%q", field)
			}
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for i, a := range oddAnswers(300) {
		f.Add(a.text, i%7+1, a.method == "HEAD")
	}
	f.Fuzz(func(t *testing.T, answer string, step int, head bool) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		whole, frame := replayed(method, answer, len(answer)+1)
		if whole.err != nil && (whole.status != 0 || whole.body != "") {
			t.Errorf("%v beside %d %q", whole.err, whole.status, whole.body)
		}
		if parts, _ := replayed(method, answer, max(1, step)); !parts.equal(whole) {
			t.Errorf("%q: %v in steps of %d, %v at once", answer, parts, step, whole)
		}
		if whole.err != nil || frame.length < 0 && !frame.chunked {
			return
		}
		if cut, _ := replayed(method, answer[:len(answer)/2], 1<<10); cut.err == nil && !cut.equal(whole) {
			t.Errorf("%q: cut to its half, %v; whole, %v", answer, cut, whole)
		}
	})
}

func FuzzChunks(f *testing.F) {
	for _, chunks := range []string{"0\r\n\r\n", "2\r\nok\r\n0\r\n\r\n", "1;a\r\no\r\n1 \r\nk\r\n0\r\nA: b\r\n\r\n", "7fffffffffffffff\r\nx", "8000000000000000\r\n", "2\nok", "2\r\noko"} {
		f.Add(chunks, 1)
	}
	f.Fuzz(func(t *testing.T, chunks string, step int) {
		ours, _ := replayed("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks, max(1, step))
		theirs, err := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(chunks)))
		if ours.err == nil && err == nil && ours.body != string(theirs) {
			t.Errorf("%q: %q, net/http's %q", chunks, ours.body, theirs)
		}
	})
}

func TestAnswerInAnyPiecesIsTheSame(t *testing.T) {
	for _, a := range oddAnswers(2_000) {
		whole, _ := replayed(a.method, a.text, len(a.text)+1)
		for _, step := range []int{1, 2, 3, 7, 50} {
			if parts, _ := replayed(a.method, a.text, step); !parts.equal(whole) {
				t.Fatalf("%q: %v in steps of %d, %v at once", a.text, parts, step, whole)
			}
		}
	}
}
