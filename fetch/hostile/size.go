package hostile

import (
	"strings"

	"trawl/fetch"
)

var (
	tooLarge  = fails(fetch.TooLarge)
	malformed = fails(fetch.Protocol)
)

// sizes have no end, or are larger than anybody wants.
var sizes = []design{
	{name: "a body without end", want: tooLarge, answer: acts{say(okUntilEnd), flood("all work and no play ")}},
	{name: "a body without end over TLS", want: tooLarge, answer: acts{say(okUntilEnd), flood("all work and no play ")}, secure: true},
	{name: "one line without end", want: tooLarge, answer: acts{say(okUntilEnd), flood("x")}},
	{name: "chunks without end", want: tooLarge, answer: acts{say(okOfChunks), flood("5\r\nhello\r\n")}},
	{name: "large chunks without end", want: tooLarge, answer: acts{say(okOfChunks), flood("2000\r\n" + strings.Repeat("x", 0x2000) + "\r\n")}},
	{name: "one chunk of 8 EiB", want: fails(fetch.TooLarge, fetch.Protocol), answer: acts{say(okOfChunks + "7fffffffffffffff\r\n"), flood("x")}},
	{name: "a length of 10 GB, all of it", want: tooLarge, answer: acts{say(okOfLength + "10000000000\r\n\r\n"), flood("x")}},
	{name: "a length of 10 GB, nothing of it", want: tooLarge, answer: acts{say(okOfLength + "10000000000\r\n\r\n"), hang}},
	{name: "a length of 8 EiB", want: tooLarge, answer: acts{say(okOfLength + "9223372036854775807\r\n\r\n"), flood("x")}},
	{name: "a length of 2^64 + 5", want: fails(fetch.Protocol, fetch.TooLarge), answer: acts{say(okOfLength + "18446744073709551621\r\n\r\nhello"), keep}},
	{name: "a length of ten thousand digits", want: fails(fetch.Protocol, fetch.TooLarge), answer: acts{say(okOfLength + strings.Repeat("9", 10_000) + "\r\n\r\nhello"), keep}},
	{name: "a body without end of a failure", want: busy, answer: acts{say("HTTP/1.1 404 Not Found\r\n\r\n"), flood("x")}},
	{name: "chunks without end of a failure", want: busy, answer: acts{say("HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n"), flood("5\r\nhello\r\n")}},
	{name: "a body without end of a 204", want: gives(0), answer: acts{say("HTTP/1.1 204 No Content\r\n\r\n"), flood("x")}},

	{name: "headers without end", want: malformed, answer: acts{say(ok), flood("X-Header: hello\r\n")}},
	{name: "one header without end", want: malformed, answer: acts{say(ok + "X-Header: "), flood("x")}},
	{name: "a name without end", want: malformed, answer: acts{say(ok), flood("x")}},
	{name: "a folded header without end", want: malformed, answer: acts{say(ok + "X-Header: x\r\n"), flood(" x\r\n")}},
	{name: "a reason without end", want: malformed, answer: acts{say("HTTP/1.1 200 "), flood("O")}},
	{name: "a version without end", want: malformed, answer: acts{say("HTTP/1."), flood("1")}},
	{name: "a hint without end", want: malformed, answer: acts{say("HTTP/1.1 103 Early Hints\r\n"), flood("Link: </style.css>\r\n")}},
	{name: "a body and no head without end", want: malformed, answer: acts{flood("<p>hello</p>")}},
	{name: "zeros without end", want: malformed, answer: acts{flood("\x00")}},
	{name: "100,000 headers", want: malformed, answer: acts{say(ok + strings.Repeat("X: y\r\n", 100_000) + "Content-Length: 5\r\n\r\nhello")}},
	{name: "20,000 empty headers", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + strings.Repeat("X:\r\n", 20_000) + "Content-Length: 5\r\n\r\nhello"), keep}},
	{name: "a flood of cookies", want: malformed, answer: acts{say(ok), flood("Set-Cookie: " + strings.Repeat("name=value; ", 340) + "\r\n")}},
	{name: "a long reason", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 200 " + strings.Repeat("OK", 20_000) + "\r\nContent-Length: 5\r\n\r\nhello"), keep}},

	// A body is complete with its last chunk: what follows may be read, or not.
	{name: "a trailer without end", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\n"), flood("X-Trailer: hello\r\n")}},
	{name: "one field of a trailer without end", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\nX: "), flood("x")}},
	{name: "an extension of a chunk without end", want: malformed, answer: acts{say(okOfChunks + "5;"), flood("x")}},
	{name: "extensions of chunks without end", want: fails(fetch.Protocol, fetch.TooLarge), answer: acts{say(okOfChunks), flood("1;" + strings.Repeat("x", 500) + "\r\n.\r\n")}},
	{name: "chunks of one byte without end", want: fails(fetch.Protocol, fetch.TooLarge), answer: acts{say(okOfChunks), flood("1\r\n.\r\n")}},
	{name: "a size of a chunk without end", want: malformed, answer: acts{say(okOfChunks), flood("0")}},
}
