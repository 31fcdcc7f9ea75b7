package fetch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// An odd answer is one that a generator has made of parts, some of which have a
// name.
type oddAnswer struct {
	method string
	text   string
	parts  []string
}

type oddParts struct {
	*rand.Rand
	oddAnswer
}

type part struct{ name, text string }

// pick takes one of the parts, the first of them mostly.
func (o *oddParts) pick(parts []part) string {
	p := parts[0]
	if o.IntN(4) == 0 {
		p = parts[o.IntN(len(parts))]
	}
	o.note(p.name)
	return p.text
}

func (o *oddParts) note(name string) {
	if name != "" {
		o.parts = append(o.parts, name)
	}
}

var (
	statusLines = []part{
		{"", "HTTP/1.1 200 OK"}, {"", "HTTP/1.1 404 Not Found"}, {"", "HTTP/1.1 503 a b c"}, {"", "HTTP/1.1 200 "}, {"no reason", "HTTP/1.1 200"},
		{"1.0", "HTTP/1.0 200 OK"}, {"no content", "HTTP/1.1 204 No Content"}, {"no content", "HTTP/1.1 304 Not Modified"}, {"status 999", "HTTP/1.1 999 x"},
		{"status 0xx", "HTTP/1.1 000 x"}, {"status 0xx", "HTTP/1.1 099 x"}, {"", "HTTP/1.1 20 OK"}, {"", "HTTP/1.1 2000 OK"}, {"signed status", "HTTP/1.1 +20 OK"},
		{"blanks before status", "HTTP/1.1  200 OK"}, {"minor", "HTTP/1.2 200 OK"}, {"", "HTTP/1.10 200 OK"}, {"HTTP/2.0", "HTTP/2.0 200 OK"},
		{"HTTP/0.9", "HTTP/0.9 200 OK"}, {"", "http/1.1 200 OK"}, {"", "ICY 200 OK"}, {"control in reason", "HTTP/1.1 200 \x01\x7f"},
		{"CR in head", "HTTP/1.1 200 a\rb"}, {"NUL", "HTTP/1.1 200 a\x00b"}, {"", "HTTP/1.1\t200 OK"}, {"", "HTTP/1.1 200OK"}, {"", ""},
		{"101", "HTTP/1.1 101 Switching"}, {"after interim", "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK"}, {"after interim", "HTTP/1.1 100 \r\n\r\nHTTP/1.1 404 x"},
	}
	headerLines = []part{
		{"", "Content-Type: text/html"}, {"", "A:b"}, {"", "A:"}, {"", "a: b, c"}, {"", "A: \t b \t "}, {"blank before colon", "A : b"}, {"blank before colon", "A\t: b"},
		{"no colon", "no colon"}, {"empty name", ": b"}, {"NUL", "A: b\x00c"}, {"control in value", "A: b\x01"}, {"control in value", "A: \x1b[2J"},
		{"CR in head", "A: b\rc"}, {"odd name", "\xfc: b"}, {"odd name", "(a): b"}, {"", "A: \xff"}, {"folded", "A: b\r\n c"}, {"folded", "A: b\r\n\t\r\nC: d"},
		{"", "Connection: close"}, {"", "Connection: keep-alive"}, {"close and keep", "Connection: close, keep-alive"}, {"", "Content-Encoding: gzip"},
		{"TE identity", "Transfer-Encoding: identity"}, {"", "Trailer: X"}, {"", "Set-Cookie: a=b"}, {"", "Date: never"}, {"blank line start", " A: b"},
	}
	lengths = []part{ // %d is the right one
		{"", "Content-Length: %d"}, {"length twice", "Content-Length: %d\r\nContent-Length: %[1]d"}, {"length list", "Content-Length: %d, %[1]d"},
		{"length conflict", "Content-Length: %d\r\nContent-Length: 1%[1]d"}, {"length list conflict", "Content-Length: %d, 1%[1]d"}, {"", "Content-Length: -%d"},
		{"", "Content-Length: +%d"}, {"", "Content-Length: %dx"}, {"length empty", "Content-Length:%.0d"}, {"framing blank", "Content-Length : %d"}, {"", "Content-Length: 0%d"},
		{"", "Content-Length: 1%d"}, {"", "content-length: %d"}, {"", "Content-Length: 99999999999999999999%d"}, {"", "Content-Length: 0x%d"}, {"", "Content-Length: %d 1"},
		{"folded", "Content-Length:\r\n %d"},
	}
	chunkings = []part{
		{"", "Transfer-Encoding: chunked"}, {"", "transfer-encoding: CHUNKED"}, {"TE twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"},
		{"", "Transfer-Encoding: gzip, chunked"}, {"", "Transfer-Encoding: gzip"}, {"", "Transfer-Encoding: xchunked"}, {"", "Transfer-Encoding: chunked, identity"},
		{"framing blank", "Transfer-Encoding : chunked"}, {"TE control", "Transfer-Encoding: \x0bchunked"}, {"TE empty", "Transfer-Encoding:"},
		{"both", "Transfer-Encoding: chunked\r\nContent-Length: 3"}, {"both", "Content-Length: 3\r\nTransfer-Encoding: chunked"},
		{"both, conflict", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\nContent-Length: 4"}, {"both, nonsense", "Content-Length: x\r\nTransfer-Encoding: chunked"},
	}
	chunkHeads = []part{
		{"", "%x\r\n"}, {"", "%X\r\n"}, {"", "0%x\r\n"}, {"", "%x;a=b\r\n"}, {"chunk blank", "%x \r\n"}, {"", " %x\r\n"}, {"chunk LF", "%x\n"}, {"chunk LF", "%x;a\nb\r\n"},
		{"chunk CR", "%x;a\rb\r\n"}, {"", "%xg\r\n"}, {"", "0x%x\r\n"}, {"", "-%x\r\n"}, {"chunk zeros", "000000000000000000%x\r\n"}, {"", "ffffffffffffffff%x\r\n"}, {"", ";%x\r\n"},
		{"long extension", "%x;" + strings.Repeat("a", 5000) + "\r\n"}, {"chunk blank", "%x\t;a\r\n"}, {"chunk CR", "%x\r\r\n"},
	}
	chunkEnds = []part{{"", "\r\n"}, {"chunk LF", "\n"}, {"", ""}, {"", "x\r\n"}, {"", "\r\r\n"}, {"", " \r\n"}}
	bodyEnds  = []part{
		{"", "0\r\n\r\n"}, {"trailer", "0\r\nA: b\r\n\r\n"}, {"odd trailer", "0\r\nno colon\r\n\r\n"}, {"trailer LF", "0\r\nA: b\n\n"}, {"trailer LF", "0\r\n\n"}, {"", "00;a\r\n\r\n"},
		{"no end", ""}, {"no end", "0\r\n"}, {"more", "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}, {"folded trailer", "0\r\nA: b\r\n c\r\n\r\n"}, {"odd trailer", "0\r\n\x00: b\r\n\r\n"},
	}
)

// oddAnswers makes n answers, the same each time.
func oddAnswers(n int) []oddAnswer {
	random := rand.New(rand.NewPCG(1, 2))
	answers := make([]oddAnswer, n)
	for i := range answers {
		o := &oddParts{Rand: random, oddAnswer: oddAnswer{method: "GET"}}
		if o.IntN(20) == 0 {
			o.method = "HEAD"
			o.note("HEAD")
		}
		o.make()
		answers[i] = o.oddAnswer
	}
	return answers
}

func (o *oddParts) make() {
	lines := []string{o.pick(statusLines)}
	for range o.IntN(3) {
		lines = append(lines, o.pick(headerLines))
	}
	body := strings.Repeat("0123456789abcdef\r\n<p>\xff", o.IntN(3))
	switch o.IntN(3) {
	case 0:
		lines = append(lines, fmt.Sprintf(o.pick(lengths), len(body)))
	case 1:
		lines = append(lines, o.pick(chunkings))
		body = o.chunk(body)
	}
	if o.IntN(10) == 0 {
		lines = append(lines, o.pick(headerLines))
	}
	o.text = o.join(append(lines, "", "")) + body
	if o.IntN(5) == 0 {
		o.text = o.text[:o.IntN(len(o.text)+1)]
		o.note("cut")
	}
}

func (o *oddParts) chunk(body string) string {
	var b strings.Builder
	for len(body) > 0 {
		n := 1 + o.IntN(len(body))
		fmt.Fprintf(&b, o.pick(chunkHeads), n)
		b.WriteString(body[:n] + o.pick(chunkEnds))
		body = body[n:]
	}
	return b.String() + o.pick(bodyEnds)
}

// join ends lines with CRLF, with LF, or with the one here and the other there.
func (o *oddParts) join(lines []string) string {
	head := strings.Join(lines, "\r\n")
	switch o.IntN(12) {
	case 0:
		o.note("LF")
		return strings.ReplaceAll(head, "\r\n", "\n")
	case 1:
		o.note("LF and CRLF")
		at := o.IntN(len(head))
		return head[:at] + strings.Replace(head[at:], "\r\n", "\n", 1)
	}
	return head
}

// An outcome is what a client makes of an answer.
type outcome struct {
	status int // 0 is a failure
	body   string
	err    error
}

func (o outcome) String() string {
	if o.err != nil {
		return "failure: " + o.err.Error()
	}
	return fmt.Sprintf("%d %q", o.status, o.body)
}

func (o outcome) equal(p outcome) bool { return o.status == p.status && o.body == p.body }

// answerOnce serves one connection, which it then closes.
func answerOnce(text string) net.Conn {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
			io.WriteString(server, text)
		}
	}()
	return client
}

func ourOutcome(a oddAnswer) outcome {
	tcp := &conn{Conn: answerOnce(a.text)}
	c := newHTTP1(tcp, tcp, func(c *http1Conn, _ bool) { c.tcp.Close() })
	q := question{target: target{scheme: "http", host: "a.example", path: "/"}, method: a.method, host: "a.example"}
	resp, _, err := c.exchange(context.Background(), q, route{})
	if err != nil {
		return outcome{err: err}
	}
	defer resp.body.Close()
	return read(resp.status, resp.body)
}

func theirOutcome(a oddAnswer) outcome {
	transport := &http.Transport{
		DisableCompression: true,
		DisableKeepAlives:  true,
		DialContext:        func(context.Context, string, string) (net.Conn, error) { return answerOnce(a.text), nil },
	}
	r, _ := http.NewRequest(a.method, "http://a.example/", nil)
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return outcome{err: err}
	}
	defer resp.Body.Close()
	return read(resp.StatusCode, resp.Body)
}

func read(status int, body io.Reader) outcome {
	text, err := io.ReadAll(body)
	if err != nil {
		return outcome{err: err}
	}
	return outcome{status: status, body: string(text)}
}

// differences are the answers of which trawl and net/http make something else, by
// the part that is to blame; who refuses it, and why trawl does or does not.
var differences = []struct {
	part    string
	refused bool // by trawl, not by net/http
	why     string
}{
	{"signed status", true, "a status is three digits (RFC 9112 §4)"},
	{"status 0xx", true, "the first digit of a status is its class, from 1 (RFC 9110 §15)"},
	{"blanks before status", true, "one blank stands there (RFC 9112 §4)"},
	{"HTTP/2.0", true, "no version that this exchange speaks (RFC 9112 §2.3)"},
	{"HTTP/0.9", true, "it has no status line (RFC 9112 §2.3)"},
	{"NUL", true, "it ends a text to some readers (RFC 9110 §5.5)"},
	{"CR in head", true, "it ends a line to some readers (RFC 9112 §2.2)"},
	{"LF and CRLF", true, "a field that frames, or the end, is one to this reader and none to another (RFC 9112 §2.2)"},
	{"framing blank", true, "the body has a length to this reader and none to another (RFC 9112 §5.1)"},
	{"101", false, "nobody has asked for another protocol; GetPage refuses it"},
	{"101", true, "what follows is none either"},
	{"blank before colon", false, "browsers take it for the name without the blank"},
	{"empty name", false, "browsers leave it out, and nobody looks for it here"},
	{"odd name", false, "browsers leave it out, and nobody looks for it here"},
	{"control in value", false, "browsers take it; what is kept of it is cleaned (RFC 9110 §5.5)"},
	{"TE identity", false, "old servers say so for none (RFC 2616 §3.6)"},
	{"1.0", true, "its framing is faulty (RFC 9112 §6.1)"},
	{"length list", false, "all members are the same (RFC 9110 §8.6)"},
	{"odd trailer", false, "nobody needs a trailer; it only has to end (RFC 9112 §7.1.2)"},
	{"chunk blank", false, "blanks before an extension are bad but harmless (RFC 9112 §7.1.1)"},
}

func TestEveryDifferenceFromNetHTTPIsExplained(t *testing.T) {
	used := map[string]bool{}
	for _, a := range oddAnswers(10_000) {
		ours, theirs := ourOutcome(a), theirOutcome(a)
		if ours.equal(theirs) {
			continue
		}
		explained := false
		for _, d := range differences {
			if d.refused == (ours.err != nil) && slices.Contains(a.parts, d.part) {
				used[d.part] = true
				explained = true
			}
		}
		if !explained {
			t.Errorf("%s %q %v:\n\tours   %v\n\ttheirs %v", a.method, a.text, a.parts, ours, theirs)
		}
	}
	for _, d := range differences {
		if !used[d.part] {
			t.Errorf("%s: there is no difference", d.part)
		}
	}
}
