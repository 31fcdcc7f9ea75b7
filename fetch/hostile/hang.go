package hostile

import (
	"strings"

	"trawl/fetch"
)

// Beginnings of answers.
const (
	ok          = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
	okOfLength  = ok + "Content-Length: "
	okOfChunks  = ok + "Transfer-Encoding: chunked\r\n\r\n"
	okUntilEnd  = ok + "Connection: close\r\n\r\n"
	unavailable = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: "
	tooMany     = "HTTP/1.1 429 Busy\r\nContent-Length: 0\r\nRetry-After: "
	later       = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
)

var (
	timeout = fails(fetch.Timeout)
	busy    = fails(fetch.HTTPStatus)
)

// hangs are silent, or speak a byte a second.
var hangs = []design{
	{name: "silence before the handshake", want: timeout, greeting: acts{hang}, secure: true},
	{name: "silence in the handshake", want: timeout, greeting: acts{say("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"), hang}, secure: true},
	{name: "a dripping handshake", want: timeout, greeting: acts{drip("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + zeros)}, secure: true},
	{name: "silence before the status", want: timeout, answer: acts{hang}},
	{name: "silence before the status over TLS", want: timeout, answer: acts{hang}, secure: true},
	{name: "silence in the version", want: timeout, answer: acts{say("HTT"), hang}},
	{name: "silence in the status", want: timeout, answer: acts{say("HTTP/1.1 20"), hang}},
	{name: "silence after the status line", want: timeout, answer: acts{say("HTTP/1.1 200 OK\r\n"), hang}},
	{name: "silence in a header", want: timeout, answer: acts{say(ok + "Content-Len"), hang}},
	{name: "silence before the end of the headers", want: timeout, answer: acts{say(okOfLength + "5\r\n"), hang}},
	{name: "silence before the body", want: timeout, answer: acts{say(okOfLength + "5\r\n\r\n"), hang}},
	{name: "silence in a body of some length", want: timeout, answer: acts{say(okOfLength + "5\r\n\r\nhell"), hang}},
	{name: "silence in a body until the end", want: timeout, answer: acts{say(okUntilEnd + "hello"), hang}},
	{name: "silence in a packed body", want: timeout, answer: acts{say(ok + "Content-Encoding: gzip\r\nContent-Length: 900\r\n\r\n\x1f\x8b\x08"), hang}},
	{name: "silence before a chunk", want: timeout, answer: acts{say(okOfChunks + "5\r\nhello\r\n"), hang}},
	{name: "silence in the size of a chunk", want: timeout, answer: acts{say(okOfChunks + "5"), hang}},
	{name: "silence in a chunk", want: timeout, answer: acts{say(okOfChunks + "5\r\nhell"), hang}},
	{name: "silence after a chunk", want: timeout, answer: acts{say(okOfChunks + "5\r\nhello"), hang}},
	{name: "silence after a hint", want: timeout, answer: acts{say(later), hang}},
	// The body is complete with the last chunk; the message is not.
	{name: "silence in the trailer", want: gives(5).or(fetch.Timeout), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\nX: y"), hang}},

	{name: "a dripping status", want: timeout, answer: acts{drip(okOfLength)}},
	{name: "a dripping header", want: timeout, answer: acts{say(ok), drip("X: " + zeros)}},
	{name: "a dripping body of some length", want: timeout, answer: acts{say(okOfLength + "500\r\n\r\n"), drip(zeros)}},
	{name: "a dripping body until the end", want: timeout, answer: acts{say(okUntilEnd), drip(zeros)}},
	{name: "a dripping chunk size", want: timeout, answer: acts{say(okOfChunks), drip(zeros)}},
	{name: "a dripping extension of a chunk", want: timeout, answer: acts{say(okOfChunks + "5;a="), drip(zeros)}},
	{name: "a dripping chunk", want: timeout, answer: acts{say(okOfChunks + "500\r\n"), drip(zeros)}},
	{name: "a dripping packed body", want: timeout, answer: acts{say(ok + "Content-Encoding: br\r\n\r\n"), drip(zeros)}},
	{name: "a dripping trailer", want: gives(5).or(fetch.Timeout), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\nX: "), drip(zeros)}},
	{name: "dripping hints", want: timeout, answer: acts{drip(strings.Repeat(later, 9))}},
	{name: "a dripping body of a failure", want: fails(fetch.HTTPStatus), answer: acts{say("HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n"), drip(zeros)}},

	{name: "hints without end", want: fails(fetch.Timeout, fetch.Protocol), answer: acts{flood(later)}},
	{name: "100 Continue without end", want: fails(fetch.Timeout, fetch.Protocol), answer: acts{flood("HTTP/1.1 100 Continue\r\n\r\n")}},
	{name: "empty lines without end", want: fails(fetch.Timeout, fetch.Protocol), answer: acts{flood("\r\n")}},

	{name: "Retry-After: a day", want: busy, answer: acts{say(unavailable + "86400\r\n\r\n"), keep}},
	{name: "Retry-After: a day, of a 429", want: busy, answer: acts{say(tooMany + "86400\r\n\r\n"), keep}},
	{name: "Retry-After: in the year 9999", want: busy, answer: acts{say(unavailable + "Fri, 31 Dec 9999 23:59:59 GMT\r\n\r\n"), keep}},
	{name: "Retry-After: 2^64 seconds", want: busy, answer: acts{say(tooMany + "18446744073709551616\r\n\r\n"), keep}},
	{name: "Retry-After: less than nothing", want: busy, answer: acts{say(tooMany + "-86400\r\n\r\n"), keep}},
	{name: "Retry-After: nonsense, twice", want: busy, answer: acts{say(tooMany + evil[:12] + "\r\nRetry-After: 86400\r\n\r\n"), keep}},
}

var zeros = strings.Repeat("0", 400)
