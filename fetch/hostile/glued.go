package hostile

import "trawl/fetch"

// wrong is an answer to nothing; a URL that gets it has a size that none may have.
const wrong = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nI am wrong!"

// bodiless are answers that have no body whatever they say: RFC 9112 §6.3. Their host's
// good pages may be asked for on the same connection, where the body must not be taken
// for an answer.
var bodiless = []design{
	{name: "a 204 with a body", want: gives(0).or(fetch.Protocol), answer: acts{say("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), keep}, paths: several},
	{name: "a 204 with chunks", want: gives(0).or(fetch.Protocol), answer: acts{say("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n" + helloChunks), keep}, paths: several},
	{name: "a 204 with an answer for a body", want: gives(0).or(fetch.Protocol), answer: acts{say("HTTP/1.1 204 No Content\r\n\r\n" + wrong), keep}, paths: several},
	{name: "a 204 with a length and nothing", want: gives(0), answer: acts{say("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), keep}},
	{name: "a packed 204", want: gives(0), answer: acts{say("HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n"), keep}},
	{name: "a 205 with a body", want: gives(0, 5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello"), keep}},
	{name: "a 304 that nobody asked for", want: busy, answer: acts{say("HTTP/1.1 304 Not Modified\r\n\r\n"), keep}},
	{name: "a 304 with a body", want: fails(fetch.HTTPStatus, fetch.Protocol), answer: acts{say("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"), keep}, paths: several},
	{name: "a 304 with an answer for a body", want: fails(fetch.HTTPStatus, fetch.Protocol), answer: acts{say("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n" + wrong), keep}, paths: several},
	{name: "a 101 that nobody asked for", want: malformed, answer: acts{say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), hang}},
	{name: "a 101 with a body", want: malformed, answer: acts{say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello")}},
	{name: "a 101 before an answer", want: malformed, answer: acts{say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + wrong), keep}},
	{name: "a hint with a body", want: malformed, answer: acts{say("HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" + wrong)}},
	{name: "a 199 before an answer", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 199 Whatever\r\n\r\n" + ok + five), keep}},

	{name: "a 401 that nobody asked for", want: busy, answer: acts{say("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"hello\"\r\nContent-Length: 5\r\n\r\nhello"), keep}},
	{name: "a 401 that wants what nobody has", want: busy, answer: acts{say("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM, Negotiate, " + zeros + "\r\nContent-Length: 0\r\n\r\n"), keep}},
	{name: "a 401 that says nothing", want: busy, answer: acts{say("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), keep}},
	{name: "a 407 without a proxy", want: busy, answer: acts{say("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"hello\"\r\nContent-Length: 5\r\n\r\nhello"), keep}},
	{name: "a 426", want: busy, answer: acts{say("HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n"), keep}},
	{name: "a 421", want: busy, answer: acts{say("HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n"), keep}},
	{name: "a 408 of a kept connection", want: busy, answer: acts{say("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")}},
}

// glued are answers with another one behind, which is nobody's.
var glued = []design{
	{name: "an answer glued to a length", want: gives(5), answer: acts{say(ok + five + wrong), keep}, paths: several},
	{name: "an answer glued to the last chunk", want: gives(5), answer: acts{say(okOfChunks + helloChunks + wrong), keep}, paths: several},
	{name: "an answer glued to no body", want: gives(0), answer: acts{say(okOfLength + "0\r\n\r\n" + wrong), keep}, paths: several},
	{name: "an answer glued to a redirect", want: gives(5), answer: acts{redirectOnce("Content-Length: 0\r\n\r\n" + wrong)}, paths: several, hops: 2},
	{name: "an answer glued to a failure", want: busy, answer: acts{say("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" + wrong), keep}, paths: several},
	{name: "half an answer glued", want: gives(5), answer: acts{say(ok + five + "HTTP/1.1 200 OK\r\nContent-Le"), keep}, paths: several},
	{name: "a space glued", want: gives(5), answer: acts{say(ok + five + " "), keep}, paths: several},
	{name: "an empty line glued", want: gives(5), answer: acts{say(ok + five + "\r\n"), keep}, paths: several},
	{name: "a flood glued", want: gives(5), answer: acts{say(ok + five), flood(wrong)}, paths: several},
	{name: "an answer glued to the end of TLS", want: gives(5), answer: acts{say(ok + five + wrong), keep}, paths: several, secure: true},
	// On a new connection nobody can tell whether it came before the request.
	{name: "an answer before the request", want: gives(11).or(fetch.Protocol, fetch.Reset), greeting: acts{say(wrong), hang}},
	{name: "a kept connection that is closed", want: lost, answer: acts{}, paths: several},
	{name: "a kept connection that is reset", want: lost, answer: acts{reset}, paths: several},
	{name: "closed after an answer without a word", want: gives(5), answer: acts{say(ok + five)}, paths: several},
	{name: "reset after an answer", want: gives(5).or(fetch.Reset, fetch.Truncated), answer: acts{say(ok + five), reset}, paths: several},
	{name: "Connection: close, and the answer to another", want: gives(5), answer: acts{say(ok + "Connection: close\r\n" + five + wrong), keep}, paths: several},
}

// redirectOnce redirects to a path of the host where it answers with five characters.
func redirectOnce(rest string) func(*conn) bool {
	return func(c *conn) bool {
		c.keep = true
		if c.request.URL.Path == "/there" {
			return say(ok + five)(c)
		}
		return say("HTTP/1.1 302 Found\r\nLocation: /there\r\n" + rest)(c)
	}
}
