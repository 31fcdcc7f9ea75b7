package hostile

import (
	"strings"

	"trawl/fetch"
)

var truncated = fails(fetch.Truncated)

// lengths lie, contradict each other, or are none: RFC 9112 §6.
var lengths = []design{
	{name: "a body shorter than its length", want: truncated, answer: acts{say(okOfLength + "6\r\n\r\nhello")}},
	{name: "a body without a byte of its length", want: truncated, answer: acts{say(okOfLength + "6\r\n\r\n")}},
	{name: "two lengths", want: malformed, answer: acts{say(okOfLength + "3\r\nContent-Length: 5\r\n\r\nhello")}},
	{name: "two lengths in one header", want: malformed, answer: acts{say(okOfLength + "5, 3\r\n\r\nhello")}},
	{name: "one length twice", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfLength + "5\r\nContent-Length: 5\r\n\r\nhello"), keep}},
	{name: "one length twice in one header", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfLength + "5, 5\r\n\r\nhello"), keep}},
	{name: "a length and none", want: malformed, answer: acts{say(okOfLength + "5\r\nContent-Length:\r\n\r\nhello")}},
	{name: "a length that is empty", want: malformed, answer: acts{say(okOfLength + "\r\n\r\nhello")}},
	{name: "a length with a plus", want: malformed, answer: acts{say(okOfLength + "+5\r\n\r\nhello")}},
	{name: "a length with a minus", want: malformed, answer: acts{say(okOfLength + "-5\r\n\r\nhello")}},
	{name: "a length in hexadecimal", want: malformed, answer: acts{say(okOfLength + "0x5\r\n\r\nhello")}},
	{name: "a length with a fraction", want: malformed, answer: acts{say(okOfLength + "5.0\r\n\r\nhello")}},
	{name: "a length with an exponent", want: malformed, answer: acts{say(okOfLength + "5e0\r\n\r\nhello")}},
	{name: "a length with an underscore", want: malformed, answer: acts{say(okOfLength + "0_5\r\n\r\nhello")}},
	{name: "a length and something", want: malformed, answer: acts{say(okOfLength + "5 bytes\r\n\r\nhello")}},
	{name: "a length in quotes", want: malformed, answer: acts{say(okOfLength + "\"5\"\r\n\r\nhello")}},
	{name: "a length in other digits", want: malformed, answer: acts{say(okOfLength + "٥\r\n\r\nhello")}},
	{name: "a length after a vertical tab", want: malformed, answer: acts{say(okOfLength + "\v5\r\n\r\nhello")}},
	{name: "a body of 200 and more, over HTTP/1.0", want: truncated, answer: acts{say("HTTP/1.0 200 OK\r\nContent-Length: 200\r\n\r\nhello")}},
}

// transfers say two things of how a body is framed, or what nobody knows: RFC 9112 §6.1
// and §6.3.
var transfers = []design{
	// The coding wins, and the connection is not used again: "more" is no answer.
	{name: "chunks and a length", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfLength + "3\r\nTransfer-Encoding: chunked\r\n\r\n" + helloChunks), keep}, paths: several},
	{name: "chunks and a length, in the other order", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "Transfer-Encoding: chunked\r\nContent-Length: 80\r\n\r\n" + helloChunks), keep}, paths: several},
	{name: "chunks over HTTP/1.0", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + helloChunks)}},
	{name: "chunked in capitals", want: gives(5), answer: acts{say(ok + "Transfer-Encoding: CHUNKED\r\n\r\n" + helloChunks), keep}},
	{name: "chunked twice", want: malformed, answer: acts{say(ok + "Transfer-Encoding: chunked, chunked\r\n\r\n" + helloChunks)}},
	{name: "chunked twice in two headers", want: malformed, answer: acts{say(ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + helloChunks)}},
	{name: "a transfer coding that nobody asked for", want: fails(fetch.Protocol, fetch.Decode), answer: acts{say(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n" + helloChunks)}},
	{name: "a transfer coding that nobody knows", want: fails(fetch.Protocol, fetch.Decode), answer: acts{say(ok + "Transfer-Encoding: xchunked\r\n\r\n" + helloChunks)}},
	{name: "chunked is not the last", want: fails(fetch.Protocol, fetch.Decode), answer: acts{say(ok + "Transfer-Encoding: chunked, gzip\r\n\r\n" + helloChunks)}},
	{name: "chunked after a vertical tab", want: fails(fetch.Protocol, fetch.Decode), answer: acts{say(ok + "Transfer-Encoding: \vchunked\r\n\r\n" + helloChunks)}},
	{name: "chunked with a parameter", want: fails(fetch.Protocol, fetch.Decode), answer: acts{say(ok + "Transfer-Encoding: chunked;q=1\r\n\r\n" + helloChunks)}},
	{name: "an empty transfer coding", want: gives(5).or(fetch.Protocol, fetch.Decode), answer: acts{say(okOfLength + "5\r\nTransfer-Encoding:\r\n\r\nhello")}},
}

const helloChunks = "5\r\nhello\r\n0\r\n\r\n"

// several URLs for a host: when the second is asked for, the first one's connection is
// there to be used again.
var several = strings.Fields("/a /b /c /d /e /f /g /h /i /j")

// chunks are none, RFC 9112 §7.1.
var chunks = []design{
	{name: "chunks without the last", want: truncated, answer: acts{say(okOfChunks + "5\r\nhello\r\n")}},
	{name: "no chunk at all", want: truncated, answer: acts{say(okOfChunks)}},
	{name: "half a chunk", want: truncated, answer: acts{say(okOfChunks + "9\r\nhello")}},
	{name: "half a size of a chunk", want: truncated, answer: acts{say(okOfChunks + "5\r\nhello\r\n1")}},
	{name: "a chunk without its end", want: truncated, answer: acts{say(okOfChunks + "5\r\nhello")}},
	{name: "a last chunk without its line", want: fails(fetch.Truncated), answer: acts{say(okOfChunks + "5\r\nhello\r\n0")}},
	{name: "a last chunk without the end of the trailer", want: gives(5).or(fetch.Truncated), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\n")}},
	{name: "a chunk longer than its size", want: malformed, answer: acts{say(okOfChunks + "3\r\nhello\r\n0\r\n\r\n")}},
	{name: "a chunk of less than nothing", want: malformed, answer: acts{say(okOfChunks + "-5\r\nhello\r\n0\r\n\r\n")}},
	{name: "a size of a chunk with a plus", want: malformed, answer: acts{say(okOfChunks + "+5\r\nhello\r\n0\r\n\r\n")}},
	{name: "a size of a chunk with 0x", want: malformed, answer: acts{say(okOfChunks + "0x5\r\nhello\r\n0\r\n\r\n")}},
	{name: "a size of a chunk of letters", want: malformed, answer: acts{say(okOfChunks + "five\r\nhello\r\n0\r\n\r\n")}},
	{name: "an empty size of a chunk", want: malformed, answer: acts{say(okOfChunks + "\r\nhello\r\n0\r\n\r\n")}},
	{name: "an extension without a size", want: malformed, answer: acts{say(okOfChunks + ";a=b\r\nhello\r\n0\r\n\r\n")}},
	{name: "a size of a chunk with an underscore", want: malformed, answer: acts{say(okOfChunks + "0_5\r\nhello\r\n0\r\n\r\n")}},
	{name: "a space before the size of a chunk", want: malformed, answer: acts{say(okOfChunks + " 5\r\nhello\r\n0\r\n\r\n")}},
	{name: "a space after the size of a chunk", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfChunks + "5 \r\nhello\r\n0\r\n\r\n")}},
	{name: "something after the size of a chunk", want: malformed, answer: acts{say(okOfChunks + "5 hello\r\nhello\r\n0\r\n\r\n")}},
	{name: "NUL after the size of a chunk", want: malformed, answer: acts{say(okOfChunks + "5\x00\r\nhello\r\n0\r\n\r\n")}},
	{name: "a size of a chunk that overflows", want: malformed, answer: acts{say(okOfChunks + "10000000000000005\r\nhello\r\n0\r\n\r\n")}},
	{name: "a size of a chunk of all ones", want: malformed, answer: acts{say(okOfChunks + "ffffffffffffffff\r\nhello\r\n0\r\n\r\n")}},
	{name: "a chunk that ends with a bare CR", want: malformed, answer: acts{say(okOfChunks + "5\r\nhello\r0\r\n\r\n")}},
	{name: "a chunk that ends with nothing", want: malformed, answer: acts{say(okOfChunks + "5\r\nhello0\r\n\r\n")}},
	{name: "a chunk that ends with something else", want: malformed, answer: acts{say(okOfChunks + "5\r\nhelloXX0\r\n\r\n")}},
	// A bare LF ends a line of a head; chunks have none to be lenient about.
	{name: "a size of a chunk that ends with a bare LF", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfChunks + "5\nhello\r\n0\r\n\r\n")}},
	{name: "a chunk that ends with a bare LF", want: malformed, answer: acts{say(okOfChunks + "5\r\nhello\n0\r\n\r\n")}},
	{name: "an extension with a bare LF", want: malformed, answer: acts{say(okOfChunks + "5;a\n3\r\nhello\r\n0\r\n\r\n")}},
	{name: "a trailer that is none", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\nno trailer\r\n\r\n")}},
	{name: "a trailer that says what only a head may", want: gives(5), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\nContent-Encoding: br\r\n\r\n"), keep}},
	{name: "half a gzip stream in whole chunks", want: fails(fetch.Truncated, fetch.Decode), answer: acts{say(ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\x1f\x8b\x08\x00\x00\r\n0\r\n\r\n")}},
}
