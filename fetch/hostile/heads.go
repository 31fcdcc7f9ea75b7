package hostile

import "trawl/fetch"

// five is the rest of an answer with a body of five characters.
const five = "Content-Length: 5\r\n\r\nhello"

// heads are no heads of answers, RFC 9112 §2 to §5, or hardly.
var heads = []design{
	{name: "another protocol", want: malformed, answer: acts{say("SSH-2.0-OpenSSH_9.6\r\n")}},
	{name: "a mail server", want: malformed, answer: acts{say("220 mail.example ESMTP\r\n")}},
	{name: "a page and no head", want: malformed, answer: acts{say("<!doctype html><title>hello</title>")}},
	{name: "a request", want: malformed, answer: acts{say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")}},
	{name: "a TLS alert", want: malformed, answer: acts{say("\x15\x03\x01\x00\x02\x02\x46")}},
	{name: "binary", want: malformed, answer: acts{say("\x00\xff\xfe\x80\r\n\r\n")}},
	{name: "ICY", want: malformed, answer: acts{say("ICY 200 OK\r\n" + five)}},
	{name: "a shouted protocol in lower case", want: malformed, answer: acts{say("http/1.1 200 OK\r\n" + five)}},
	{name: "no version", want: malformed, answer: acts{say("HTTP 200 OK\r\n" + five)}},
	{name: "version 0.9", want: malformed, answer: acts{say("HTTP/0.9 200 OK\r\n" + five)}},
	{name: "version 2.0 over HTTP/1.1", want: malformed, answer: acts{say("HTTP/2.0 200 OK\r\n" + five)}},
	{name: "version 3", want: malformed, answer: acts{say("HTTP/3 200 OK\r\n" + five)}},
	{name: "version 1.10", want: malformed, answer: acts{say("HTTP/1.10 200 OK\r\n" + five)}},
	{name: "version 11.1", want: malformed, answer: acts{say("HTTP/11.1 200 OK\r\n" + five)}},
	{name: "version 1.1.1", want: malformed, answer: acts{say("HTTP/1.1.1 200 OK\r\n" + five)}},
	{name: "version +1.1", want: malformed, answer: acts{say("HTTP/+1.1 200 OK\r\n" + five)}},
	{name: "version 1.2, which is to be read as 1.1", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.2 200 OK\r\n" + five)}},
	{name: "a space before the version", want: malformed, answer: acts{say(" HTTP/1.1 200 OK\r\n" + five)}},
	{name: "a tab after the version", want: malformed, answer: acts{say("HTTP/1.1\t200 OK\r\n" + five)}},
	{name: "two spaces after the version", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1  200 OK\r\n" + five)}},
	{name: "no space after the version", want: malformed, answer: acts{say("HTTP/1.1200 OK\r\n" + five)}},
	{name: "no status", want: malformed, answer: acts{say("HTTP/1.1\r\n" + five)}},
	{name: "an empty status", want: malformed, answer: acts{say("HTTP/1.1  OK\r\n" + five)}},
	{name: "a status of two digits", want: malformed, answer: acts{say("HTTP/1.1 20 OK\r\n" + five)}},
	{name: "a status of four digits", want: malformed, answer: acts{say("HTTP/1.1 2000 OK\r\n" + five)}},
	{name: "a status of a thousand digits", want: malformed, answer: acts{say("HTTP/1.1 2" + zeros + zeros + " OK\r\n" + five)}},
	{name: "a status in letters", want: malformed, answer: acts{say("HTTP/1.1 two OK\r\n" + five)}},
	{name: "a status below nothing", want: malformed, answer: acts{say("HTTP/1.1 -20 OK\r\n" + five)}},
	{name: "a status with a sign", want: malformed, answer: acts{say("HTTP/1.1 +20 OK\r\n" + five)}},
	{name: "a status in hexadecimal", want: malformed, answer: acts{say("HTTP/1.1 0xC8 OK\r\n" + five)}},
	{name: "a status in other digits", want: malformed, answer: acts{say("HTTP/1.1 ٢٠٠ OK\r\n" + five)}},
	{name: "status 000", want: malformed, answer: acts{say("HTTP/1.1 000 OK\r\n" + five)}},
	{name: "status 099", want: malformed, answer: acts{say("HTTP/1.1 099 OK\r\n" + five)}},
	// RFC 9110 §15: to be treated as a 5xx.
	{name: "status 999", want: fails(fetch.HTTPStatus, fetch.Protocol), answer: acts{say("HTTP/1.1 999 OK\r\n" + five)}},
	{name: "letters after the status", want: malformed, answer: acts{say("HTTP/1.1 200OK\r\n" + five)}},
	{name: "no reason, nor the space before it", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 200\r\n" + five)}},
	{name: "a reason with NUL", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 200 O\x00K\r\n" + five)}},
	{name: "an empty line before the status", want: gives(5).or(fetch.Protocol), answer: acts{say("\r\nHTTP/1.1 200 OK\r\n" + five)}},

	{name: "a header without a colon", want: malformed, answer: acts{say(ok + "Header\r\n" + five)}},
	// A name that is none changes no meaning: the line may be passed over.
	{name: "a header without a name", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + ": value\r\n" + five)}},
	{name: "a space in a name", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "Bad Name: x\r\n" + five)}},
	{name: "NUL in a name", want: malformed, answer: acts{say(ok + "Bad\x00Name: x\r\n" + five)}},
	{name: "é in a name", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "Header-é: x\r\n" + five)}},
	{name: "a control character in a name", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "Bad\x1bName: x\r\n" + five)}},
	{name: "a header that begins with a space", want: malformed, answer: acts{say("HTTP/1.1 200 OK\r\n X: y\r\n" + five)}},
	// RFC 9110 §5.5: CR, LF and NUL are dangerous; the message is rejected or they become spaces.
	{name: "NUL in a header", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "X: a\x00b\r\n" + five)}},
	{name: "NUL in a length", want: malformed, answer: acts{say(ok + "Content-Length: 5\x00\r\n\r\nhello")}},
	{name: "NUL in a transfer coding", want: malformed, answer: acts{say(ok + "Transfer-Encoding: chu\x00nked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}},
	{name: "a bare CR in a header", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "X: a\rContent-Length: 3\r\n" + five)}},
	{name: "a bare LF that makes two headers of one", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "X: a\n" + five)}},
	{name: "a bare LF that makes two lengths of one", want: malformed, answer: acts{say(ok + "Content-Length: 3\nContent-Length: 5\r\n\r\nhello")}},
	// RFC 9112 §2.2: a lone LF may be taken for the end of a line.
	{name: "bare LFs throughout", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")}},
	{name: "the end of the headers in the wrong order", want: fails(fetch.Protocol, fetch.Reset, fetch.Truncated), answer: acts{say(ok + "X: y\n\r" + five)}},
	// RFC 9112 §5.2: a folded line is a space.
	{name: "a folded header", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "X: a\r\n b\r\n" + five)}},
	{name: "a folded length", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "Content-Length:\r\n 5\r\n\r\nhello and more")}},
	// RFC 9112 §5.1: such a space is taken away, if the message is not rejected.
	{name: "a space before the colon of a length", want: gives(5).or(fetch.Protocol), answer: acts{say(ok + "Content-Length : 5\r\n\r\nhello and more")}},
}

// ends of connections, where there is no whole head. The connection was lost, though it
// was closed in order.
var ends = []design{
	{name: "the end before the head", want: lost, answer: acts{say("")}},
	{name: "a reset before the head", want: lost, answer: acts{reset}},
	{name: "the end in the status", want: cut, answer: acts{say("HTTP/1.1 20")}},
	{name: "the end in a header", want: cut, answer: acts{say(ok + "Content-Le")}},
	{name: "the end before the last line of the head", want: cut, answer: acts{say(okOfLength + "0\r\n")}},
	{name: "the end after a hint", want: cut, answer: acts{say(later)}},
	{name: "a reset in the head", want: cut, answer: acts{say(okOfLength), reset}},
	{name: "a reset in the body", want: fails(fetch.Reset, fetch.Truncated), answer: acts{say(okOfLength + "5\r\n\r\nhel"), reset}},
	{name: "the end before a request", want: lost, greeting: acts{}},
	{name: "a reset before a request", want: lost, greeting: acts{reset}},
	{name: "the end before the handshake", want: fails(fetch.Reset, fetch.TLS), greeting: acts{}, secure: true},
	// Many servers end TLS like this; browsers bear it where nothing said how long the body is.
	{name: "the end without a word of TLS", want: gives(5).or(fetch.Truncated, fetch.Reset), answer: acts{say(okUntilEnd + "hello"), hangUp}, secure: true},
	{name: "the end of TLS in a length", want: fails(fetch.Truncated, fetch.Reset), answer: acts{say(okOfLength + "6\r\n\r\nhello")}, secure: true},
}

var (
	lost = fails(fetch.Reset)
	cut  = fails(fetch.Reset, fetch.Truncated, fetch.Protocol)
)
