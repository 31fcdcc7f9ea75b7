package hostile

import (
	"strings"

	"golang.org/x/net/http2"

	"trawl/fetch"
)

// answers is an answer of these fields and hello.
func answers(fields ...string) func(*stream) {
	return says(func(s *stream) []string { return []string{s.heads(endHeaders, fields...), s.data(endStream, "hello")} })
}

// headers2 are heads that are malformed, RFC 9113 §8.1 to §8.3, or too large. A malformed
// answer is an error of its stream; nothing forbids to end the connection.
var headers2 = []design{
	{name: "no status over HTTP/2", want: malformed2, streams: answers("x", "y")},
	{name: "no fields", want: malformed2, streams: answers()},
	{name: "two statuses", want: malformed2, streams: answers(":status", "200", ":status", "200")},
	{name: "a status of letters over HTTP/2", want: malformed2, streams: answers(":status", "abc")},
	{name: "a status of two digits over HTTP/2", want: malformed2, streams: answers(":status", "20")},
	{name: "a status of four digits over HTTP/2", want: malformed2, streams: answers(":status", "2000")},
	{name: "a status with a sign over HTTP/2", want: malformed2, streams: answers(":status", "+20")},
	{name: "101 over HTTP/2", want: malformed2, streams: answers(":status", "101")},
	{name: "a status after a header", want: malformed2, streams: answers("x", "y", ":status", "200")},
	{name: "an unknown pseudo-header", want: malformed2, streams: answers(":status", "200", ":path", "/")},
	{name: "a header in capitals", want: malformed2, streams: answers(":status", "200", "Content-Type", "text/html")},
	{name: "an empty name", want: malformed2, streams: answers(":status", "200", "", "x")},
	{name: "a name with a space", want: malformed2, streams: answers(":status", "200", "a b", "x")},
	{name: "a name with an escape", want: malformed2, streams: answers(":status", "200", "a\x1b[35m", "x")},
	{name: "a value with a line feed", want: malformed2, streams: answers(":status", "200", "x", "a\nurl:<http://forged/> size:[1]")},
	{name: "a value with CR LF", want: malformed2, streams: answers(":status", "200", "etag", "a\r\nurl:<http://forged/> size:[1]")},
	{name: "a value with NUL", want: malformed2, streams: answers(":status", "200", "etag", "a\x00b")},
	{name: "a value with spaces around", want: gives(5).or(fetch.Protocol, fetch.Reset), streams: answers(":status", "200", "etag", " x ")},
	{name: "Connection over HTTP/2", want: gives(5).or(fetch.Protocol, fetch.Reset), streams: answers(":status", "200", "connection", "close")},
	{name: "Transfer-Encoding over HTTP/2", want: gives(5).or(fetch.Protocol, fetch.Reset), streams: answers(":status", "200", "transfer-encoding", "chunked")},
	{name: "a hint that is the end", want: malformed2, streams: says(func(s *stream) []string { return []string{s.heads(endHeaders|endStream, ":status", "103")} })},

	// A length that lies makes an answer malformed.
	{name: "a length longer than the body over HTTP/2", want: fails(fetch.Protocol, fetch.Truncated, fetch.Reset), streams: answers(":status", "200", "content-length", "6")},
	{name: "a length shorter than the body over HTTP/2", want: malformed2, streams: answers(":status", "200", "content-length", "3")},
	{name: "a length and no body over HTTP/2", want: fails(fetch.Protocol, fetch.Truncated, fetch.Reset), streams: says(func(s *stream) []string {
		return []string{s.heads(endHeaders|endStream, ":status", "200", "content-length", "5")}
	})},
	{name: "two lengths over HTTP/2", want: malformed2, streams: answers(":status", "200", "content-length", "5", "content-length", "6")},
	{name: "a length below nothing over HTTP/2", want: malformed2, streams: answers(":status", "200", "content-length", "-5")},
	{name: "a length in letters over HTTP/2", want: malformed2, streams: answers(":status", "200", "content-length", "five")},
	{name: "a 204 with a body over HTTP/2", want: gives(0).or(fetch.Protocol, fetch.Reset), streams: answers(":status", "204")},
	{name: "a 304 with a body over HTTP/2", want: fails(fetch.HTTPStatus, fetch.Protocol, fetch.Reset), streams: answers(":status", "304")},

	{name: "a header of 1 MB over HTTP/2", want: malformed2, streams: says(func(s *stream) []string {
		frames := []string{s.heads(0, ":status", "200")}
		for range 100 {
			frames = append(frames, s.more(0, "x", strings.Repeat("x", 10_000)))
		}
		return append(frames, s.more(endHeaders), s.data(endStream, "hello"))
	})},
	{name: "a header bomb", want: malformed2, streams: says(func(s *stream) []string {
		// A field of 4 kB, once in full and 60,000 times as the byte that names it.
		entry := "\x40" + string(appendText(appendText(nil, "x"), strings.Repeat("x", 4000)))
		frames := []string{frame(http2.FrameHeaders, 0, s.id, block(":status", "200")+entry)}
		for range 4 {
			frames = append(frames, frame(http2.FrameContinuation, 0, s.id, strings.Repeat("\xbe", 15_000)))
		}
		return append(frames, s.more(endHeaders), s.data(endStream, "hello"))
	})},
	{name: "a header bomb of cookies", want: malformed2, streams: says(func(s *stream) []string {
		entry := "\x40" + string(appendText(appendText(nil, "set-cookie"), strings.Repeat("x", 4000)))
		return []string{frame(http2.FrameHeaders, endHeaders, s.id, block(":status", "200")+entry+strings.Repeat("\xbe", 10_000)), s.data(endStream, "hello")}
	})},
	{name: "continuations without end", want: malformed2, streams: func(s *stream) {
		s.send(s.heads(0, ":status", "200"))
		s.flood(s.more(0, "x", "y"))
	}},
	{name: "empty continuations without end", want: fails(fetch.Protocol, fetch.Reset, fetch.Timeout), streams: func(s *stream) {
		s.send(s.heads(0, ":status", "200"))
		s.flood(s.more(0))
	}},
	{name: "hints without end over HTTP/2", want: flooded2, streams: func(s *stream) { s.flood(s.head(103, "link", "</a.css>")) }},
	{name: "an index of nothing", want: malformed2, streams: says(func(s *stream) []string { return []string{frame(http2.FrameHeaders, endHeaders, s.id, "\xff\xff\x7f")} })},
	{name: "an index without end", want: malformed2, streams: says(func(s *stream) []string {
		return []string{frame(http2.FrameHeaders, endHeaders, s.id, "\xff"+strings.Repeat("\xff", 1000))}
	})},
	{name: "a table of 4 GiB", want: malformed2, streams: says(func(s *stream) []string {
		return []string{frame(http2.FrameHeaders, endHeaders, s.id, "\x3f\xe1\xff\xff\xff\x0f"+block(":status", "200")), s.data(endStream, "hello")}
	})},
	{name: "a text longer than its frame", want: malformed2, streams: says(func(s *stream) []string {
		return []string{frame(http2.FrameHeaders, endHeaders, s.id, "\x00\x01x\x7f\xff\xff\x03")}
	})},
	{name: "Huffman's code of nothing", want: malformed2, streams: says(func(s *stream) []string {
		return []string{frame(http2.FrameHeaders, endHeaders, s.id, block(":status", "200")+"\x00\x84\xff\xff\xff\xff\x01x")}
	})},
}
