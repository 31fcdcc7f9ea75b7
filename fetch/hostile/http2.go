package hostile

import (
	"strings"
	"time"

	"golang.org/x/net/http2"

	"trawl/fetch"
)

// What may come of HTTP/2 that is none. A flood that means nothing may be borne until the
// time is over.
var (
	malformed2 = fails(fetch.Protocol, fetch.Reset)
	flooded2   = fails(fetch.Protocol, fetch.Reset, fetch.Timeout)
	refused2   = fails(fetch.Reset, fetch.Protocol)
	broken2    = fails(fetch.Reset, fetch.Protocol, fetch.Truncated)
)

// begins are frames at the beginning of a connection, where requests remain without an
// answer.
func begins(frames ...string) func(*multiplex) {
	return func(m *multiplex) { m.send(frames...) }
}

// endsWith is begins, and then the connection ends.
func endsWith(frames ...string) func(*multiplex) {
	return func(m *multiplex) {
		m.send(frames...)
		m.close()
	}
}

// floods is begins, again and again.
func floods(frames ...string) func(*multiplex) {
	return func(m *multiplex) {
		m.send(settings())
		m.flood(frames...)
	}
}

// says is an answer that is known beforehand.
func says(answer func(*stream) []string) func(*stream) {
	return func(s *stream) { s.send(answer(s)...) }
}

const junk = "\x1b[35mdebug\r\n\x07\u202e"

// connections2 are connections that cannot be spoken on.
var connections2 = []design{
	{name: "no settings, and no answer", want: timeout, frames: func(*multiplex) {}},
	{name: "no settings, and the end", want: fails(fetch.Reset, fetch.Protocol), frames: endsWith(), resend: true},
	{name: "HTTP/1.1 where HTTP/2 was agreed on", want: malformed2, frames: endsWith(ok + five)},
	{name: "no frames", want: malformed2, frames: begins(strings.Repeat("no frame ", 4000))},
	{name: "settings without end", want: flooded2, frames: floods(settings())},
	{name: "settings that nobody knows without end", want: flooded2, frames: floods(settings(0xabcd, 1, 0xabce, 2))},
	{name: "acknowledged settings without end", want: flooded2, frames: floods(frame(http2.FrameSettings, ack, 0, ""))},
	{name: "pings without end", want: flooded2, frames: floods(frame(http2.FramePing, 0, 0, "12345678"))},
	{name: "pongs without end", want: flooded2, frames: floods(frame(http2.FramePing, ack, 0, "12345678"))},
	{name: "unknown frames without end", want: flooded2, frames: floods(frame(0xfa, 0, 0, "hello"))},
	{name: "priorities without end", want: flooded2, frames: floods(frame(http2.FramePriority, 0, 1, "\x00\x00\x00\x03\x00"))},
	{name: "goodbyes without end", want: flooded2, frames: floods(goAway(1<<31-1, http2.ErrCodeNo, junk)), resend: true},
	{name: "resets of nothing without end", want: flooded2, frames: floods(rst(99, http2.ErrCodeCancel))},
	{name: "updates of a window without end", want: flooded2, frames: floods(window(0, 1))},
	{name: "continuations of nothing", want: malformed2, frames: floods(frame(http2.FrameContinuation, 0, 1, ""))},
	{name: "a window that overflows", want: malformed2, frames: begins(settings(), window(0, 1<<31-1), window(0, 1<<31-1))},
	{name: "a window that grows by nothing", want: malformed2, frames: begins(settings(), window(0, 0))},
	{name: "first windows that overflow", want: malformed2, frames: begins(settings(uint32(http2.SettingInitialWindowSize), 1<<32-1))},
	{name: "frames of size zero", want: malformed2, frames: begins(settings(uint32(http2.SettingMaxFrameSize), 0))},
	{name: "frames of size 2^24", want: malformed2, frames: begins(settings(uint32(http2.SettingMaxFrameSize), 1<<24))},
	// RFC 9113 §6.5.2 calls it an error; what it allows to whom is nothing, and a push is refused.
	{name: "pushing, by the server", want: gives(5).or(fetch.Protocol, fetch.Reset), frames: begins(settings(uint32(http2.SettingEnablePush), 1)), streams: answers(":status", "200")},
	{name: "settings that are cut", want: malformed2, frames: begins(frame(http2.FrameSettings, 0, 0, "12345"))},
	{name: "settings of a stream", want: malformed2, frames: begins(frame(http2.FrameSettings, 0, 1, ""))},
	{name: "acknowledged settings with settings", want: malformed2, frames: begins(settings(), frame(http2.FrameSettings, ack, 0, "123456"))},
	{name: "a ping of size zero", want: malformed2, frames: begins(settings(), frame(http2.FramePing, 0, 0, ""))},
	{name: "a goodbye of size zero", want: malformed2, frames: begins(settings(), frame(http2.FrameGoAway, 0, 0, "")), resend: true},
	{name: "an update of size zero", want: malformed2, frames: begins(settings(), frame(http2.FrameWindowUpdate, 0, 0, ""))},
	{name: "a frame of 16 MiB", want: fails(fetch.Protocol, fetch.Reset), frames: func(m *multiplex) {
		m.send(settings(), frameOf(1<<24-1, http2.FrameData, 0, 1, ""))
		m.flood("x")
	}},
	{name: "room for no stream", want: fails(fetch.Timeout, fetch.Reset), frames: begins(settings(uint32(http2.SettingMaxConcurrentStreams), 0))},
	{name: "a goodbye before anything", want: refused2, frames: endsWith(settings(), goAway(0, http2.ErrCodeNo, junk)), resend: true},
	{name: "a goodbye before anything, and silence", want: fails(fetch.Reset, fetch.Protocol, fetch.Timeout), frames: begins(settings(), goAway(0, http2.ErrCodeNo, junk)), resend: true},
	{name: "a goodbye before settings", want: refused2, frames: endsWith(goAway(0, http2.ErrCodeEnhanceYourCalm, strings.Repeat(junk, 900))), resend: true},
}

// streams2 are answers that end otherwise than they should, or not at all.
var streams2 = []design{
	{name: "a goodbye for each request", want: refused2, streams: says(func(s *stream) []string { return []string{goAway(0, http2.ErrCodeNo, "")} }), resend: true},
	{name: "a goodbye for each request, and the end", want: refused2, streams: func(s *stream) {
		s.send(goAway(0, http2.ErrCodeNo, junk))
		s.close()
	}, resend: true},
	{name: "a goodbye that asks for calm", want: refused2, streams: func(s *stream) {
		s.send(goAway(0, http2.ErrCodeEnhanceYourCalm, junk))
		s.close()
	}, resend: true},
	{name: "a goodbye that promises an answer, and silence", want: timeout, streams: says(func(s *stream) []string { return []string{goAway(s.id, http2.ErrCodeNo, "")} })},
	{name: "a goodbye and the answer", want: gives(5), streams: says(func(s *stream) []string {
		return []string{goAway(s.id, http2.ErrCodeNo, ""), s.head(200), s.data(endStream, "hello")}
	})},
	{name: "a goodbye in the body", want: broken2, streams: func(s *stream) {
		s.send(s.head(200), s.data(0, "hello"), goAway(0, http2.ErrCodeInternal, junk))
		s.close()
	}, resend: true},
	{name: "refused streams", want: refused2, streams: says(func(s *stream) []string { return []string{rst(s.id, http2.ErrCodeRefusedStream)} }), resend: true, good: everyKind2},
	{name: "streams that want HTTP/1.1", want: refused2, streams: says(func(s *stream) []string { return []string{rst(s.id, http2.ErrCodeHTTP11Required)} })},
	{name: "reset streams", want: refused2, streams: says(func(s *stream) []string { return []string{rst(s.id, http2.ErrCodeInternal)} }), good: everyKind2},
	{name: "streams reset for no reason", want: refused2, streams: says(func(s *stream) []string { return []string{rst(s.id, http2.ErrCodeNo)} }), good: everyKind2},
	{name: "streams reset for an unknown reason", want: refused2, streams: says(func(s *stream) []string { return []string{rst(s.id, 0xbad)} }), good: everyKind2},
	{name: "a stream reset in the body", want: broken2, streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(0, "hello"), rst(s.id, http2.ErrCodeInternal)}
	}), good: everyKind2},
	{name: "a stream reset for no reason in the body", want: broken2, streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(0, "hello"), rst(s.id, http2.ErrCodeNo)}
	}), good: everyKind2},
	{name: "a stream reset after the body", want: gives(5), streams: says(func(s *stream) []string {
		return []string{s.head(200), s.data(endStream, "hello"), rst(s.id, http2.ErrCodeNo)}
	}), good: everyKind2},
	{name: "the end in the body", want: broken2, streams: func(s *stream) {
		s.send(s.head(200), s.data(0, "hello"))
		s.close()
	}},
	{name: "a stalled stream before the head", want: timeout, streams: func(*stream) {}, good: everyKind2},
	{name: "a stalled stream after the head", want: timeout, streams: says(func(s *stream) []string { return []string{s.head(200)} }), good: everyKind2},
	{name: "a stalled stream in the body", want: timeout, streams: says(func(s *stream) []string { return []string{s.head(200), s.data(0, "hello")} }), good: everyKind2},
	{name: "a stalled stream in the head", want: timeout, streams: says(func(s *stream) []string { return []string{s.heads(0, ":status", "200")} }), breaks: true},
	{name: "a dripping stream", want: timeout, streams: func(s *stream) {
		for s.send(s.head(200)); s.send(s.data(0, "x")) && s.fault.server.wait(time.Second); {
		}
	}, good: everyKind2},
	{name: "a head that drips", want: timeout, streams: func(s *stream) { s.drip(s.head(200, "x", zeros)) }, breaks: true},
	{name: "a frame that drips", want: timeout, streams: func(s *stream) {
		s.send(s.head(200))
		s.drip(s.data(0, zeros))
	}, breaks: true},
	{name: "a hint and the answer", want: gives(5), streams: says(func(s *stream) []string {
		return []string{s.head(103, "link", "</a.css>"), s.head(200), s.data(endStream, "hello")}
	}), good: everyKind2},
	{name: "frames of extensions and the answer", want: gives(5), streams: says(func(s *stream) []string {
		return []string{frame(0xa, 0, 0, "\x00\x01xh2=\":1\""), frame(0xc, 0, 0, "\x00\x01x"), frame(0x10, 0, 0, number(s.id)+"u=0"), s.head(200), s.data(endStream, "hello")}
	}), good: everyKind2},
	{name: "settings in an answer", want: gives(5), streams: says(func(s *stream) []string {
		return []string{s.head(200), settings(uint32(http2.SettingHeaderTableSize), 1<<32-1, uint32(http2.SettingInitialWindowSize), 0), s.data(endStream, "hello")}
	})},
}
