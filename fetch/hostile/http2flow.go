package hostile

import (
	"strings"

	"golang.org/x/net/http2"

	"trawl/fetch"
)

// flows2 are frames where none of their kind may be, and data beyond what there is room
// for.
var flows2 = []design{
	{name: "data without end over HTTP/2", want: tooLarge, streams: func(s *stream) {
		s.send(s.head(200))
		s.writeWithoutEnd(strings.Repeat("x", gulp))
	}, good: everyKind2},
	{name: "a length of 10 GB over HTTP/2", want: tooLarge, streams: func(s *stream) {
		s.send(s.head(200, "content-length", "10000000000"))
		s.writeWithoutEnd(strings.Repeat("x", gulp))
	}, good: everyKind2},
	{name: "a bomb over HTTP/2", want: tooLarge, streams: func(s *stream) {
		s.send(s.head(200, "content-encoding", "gzip"))
		s.write(gzipBomb())
		s.send(s.data(endStream, ""))
	}, good: everyKind2},
	{name: "data beyond the window", want: fails(fetch.Protocol, fetch.Reset, fetch.TooLarge), streams: func(s *stream) {
		s.send(s.head(200))
		s.flood(s.data(0, strings.Repeat("x", 16<<10)))
	}},
	{name: "empty data without end", want: flooded2, streams: func(s *stream) {
		s.send(s.head(200))
		s.flood(s.data(0, ""))
	}},
	{name: "padding without end", want: flooded2, streams: func(s *stream) {
		s.send(s.head(200))
		for s.take(s.id, 256) == 256 && s.send(s.data(paddedData, "\xff"+strings.Repeat("\x00", 255))) {
		}
	}},
	{name: "padding longer than its frame", want: malformed2, streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(paddedData, "\xffhello")}
	})},
	{name: "a trailer over HTTP/2", want: gives(5), streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(0, "hello"), s.heads(endHeaders|endStream, "x", "y")}
	}), good: everyKind2},
	{name: "a trailer that is not the end", want: malformed2, streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(0, "hello"), s.heads(endHeaders, "x", "y")}
	})},
	{name: "a trailer with a status", want: malformed2, streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(0, "hello"), s.heads(endHeaders|endStream, ":status", "200")}
	})},
	{name: "a trailer without end over HTTP/2", want: malformed2, streams: func(s *stream) {
		s.send(s.head(200), s.data(0, "hello"), s.heads(endStream, "x", "y"))
		s.flood(s.more(0, "x", "y"))
	}},
	{name: "data before the head", want: malformed2, streams: says(func(s *stream) []string { return []string{s.data(0, "hello"), s.head(200)} })},
	// What comes after the end of a stream is nobody's.
	{name: "data after the end", want: gives(5).or(fetch.Protocol, fetch.Reset), streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(endStream, "hello"), s.data(endStream, "hello")}
	})},
	{name: "a second answer after the end", want: gives(5).or(fetch.Protocol, fetch.Reset), streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(endStream, "hello"), s.head(200), s.data(endStream, "hello again")}
	})},
	{name: "data of no stream", want: malformed2, streams: says(func(s *stream) []string { return []string{frame(http2.FrameData, 0, 0, "hello")} })},
	{name: "data of a stream that nobody opened", want: malformed2, streams: says(func(s *stream) []string { return []string{frame(http2.FrameData, 0, 9999, "hello")} })},
	{name: "an answer to nobody", want: malformed2, streams: says(func(s *stream) []string {
		return []string{frame(http2.FrameHeaders, endHeaders, 9999, block(":status", "200"))}
	})},
	{name: "a head of no stream", want: malformed2, streams: says(func(s *stream) []string {
		return []string{frame(http2.FrameHeaders, endHeaders, 0, block(":status", "200"))}
	})},
	{name: "a push", want: malformed2, streams: says(func(s *stream) []string {
		promise := number(2) + block(":method", "GET", ":scheme", "https", ":authority", "127.0.0.1", ":path", "/pushed")
		return []string{frame(http2.FramePushPromise, endHeaders, s.id, promise), frame(http2.FrameHeaders, endHeaders, 2, block(":status", "200")), s.head(200), s.data(endStream, "hello")}
	})},
	{name: "a head that is interrupted", want: malformed2, streams: says(func(s *stream) []string {
		return []string{s.heads(0, ":status", "200"), frame(http2.FramePing, 0, 0, "12345678"), s.more(endHeaders)}
	})},
	{name: "a window of a stream that overflows", want: malformed2, streams: says(func(s *stream) []string {
		return []string{window(s.id, 1<<31-1), window(s.id, 1<<31-1)}
	})},
	{name: "a window of a stream that grows by nothing", want: malformed2, streams: says(func(s *stream) []string { return []string{window(s.id, 0)} })},
	{name: "a reset of size zero", want: malformed2, streams: says(func(s *stream) []string { return []string{frame(http2.FrameRSTStream, 0, s.id, "")} })},
	{name: "a reset of no stream", want: malformed2, streams: says(func(s *stream) []string { return []string{rst(0, http2.ErrCodeNo)} })},
	{name: "a head of 16 MiB", want: malformed2, streams: func(s *stream) {
		s.send(frameOf(1<<24-1, http2.FrameHeaders, endHeaders, s.id, ""))
		s.flood("x")
	}},
}
